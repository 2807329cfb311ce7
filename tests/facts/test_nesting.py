"""Containers in containers: whoever walks through kinds comes to an end."""

from __future__ import annotations

import time

import pytest
from support import seen

from tslint.facts.kinds import MAX_NESTING, Constant, Dict, Either, Kind, List, Tuple, Unknown

INSIDE = Constant("int", 1)


def depth(kind: Kind) -> int:
    held = kind.items[0] if isinstance(kind, (List, Tuple)) and kind.items else None
    if isinstance(kind, Dict):
        held = kind.items[0][1]
    return 0 if held is None else 1 + depth(held)


@pytest.mark.parametrize(
    "around",
    [
        lambda kind: Dict((("a", kind),), kind),
        lambda kind: List(kind, Constant("int", 1), (kind,)),
        lambda kind: Tuple((kind,)),
    ],
)
def test_what_is_nested_too_deeply_is_unknown(around) -> None:
    kind: Kind = INSIDE
    for level in range(1, MAX_NESTING + 1):
        kind = around(kind)
        assert depth(kind) == level
    kind = around(kind)
    inner = kind.items[0][1] if isinstance(kind, Dict) else kind.items[0]
    assert inner == Unknown()


def test_alternatives_are_no_level() -> None:
    kind: Kind = INSIDE
    for _ in range(3 * MAX_NESTING):
        kind = Either((kind, Constant("float")))
    assert kind.options[0] != Unknown()


@pytest.mark.parametrize("marks", ["[]", "()", "{}"])
def test_a_deep_literal_takes_no_time_worth_telling(marks: str) -> None:
    opening, closing = {"[]": ("[", "]"), "()": ("(", ",)"), "{}": ("{'a': ", "}")}[marks]
    code = f"""
        class Net(nn.Module):
            def forward(self, x):
                y = {opening * 60}x{closing * 60}
                see(x.size(0), y)
                return y
        """
    start = time.monotonic()
    assert seen(code)[0] == "size x.0"
    assert time.monotonic() - start < 5
