"""Functions that are called in certain cases only."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.checks._places import ancestors
from tslint.facts.facts import Facts
from tslint.facts.kinds import FixedSize, Size, options


def called_at_one_size(node: cst.CSTNode, facts: Facts) -> bool:
    """Whether all calls of the function around NODE stand where a size is found to be some number: ``if length == 1``.

    Decorators may name it besides; whoever else does may call it for any size.
    """
    function = facts.enclosing_function(node)
    if function is None or facts.enclosing_class(function) is not None:
        return False
    calls = []
    for name in facts.nodes(cst.Name):
        if name.value != function.name.value or name is function.name:
            continue
        parent = facts.parent(name)
        if isinstance(parent, cst.Call) and parent.func is name:
            calls.append(parent)
        elif not any(isinstance(around, cst.Decorator) for around, _ in ancestors(name, facts)):
            return False
    return bool(calls) and all(any(_holds_size(test, facts) for test in _holding(call, facts)) for call in calls)


def _holding(call: cst.Call, facts: Facts) -> Iterator[cst.BaseExpression]:
    """The conditions that hold where CALL is made, as the ``if`` around it says."""
    for parent, child in ancestors(call, facts):
        if isinstance(parent, (cst.If, cst.IfExp)) and child is parent.body:
            yield from _conjuncts(parent.test)


def _conjuncts(test: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    if isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.And):
        yield from _conjuncts(test.left)
        yield from _conjuncts(test.right)
    else:
        yield test


def _holds_size(test: cst.BaseExpression, facts: Facts) -> bool:
    """``length == 1``."""
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1:
        return False
    part = test.comparisons[0]
    if not isinstance(part.operator, cst.Equal) or not isinstance(part.comparator, cst.Integer):
        return False
    return any(isinstance(option, (Size, FixedSize)) for option in options(facts.kind(test.left)))
