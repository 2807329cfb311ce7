"""Variables and what else is assigned to: names, tuples of them, attributes and items. A variable keeps its type."""

from __future__ import annotations

import libcst as cst

from tslint.facts.torchscript import types
from tslint.facts.torchscript.annotations import NoType
from tslint.facts.torchscript.compiler import Compiler, Definition
from tslint.facts.torchscript.conditions import given
from tslint.facts.torchscript.schemas import MISSING, convert
from tslint.facts.torchscript.values import OPEN, OPEN_VALUE, Open, Simple, Sugared, simple


def without_literal(found: Simple) -> Simple:
    return simple(found.type) if found.made is None else Simple(found.type, MISSING, False, found.made)


def set_variable(compiler: Compiler, definition: Definition, node: cst.CSTNode, name: str, found: Sugared) -> None:
    """Binds NAME in the innermost block; a variable of an outer block keeps its type."""
    scope = definition.scope
    outer = scope.outer(name)
    if outer is not None and type(found) is not Open and type(outer) is not Open:
        if type(found) is not Simple or type(outer) is not Simple:
            if type(outer) is Simple and outer.type is types.UNKNOWN:
                scope.names[name] = OPEN_VALUE
                return
            raise compiler.stop(node, "reassigned", name=name, kind=found.kind)
        wanted = outer.type
        actual = convert(wanted, found.type, found.empty, True)
        if not types.is_subtype(actual, wanted):
            scope.names[name] = OPEN_VALUE
            compiler.refuse(
                node, "variable-type", name=name, before=types.written(wanted), now=types.written(found.type)
            )
            return
        if found.type.kind == "Tensor" and wanted in (types.INT, types.FLOAT):
            compiler.refuse(node, "tensor-to-number", name=name, type=types.written(wanted))
        found = Simple(actual, MISSING, False, outer.made)
    if type(found) is Simple:
        # A constant that went through a variable is no constant any more.
        scope.names[name] = without_literal(found)
    else:
        scope.names[name] = found


def assign(compiler: Compiler, definition: Definition, target: cst.CSTNode, found: Sugared) -> None:
    kind = type(target)
    if kind is cst.Name:
        set_variable(compiler, definition, target, target.value, found)  # type: ignore[attr-defined]
    elif kind is cst.Tuple or kind is cst.List:
        _unpack(compiler, definition, target, found)  # type: ignore[arg-type]
    elif kind is cst.Attribute:
        _set_attribute(compiler, definition, target, found)  # type: ignore[arg-type]
    elif kind is cst.Subscript:
        from tslint.facts.torchscript.subscripts import assign_item

        assign_item(compiler, definition, target, compiler.as_value(target, found))  # type: ignore[arg-type]
    elif kind is cst.StarredElement:
        raise compiler.stop(target, "syntax", construct="a starred target")


def _unpack(compiler: Compiler, definition: Definition, target: cst.Tuple | cst.List, found: Sugared) -> None:
    from tslint.facts.torchscript.first_class import as_tuple

    elements = target.elements
    star = next((i for i, e in enumerate(elements) if type(e) is cst.StarredElement), None)
    count = None if star is not None else len(elements)
    items = as_tuple(compiler, target, found, count)
    if items is None:
        for element in elements:
            assign(compiler, definition, element.value, OPEN)
        return
    if star is None:
        if len(items) != len(elements):
            for element in elements:
                assign(compiler, definition, element.value, OPEN)
            raise compiler.stop(target, "unpack-count", wanted=str(len(elements)), found=str(len(items)))
        for element, item in zip(elements, items, strict=True):
            assign(compiler, definition, element.value, item)
        return
    behind = len(elements) - star - 1
    middle = items[star : len(items) - behind]
    packed = Simple(types.tuple_of(compiler.as_value(target, item).type for item in middle))
    row = [*items[:star], packed, *items[len(items) - behind :]]
    for element, item in zip(elements, row, strict=False):
        assign(compiler, definition, element.value, item)


def _set_attribute(compiler: Compiler, definition: Definition, target: cst.Attribute, found: Sugared) -> None:
    from tslint.facts.torchscript.attributes import set_attribute

    owner = compiler.sugared(definition, target.value)
    set_attribute(compiler, target, owner, target.attr.value, compiler.as_value(target, found))


def assign_targets(compiler: Compiler, definition: Definition, node: cst.Assign) -> None:
    found = compiler.sugared(definition, node.value)
    if type(found) is Simple and len(node.targets) > 1:
        found = without_literal(found)
    for target in node.targets:
        assign(compiler, definition, target.target, found)


def assign_annotated(compiler: Compiler, definition: Definition, node: cst.AnnAssign) -> None:
    assert node.value is not None
    try:
        wanted = compiler.annotations.read(node.annotation.annotation)
    except NoType as error:
        raise compiler.stop(node.annotation.annotation, "annotation", type=error.name) from None
    found = compiler.sugared(definition, node.value, wanted)
    if type(found) is Simple and type(node.target) is cst.Name:
        actual = convert(wanted, found.type, found.empty, True)
        if found.empty and wanted.kind == "List":
            actual = wanted
        if not types.is_subtype(actual, wanted):
            raise compiler.stop(node.value, "annotated", wanted=types.written(wanted), found=types.written(found.type))
        definition.scope.names[node.target.value] = Simple(wanted if types.is_known(wanted) else actual)
        return
    assign(compiler, definition, node.target, found)


AUGMENTED: dict[type, tuple[str, str]] = {
    cst.AddAssign: ("add_", "add"),
    cst.SubtractAssign: ("sub_", "sub"),
    cst.MultiplyAssign: ("mul_", "mul"),
    cst.DivideAssign: ("div_", "div"),
    cst.ModuloAssign: ("fmod_", "fmod"),
    cst.BitOrAssign: ("bitwise_or", "__or__"),
    cst.BitAndAssign: ("bitwise_and", "__and__"),
    cst.BitXorAssign: ("bitwise_xor", "__xor__"),
    cst.LeftShiftAssign: ("__lshift__", "__lshift__"),
    cst.RightShiftAssign: ("__irshift__", "__rshift__"),
    cst.PowerAssign: ("pow", "pow"),
}


def assign_augmented(compiler: Compiler, definition: Definition, node: cst.AugAssign) -> None:
    from tslint.facts.torchscript.operators import Positional, call_operator

    target = node.target
    left = compiler.value(definition, target)
    right = compiler.value(definition, node.value)
    if left.type.kind == "Class":
        return
    in_place = left.type.kind in ("Tensor", "List")
    name = AUGMENTED[type(node.operator)][0 if in_place else 1]
    args: Positional = [
        (given(left), target),
        (given(right), node.value),
    ]
    result = call_operator(compiler, node, f"aten::{name}", args, {}, None)
    if type(target) is cst.Name:
        set_variable(compiler, definition, target, target.value, result)
    elif type(target) is cst.Attribute:
        _set_attribute(compiler, definition, target, result)
