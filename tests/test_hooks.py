"""tslint where people meet it: in the real pre-commit, and in the problem matchers that README offers."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from commandline import ROOT, counted, tslint

MODEL = """\
import math

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        y = self.conv(x) / math.sqrt(x.size(2))
        return {"out": y}


model = Net()
traced = torch.jit.trace(model, torch.rand(1, 3, 16, 16))
"""
EXPECTED = {("math-on-size", 13), ("dict-output", 14), ("missing-eval", 18)}


def git(*arguments: str, cwd: Path) -> str:
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", *identity, *arguments], cwd=cwd, check=True, capture_output=True, encoding="utf-8"
    ).stdout


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of this checkout's files, as pre-commit would clone it: uncommitted changes included."""
    repository = tmp_path_factory.mktemp("hooks")
    listed = git("ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    for name in listed.split("\0"):
        if name and (ROOT / name).is_file():
            (repository / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, repository / name)
    git("init", "-q", cwd=repository)
    git("add", "-A", cwd=repository)
    git("commit", "-q", "-m", "all of it", cwd=repository)
    return repository


@pytest.fixture(scope="module")
def pre_commit_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pre-commit")


def try_repo(hooks: Path, home: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pre_commit", "try-repo", str(hooks), "tslint", "--ref", "HEAD", "--all-files"]
    env = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "PYTHONPATH"))}
    env |= {"PRE_COMMIT_HOME": str(home), "PRE_COMMIT_COLOR": "never", "NO_COLOR": "1"}
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, encoding="utf-8", check=False)


def test_pre_commit_stops_a_commit_and_lets_a_clean_one_through(
    hooks: Path, pre_commit_home: Path, tmp_path: Path
) -> None:
    git("init", "-q", cwd=tmp_path)
    (tmp_path / "model.py").write_text(MODEL, encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not Python: model = {", encoding="utf-8")
    git("add", "-A", cwd=tmp_path)
    stopped = try_repo(hooks, pre_commit_home, tmp_path)
    assert stopped.returncode == 1, stopped
    lines = {line for line in stopped.stdout.splitlines() if line.startswith("model.py:")}
    assert {(line.split("[")[1].split("]")[0], int(line.split(":")[1])) for line in lines} == EXPECTED
    assert "notes.txt" not in stopped.stdout

    clean = MODEL.replace("model = Net()", "model = Net().eval()").replace("math.sqrt(x.size(2))", "x.size(2) ** 0.5")
    (tmp_path / "model.py").write_text(clean.replace('{"out": y}', "y"), encoding="utf-8")
    git("add", "-A", cwd=tmp_path)
    passed = try_repo(hooks, pre_commit_home, tmp_path)
    assert passed.returncode == 0, passed
    assert "Passed" in passed.stdout


# -- problem matchers -------------------------------------------------------------------------------------------------


def matchers() -> dict[str, dict[str, Any]]:
    """The two matchers that README quotes: as VS Code and as GitHub Actions want them."""
    blocks = re.findall(r"```json\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    found: dict[str, dict[str, Any]] = {}
    for block in blocks:
        data = json.loads(block)
        for matcher in data.get("problemMatcher", []):
            found["github"] = matcher
        for task in data.get("tasks", []):
            found["vscode"] = task["problemMatcher"]
    assert set(found) == {"vscode", "github"}
    return found


def pattern(matcher: dict[str, Any]) -> dict[str, Any]:
    found = matcher["pattern"]
    return dict(found[0] if isinstance(found, list) else found)


def match_in_python(expression: str, lines: list[str]) -> list[list[str | None] | None]:
    matches = [re.search(expression, line) for line in lines]
    return [[match[0], *match.groups()] if match else None for match in matches]


def match_in_node(expression: str, lines: list[str]) -> list[list[str | None] | None]:
    """With the engine that VS Code has."""
    script = (
        "const [e, lines] = JSON.parse(require('fs').readFileSync(0));"
        "console.log(JSON.stringify(lines.map(l => { const m = new RegExp(e).exec(l);"
        "return m && Array.from(m, g => g === undefined ? null : g); })))"
    )
    node = shutil.which("node")
    assert node is not None
    process = subprocess.run(
        [node, "-e", script], input=json.dumps([expression, lines]), capture_output=True, text=True, check=True
    )
    matches: list[list[str | None] | None] = json.loads(process.stdout)
    return matches


ENGINES = [match_in_python] + ([match_in_node] if shutil.which("node") else [])


@pytest.fixture(scope="module")
def concise(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], list[dict[str, Any]]]:
    """Real output of ``concise``, and what it says according to ``json``."""
    project = tmp_path_factory.mktemp("project")
    (project / "a model.py").write_text(MODEL, encoding="utf-8")
    lines = tslint("check", "--static", "--output-format", "concise", "a model.py", cwd=project)
    report = tslint("check", "--static", "--output-format", "json", "a model.py", cwd=project).report
    return lines.out.splitlines(), counted(report)


@pytest.mark.parametrize("match", ENGINES)
@pytest.mark.parametrize("editor", ["vscode", "github"])
def test_matchers_read_every_problem(editor: str, match: Any, concise: tuple[list[str], list[dict[str, Any]]]) -> None:
    lines, diagnostics = concise
    groups = pattern(matchers()[editor])
    read = [found for found in match(groups["regexp"], lines) if found]
    assert len(read) == len(diagnostics) == len(EXPECTED)
    for found, diagnostic in zip(read, diagnostics, strict=True):
        assert found[groups["file"]] == "a model.py"
        assert int(found[groups["line"]]) == diagnostic["line"]
        assert int(found[groups["column"]]) == diagnostic["column"]
        assert found[groups["severity"]] == diagnostic["severity"]
        assert found[groups["code"]] == diagnostic["rule"]
        assert found[groups["message"]] == diagnostic["message"]
    assert {(d["rule"], d["line"]) for d in diagnostics} == EXPECTED


@pytest.mark.parametrize("match", ENGINES)
@pytest.mark.parametrize("editor", ["vscode", "github"])
def test_matchers_leave_other_lines_alone(editor: str, match: Any) -> None:
    lines = [
        "Found 2 errors, 0 warnings (1 refuted, 3 info hidden). [*] 1 fixable with --fix.",
        "model.py:3:1: E501 Line too long (130 > 120)",
        "model.py:3: error: Missing return statement  [return]",
        "routes    trace  ✗ dict-output     wrapped trace  ✓ converts",
        "",
    ]
    assert match(pattern(matchers()[editor])["regexp"], lines) == [None] * len(lines)


@pytest.mark.parametrize("match", ENGINES)
@pytest.mark.parametrize("editor", ["vscode", "github"])
def test_matchers_read_windows_paths_and_fixable_problems(editor: str, match: Any) -> None:
    groups = pattern(matchers()[editor])
    line = r"C:\models\net.py:7:16: error[math-on-size] [*] `math.sqrt` of a size: 14.97"
    ((found,),) = [match(groups["regexp"], [line])]
    assert found[groups["file"]] == r"C:\models\net.py"
    assert (found[groups["line"]], found[groups["column"]]) == ("7", "16")
    assert found[groups["message"]] == "`math.sqrt` of a size: 14.97"


def test_matchers_have_an_owner_of_their_own() -> None:
    assert {matcher["owner"] for matcher in matchers().values()} == {"tslint-coreml"}
