"""What the use of a parameter tells of it: no tensor is called, indexed by a text, or asked for what tensors do not have."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import libcst as cst

from tslint.facts.tensors import members
from tslint.facts.tree import walk, words

NO_TENSOR = words("""
    keys items values get update append extend pop insert join format startswith endswith lower upper strip setdefault
    nodes edges ndata edata num_nodes edge_index edge_attr x y pos batch tensors mask tensor image_sizes decode encode
    coordinate_map_key indice_dict spatial_shape batch_sizes sorted_indices unsorted_indices
""")
"""Attributes of mappings, lists, strings, graphs and sparse, nested or packed batches: they speak against a tensor, also of a
variable that the function assigns anew, and though sparse tensors have `values`."""


QUESTIONS = frozenset({"isinstance", "hasattr", "getattr"})


def uses_of(function: cst.FunctionDef) -> dict[str, str]:
    """For each parameter whose use speaks against a tensor, what it speaks for: ``list`` or ``unknown``."""
    found: dict[str, str] = {}
    names, telling = _names(function.params), _telling()
    unsure: list[tuple[str, str]] = []
    for node in walk(function.body):
        kind = type(node)
        if kind not in telling:
            continue
        name, says, sure = telling[kind](node)
        if name is None or name not in names:
            continue
        if sure:
            found.setdefault(name, says)
        else:
            unsure.append((name, says))
    several = _several(function) if unsure else set()
    for name, says in unsure:
        if name not in several:
            found.setdefault(name, says)
    return found


def _names(params: cst.Parameters) -> set[str]:
    """The names of parameters, but for the first one of a method."""
    listed = [*params.posonly_params, *params.params, *params.kwonly_params, params.star_arg, params.star_kwarg]
    return {param.name.value for param in listed if isinstance(param, cst.Param)} - {"self", "cls"}


Use = tuple[str | None, str, bool]
"""(the name that is used, what that speaks for, whether it does even of a variable that is assigned anew)"""

_NOTHING: Use = (None, "", True)


def _name_of(node: cst.CSTNode) -> str | None:
    return node.value if type(node) is cst.Name else None


@functools.cache
def _telling() -> dict[type, Callable[[Any], Use]]:
    """What the nodes of each type that tell anything say of a name."""
    return {
        cst.Call: lambda node: (_name_of(node.func), "unknown", True),
        cst.Subscript: _of_subscript,
        cst.Attribute: _of_attribute,
        cst.Comparison: _of_comparison,
        cst.StarredElement: lambda node: (_name_of(node.value), "unknown", True),
        cst.StarredDictElement: lambda node: (_name_of(node.value), "unknown", True),
        cst.Arg: lambda node: (_name_of(node.value) if node.star else None, "unknown", True),
    }


def _of_subscript(node: cst.Subscript) -> Use:
    if _walks_backwards(node):
        return _name_of(_sliced(node)), "list", False
    first = node.slice[0].slice if node.slice else None
    text = isinstance(first, cst.Index) and isinstance(first.value, (cst.SimpleString, cst.FormattedString))
    return (_name_of(node.value), "unknown", True) if text else _NOTHING


def _of_attribute(node: cst.Attribute) -> Use:
    attribute = node.attr.value
    if attribute in NO_TENSOR:
        return _name_of(node.value), "unknown", True
    foreign = not attribute.startswith("_") and attribute not in members()
    return (_name_of(node.value), "unknown", False) if foreign else _NOTHING


def _of_comparison(node: cst.Comparison) -> Use:
    texts = any(
        isinstance(target.comparator, cst.SimpleString) and isinstance(target.operator, (cst.Equal, cst.NotEqual))
        for target in node.comparisons
    )
    return (_name_of(node.left), "unknown", True) if texts else _NOTHING


def _sliced(node: cst.BaseExpression) -> cst.BaseExpression:
    """What NODE is a slice of."""
    while isinstance(node, cst.Subscript) and len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Slice):
        node = node.value
    return node


def _walks_backwards(node: cst.Subscript) -> bool:
    """Whether NODE is a slice with a negative step, which no tensor has."""
    part = node.slice[0].slice if len(node.slice) == 1 else None
    step = part.step if isinstance(part, cst.Slice) else None
    return isinstance(step, cst.UnaryOperation) and isinstance(step.operator, cst.Minus)


def _several(function: cst.FunctionDef) -> set[str]:
    """The names that may stand for more than one thing in FUNCTION: assigned in it, or asked what they are."""
    found: set[str] = set()
    for node in walk(function.body):
        if isinstance(node, (cst.AssignTarget, cst.AugAssign, cst.AnnAssign, cst.NamedExpr, cst.For)):
            found |= {name.value for name in walk(node.target) if isinstance(name, cst.Name)}
        elif isinstance(node, cst.AsName):
            found |= {name.value for name in walk(node.name) if isinstance(name, cst.Name)}
        elif (
            isinstance(node, cst.Call)
            and isinstance(node.func, cst.Name)
            and node.func.value in QUESTIONS
            and node.args
        ):
            found |= {name.value for name in walk(node.args[0].value) if isinstance(name, cst.Name)}
    return found
