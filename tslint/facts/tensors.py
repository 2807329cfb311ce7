"""Which attributes a tensor has, from the table of the installed PyTorch."""

from __future__ import annotations

import functools
from pathlib import Path

TABLE = Path(__file__).parent / "tables" / "members.txt"


@functools.cache
def members() -> frozenset[str]:
    """The public methods and attributes of ``torch.Tensor``. ``tests/tables/make.py`` writes the file: one name a line."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))
