"""Calls with evaluation rules of their own: print, range, isinstance, getattr and their like."""

from __future__ import annotations

import libcst as cst

from tslint.facts.literals import string_of
from tslint.facts.torchscript import types
from tslint.facts.torchscript.compiler import Compiler, Definition
from tslint.facts.torchscript.conditions import has_attribute, is_instance
from tslint.facts.torchscript.first_class import as_tuple, as_value_or_simple
from tslint.facts.torchscript.iteration import add_child, iterated
from tslint.facts.torchscript.lookup import attribute_of
from tslint.facts.torchscript.operators import arguments
from tslint.facts.torchscript.schemas import MISSING
from tslint.facts.torchscript.types import Type
from tslint.facts.torchscript.values import (
    OPEN,
    OPEN_VALUE,
    ModuleS,
    NothingS,
    Open,
    RangeS,
    Simple,
    SpecialS,
    Sugared,
    TreeS,
    TupleS,
    simple,
)


def special(compiler: Compiler, definition: Definition, node: cst.Call, found: SpecialS, hint: Type | None) -> Sugared:
    """A form with evaluation rules of its own."""
    form = found.form
    values = [arg.value for arg in node.args]
    if form == "print":
        if any(arg.keyword is not None for arg in node.args):
            raise compiler.stop(node, "call", function="print", why="it takes no keywords")
        arguments(compiler, definition, node)
        return NothingS()
    if form == "super":
        for value in values[:1]:
            compiler.value(definition, value)
        return SpecialS("super object")
    if form == "super object":
        return OPEN
    if form == "legacy":
        arguments(compiler, definition, node)
        return simple(types.TENSOR)
    if form == "tolist":
        if hint is None:
            raise compiler.stop(node, "tolist")
        return Simple(hint)
    if form == "range":
        return _range(compiler, definition, node)
    if form == "enumerate":
        return _enumerate(compiler, definition, node, values)
    if form == "zip":
        tree = TreeS()
        for value in values:
            add_child(compiler, value, tree, iterated(compiler, value, compiler.sugared(definition, value)))
        return tree
    if form == "isinstance" and len(values) == 2:
        answer = is_instance(compiler, definition, values[0], values[1])
        return Simple(types.BOOL, MISSING if answer.static is None else answer.static)
    if form == "hasattr" and len(values) == 2:
        answer = has_attribute(compiler, definition, node)
        return Simple(types.BOOL, MISSING if answer.static is None else answer.static)
    if form == "getattr":
        return _getattr(compiler, definition, node, values)
    if form == "annotate" and len(values) == 2:
        return Simple(compiler.annotation(values[0]))
    if form == "tuple":
        return _tuple(compiler, definition, node, values)
    if form == "list":
        return _list(compiler, definition, node, values, hint)
    if form == "dict":
        arguments(compiler, definition, node)
        if hint is None and not node.args:
            return Simple(types.dict_of(types.STR, types.TENSOR), MISSING, False, node)
        return Simple(hint) if hint is not None else OPEN_VALUE
    return OPEN


def _range(compiler: Compiler, definition: Definition, node: cst.Call) -> Sugared:
    args, _ = arguments(compiler, definition, node)
    for index, (one, place) in enumerate(args or []):
        if one.type is not types.UNKNOWN and one.type is not types.INT:
            at = place if isinstance(place, cst.CSTNode) else node
            raise compiler.stop(at, "range", type=types.written(one.type), index=str(index))
    return RangeS()


def _enumerate(compiler: Compiler, definition: Definition, node: cst.Call, values: list[cst.BaseExpression]) -> Sugared:
    if not values:
        return OPEN
    from tslint.facts.torchscript.iteration import rounds

    inner = iterated(compiler, values[0], compiler.sugared(definition, values[0]))
    tree = TreeS()
    tree.children = [RangeS(rounds(inner)), inner]
    tree.static = rounds(inner)
    return tree


def _getattr(compiler: Compiler, definition: Definition, node: cst.Call, values: list[cst.BaseExpression]) -> Sugared:
    if len(values) < 2:
        return OPEN
    owner = compiler.sugared(definition, values[0])
    if type(values[1]) is not cst.SimpleString:
        raise compiler.stop(values[1], "attribute-name", function="getattr")
    name = string_of(values[1])
    if len(values) == 3 and type(owner) is ModuleS:
        from tslint.facts.torchscript.attributes import defines

        known = defines(owner.value, name)
        if known is None:
            return OPEN
        if known is False:
            return compiler.sugared(definition, values[2])
    return attribute_of(compiler, node, owner, name)


def _tuple(compiler: Compiler, definition: Definition, node: cst.Call, values: list[cst.BaseExpression]) -> Sugared:
    if len(values) != 1:
        return OPEN_VALUE
    items = as_tuple(compiler, values[0], compiler.sugared(definition, values[0]), None)
    if items is None:
        return OPEN_VALUE
    return Simple(types.tuple_of(as_value_or_simple(compiler, values[0], item).type for item in items))


def _list(
    compiler: Compiler, definition: Definition, node: cst.Call, values: list[cst.BaseExpression], hint: Type | None
) -> Sugared:
    if not values:
        if hint is not None and hint.kind == "List":
            return Simple(hint)
        return Simple(types.list_of(types.TENSOR), MISSING, hint is None, node)
    from tslint.facts.torchscript.iteration import element

    found = iterated(compiler, values[0], compiler.sugared(definition, values[0]))
    if type(found) is TupleS and not found.items:
        return OPEN_VALUE
    first = element(compiler, values[0], found, 0)
    if type(first) is Open:
        return OPEN_VALUE
    if type(first) is ModuleS:
        raise compiler.stop(node, "list-of-modules")
    kind = as_value_or_simple(compiler, values[0], first).type
    return Simple(types.list_of(types.TENSOR if kind is types.INFERRED else kind))
