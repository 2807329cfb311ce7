"""The table of what coremltools cannot convert, by the names that users call. Read once, when first asked.

``tests/tables/coreml.py`` writes it from the installed PyTorch and coremltools. A line is

    torch.nn.functional.interpolate <tab> missing aten::upsample_bicubic2d <tab> mode@3='bicubic'

the name; ``missing`` (coremltools has no converter for the op) or ``refused`` (it has one, which raises); and the conditions,
which must all hold: a parameter, its position, and its values. A value is a literal, or a kind (``int``, ``float``, ``tuple``,
``tensor``); ``-``: the argument may be left out. ``rank=5`` is about the first tensor. A layer's conditions are about its
constructor.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

from tslint.frozen import frozen

PATH = Path(__file__).parent.parent / "tables" / "coreml.txt"
CONDITION = re.compile(r"(\w+)(?:@(\d+))?=(.+)")


@frozen
class Condition:
    """One argument (``position`` None: the rank of the first tensor) that has one of ``values``."""

    parameter: str
    position: int | None
    values: frozenset[str]


@frozen
class Row:
    """One way of calling ``name`` that does not convert, because of ``op``."""

    name: str
    missing: bool
    op: str
    conditions: tuple[Condition, ...] = ()


def read(line: str) -> Row:
    """The row of one line."""
    name, outcome, *conditions = line.split("\t")
    kind, _, op = outcome.partition(" ")
    return Row(name, kind == "missing", op, tuple(_condition(part) for part in conditions))


def _condition(text: str) -> Condition:
    found = CONDITION.fullmatch(text)
    assert found is not None, text
    parameter, position, values = found.groups()
    return Condition(parameter, int(position) if position else None, frozenset(values.split("|")))


@functools.cache
def rows() -> dict[str, tuple[Row, ...]]:
    """Qualified name (``torch.diag``, ``Tensor.diag``, ``torch.nn.L1Loss``) → the ways of calling it that do not convert."""
    found: dict[str, list[Row]] = {}
    for line in PATH.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            row = read(line)
            found.setdefault(row.name, []).append(row)
    return {name: tuple(several) for name, several in found.items()}


@functools.cache
def version() -> str:
    """The coremltools that the table was made with."""
    header = PATH.read_text(encoding="utf-8").partition("\n")[0]
    return header.rpartition("coremltools ")[2]
