"""Operators of Python on kinds: what stays live under tracing, what is baked, what is a tensor."""

from __future__ import annotations

import libcst as cst

from tslint.facts.frame import Frame
from tslint.facts.joins import join, join_all
from tslint.facts.kinds import (
    MISSING,
    UNKNOWN,
    BakedSize,
    Callable,
    Constant,
    Data,
    Dict,
    Either,
    FixedSize,
    Instance,
    Kind,
    List,
    Module,
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
from tslint.facts.ops_base import as_untraced, elementwise, untraced
from tslint.facts.ops_neural import matmul

NUMBERS = (Constant, Size, FixedSize, BakedSize, Data)


def binary(frame: Frame, node: cst.CSTNode, operator: cst.CSTNode, left: Kind, right: Kind) -> Kind:
    """The kind of ``left operator right``."""
    if isinstance(left, Either) or isinstance(right, Either):
        pairs = [(a, b) for a in options(left) for b in options(right)]
        kinds = [
            binary(frame, node, operator, a, b)
            for a, b in pairs
            if not isinstance(a, NoneKind) and not isinstance(b, NoneKind)
        ]
        return join_all(kinds)
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        if isinstance(left, Instance) or isinstance(right, Instance):
            return UNKNOWN
        if isinstance(operator, (cst.MatrixMultiply, cst.MatrixMultiplyAssign)):
            return matmul(frame, node, left, right)
        if isinstance(left, Unknown) or isinstance(right, Unknown):
            return frame.unknown_tensor(node)
        result = elementwise(frame, node, [left, right])
        return as_untraced(result) if untraced([left, right]) else result
    if isinstance(left, Str) or isinstance(right, Str):
        return Str()
    if isinstance(left, NUMBERS) and isinstance(right, NUMBERS):
        return numbers(operator, left, right)
    return _sequences(operator, left, right)


def numbers(operator: cst.CSTNode | None, left: Kind, right: Kind) -> Kind:
    """Arithmetic of Python numbers: one live size keeps the result live, and one datum makes it data."""
    if isinstance(left, Constant) and isinstance(right, Constant):
        return _fold(operator, left, right)
    if isinstance(left, Data) or isinstance(right, Data):
        return Data(origin=left.origin if isinstance(left, Data) else right.origin)
    origin = left.origin if depends_of(left) or not depends_of(right) else right.origin
    depends = depends_of(left) | depends_of(right)
    if isinstance(left, Size) or isinstance(right, Size):
        return Size(depends, origin=origin)
    if isinstance(left, BakedSize) or isinstance(right, BakedSize):
        baked = left if isinstance(left, BakedSize) else right
        return BakedSize(depends, baked.by if isinstance(baked, BakedSize) else None, origin=origin)
    return FixedSize(origin=left.origin or right.origin)


def _fold(operator: cst.CSTNode | None, left: Constant, right: Constant) -> Kind:
    argument = left.argument or right.argument
    kind = left.type if left.type == right.type else "float" if "float" in (left.type, right.type) else None
    if isinstance(operator, (cst.Divide, cst.DivideAssign)):
        kind = "float"
    if (
        isinstance(left.value, int)
        and isinstance(right.value, int)
        and abs(left.value) < 1 << 32
        and abs(right.value) < 1 << 32
    ):
        if isinstance(operator, (cst.Add, cst.AddAssign)):
            return Constant("int", left.value + right.value)
        if isinstance(operator, (cst.Subtract, cst.SubtractAssign)):
            return Constant("int", left.value - right.value)
        if isinstance(operator, (cst.Multiply, cst.MultiplyAssign)):
            return Constant("int", left.value * right.value)
        if isinstance(operator, (cst.FloorDivide, cst.FloorDivideAssign)) and right.value:
            return Constant("int", left.value // right.value)
    return Constant(kind, argument=argument)


def _sequences(operator: cst.CSTNode, left: Kind, right: Kind) -> Kind:
    adding = isinstance(operator, (cst.Add, cst.AddAssign))
    times = isinstance(operator, (cst.Multiply, cst.MultiplyAssign))
    if adding and isinstance(left, (Tuple, ShapeOf)) and isinstance(right, (Tuple, ShapeOf)):
        first = left.items if isinstance(left, Tuple) else (left,)
        second = right.items if isinstance(right, Tuple) else (right,)
        shape = any(isinstance(k, ShapeOf) or (isinstance(k, Tuple) and k.is_shape) for k in (left, right))
        return Tuple((*first, *second), is_shape=shape)
    if adding and isinstance(left, List) and isinstance(right, (List, Tuple)):
        return extended(left, right)
    if times and isinstance(left, (List, Tuple)) and isinstance(right, NUMBERS):
        if (
            isinstance(right, Constant)
            and isinstance(right.value, int)
            and 0 < right.value < 9
            and isinstance(left, Tuple)
        ):
            return Tuple(left.items * right.value)
        element = left.element if isinstance(left, List) else join_all(left.items)
        return List(element, right, None, "list" if isinstance(left, List) else "tuple")
    if times and isinstance(right, (List, Tuple)) and isinstance(left, NUMBERS):
        return _sequences(operator, right, left)
    if isinstance(left, Dict) and isinstance(right, Dict):
        return join(left, right)
    if isinstance(left, Callable) or isinstance(right, Callable):
        return UNKNOWN
    return UNKNOWN


def extended(first: List, second: List | Tuple) -> List:
    """A list with the elements of another sequence behind its own."""
    if isinstance(second, Tuple):
        second = List(join_all(second.items), Constant("int", len(second.items)), second.items, empty=not second.items)
    if second.empty:
        return first
    if first.empty:
        return List(second.element, second.length, second.items, first.name)
    items = (*first.items, *second.items) if first.items is not None and second.items is not None else None
    return List(join(first.element, second.element), numbers_or_unknown(first.length, second.length), items, first.name)


def numbers_or_unknown(left: Kind, right: Kind) -> Kind:
    """The sum of two lengths."""
    if isinstance(left, NUMBERS) and isinstance(right, NUMBERS):
        return numbers(cst.Add(), left, right)
    return UNKNOWN


def invert(frame: Frame, node: cst.UnaryOperation, kind: Kind) -> Kind:
    """The kind of ``not x``, ``-x``, ``~x``."""
    if isinstance(node.operator, cst.Not):
        return join_all(_negated(node, option) for option in options(kind))
    if isinstance(kind, Either):
        return join_all(invert(frame, node, option) for option in kind.options)
    if isinstance(kind, Constant):
        if isinstance(node.operator, cst.Minus) and isinstance(kind.value, (int, float)):
            return Constant(kind.type, -kind.value)
        return Constant(kind.type, argument=kind.argument)
    return kind if isinstance(kind, (Tensor, Size, FixedSize, BakedSize, Data)) else UNKNOWN


def _negated(node: cst.UnaryOperation, kind: Kind) -> Kind:
    if isinstance(kind, Tensor):
        return Data(origin=node)
    if isinstance(kind, Size):
        return BakedSize(kind.depends, node, origin=kind.origin)
    if isinstance(kind, Constant) and isinstance(kind.value, bool):
        return Constant("bool", not kind.value)
    if isinstance(kind, (BakedSize, FixedSize, Data)):
        return kind
    if isinstance(kind, NoneKind):
        return Constant("bool", True)
    return Constant("bool")


def compare(frame: Frame, node: cst.Comparison, operator: cst.CSTNode, left: Kind, right: Kind) -> Kind:
    """The kind of a comparison: a tensor's is a tensor, a size's stays live as a value."""
    if isinstance(operator, (cst.Is, cst.IsNot)):
        return Constant("bool", _identity(left, right, isinstance(operator, cst.Is)))
    if isinstance(operator, (cst.In, cst.NotIn)):
        return _membership(node, left, right)
    if isinstance(left, Either) or isinstance(right, Either):
        return join_all(compare(frame, node, operator, a, b) for a in options(left) for b in options(right))
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        if isinstance(left, (NoneKind, Str)) or isinstance(right, (NoneKind, Str)):
            return Constant("bool")
        compared = elementwise(frame, node, [left, right])
        return as_untraced(compared) if untraced([left, right]) else compared
    if isinstance(left, NUMBERS) and isinstance(right, NUMBERS):
        result = numbers(None, left, right)
        return Constant("bool") if isinstance(result, Constant) else result
    if isinstance(left, (Tuple, ShapeOf)) and isinstance(right, (Tuple, ShapeOf)):
        return _shapes_compared(left, right)
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return UNKNOWN
    return Constant("bool")


def _identity(left: Kind, right: Kind, positive: bool) -> object:
    """The answer of ``x is None`` where the kinds tell it."""
    for one, other in ((left, right), (right, left)):
        if isinstance(other, NoneKind):
            if isinstance(one, NoneKind):
                return positive
            if isinstance(one, (Tensor, Size, FixedSize, BakedSize, Module, Tuple, List, Dict, Str, ShapeOf)):
                return not positive
            if isinstance(one, Constant) and one.value is not MISSING:
                return not positive
    return MISSING


def _membership(node: cst.Comparison, left: Kind, right: Kind) -> Kind:
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        return Data(origin=node)
    if isinstance(left, (Data, BakedSize)):
        return left
    if isinstance(left, Size):
        return BakedSize(left.depends, node, origin=left.origin)
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return UNKNOWN
    return Constant("bool")


def _shapes_compared(left: Kind, right: Kind) -> Kind:
    """``x.shape == y.shape``: Python compares element by element, and takes the truth of each."""
    from tslint.facts.shapes import total

    depends = frozenset[object]()
    origin: cst.CSTNode | None = None
    data: Kind | None = None
    for kind in (left, right):
        parts = kind.items if isinstance(kind, Tuple) else (kind,)
        for part in parts:
            if isinstance(part, ShapeOf):
                depends |= total(part.shape)
                origin = origin or part.origin
            elif isinstance(part, (Size, BakedSize)):
                depends |= part.depends
                origin = origin or part.origin
            elif isinstance(part, (Data, Tensor)):
                data = Data(origin=part.origin)
    if data is not None:
        return data
    return BakedSize(depends, None, origin=origin) if depends else Constant("bool")  # type: ignore[arg-type]  # dims
