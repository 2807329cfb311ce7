"""What holds of a value that has one kind on one path and another on the other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tslint.facts.kinds import (
    FIXED,
    UNKNOWN,
    BakedSize,
    Constant,
    Data,
    Dict,
    Dim,
    Dims,
    Either,
    FixedSize,
    Kind,
    List,
    Shape,
    Size,
    Str,
    Tensor,
    Tuple,
    Unknown,
    depends_of,
    options,
)

MAX_OPTIONS = 4


def join(first: Kind, second: Kind) -> Kind:
    """The kind of a value that is FIRST on one path and SECOND on another."""
    if first is second or first == second:
        return first
    if isinstance(first, Unknown) or isinstance(second, Unknown):
        return UNKNOWN
    merged: list[Kind] = list(options(first))
    for kind in options(second):
        for index, other in enumerate(merged):
            same = _join_alike(other, kind)
            if same is not None:
                merged[index] = same
                break
        else:
            merged.append(kind)
    if len(merged) == 1:
        return merged[0]
    return UNKNOWN if len(merged) > MAX_OPTIONS else Either(tuple(merged))


def join_all(kinds: Any) -> Kind:
    """The join of an iterable of kinds; Unknown of none."""
    result: Kind | None = None
    for kind in kinds:
        result = kind if result is None else join(result, kind)
    return UNKNOWN if result is None else result


def _join_alike(first: Kind, second: Kind) -> Kind | None:
    """The join of two kinds that fit into one, else None."""
    if first == second:
        return first
    if isinstance(first, (Size, FixedSize)) and isinstance(second, (Size, FixedSize)):
        return Size(depends_of(first) | depends_of(second), origin=first.origin or second.origin)
    if isinstance(first, (Size, FixedSize, BakedSize)) and isinstance(second, (Size, FixedSize, BakedSize)):
        baked = first if isinstance(first, BakedSize) else second
        by = baked.by if isinstance(baked, BakedSize) else None
        return BakedSize(depends_of(first) | depends_of(second), by, origin=baked.origin)
    if type(first) is not type(second):
        return None
    if isinstance(first, Constant) and isinstance(second, Constant):
        return Constant(first.type if first.type == second.type else None, argument=first.argument or second.argument)
    if isinstance(first, Str):
        return Str()
    if isinstance(first, Tensor) and isinstance(second, Tensor):
        return Tensor(join_shapes(first.shape, second.shape), first.role if first.role == second.role else "value")
    if isinstance(first, List) and isinstance(second, List):
        return _join_lists(first, second)
    if isinstance(first, Tuple) and isinstance(second, Tuple):
        if len(first.items) != len(second.items):
            return None
        items = tuple(join(a, b) for a, b in zip(first.items, second.items, strict=True))
        return Tuple(items, first.name if first.name == second.name else None, first.is_shape and second.is_shape)
    if isinstance(first, Dict) and isinstance(second, Dict):
        return _join_dicts(first, second)
    if isinstance(first, Data):
        return first
    return None


def _join_lists(first: List, second: List) -> List:
    if first.empty or second.empty:
        full = second if first.empty else first
        return replace(full, length=UNKNOWN) if first.empty != second.empty else full
    same = first.items is not None and second.items is not None and len(first.items) == len(second.items)
    items = tuple(map(join, first.items or (), second.items or ())) if same else None
    if items is None and first.items is not None and second.items is not None:
        longer, shorter = sorted((first.items, second.items), key=len, reverse=True)
        items = longer if longer[: len(shorter)] == shorter else None
    name = first.name if first.name == second.name else "list"
    length = first.length if first.length == second.length else UNKNOWN
    return List(join(first.element, second.element), length, items, name)


def _join_dicts(first: Dict, second: Dict) -> Dict:
    left, right = dict(first.items), dict(second.items)
    items = {
        key: join(left[key], right[key]) if key in left and key in right else kind
        for key, kind in (left | right).items()
    }
    same = left.keys() == right.keys()
    name = first.name if first.name == second.name else "dict"
    return Dict(
        tuple(items.items()), join(first.element, second.element), first.complete and second.complete and same, name
    )


def join_shapes(first: Shape, second: Shape) -> Shape:
    """What holds of a tensor that has one of two shapes."""
    if first == second:
        return first
    rank = first.rank if first.rank == second.rank else None
    base = first.base if first.base is second.base else None
    left, right = dict(first.known), dict(second.known)
    known: dict[int, Dims] = {}
    for index in left.keys() | right.keys():
        a, b = _at(first, left, index), _at(second, right, index)
        if a is not None and b is not None:
            known[index] = a | b
    return Shape(base, rank, tuple(sorted(known.items())))


def _at(shape: Shape, known: dict[int, Dims], index: int) -> Dims | None:
    if index in known:
        return known[index]
    if shape.rank is not None and not -shape.rank <= index < shape.rank:
        return FIXED  # on that path there is no such dimension, and whoever asks for it is not there
    return None if shape.base is None else frozenset((Dim(shape.base, index),))
