"""What is made once, when a module is built or a file imported, is the same in every call."""

from __future__ import annotations

from dataclasses import replace

from tslint.facts import shapes
from tslint.facts.joins import join_all
from tslint.facts.kinds import (
    BakedSize,
    Constant,
    Data,
    Dict,
    Either,
    FixedSize,
    Kind,
    List,
    Shape,
    ShapeOf,
    Size,
    Tensor,
    Tuple,
)


def lasting(kind: Kind) -> Kind:
    """KIND as every call finds it: sizes and data are constants, tensors keep their dimensions."""
    if isinstance(kind, Tensor):
        role = kind.role if kind.role in ("parameter", "buffer") else "plain"
        return Tensor(Shape(shapes.PARAMETER, shapes.rank_of(kind.shape)), role)
    if isinstance(kind, (Size, FixedSize, BakedSize)):
        return Constant("int")
    if isinstance(kind, Data):
        return Constant()
    if isinstance(kind, ShapeOf):
        return replace(kind, shape=Shape(shapes.PARAMETER, shapes.rank_of(kind.shape)))
    if isinstance(kind, List):
        items = None if kind.items is None else tuple(lasting(item) for item in kind.items)
        return replace(kind, element=lasting(kind.element), length=lasting(kind.length), items=items)
    if isinstance(kind, Tuple):
        return replace(kind, items=tuple(lasting(item) for item in kind.items))
    if isinstance(kind, Dict):
        items_ = tuple((key, lasting(value)) for key, value in kind.items)
        return replace(kind, items=items_, element=lasting(kind.element))
    if isinstance(kind, Either):
        return join_all(lasting(option) for option in kind.options)
    return kind
