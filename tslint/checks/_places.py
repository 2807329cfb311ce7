"""Questions about where code stands that several checks ask."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.diagnostic import Label
from tslint.facts.facts import Facts

SAYING = ("builtins.print", "warnings.warn", "logging.")
"""Functions that only tell somebody something."""


def ancestors(node: cst.CSTNode, facts: Facts) -> Iterator[tuple[cst.CSTNode, cst.CSTNode]]:
    """Each (parent, child) pair on the way from NODE up to the function that holds it."""
    child: cst.CSTNode = node
    parent = facts.parent(node)
    while parent is not None and not isinstance(child, (cst.FunctionDef, cst.Lambda)):
        yield parent, child
        child, parent = parent, facts.parent(parent)


def in_training_only(node: cst.CSTNode, facts: Facts) -> bool:
    """Whether NODE runs in training mode alone: under ``if self.training``, or under the ``else`` of its contrary."""
    for parent, child in ancestors(node, facts):
        if isinstance(parent, (cst.If, cst.IfExp)):
            wanted = _training(parent.test)
            if (wanted is True and child is parent.body) or (wanted is False and child is parent.orelse):
                return True
    return False


def _training(test: cst.BaseExpression) -> bool | None:
    """The mode that TEST being true says: True for training; None where it asks for something else."""
    if isinstance(test, cst.Attribute) and test.attr.value == "training" and isinstance(test.value, cst.Name):
        return True
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        inner = _training(test.expression)
        return None if inner is None else not inner
    if isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.And):
        return True if True in (_training(test.left), _training(test.right)) else None
    return None


def branches(node: cst.CSTNode, facts: Facts) -> list[cst.If]:
    """The ``if`` statements around NODE, within its function."""
    return [
        parent for parent, child in ancestors(node, facts) if isinstance(parent, cst.If) and child is not parent.test
    ]


def only_speaks(body: cst.BaseSuite, facts: Facts) -> bool:
    """Whether a block only raises, prints, logs or warns, so that nothing computed depends on whether it ran."""
    for statement in body.body:
        parts = statement.body if isinstance(statement, cst.SimpleStatementLine) else [statement]
        for part in parts:
            if isinstance(part, (cst.Raise, cst.Pass)):
                continue
            if not (isinstance(part, cst.Expr) and _says(part.value, facts)):
                return False
    return True


def _says(value: cst.BaseExpression, facts: Facts) -> bool:
    if not isinstance(value, cst.Call):
        return isinstance(value, (cst.SimpleString, cst.ConcatenatedString, cst.Ellipsis))
    return (facts.qualified(value.func) or "").startswith(SAYING)


def read_at(value: cst.CSTNode, facts: Facts) -> tuple[Label, ...]:
    """A label where the size VALUE was read, if that was on another line."""
    origin = facts.origin(value)
    if origin is None or facts.span(origin).line == facts.span(value).line:
        return ()
    return (facts.label(origin, "the size is read here"),)


def iterated_over(node: cst.CSTNode, facts: Facts) -> bool:
    """Whether NODE stands in what a loop iterates over, where the loop itself is the problem."""
    return any(
        isinstance(parent, (cst.For, cst.CompFor)) and child is parent.iter for parent, child in ancestors(node, facts)
    )
