"""Dimensions of tensors, by themselves."""

from __future__ import annotations

from tslint.facts import shapes
from tslint.facts.kinds import Shape


def test_what_one_weight_tells_of_its_rank_holds_of_no_other() -> None:
    kernel, gap = Shape(shapes.PARAMETER), Shape(shapes.PARAMETER)
    assert shapes.rank_of(shapes.permuted(kernel, [1, 0, 2])) == 3
    assert shapes.rank_of(gap) is None
