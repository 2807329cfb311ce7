"""The kinds of items and slices: of tensors, shapes, tuples, lists, dicts and module lists."""

from __future__ import annotations

from typing import Any

import libcst as cst

from tslint.facts import shapes
from tslint.facts.frame import Frame
from tslint.facts.joins import join_all
from tslint.facts.kinds import (
    FIXED,
    UNKNOWN,
    BakedSize,
    Constant,
    Data,
    Dict,
    Dims,
    FixedSize,
    Kind,
    List,
    Module,
    NoneKind,
    ShapeOf,
    Size,
    Str,
    Tensor,
    Tuple,
    present,
)
from tslint.facts.ops_base import as_untraced, untraced
from tslint.facts.shapes import dims_at


def subscript(frame: Frame, node: cst.Subscript) -> Kind:
    """The kind of ``value[index]``."""
    from tslint.facts.expressions import evaluate

    value = evaluate(frame, node.value)
    indices = [_index(frame, e.slice) for e in node.slice]
    items = [(option, _item(frame, node, option, indices)) for option in present(value)]
    return join_all(as_untraced(item) if untraced([option]) else item for option, item in items)


Index = tuple[str, Any]
"""("at", kind) or ("slice", (lower, upper, step)) with kinds or None."""


def _index(frame: Frame, part: cst.BaseSlice) -> Index:
    from tslint.facts.expressions import evaluate

    if isinstance(part, cst.Slice):
        bounds = [None if b is None else evaluate(frame, b) for b in (part.lower, part.upper, part.step)]
        return "slice", tuple(bounds)
    assert isinstance(part, cst.Index)
    return "at", evaluate(frame, part.value)


def _item(frame: Frame, node: cst.Subscript, value: Kind, indices: list[Index]) -> Kind:
    how, what = indices[0]
    if isinstance(value, Tensor):
        return _tensor_item(frame, node, value, indices)
    if isinstance(value, ShapeOf):
        return _shape_item(node, value, how, what)
    if isinstance(value, Tuple):
        return _tuple_item(node, value, how, what)
    if isinstance(value, List):
        if how == "slice":
            return List(value.element, UNKNOWN, None, value.name)
        if isinstance(what, Constant) and isinstance(what.value, int) and value.items:
            exact = isinstance(value.length, Constant) and value.length.value == len(value.items)
            if exact and -len(value.items) <= what.value < len(value.items):
                return value.items[what.value]
        return value.element
    if isinstance(value, Dict):
        found = dict(value.items).get(what.value) if isinstance(what, Str) and what.value is not None else None
        return found if found is not None else value.element
    if isinstance(value, Module) and value.items:
        if how == "slice":
            return value
        if (
            isinstance(what, Constant)
            and isinstance(what.value, int)
            and -len(value.items) <= what.value < len(value.items)
        ):
            return value.items[what.value]
        if isinstance(what, Str) and what.value in value.keys:
            return value.items[value.keys.index(what.value)]
        return join_all(value.items)
    if isinstance(value, (Data, Str)):
        return value if isinstance(value, Data) else Str()
    if isinstance(value, Constant):
        return Constant(argument=value.argument)
    if isinstance(value, BakedSize):
        return value
    return UNKNOWN


def _shape_item(node: cst.Subscript, value: ShapeOf, how: str, what: Any) -> Kind:
    if how == "slice":
        lower, upper, step = what
        start = lower.value if isinstance(lower, Constant) else 0 if lower is None else None
        stop = upper.value if isinstance(upper, Constant) else None
        plain = step is None and isinstance(start, int) and (upper is None or isinstance(stop, int))
        if plain and value.start >= 0 and value.stop is None and isinstance(start, int):
            if start < 0:
                if upper is None:
                    items = tuple(shapes.size(dims_at(value.shape, i), node) for i in range(start, 0))
                    return Tuple(items, is_shape=True)
            elif isinstance(stop, int) and stop > 0:
                first = range(value.start + start, value.start + stop)
                return Tuple(tuple(shapes.size(dims_at(value.shape, i), node) for i in first), is_shape=True)
            else:
                return ShapeOf(value.shape, value.start + start, stop, origin=node)
        return List(Size(shapes.total(value.shape), origin=node), UNKNOWN, name="shape")
    if isinstance(what, Constant) and isinstance(what.value, int):
        index = what.value + value.start if what.value >= 0 else what.value
        if what.value < 0 and value.stop is not None:
            index = what.value + value.stop if value.stop < 0 else value.stop + what.value
        return shapes.size(dims_at(value.shape, index), node)
    return Size(shapes.OPEN, origin=node)


def _tuple_item(node: cst.Subscript, value: Tuple, how: str, what: Any) -> Kind:
    if any(isinstance(i, ShapeOf) for i in value.items):
        if how == "at" and isinstance(what, Constant) and isinstance(what.value, int) and what.value < 0:
            tail = value.items[what.value :] if -what.value <= len(value.items) else ()
            if tail and not any(isinstance(t, ShapeOf) for t in tail):
                return tail[0]
        return Size(shapes.OPEN, origin=node) if how == "at" else List(Size(shapes.OPEN, origin=node), name="shape")
    if how == "slice":
        bounds: list[Any] = [None if b is None else b.value if isinstance(b, Constant) else "?" for b in what]
        if all(b is None or isinstance(b, int) for b in bounds) and bounds[2] != 0:
            return Tuple(_placed(value.items[slice(*bounds)], node, value), is_shape=value.is_shape)
        return List(join_all(value.items), UNKNOWN, name="tuple")
    if (
        isinstance(what, Constant)
        and isinstance(what.value, int)
        and -len(value.items) <= what.value < len(value.items)
    ):
        return _placed((value.items[what.value],), node, value)[0]
    return join_all(value.items)


def _placed(items: tuple[Kind, ...], node: cst.Subscript, value: Tuple) -> tuple[Kind, ...]:
    """Sizes taken from a shape come from where they are taken: ``x.shape[1]``, not ``x.shape``."""
    if not value.is_shape:
        return items
    moved: list[Kind] = []
    for item in items:
        if isinstance(item, Size):
            moved.append(Size(item.depends, origin=node))
        else:
            moved.append(FixedSize(origin=node) if isinstance(item, FixedSize) else item)
    return tuple(moved)


def _tensor_item(frame: Frame, node: cst.Subscript, value: Tensor, indices: list[Index]) -> Kind:
    """The shape of ``x[1, :, None, a:b]``; a tensor as an index leaves open what it replaces."""
    if len(indices) == 1 and indices[0][0] == "at" and isinstance(indices[0][1], Tensor):
        return _gathered(frame, node, value, indices[0][1])
    dims: list[Dims] = []
    rank = shapes.rank_of(value.shape)
    taken = sum(1 for how, what in indices if how == "slice" or (not isinstance(what, NoneKind) and not _is_dots(what)))
    position = 0
    whole = all(how == "slice" for how, _ in indices) or (rank is None and _only_behind_dots(indices))
    if rank is None and whole:
        return _sliced(value, indices)
    for how, what in indices:
        if how == "slice":
            dims.append(_slice_dims(dims_at(value.shape, position), what))
            position += 1
        elif isinstance(what, NoneKind):
            dims.append(FIXED)
        elif _is_dots(what):
            if rank is None:
                return frame.unknown_tensor(node)
            for _ in range(rank - taken):
                dims.append(dims_at(value.shape, position))
                position += 1
        elif isinstance(what, (Constant, Size, FixedSize, BakedSize, Data)):
            position += 1
        else:
            return frame.unknown_tensor(node)
    if rank is None:
        return frame.unknown_tensor(node)
    dims += [dims_at(value.shape, i) for i in range(position, rank)]
    return Tensor(shapes.of(dims))


def _gathered(frame: Frame, node: cst.Subscript, value: Tensor, index: Tensor) -> Tensor:
    """``table[ids]``: of the table's dimensions, the last ones stay as they are.

    Numbers replace the first dimension, a mask as many as it has. Of a parameter or buffer, whole rows are taken.
    """
    found = frame.unknown_tensor(node)
    rank, replaced = shapes.rank_of(value.shape), shapes.rank_of(index.shape)
    if rank is None or (replaced is None and not shapes.is_lasting(value.shape)):
        return found
    shape = found.shape
    if replaced != 0:
        shape = shapes.changed(shape, 0, dims_at(shape, 0))  # as many rows as are asked for
    for i in range(1, rank - max(replaced or 1, 1) + 1):
        shape = shapes.changed(shape, -i, dims_at(value.shape, -i))
    return Tensor(shape)


def _is_dots(kind: Kind) -> bool:
    return isinstance(kind, Constant) and kind.value is ...


def _only_behind_dots(indices: list[Index]) -> bool:
    first = indices[0]
    return first[0] == "at" and _is_dots(first[1]) and all(how == "slice" for how, _ in indices[1:])


def _sliced(value: Tensor, indices: list[Index]) -> Tensor:
    behind = indices[0][0] == "at"
    shape = value.shape
    slices = indices[1:] if behind else indices
    for i, (_, bounds) in enumerate(slices):
        index = i - len(slices) if behind else i
        if any(b is not None for b in bounds):
            shape = shapes.changed(shape, index, _slice_dims(dims_at(shape, index), bounds))
    return Tensor(shape)


def _slice_dims(dims: Dims, bounds: tuple[Kind | None, Kind | None, Kind | None]) -> Dims:
    lower, upper, _ = bounds
    given: Dims = FIXED
    for bound in (lower, upper):
        if bound is not None:
            given |= shapes.as_dims(bound) if not shapes.is_minus_one(bound) else FIXED
    start = 0 if lower is None else lower.value if isinstance(lower, Constant) else None
    stop = upper.value if isinstance(upper, Constant) else None
    if isinstance(start, int) and start >= 0 and isinstance(stop, int) and stop >= 0:
        return FIXED
    if upper is not None and not isinstance(upper, Constant):
        return given if given else dims
    return dims | given
