"""The wheel that people install."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from commandline import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Built by hatchling as pip would, without network."""
    directory = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(directory)]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    (path,) = directory.glob("*.whl")
    return zipfile.ZipFile(path)


def test_every_rule_page_is_inside(wheel: zipfile.ZipFile) -> None:
    pages = {f"tslint/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / "rules").rglob("*.md")}
    assert "tslint/rules/trace/dict-output.md" in pages
    inside = {name for name in wheel.namelist() if name.endswith(".md")}
    assert inside == pages
    for name in pages:
        assert wheel.read(name) == (ROOT / name.removeprefix("tslint/")).read_bytes()


def test_every_table_is_inside(wheel: zipfile.ZipFile) -> None:
    tables = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tslint" / "facts" / "tables").glob("*.txt")}
    assert tables
    assert {name for name in wheel.namelist() if name.endswith(".txt") and "/tables/" in name} == tables


def test_every_template_is_inside(wheel: zipfile.ZipFile) -> None:
    templates = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tslint" / "setup" / "templates").iterdir()}
    assert len(templates) == 4
    assert {name for name in wheel.namelist() if "/templates/" in name} == templates


def test_every_module_is_inside_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tslint").rglob("*.py")}
    inside = {name for name in wheel.namelist() if name.endswith(".py")}
    assert inside == modules
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    assert tops == {"tslint", "tslint-0.1.0.dist-info"}


def test_it_says_that_it_is_typed(wheel: zipfile.ZipFile) -> None:
    assert "tslint/py.typed" in wheel.namelist()


def test_its_metadata(wheel: zipfile.ZipFile) -> None:
    metadata = Parser().parsestr(wheel.read("tslint-0.1.0.dist-info/METADATA").decode())
    assert metadata["Name"] == "tslint"
    assert metadata["Requires-Python"] == ">=3.10"
    assert metadata["License-Expression"] == "MIT"
    base = {entry for entry in metadata.get_all("Requires-Dist", []) if "extra ==" not in entry}
    names = {entry.partition(">=")[0] for entry in base}
    assert names == {"libcst", "rich", "typer", "packaging", "pathspec", "tomli"}
    (script,) = [n for n in wheel.namelist() if n.endswith("entry_points.txt")]
    assert "tslint = tslint.cli:run" in wheel.read(script).decode()
    assert "[pytest11]\ntslint = tslint.pytest_plugin\n" in wheel.read(script).decode()


@pytest.fixture(scope="module")
def installed(wheel: zipfile.ZipFile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the wheel's contents alone: what is only in the checkout is not found from here."""
    directory = tmp_path_factory.mktemp("installed")
    wheel.extractall(directory)
    return directory


def test_the_wheel_explains_and_checks(installed: Path, tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(installed), "NO_COLOR": "1"}
    (tmp_path / "model.py").write_text(
        "from torch import nn\n\n\nclass Net(nn.Module):\n    def forward(self, x):\n        return {'out': x}\n",
        encoding="utf-8",
    )
    arguments = ["check", "--static", "--output-format", "concise", "model.py"]
    for command, status, expected in [
        (["rules"], 0, "dict-output"),
        (["explain", "dict-output"], 0, "dict-output"),
        (["init", "pre-commit", "--diff"], 1, "+repos:\n"),
        (arguments, 1, "model.py:6:16: error[dict-output] "),
    ]:
        process = subprocess.run(
            [sys.executable, "-m", "tslint", *command],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert process.returncode == status, process.stderr
        assert expected in process.stdout


def test_continuous_integration_runs_readmes_second_command() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & stat.S_IXUSR
    (command,) = [line for line in script.read_text(encoding="utf-8").splitlines() if "pip install" in line]
    assert command in (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
