"""The hooks, in the real pre-commit."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from commandline import ROOT

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


def try_repo(
    hooks: Path, home: Path, cwd: Path, hook: str = "tslint", *options: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    arguments = [str(hooks), hook, "--ref", "HEAD", "--all-files", *options]
    command = [sys.executable, "-m", "pre_commit", "try-repo", *arguments]
    env = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "PYTHONPATH"))}
    env |= {"PRE_COMMIT_HOME": str(home), "PRE_COMMIT_COLOR": "never", "NO_COLOR": "1", **variables}
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


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    """A folder for PATH in which tslint is this one, and its Python the one that has PyTorch."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "tslint").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tslint "$@"\n', encoding="utf-8")
    (folder / "tslint").chmod(0o755)
    return folder


CONFIGURED = """\
no-convert = true

[[models]]
target = "nets/scaled.py"
model = "Scaled()"
inputs = ["1,3,8..16"]
"""
SCALED = """\
from torch import nn


class Scaled(nn.Module):
    def forward(self, x):
        return x / x.size(2) ** 0.5
"""


@pytest.mark.torch
def test_the_second_hook_runs_the_configured_models_when_it_is_asked_for(
    hooks: Path, pre_commit_home: Path, bin_folder: Path, tmp_path: Path
) -> None:
    """Before a push, or by hand; what no configuration names is not run."""
    project = tmp_path / "project"
    (project / "nets").mkdir(parents=True)
    git("init", "-q", cwd=project)
    (project / "tslint.toml").write_text(CONFIGURED, encoding="utf-8")
    (project / "nets" / "scaled.py").write_text(SCALED, encoding="utf-8")
    (project / "other.py").write_text(MODEL, encoding="utf-8")
    git("add", "-A", cwd=project)
    path = f"{bin_folder}{os.pathsep}{os.environ['PATH']}"

    def run(stage: str) -> subprocess.CompletedProcess[str]:
        git("add", "-A", cwd=project)
        return try_repo(hooks, pre_commit_home, project, "tslint-run", "--verbose", "--hook-stage", stage, PATH=path)

    committed = run("pre-commit")
    assert committed.returncode != 0
    assert "No hook with id `tslint-run` in stage `pre-commit`" in committed.stdout + committed.stderr
    passed = run("manual")
    assert passed.returncode == 0, passed
    assert "other.py" not in passed.stdout

    wrong = SCALED.replace("x.size(2) ** 0.5", "math.sqrt(x.size(2))").replace(
        "from torch", "import math\n\nfrom torch"
    )
    (project / "nets" / "scaled.py").write_text(wrong, encoding="utf-8")
    stopped = run("pre-push")
    assert stopped.returncode == 1, stopped
    (line,) = [line for line in stopped.stdout.splitlines() if line.startswith("nets/scaled.py:")]
    assert line.startswith("nets/scaled.py:8:20: error[math-on-size] ")


def test_the_second_hook_says_where_pytorch_is_missing(
    hooks: Path, pre_commit_home: Path, bin_folder: Path, tmp_path: Path
) -> None:
    """Nothing passes that was not run."""
    project = tmp_path / "project"
    (project / "nets").mkdir(parents=True)
    git("init", "-q", cwd=project)
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    python = bare / "bin" / "python"
    (project / "tslint.toml").write_text(f"python = '{python}'\n{CONFIGURED}", encoding="utf-8")
    (project / "nets" / "scaled.py").write_text(SCALED, encoding="utf-8")
    git("add", "-A", cwd=project)
    path = f"{bin_folder}{os.pathsep}{os.environ['PATH']}"
    outcome = try_repo(hooks, pre_commit_home, project, "tslint-run", "--hook-stage", "manual", PATH=path)
    assert outcome.returncode == 1, outcome
    assert f"tslint: error: PyTorch is not installed for {python}, so nothing was run" in outcome.stdout
