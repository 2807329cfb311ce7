"""Functions of plain Python that the tracer cannot see: what becomes of the sizes and tensors handed to them."""

from __future__ import annotations

import libcst as cst

from tslint.facts import shapes
from tslint.facts.kinds import (
    CONSTANT,
    UNKNOWN,
    BakedSize,
    Callable,
    Constant,
    Data,
    Instance,
    Kind,
    List,
    NoneKind,
    ShapeOf,
    Size,
    Str,
    Tensor,
    Tuple,
    Unknown,
    depends_of,
    options,
)


def hidden(node: cst.CSTNode, kinds: list[Kind], kind: str | None = None) -> Kind:
    """The result of a function that the tracer cannot see."""
    parts = [o for k in kinds for o in options(k) if not isinstance(o, (NoneKind, Str, Instance, Callable))]
    parts = [i for p in parts for i in inner_kinds(p)]
    if any(isinstance(p, Tensor) for p in parts):
        return Data(origin=node)
    if any(isinstance(p, Unknown) for p in parts):
        return UNKNOWN
    for part in parts:
        if isinstance(part, Data):
            return Data(origin=part.origin)
    sizes = [p for p in parts if isinstance(p, (Size, BakedSize)) and depends_of(p)]
    if sizes:
        depends = frozenset().union(*(depends_of(p) for p in sizes))
        return BakedSize(depends, node, origin=sizes[0].origin)
    return Constant(kind)  # of a size that a layer pins as well: it has left the graph, and never changes


def inner_kinds(kind: Kind) -> tuple[Kind, ...]:
    if isinstance(kind, Tuple):
        return kind.items
    if isinstance(kind, List):
        return (CONSTANT,) if kind.empty else (kind.element,)
    if isinstance(kind, ShapeOf):
        return (Size(shapes.total(kind.shape), origin=kind.origin),)
    return (kind,)
