"""CONTRIBUTING followed to the letter, in a copy of the checkout: its files are written, its commands run, in its order."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from commandline import ROOT, environment

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
WALK = TEXT.partition("## A rule in ten minutes\n")[2].partition("\n## What is generated\n")[0]
BLOCK = re.compile(
    r"(?:^`(?P<path>[^`\n]+)`:\n\n)?^(?P<fence>`{3,4})(?P<info>\w+)\n(?P<body>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
PROGRAMS = {"python": "", "tslint": "-m tslint", "ruff": "-m ruff"}


@dataclass(frozen=True)
class Done:
    """A command of the walk, and what came of it. EXPECTED is the output that the text shows, where it shows one."""

    command: str
    status: int
    output: str
    expected: str | None


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Done]]:
    """A copy of the checkout in which the walk was done, and its commands."""
    copy = tmp_path_factory.mktemp("contributing") / "checkout"
    left_out = shutil.ignore_patterns(".*", "__pycache__", "zoo", "dist", "build")
    shutil.copytree(ROOT, copy, ignore=left_out)
    programs = copy / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name, module in PROGRAMS.items():
        script = programs / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" {module} "$@"\n', encoding="utf-8")
        script.chmod(0o755)
    done: list[Done] = []
    for block in BLOCK.finditer(WALK):
        if block["path"] is not None:
            path = copy / block["path"]
            assert not path.exists(), "the walk adds files, and changes none"
            assert path.parent.is_dir()
            path.write_text(block["body"], encoding="utf-8")
        elif block["info"] == "console":
            command, _, expected = block["body"].removeprefix("$ ").partition("\n")
            done.append(ran(command, copy, expected))
        else:
            assert block["info"] == "sh"
            done += [ran(command, copy) for command in block["body"].splitlines()]
    return copy, done


def ran(command: str, copy: Path, expected: str | None = None) -> Done:
    env = {**environment(), "PYTHONPATH": str(copy)}
    env = {name: value for name, value in env.items() if not name.startswith("PYTEST_")}
    process = subprocess.run(["/bin/sh", "-c", command], cwd=copy, env=env, capture_output=True, text=True, check=False)
    return Done(command, process.returncode, process.stdout + process.stderr, expected)


@pytest.mark.torch
def test_every_command_does_what_the_text_says(walked: tuple[Path, list[Done]]) -> None:
    _, done = walked
    assert len(done) == 7
    for each in done:
        if each.expected is None:
            assert each.status == 0, f"{each.command}\n{each.output}"
        else:
            assert (each.status, each.output) == (1, each.expected), each.command


@pytest.mark.torch
def test_the_new_rule_is_explained_and_its_page_was_tested(walked: tuple[Path, list[Done]]) -> None:
    copy, done = walked
    explained, _, first, second, _, _, _ = done
    assert "trace-without-inputs" in explained.output
    assert "Never: the call raises." in explained.output
    read, run = (int(re.findall(r"^(\d+) passed", each.output, re.MULTILINE)[0]) for each in (first, second))
    assert read >= 3 + 4, "the bad example and the two good ones are read, and the page is held against its rules"
    assert run == 3 + 1, "each example is run, and each claim comes true on some"
    table = (copy / "rules" / "README.md").read_text("utf-8")
    assert "| [`trace-without-inputs`](trace/trace-without-inputs.md) |" in table


def test_the_walk_is_about_a_rule_that_there_is_not() -> None:
    paths = [block["path"] for block in BLOCK.finditer(WALK) if block["path"]]
    assert paths == [
        "rules/trace/trace-without-inputs.md",
        "tslint/checks/trace_without_inputs.py",
        "faulty.py",
    ]
    assert not any((ROOT / path).exists() for path in paths)


def test_every_file_and_folder_that_it_names_exists() -> None:
    prose = BLOCK.sub("", TEXT)
    named = set(re.findall(r"\b((?:tests|tslint|benchmarks|rules)/[\w./-]*\w)", prose))
    assert {"tests/readme.py", "benchmarks/static.py", "tests/rules/quiet.txt"} <= named
    assert {name for name in named if not (ROOT / name).exists()} == set()


def test_every_benchmark_is_listed() -> None:
    scripts = {path for path in (ROOT / "benchmarks").glob("*.py") if "__main__" in path.read_text(encoding="utf-8")}
    assert {path.name for path in scripts} == set(re.findall(r"^\| `benchmarks/(\w+\.py)` \|", TEXT, re.MULTILINE))
