"""Calls of modules: their forward, or the members of a Sequential one after the other."""

from __future__ import annotations

import libcst as cst

from tslint.facts.building.values import Built, Layer
from tslint.facts.torchscript import tables, types
from tslint.facts.torchscript.compiler import Compiler, Stop
from tslint.facts.torchscript.conditions import given
from tslint.facts.torchscript.iteration import container_kind
from tslint.facts.torchscript.operators import Positional, call_schema
from tslint.facts.torchscript.schemas import Keywords
from tslint.facts.torchscript.values import (
    OPEN,
    OPEN_VALUE,
    ModuleS,
    Simple,
    Sugared,
    simple,
)


def call_module(
    compiler: Compiler, node: cst.CSTNode, value: Built | Layer, args: Positional, keywords: Keywords
) -> Sugared:
    """``module(x)``: its forward, or the members of a Sequential one after the other."""
    if type(value) is Built:
        forward = value.cls.forward
        if forward is not None:
            from tslint.facts.torchscript.attributes import is_ignored

            if is_ignored(forward):
                return OPEN
            compiled = compiler.method(value, forward) if _is_shallow(compiler, value) else None
            if compiled is None or compiled.schema is None:
                return OPEN
            return call_schema(compiler, node, "forward", (compiled.schema,), args, keywords)
    layer = value if type(value) is Layer else value.base  # type: ignore[union-attr]
    if layer is None:
        return OPEN
    kind = container_kind(value)
    if kind == "list" and layer.short == "Sequential":
        return _sequence(compiler, node, value, args, keywords)
    if kind is not None:
        raise compiler.stop(node, "no-forward", layer=layer.short)
    if not layer.name.startswith("torch.nn."):
        return OPEN
    table = tables.layer(layer.short)
    if table is None or not table.forwards:
        return OPEN
    found = call_schema(compiler, node, layer.short, table.forwards, args, keywords)
    return OPEN_VALUE if layer.short in VARYING and type(value) is Layer and value.arguments.keywords else found


VARYING = frozenset({"MaxPool1d", "MaxPool2d", "MaxPool3d", "AdaptiveMaxPool1d", "AdaptiveMaxPool2d", "AdaptiveMaxPool3d",
                     "FractionalMaxPool2d", "FractionalMaxPool3d"})  # fmt: skip
"""Layers whose results depend on a flag that they are constructed with."""


def _is_shallow(compiler: Compiler, value: Built) -> bool:
    return compiler.depth < 25


def _sequence(
    compiler: Compiler, node: cst.CSTNode, value: Built | Layer, args: Positional, keywords: Keywords
) -> Sugared:
    if len(args) != 1 or keywords:
        if keywords and set(keywords) != {"input"}:
            raise compiler.stop(node, "call", function="Sequential", why="it takes one argument")
        if len(args) > 1:
            raise compiler.stop(node, "call", function="Sequential", why="it takes one argument")
        return OPEN
    actual = args[0][0].type
    if not types.is_subtype(actual, types.TENSOR):
        raise compiler.stop(
            node, "argument", function="Sequential", argument="input", wanted="Tensor", found=types.written(actual)
        )
    from tslint.facts.torchscript.attributes import sugared_of

    current: Sugared = simple(types.TENSOR)
    for member in value.members.values():
        one = sugared_of(member)
        if type(one) is not ModuleS:
            return OPEN
        if type(current) is not Simple:
            return OPEN
        before = len(compiler.refusals)
        try:
            current = call_module(compiler, node, one.value, [(given(current), node)], {})
        except Stop:
            # It is the container that passes the value on: said once, where the container is called.
            del compiler.refusals[before + 1 :]
            raise
    return (
        current
        if value.exact
        else (simple(types.TENSOR) if type(current) is Simple and current.type.kind == "Tensor" else OPEN_VALUE)
    )
