"""Lists and dicts that start empty, and what is put into them: what TorchScript has to guess the type of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from tslint.facts.kinds import Kind, List, Tuple, Unknown, join_all, options
from tslint.facts.names import dotted
from tslint.facts.tree import walk
from tslint.frozen import frozen

if TYPE_CHECKING:
    from tslint.facts.facts import Facts

ADDING = {"append": 0, "add": 0, "insert": 1, "extend": 0}


@frozen
class EmptyList:
    """A list (or dict) that starts empty: ``node`` is the empty literal, ``target`` the name assigned.

    ``element`` is the joined kind of all that is put into it, Unknown where nothing is; ``added`` are the expressions
    put in; ``typed``: an annotation or ``torch.jit.annotate`` gives its type.
    """

    node: cst.BaseExpression
    target: str
    element: Kind
    typed: bool
    added: tuple[cst.BaseExpression, ...] = ()


def empty_containers(facts: Facts, function: cst.FunctionDef, kind: str) -> list[EmptyList]:
    """The containers of KIND (list or dict) that statements of FUNCTION create empty."""
    declared = _declared(function)
    found = []
    for node in walk(function.body, nested=False):
        if isinstance(node, cst.AnnAssign) and node.value is not None:
            targets, value, typed = [node.target], node.value, True
        elif isinstance(node, cst.Assign):
            targets, value, typed = [t.target for t in node.targets], node.value, False
        else:
            continue
        for target, part in _pairs(targets, value):
            name = dotted(target)
            inner, annotated = _empty(facts, part, kind)
            if name is None or inner is None:
                continue
            added = tuple(_added(function, name, kind))
            element = join_all(_kind_of(facts, expression, extend) for expression, extend in added)
            known = typed or annotated or name in declared
            found.append(EmptyList(inner, name, element, known, tuple(e for e, _ in added)))
    return found


def _declared(function: cst.FunctionDef) -> set[str]:
    """The names that a bare annotation (``xs: List[int]``) gives a type."""
    nodes = (n for n in walk(function.body, nested=False) if isinstance(n, cst.AnnAssign) and n.value is None)
    return {name for n in nodes if (name := dotted(n.target)) is not None}


def _pairs(
    targets: list[cst.BaseAssignTargetExpression], value: cst.BaseExpression
) -> Iterator[tuple[cst.BaseExpression, cst.BaseExpression]]:
    """Targets and values, ``a, b = [], []`` taken apart."""
    for target in targets:
        if isinstance(target, (cst.Tuple, cst.List)) and isinstance(value, (cst.Tuple, cst.List)):
            if len(target.elements) == len(value.elements):
                for left, right in zip(target.elements, value.elements, strict=True):
                    yield left.value, right.value
        else:
            yield target, value


def _empty(facts: Facts, value: cst.BaseExpression, kind: str) -> tuple[cst.BaseExpression | None, bool]:
    """The empty literal in VALUE, and whether something gives its type."""
    if isinstance(value, cst.List) and kind == "list" and not value.elements:
        return value, False
    if isinstance(value, cst.Dict) and kind == "dict" and not value.elements:
        return value, False
    if isinstance(value, cst.Call):
        name = facts.qualified(value.func)
        if name == f"builtins.{kind}" and not value.args:
            return value, False
        if name == "torch.jit.annotate" and len(value.args) == 2:
            return _empty(facts, value.args[1].value, kind)[0], True
    return None, False


def _added(function: cst.FunctionDef, name: str, kind: str) -> Iterator[tuple[cst.BaseExpression, bool]]:
    """The expressions that are put into NAME, and whether each is a sequence of elements."""
    for node in walk(function.body):
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and kind == "list":
            method = node.func.attr.value
            index = ADDING.get(method)
            if index is not None and dotted(node.func.value) == name and index < len(node.args):
                yield node.args[index].value, method == "extend"
        elif isinstance(node, cst.AugAssign) and kind == "list" and isinstance(node.operator, cst.AddAssign):
            if dotted(node.target) == name:
                yield node.value, True
        elif isinstance(node, cst.Assign):
            for target in node.targets:
                inner = target.target
                value = node.value
                if isinstance(inner, cst.Subscript) and dotted(inner.value) == name:
                    yield value, False
                elif kind == "list" and dotted(inner) == name and _adds_to(value, name):
                    yield value.right, True  # type: ignore[attr-defined]  # a sum, as was just seen


def _adds_to(value: cst.BaseExpression, name: str) -> bool:
    """``name + more``"""
    if not isinstance(value, cst.BinaryOperation) or not isinstance(value.operator, cst.Add):
        return False
    return dotted(value.left) == name


def _kind_of(facts: Facts, node: cst.BaseExpression, extend: bool) -> Kind:
    kind = facts.raw_kind(node)
    if not extend:
        return kind
    inner: list[Kind] = []
    for option in options(kind):
        if isinstance(option, List):
            inner.append(option.element)
        elif isinstance(option, Tuple):
            inner.append(join_all(option.items))
        else:
            inner.append(Unknown())
    return join_all(inner)
