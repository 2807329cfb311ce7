"""Assignments: names, attributes, items, and several of them at once."""

from __future__ import annotations

import libcst as cst

from tslint.facts import shapes
from tslint.facts.calls import store
from tslint.facts.expressions import element_of, evaluate
from tslint.facts.frame import Frame
from tslint.facts.joins import join, join_all
from tslint.facts.kinds import (
    UNKNOWN,
    Constant,
    Dict,
    Either,
    Kind,
    List,
    Module,
    Shape,
    ShapeOf,
    Size,
    Str,
    Tuple,
    Unknown,
    present,
)


def assign(frame: Frame, target: cst.BaseExpression, kind: Kind, value: cst.BaseExpression | None = None) -> None:
    """Binds TARGET: a name, an attribute, an item, or several of them at once."""
    if isinstance(target, cst.Name):
        name = target.value
        inside = f"{name}."
        for key in [k for k in frame.env if k.startswith(inside)]:
            del frame.env[key]
        frame.env[name] = kind
        frame.record(target, kind)
    elif isinstance(target, (cst.Tuple, cst.List)):
        _unpack(frame, target, kind)
    elif isinstance(target, cst.Attribute):
        owner = evaluate(frame, target.value)
        if isinstance(target.value, cst.Name):
            frame.env[f"{target.value.value}.{target.attr.value}"] = kind
        if isinstance(owner, Module) and owner.cls is not None:
            frame.analysis.note_attribute(frame, owner.cls, target.attr.value, target, value, kind)
        frame.record(target, kind)
    elif isinstance(target, cst.Subscript):
        _assign_item(frame, target, kind)


def _assign_item(frame: Frame, target: cst.Subscript, kind: Kind) -> None:
    owner = evaluate(frame, target.value)
    indices = [e.slice for e in target.slice]
    keys = [evaluate(frame, i.value) if isinstance(i, cst.Index) else None for i in indices]
    for part in indices:
        if isinstance(part, cst.Slice):
            for bound in (part.lower, part.upper, part.step):
                if bound is not None:
                    evaluate(frame, bound)
    if isinstance(owner, Dict):
        key = keys[0]
        items = dict(owner.items)
        complete = owner.complete
        if isinstance(key, Str) and key.value is not None:
            items[key.value] = kind
        else:
            complete = False
        element = kind if isinstance(owner.element, Unknown) and not owner.items else join(owner.element, kind)
        store(frame, target.value, Dict(tuple(items.items()), element, complete, owner.name))
    elif isinstance(owner, List) and not owner.empty:
        store(frame, target.value, List(join(owner.element, kind), owner.length, None, owner.name))


def _unpack(frame: Frame, target: cst.Tuple | cst.List, kind: Kind) -> None:
    frame.record(target, kind)
    elements = list(target.elements)
    star = next((i for i, e in enumerate(elements) if isinstance(e, cst.StarredElement)), None)
    parts = _parts(frame, target, kind, len(elements), star)
    for element, part in zip(elements, parts, strict=True):
        inner = element.value
        assign(frame, inner, part)


def _parts(frame: Frame, target: cst.BaseExpression, kind: Kind, count: int, star: int | None) -> list[Kind]:
    """The kinds of the COUNT targets that KIND is unpacked into; the one at STAR takes the rest as a list."""
    if isinstance(kind, Either):
        several = [_parts(frame, target, o, count, star) for o in present(kind)]
        return [join_all(column) for column in zip(*several, strict=True)]
    if isinstance(kind, ShapeOf) and kind.start >= 0 and kind.stop is None:
        base = kind.shape.base
        if star is None and kind.shape.rank is None and base is not None and not kind.shape.known:
            base.learn_rank(kind.start + count)
        if star is None:
            fresh = kind.shape if shapes.rank_of(kind.shape) is not None else _ranked(kind.shape, kind.start + count)
            return [shapes.size(shapes.dims_at(fresh, kind.start + i), kind.origin) for i in range(count)]
        front = [shapes.size(shapes.dims_at(kind.shape, kind.start + i), kind.origin) for i in range(star)]
        back = [
            shapes.size(shapes.dims_at(kind.shape, i - (count - star - 1)), kind.origin)
            for i in range(count - star - 1)
        ]
        rest: Kind = ShapeOf(kind.shape, kind.start + star, star + 1 - count or None, origin=kind.origin)
        return [*front, rest, *back]
    items = _known_items(kind)
    if items is not None and star is None and len(items) == count:
        return list(items)
    if items is not None and star is not None and len(items) >= count - 1:
        behind = count - star - 1
        middle = items[star : len(items) - behind]
        taken = List(join_all(middle), Constant("int", len(middle)), tuple(middle))
        return [*items[:star], taken, *items[len(items) - behind :]]
    element = element_of(frame, kind, target)
    if isinstance(kind, Tuple) and any(isinstance(i, ShapeOf) for i in kind.items):
        element = Size(shapes.OPEN, origin=target)
    return [List(element, UNKNOWN) if i == star else element for i in range(count)]


def _ranked(shape: Shape, rank: int) -> Shape:
    return Shape(shape.base, rank, shape.known)


def _known_items(kind: Kind) -> tuple[Kind, ...] | None:
    if isinstance(kind, Tuple) and not any(isinstance(i, ShapeOf) for i in kind.items):
        return kind.items
    if isinstance(kind, List) and kind.items is not None and isinstance(kind.length, Constant):
        return kind.items if kind.length.value == len(kind.items) else None
    return None
