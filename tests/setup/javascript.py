"""V8, the engine that VS Code has."""

from __future__ import annotations

import functools
import json
from typing import Any

from py_mini_racer import MiniRacer


def evaluated(code: str) -> Any:
    """What the expression CODE is, by way of JSON."""
    return json.loads(str(_engine().eval(f"JSON.stringify({code})")))


@functools.cache
def _engine() -> MiniRacer:
    return MiniRacer()


def literal(text: str) -> Any:
    """TEXT as JavaScript reads it, in which comments and trailing commas mean nothing, as in VS Code's JSON."""
    return evaluated(f"({text.removeprefix(chr(0xFEFF))}\n)")


def matches(expression: str, lines: list[str]) -> list[list[str | None] | None]:
    """For each of LINES its groups, the whole match first; None where EXPRESSION does not match."""
    given = f"new RegExp({json.dumps(expression)}), lines = {json.dumps(lines)}"
    code = "lines.map(l => { const m = e.exec(l); return m && Array.from(m, g => g === undefined ? null : g); })"
    found: list[list[str | None] | None] = evaluated(f"(() => {{ const e = {given}; return {code}; }})()")
    return found
