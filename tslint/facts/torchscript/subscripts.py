"""Items and slices: of tensors, lists, tuples, dicts and containers of modules."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from tslint.facts.torchscript import types
from tslint.facts.torchscript.compiler import Compiler, Definition
from tslint.facts.torchscript.conditions import given
from tslint.facts.torchscript.iteration import container_kind, members
from tslint.facts.torchscript.operators import Positional, call_operator
from tslint.facts.torchscript.schemas import MISSING, convert
from tslint.facts.torchscript.types import Type
from tslint.facts.torchscript.values import OPEN, OPEN_VALUE, ModuleS, Open, Simple, Sugared, TupleS, simple

Slices = Sequence[cst.SubscriptElement]


def _parts(node: cst.Subscript) -> list[cst.BaseSlice]:
    """The indices: ``x[(i, j)]`` is ``x[i, j]``."""
    parts = [element.slice for element in node.slice]
    if len(parts) == 1 and type(parts[0]) is cst.Index and type(parts[0].value) is cst.Tuple:
        return [cst.Index(e.value) for e in parts[0].value.elements]
    return parts


def subscript(compiler: Compiler, definition: Definition, node: cst.Subscript) -> Sugared:
    found = compiler.sugared(definition, node.value)
    parts = _parts(node)
    if type(found) is Open:
        return OPEN
    if type(found) is ModuleS:
        return _of_module(compiler, definition, node, found, parts)
    value = compiler.as_value(node.value, found)
    kind = value.type
    if kind is types.UNKNOWN or kind.kind in ("Class", "opaque", "Any"):
        _evaluate(compiler, definition, parts)
        return OPEN_VALUE
    if len(parts) != 1:
        if kind.kind != "Tensor":
            raise compiler.stop(node, "multiple-index", type=types.written(kind))
        return _of_tensor(compiler, definition, parts, kind)
    part = parts[0]
    if kind.kind == "Tensor":
        return _of_tensor(compiler, definition, parts, kind)
    if type(part) is cst.Slice:
        return _sliced(compiler, definition, node, value, part)
    assert type(part) is cst.Index
    index = compiler.value(definition, part.value)
    if kind.kind == "Tuple":
        return _tuple_item(compiler, node, value, index)
    if kind.kind in ("List", "Dict", "str"):
        if kind.kind == "Dict" and index.type is not types.UNKNOWN and not types.is_subtype(index.type, kind.args[0]):
            raise compiler.stop(
                part.value, "key-type", wanted=types.written(kind.args[0]), found=types.written(index.type)
            )
        if kind.kind == "Dict":
            return simple(kind.args[1])
        args: Positional = [(given(value), node.value), (given(index), part.value)]
        return call_operator(compiler, node, "aten::__getitem__", args, {}, None)
    raise compiler.stop(node, "not-subscriptable", type=types.written(kind))


def _evaluate(compiler: Compiler, definition: Definition, parts: list[cst.BaseSlice]) -> None:
    for part in parts:
        if type(part) is cst.Index:
            compiler.sugared(definition, part.value)
        elif type(part) is cst.Slice:
            for bound in (part.lower, part.upper, part.step):
                if bound is not None:
                    compiler.sugared(definition, bound)


def _of_module(
    compiler: Compiler, definition: Definition, node: cst.Subscript, found: ModuleS, parts: list[cst.BaseSlice]
) -> Sugared:
    value = found.value
    kind = container_kind(value)
    if kind is None:
        if getattr(value, "dynamic", False):
            return OPEN
        raise compiler.stop(node, "not-subscriptable", type="a module")
    part = parts[0]
    if kind == "parameters":
        return simple(types.TENSOR)
    if type(part) is cst.Slice:
        if kind != "list":
            raise compiler.stop(node, "not-subscriptable", type="a ModuleDict")
        for bound in (part.lower, part.upper):
            if bound is not None and compiler.value(definition, bound).literal is MISSING:
                raise compiler.stop(bound, "slice-literal", what="ModuleList")
        # What is left is a tuple of objects, which cannot be called.
        return Simple(types.tuple_of([types.OPAQUE] * len(value.members))) if value.exact else OPEN_VALUE
    assert type(part) is cst.Index
    index = compiler.value(definition, part.value)
    if kind == "dict":
        if index.literal is MISSING:
            raise compiler.stop(part.value, "module-dict-key")
        from tslint.facts.torchscript.attributes import sugared_of

        member = value.members.get(str(index.literal))
        return OPEN if member is None else sugared_of(member)
    if type(index.literal) is not int:
        if index.type is types.UNKNOWN:
            return OPEN
        raise compiler.stop(part.value, "module-list-index")
    items = members(value)
    if -len(items.items) <= index.literal < len(items.items) and (items.exact or index.literal >= 0):
        return items.items[index.literal]
    return OPEN


def _sliced(compiler: Compiler, definition: Definition, node: cst.Subscript, value: Simple, part: cst.Slice) -> Sugared:
    kind = value.type
    bounds = [None if b is None else compiler.value(definition, b) for b in (part.lower, part.upper, part.step)]
    if kind.kind == "Tuple":
        numbers: list[int | None] = []
        for bound in bounds:
            if bound is not None and type(bound.literal) is not int:
                if bound.type is types.UNKNOWN:
                    return OPEN_VALUE
                raise compiler.stop(node, "slice-literal")
            numbers.append(None if bound is None else bound.literal)
        return Simple(types.tuple_of(kind.args[slice(*numbers)]))
    if kind.kind in ("List", "str"):
        return simple(kind)
    raise compiler.stop(node, "not-subscriptable", type=types.written(kind))


def _tuple_item(compiler: Compiler, node: cst.Subscript, value: Simple, index: Simple) -> Sugared:
    items = value.type.args
    if index.type is types.UNKNOWN:
        return OPEN_VALUE
    if index.type is not types.INT:
        raise compiler.stop(node, "tuple-index", type=types.written(index.type))
    if type(index.literal) is int:
        if -len(items) <= index.literal < len(items):
            return simple(items[index.literal])
        raise compiler.stop(node, "tuple-range", length=str(len(items)), index=str(index.literal))
    if not items or any(not types.is_subtype(item, items[0]) for item in items):
        raise compiler.stop(node, "tuple-literal", type=types.written(value.type))
    return simple(items[0])


def _of_tensor(compiler: Compiler, definition: Definition, parts: list[cst.BaseSlice], base: Type) -> Sugared:
    """Indices of a tensor: numbers, slices, None, tensors, lists of numbers."""
    for part in parts:
        if type(part) is cst.Slice:
            for bound in (part.lower, part.upper, part.step):
                if bound is not None:
                    _slice_bound(compiler, definition, bound)
            continue
        assert type(part) is cst.Index
        if type(part.value) is cst.Ellipsis:
            continue
        found = compiler.sugared(definition, part.value)
        if type(found) in (Open, TupleS):
            continue
        index = compiler.as_value(part.value, found)
        kind = types.unwrapped(index.type)
        if kind is types.UNKNOWN or kind.kind in ("int", "None", "Tensor", "List", "bool", "opaque"):
            if kind is types.BOOL:
                raise compiler.stop(part.value, "tensor-index", type="bool", base=types.written(base))
            continue
        if kind is types.NUMBER:
            raise compiler.stop(part.value, "tensor-index", type="number", base=types.written(base))
        raise compiler.stop(part.value, "tensor-index", type=types.written(index.type), base=types.written(base))
    return simple(types.TENSOR)


def _slice_bound(compiler: Compiler, definition: Definition, bound: cst.BaseExpression) -> None:
    value = compiler.value(definition, bound)
    kind = value.type
    if (
        kind is types.UNKNOWN
        or kind in (types.INT, types.NONE, types.NUMBER)
        or kind.kind in ("Tensor", "Optional", "opaque")
    ):
        return
    raise compiler.stop(bound, "slice-bound", type=types.written(kind))


def assign_item(compiler: Compiler, definition: Definition, target: cst.Subscript, value: Simple) -> None:
    """``owner[index] = value``."""
    found = compiler.sugared(definition, target.value)
    if type(found) is Open:
        return
    owner = compiler.as_value(target.value, found)
    kind = owner.type
    parts = _parts(target)
    if kind is types.UNKNOWN or kind.kind in ("Class", "opaque", "Any"):
        return
    if kind.kind == "Tensor":
        _of_tensor(compiler, definition, parts, kind)
        wanted = types.unwrapped(value.type)
        if wanted is not types.UNKNOWN and wanted.kind not in (
            "Tensor",
            "int",
            "float",
            "bool",
            "number",
            "complex",
            "opaque",
        ):
            raise compiler.stop(target, "item-type", wanted="Tensor", found=types.written(value.type))
        return
    if len(parts) != 1 or type(parts[0]) is cst.Slice:
        raise compiler.stop(target, "slice-assignment", type=types.written(kind))
    if kind.kind == "Tuple":
        raise compiler.stop(target, "tuple-assignment", type=types.written(kind))
    part = parts[0]
    assert type(part) is cst.Index
    index = compiler.value(definition, part.value)
    if kind.kind in ("List", "Dict"):
        wanted = kind.args[-1]
        if not types.is_subtype(convert(wanted, value.type, value.empty, True), wanted):
            needed = types.list_of(value.type) if kind.kind == "List" else types.dict_of(index.type, value.type)
            if compiler.refuse_untyped(owner.made, needed):
                return
            raise compiler.stop(target, "item-type", wanted=types.written(wanted), found=types.written(value.type))
        if kind.kind == "Dict" and not types.is_subtype(index.type, kind.args[0]):
            if compiler.refuse_untyped(owner.made, types.dict_of(index.type, value.type)):
                return
            raise compiler.stop(
                part.value, "key-type", wanted=types.written(kind.args[0]), found=types.written(index.type)
            )
