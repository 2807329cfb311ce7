"""What a loop runs over, how often where that is known, and what its elements are."""

from __future__ import annotations

import libcst as cst

from tslint.facts.building.values import Built, Layer
from tslint.facts.torchscript import types
from tslint.facts.torchscript.compiler import Compiler
from tslint.facts.torchscript.values import (
    OPEN,
    OPEN_VALUE,
    IteratorS,
    ModuleS,
    Open,
    RangeS,
    Simple,
    Sugared,
    TreeS,
    TupleS,
    simple,
)

LISTS = frozenset({"Sequential", "ModuleList"})


def container_kind(value: Built | Layer) -> str | None:
    """``list``, ``dict``, ``parameters`` or None: what kind of container a module is."""
    layer = value if type(value) is Layer else value.base  # type: ignore[union-attr]
    short = layer.short if layer is not None else ""
    if short in LISTS:
        return "list"
    if short == "ModuleDict":
        return "dict"
    return "parameters" if short in ("ParameterList", "ParameterDict") else None


def members(value: Built | Layer) -> TupleS:
    """The members of a container, as modules."""
    from tslint.facts.torchscript.attributes import sugared_of

    return TupleS([sugared_of(member) for member in value.members.values()], value.exact)


def keys(value: Built | Layer) -> TupleS:
    return TupleS([Simple(types.STR, name) for name in value.members], value.exact)


def iterated(compiler: Compiler, node: cst.CSTNode, found: Sugared) -> Sugared:
    """FOUND as something to loop over. Raises Stop where it is none."""
    if type(found) is ModuleS:
        kind = container_kind(found.value)
        if kind is None:
            raise compiler.stop(node, "not-iterable", type="a module")
        if kind == "parameters":
            return TupleS([simple(types.TENSOR)] * max(len(found.value.members), 1), False)
        return keys(found.value) if kind == "dict" else members(found.value)
    if type(found) in (RangeS, TreeS, TupleS, Open):
        return found
    if type(found) is IteratorS:
        raise compiler.stop(node, "uncalled", kind="method")
    value = compiler.as_value(node, found)
    kind_ = value.type
    if kind_ is types.UNKNOWN or kind_.kind in ("List", "Tensor", "str", "Any"):
        return value if kind_ is not types.ANY else OPEN
    if kind_.kind == "Dict":
        return Simple(types.list_of(kind_.args[0]))
    if kind_.kind == "Tuple":
        return TupleS([simple(item) for item in kind_.args])
    if kind_.kind in ("Class", "opaque"):
        return OPEN
    raise compiler.stop(node, "not-iterable", type=types.written(kind_))


def rounds(found: Sugared) -> int | None:
    """How often a loop is unrolled; None for one that is not."""
    if type(found) is TupleS:
        return len(found.items) if found.exact else max(len(found.items), 1)
    if type(found) is TreeS:
        return found.static
    return found.static if type(found) is RangeS else None


def element(compiler: Compiler, node: cst.CSTNode, found: Sugared, index: int) -> Sugared:
    """What a loop binds in its INDEXth round."""
    if type(found) is Open:
        return OPEN
    if type(found) is TupleS:
        if not found.items:
            return OPEN
        return found.items[min(index, len(found.items) - 1)]
    if type(found) is RangeS:
        return simple(types.INT)
    if type(found) is TreeS:
        return TupleS([element(compiler, node, child, index) for child in found.children])
    assert type(found) is Simple
    kind = found.type
    if kind.kind == "List":
        return simple(kind.args[0])
    if kind.kind == "Tensor":
        return simple(types.TENSOR)
    return simple(types.STR) if kind is types.STR else OPEN_VALUE


def add_child(compiler: Compiler, node: cst.CSTNode, tree: TreeS, child: Sugared) -> None:
    """One more iterable beside the others; those of known and of unknown length do not go together."""
    length = rounds(child)
    if type(child) is Open or (type(child) is Simple and child.type is types.UNKNOWN):
        tree.children.append(child)
        return
    known = [c for c in tree.children if not (type(c) is Open or (type(c) is Simple and c.type is types.UNKNOWN))]
    if known:
        if (tree.static is None) != (length is None):
            raise compiler.stop(node, "unknown-length")
        if length is not None and tree.static is not None:
            tree.static = min(length, tree.static)
    else:
        tree.static = length
    tree.children.append(child)
