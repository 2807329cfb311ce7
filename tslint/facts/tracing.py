"""What the tracer makes a constant of, from the table that was measured: the arguments that bake a size."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import NamedTuple

TABLE = Path(__file__).parent / "tables" / "tracer.txt"


class BakedArgument(NamedTuple):
    """An argument whose size is written into the graph as a number. ``position`` counts from 0, the tensor being the first.

    ``in_list``: a size in a list or tuple is; else one that stands alone. ``position`` is None for a keyword alone.
    """

    position: int | None
    name: str
    in_list: bool


@functools.cache
def _table() -> dict[str, tuple[BakedArgument, ...]]:
    """``tests/tables/make.py`` writes the file: one operator a line, then ``position:name``, ``[]`` for in a list."""
    found: dict[str, tuple[BakedArgument, ...]] = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            operator, _, words = line.partition("\t")
            found[operator] = tuple(_read(word) for word in words.split(" "))
    return found


def _read(word: str) -> BakedArgument:
    where, _, name = word.partition(":")
    position = where.removesuffix("[]")
    return BakedArgument(int(position) if position else None, name, where.endswith("[]"))


def baked_arguments(operator: str) -> tuple[BakedArgument, ...]:
    """The arguments of an operator (``roll``, ``nn.functional.avg_pool2d``) that bake a size."""
    return _table().get(operator, ())
