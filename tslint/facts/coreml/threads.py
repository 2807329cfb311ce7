"""Where coremltools' own project speaks of what it does not convert: a row an op, or a message, in ``tables/threads.json``."""

from __future__ import annotations

import functools
import json
from pathlib import Path

PATH = Path(__file__).parent.parent / "tables" / "threads.json"


@functools.cache
def _rows() -> tuple[tuple[str, str, str], ...]:
    rows = json.loads(PATH.read_text(encoding="utf-8"))["threads"]
    return tuple((row["op"], row["says"], row["thread"]) for row in rows)


def thread(op: str, message: str) -> str:
    """The address of the thread about OP, or about coremltools' MESSAGE; empty where none is known."""
    return next((url for wanted, says, url in _rows() if wanted in ("", op) and says in message), "")
