"""Functions that ``torch.compile`` replaces where they are defined: torch.jit.trace refuses to call them.

Measured on torch 2.13, for functions, methods, a ``forward`` and the ``forward`` of an autograd function alike.
"""

from __future__ import annotations

import libcst as cst

from tslint.facts.facts import Facts
from tslint.facts.kinds import Callable, Kind

COMPILE = "torch.compile"
MOST_BASES = 8


def runs_compiled(kind: Kind, facts: Facts) -> bool:
    """Whether calling a function, or the ``apply`` of an autograd function, runs what a decorator compiled."""
    if not isinstance(kind, Callable):
        return False
    if isinstance(kind.node, cst.ClassDef):
        forward = _forward(kind.node, facts)
        return forward is not None and compiled_by(forward, facts) is not None
    return isinstance(kind.node, cst.FunctionDef) and compiled_by(kind.node, facts) is not None


def compiled_by(function: cst.FunctionDef, facts: Facts) -> cst.Decorator | None:
    """The decorator that compiles FUNCTION: ``@torch.compile``, ``@torch.compile(dynamic=True)``, but not ``disable=True``."""
    for decorator in function.decorators:
        call = decorator.decorator if isinstance(decorator.decorator, cst.Call) else None
        if facts.qualified(call.func if call is not None else decorator.decorator) != COMPILE:
            continue
        disabled = (
            [a.value for a in call.args if a.keyword and a.keyword.value == "disable"] if call is not None else []
        )
        if all(_is_false(value) for value in disabled):
            return decorator
    return None


def _is_false(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value == "False"


def _forward(node: cst.ClassDef, facts: Facts) -> cst.FunctionDef | None:
    """The ``forward`` of a class that is no module: its own, or that of a base in the file."""
    found: cst.ClassDef | None = node
    for _ in range(MOST_BASES):
        if found is None:
            return None
        for statement in found.body.body:
            if isinstance(statement, cst.FunctionDef) and statement.name.value == "forward":
                return statement
        bases = (facts.classes.class_of(base.value) for base in found.bases)
        found = next((base for base in bases if base is not None), None)
    return None
