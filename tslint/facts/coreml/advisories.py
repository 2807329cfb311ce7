"""What is known to convert to something else, in which versions of coremltools: a row a case, in ``tables/advisories.json``.

``calls`` are the ways of calling it that always go wrong, in the words of the table of what does not convert (see
:mod:`tslint.facts.coreml.table`), with spaces for tabs; a value may also be ``>=2``, or ``-length@3`` for another argument's
number with its sign turned. Where the values decide, there are none: the run finds those. ``examples`` are expressions of a
tensor ``x`` that go wrong and ``right`` such as do not; a test converts them all. ``thread`` is where it is discussed, null
where no thread is known.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path

from tslint.facts.coreml.table import Row, read
from tslint.frozen import frozen

PATH = Path(__file__).parent.parent / "tables" / "advisories.json"


@frozen
class Advisory:
    name: str
    ops: tuple[str, ...]
    coremltools: str
    what: str
    instead: str
    thread: str | None
    rows: tuple[Row, ...]
    examples: tuple[str, ...]
    right: tuple[str, ...]


@functools.cache
def advisories() -> tuple[Advisory, ...]:
    data = json.loads(PATH.read_text(encoding="utf-8"))["advisories"]
    return tuple(
        Advisory(
            item["name"],
            tuple(item["ops"]),
            item["coremltools"],
            item["what"],
            item["instead"],
            item["thread"],
            tuple(_row(item["ops"], call) for call in item["calls"]),
            tuple(item["examples"]),
            tuple(item["right"]),
        )
        for item in data
    )


def _row(ops: list[str], call: str) -> Row:
    """A call's row; of several OPS it is about the one that bears its name: ``torch.nn.MaxPool3d`` is ``aten::max_pool3d``."""
    name, *conditions = call.split(" ")
    wanted = name.rpartition(".")[2].lower()
    op = next((op for op in ops if wanted == op.partition("::")[2].replace("_", "")), None)
    op = op or next((op for op in ops if wanted == op.partition("::")[2]), ops[0])
    return read("\t".join([name, f"wrong {op}", *conditions]))


@functools.cache
def rows() -> dict[str, tuple[Row, ...]]:
    """Qualified name → the ways of calling it that convert to something else."""
    found: dict[str, list[Row]] = {}
    for advisory in advisories():
        for row in advisory.rows:
            found.setdefault(row.name, []).append(row)
    return {name: tuple(several) for name, several in found.items()}


def of_row(row: Row) -> Advisory:
    return next(advisory for advisory in advisories() if row in advisory.rows)


def of_op(op: str) -> tuple[Advisory, ...]:
    """What is known of ``aten::std``."""
    return tuple(advisory for advisory in advisories() if op in advisory.ops)
