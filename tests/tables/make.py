"""Writes the tables that the facts read: ``python tests/tables/make.py``. Read the difference before you commit it.

With ``--check`` nothing is written, and the names of the tables that are not current are printed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import torch
import torchscript
import tracer

FOLDER = Path(__file__).resolve().parent.parent.parent / "tslint" / "facts" / "tables"
TABLES: dict[str, Callable[[], list[str]]] = {
    "operators": torchscript.operators,
    "functions": torchscript.functions,
    "layers": torchscript.layers,
    "properties": torchscript.properties,
    "members": torchscript.members,
    "tracer": tracer.arguments,
}


def text(name: str) -> str:
    """The table NAME as it is on the installed torch."""
    return "".join(f"{line}\n" for line in [f"# torch {torch.__version__.partition('+')[0]}", *TABLES[name]()])


if __name__ == "__main__":
    for name in TABLES:
        path = FOLDER / f"{name}.txt"
        if "--check" not in sys.argv:
            path.write_text(text(name), encoding="utf-8")
        elif path.read_text(encoding="utf-8") != text(name):
            print(name)
