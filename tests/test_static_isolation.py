"""``tslint check --static`` reads source: it imports neither PyTorch nor coremltools nor the file that it checks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from commandline import environment, tslint

MODEL = """\
from pathlib import Path

import coremltools as ct
import torch

Path("trace.txt").write_text("this file was run")


class Net(torch.nn.Module):
    def forward(self, x):
        return {"out": x}


example = torch.rand(1, 3)
traced = torch.jit.trace(Net().eval(), example)
ct.convert(traced, inputs=[ct.TensorType(shape=example.shape)])
"""

FORBIDDEN = """\
import sys


class Forbidden:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "coremltools", "numpy", "model"):
            raise AssertionError("imported " + name)


sys.meta_path.insert(0, Forbidden)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "model.py").write_text(MODEL, encoding="utf-8")
    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(FORBIDDEN, encoding="utf-8")
    return tmp_path


def test_the_hook_forbids(project: Path) -> None:
    command = [sys.executable, "-c", "import torch"]
    process = subprocess.run(command, env=environment(project / "hook"), capture_output=True, text=True, check=False)
    assert process.returncode == 1
    assert "AssertionError: imported torch" in process.stderr


@pytest.mark.parametrize("output_format", ["full", "concise", "json"])
@pytest.mark.parametrize("target", ["model.py", "."])
def test_static_imports_neither_torch_nor_the_file(project: Path, output_format: str, target: str) -> None:
    env = environment(project / "hook")
    outcome = tslint("check", target, "--static", "--output-format", output_format, cwd=project, env=env)
    assert outcome.status == 1, outcome
    assert "dict-output" in outcome.out
    assert "AssertionError" not in outcome.out + outcome.err
    assert not (project / "trace.txt").exists()


def test_a_directory_is_checked_statically_unless_asked(project: Path) -> None:
    outcome = tslint("check", ".", "--output-format", "concise", cwd=project, env=environment(project / "hook"))
    assert outcome.status == 1, outcome
    assert not (project / "trace.txt").exists()


def test_several_files_are_checked_statically_unless_asked(project: Path) -> None:
    (project / "other.py").write_text("import torch\n", encoding="utf-8")
    env = environment(project / "hook")
    outcome = tslint("check", "model.py", "other.py", "--output-format", "concise", cwd=project, env=env)
    assert outcome.status == 1, outcome
    assert not (project / "trace.txt").exists()


def test_importtime_shows_neither_torch_nor_numpy(project: Path) -> None:
    command = [
        sys.executable,
        "-X",
        "importtime",
        "-m",
        "tslint",
        "check",
        "--static",
        "--output-format",
        "concise",
        ".",
    ]
    process = subprocess.run(command, cwd=project, env=environment(), capture_output=True, text=True, check=False)
    assert process.returncode == 1
    imported = {line.rpartition("|")[2].strip() for line in process.stderr.splitlines() if "import time:" in line}
    assert "libcst" in imported
    assert not {name for name in imported if name.partition(".")[0] in ("torch", "coremltools", "numpy")}


@pytest.mark.parametrize("command", [("rules",), ("explain", "dict-output"), ("--help",), ("check", "--help")])
def test_the_other_verbs_need_no_torch_either(project: Path, command: tuple[str, ...]) -> None:
    outcome = tslint(*command, cwd=project, env=environment(project / "hook"))
    assert outcome.status == 0, outcome


def test_files_named_like_the_librarys_are_not_imported(project: Path) -> None:
    for name in ("random", "tempfile", "json", "typing", "libcst", "tomllib", "pathspec"):
        (project / f"{name}.py").write_text("import torch\nraise SystemExit('imported')\n", encoding="utf-8")
    outcome = tslint("check", ".", "--static", "--output-format", "concise", cwd=project)
    assert outcome.status == 1, outcome
    assert "dict-output" in outcome.out and "imported" not in outcome.out + outcome.err
