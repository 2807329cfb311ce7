"""What becomes of things that are not first-class values where a value, or several, are wanted."""

from __future__ import annotations

import libcst as cst

from tslint.facts.torchscript import types
from tslint.facts.torchscript.compiler import Compiler
from tslint.facts.torchscript.iteration import container_kind, members
from tslint.facts.torchscript.values import (
    OPEN_VALUE,
    ClassS,
    ExceptionS,
    ModuleS,
    NothingS,
    Open,
    PythonModuleS,
    PythonS,
    RangeS,
    Simple,
    Sugared,
    TreeS,
    TupleS,
    simple,
)


def as_value(compiler: Compiler, node: cst.CSTNode, found: Sugared) -> Simple:
    """FOUND as a first-class value. Raises Stop where it is none."""
    kind = type(found)
    if kind is Open:
        return OPEN_VALUE
    if kind is ModuleS:
        return Simple(types.OPAQUE)
    if kind is TupleS:
        assert type(found) is TupleS
        if not found.exact:
            return OPEN_VALUE
        return Simple(types.tuple_of(as_value_or_simple(compiler, node, item).type for item in found.items))
    if kind is NothingS:
        return Simple(types.NONE)
    if kind is PythonS:
        assert type(found) is PythonS
        raise compiler.stop(node, "python-value" if found.reason == "unsupported-call" else found.reason,
                            name=found.name, type=found.what)  # fmt: skip
    if kind is ClassS:
        assert type(found) is ClassS
        raise compiler.stop(node, "type-as-value", name=found.name)
    if kind in (RangeS, TreeS):
        raise compiler.stop(node, "iterator-as-value", kind=found.kind)
    if kind is PythonModuleS:
        assert type(found) is PythonModuleS
        raise compiler.stop(node, "python-value", name=found.name, type="module")
    if kind is ExceptionS:
        raise compiler.stop(node, "type-as-value", name="exception")
    raise compiler.stop(node, "function-as-value", name=getattr(found, "name", ""))


def as_value_or_simple(compiler: Compiler, node: cst.CSTNode, found: Sugared) -> Simple:
    return found if type(found) is Simple else as_value(compiler, node, found)


def as_tuple(compiler: Compiler, node: cst.CSTNode, found: Sugared, count: int | None) -> list[Sugared] | None:
    """The items that FOUND is unpacked into; COUNT is how many are wanted, where that is known. None: nobody knows."""
    if type(found) is Open:
        return None
    if type(found) is TupleS:
        return list(found.items) if found.exact or count == len(found.items) else None
    if type(found) in (RangeS, TreeS):
        raise compiler.stop(node, "iterator-as-value", kind=found.kind)
    if type(found) is ModuleS:
        if container_kind(found.value) == "list" and count is None:
            items = members(found.value)
            return list(items.items) if items.exact else None
        raise compiler.stop(node, "unpack-module")
    value = as_value_or_simple(compiler, node, found)
    kind = value.type
    if kind is types.UNKNOWN or kind.kind in ("Class", "opaque", "Any", "Union"):
        return None
    if kind.kind == "Tuple":
        return [simple(item) for item in kind.args]
    if kind.kind == "List":
        if count is None:
            raise compiler.stop(node, "unsized-list", type=types.written(kind))
        return [simple(kind.args[0])] * count
    raise compiler.stop(node, "unpack", type=types.written(kind))
