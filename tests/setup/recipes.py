"""What README offers to copy, and the folder of commands in which tslint is this one."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from commandline import ROOT

README = ROOT / "README.md"


def recipe(language: str, first: str) -> str:
    """The one fenced block of LANGUAGE in README whose first line is FIRST, without it where it is a comment of its own."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    found = [block for block in blocks if block.startswith(first + "\n")]
    assert len(found) == 1, f"README has {len(found)} blocks of {language} that begin with {first!r}"
    return str(found[0])


def field(name: str) -> str:
    """The value of the field NAME in README's table for PyCharm."""
    (found,) = re.findall(rf"^\| {name} \| `([^`]+)` \|$", README.read_text(encoding="utf-8"), re.MULTILINE)
    return str(found)


def commands(folder: Path) -> dict[str, str]:
    """An environment in which `tslint` is this one."""
    folder.mkdir()
    path = folder / "tslint"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tslint "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "CI_", "GITHUB_"))}
    return inherited | {
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "NO_COLOR": "1",
        "LC_ALL": "C.UTF-8",
    }
