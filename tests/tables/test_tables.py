"""The tables that the facts read are those of the installed PyTorch."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FOLDER = HERE.parent.parent / "tslint" / "facts" / "tables"


@pytest.mark.torch
def test_tables_are_current() -> None:
    """In a process of its own: what a layer's compiler says depends on what was compiled before."""
    pytest.importorskip("torch")
    made = {
        path.read_text(encoding="utf-8").partition("\n")[0] for path in FOLDER.glob("*.txt") if path.stem != "coreml"
    }
    installed = version("torch").partition("+")[0]
    assert len(made) == 1
    if made != {f"# torch {installed}"}:
        pytest.skip(f"the tables are not those of torch {installed}")
    command = [sys.executable, "-W", "ignore", str(HERE / "make.py"), "--check"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (0, ""), run.stderr
