"""Operators on plain values: computed where they are known, else the type that Python gives."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import libcst as cst

from tslint.facts.building.values import (
    UNKNOWN,
    Either,
    Known,
    Mapping,
    Sequence,
    TensorValue,
    Unknown,
    Value,
    join,
    plain_type,
)

LARGEST = 10_000
"""Of a text or sequence that is computed."""

BINARY: dict[type, Callable[[Any, Any], Any]] = {
    cst.Add: operator.add, cst.Subtract: operator.sub, cst.Multiply: operator.mul, cst.Divide: operator.truediv,
    cst.FloorDivide: operator.floordiv, cst.Modulo: operator.mod, cst.Power: operator.pow, cst.BitAnd: operator.and_,
    cst.BitOr: operator.or_, cst.BitXor: operator.xor, cst.LeftShift: operator.lshift, cst.RightShift: operator.rshift,
    cst.AddAssign: operator.add, cst.SubtractAssign: operator.sub, cst.MultiplyAssign: operator.mul,
    cst.DivideAssign: operator.truediv, cst.FloorDivideAssign: operator.floordiv, cst.ModuloAssign: operator.mod,
    cst.PowerAssign: operator.pow, cst.BitAndAssign: operator.and_, cst.BitOrAssign: operator.or_,
    cst.BitXorAssign: operator.xor, cst.LeftShiftAssign: operator.lshift, cst.RightShiftAssign: operator.rshift,
}  # fmt: skip
COMPARISONS: dict[type, Callable[[Any, Any], Any]] = {
    cst.Equal: operator.eq, cst.NotEqual: operator.ne, cst.LessThan: operator.lt, cst.LessThanEqual: operator.le,
    cst.GreaterThan: operator.gt, cst.GreaterThanEqual: operator.ge, cst.Is: operator.is_, cst.IsNot: operator.is_not,
    cst.In: lambda a, b: a in b, cst.NotIn: lambda a, b: a not in b,
}  # fmt: skip
DIVISIONS = (cst.Divide, cst.DivideAssign)
ORDER = ("bool", "int", "number", "float", "complex")


def binary(kind: type, left: Value, right: Value) -> Value:
    """LEFT and RIGHT combined by an operator of this node type."""
    if type(left) is Either or type(right) is Either:
        pairs = [(a, b) for a in _options(left) for b in _options(right)]
        result: Value | None = None
        for a, b in pairs[:9]:
            one = binary(kind, a, b)
            result = one if result is None else join(result, one)
        return result or UNKNOWN
    if type(left) is TensorValue or type(right) is TensorValue:
        return TensorValue()
    if type(left) is Sequence or type(right) is Sequence:
        return _sequences(kind, left, right)
    if type(left) is Known and type(right) is Known:
        return computed(BINARY[kind], left.value, right.value)
    return Unknown(_type(kind, plain_type(left), plain_type(right)))


def _options(value: Value) -> tuple[Value, ...]:
    return value.options if type(value) is Either else (value,)


def computed(function: Callable[..., Any], *values: Any) -> Value:
    """The result of FUNCTION on plain values; unknown where it raises or is too large to keep."""
    try:
        if function in (operator.mul, operator.pow, operator.lshift) and any(
            isinstance(v, (str, bytes)) or abs(v) > 1e6 for v in values
        ):
            return UNKNOWN
        result = function(*values)
    except Exception:
        return UNKNOWN
    return as_value(result)


def as_value(result: Any) -> Value:
    if isinstance(result, (tuple, list)):
        return Sequence(type(result).__name__, map(as_value, result)) if len(result) <= LARGEST else UNKNOWN
    if result is None or isinstance(result, (bool, int, float, complex, str, bytes, type(Ellipsis))):
        return Known(result) if not isinstance(result, (str, bytes)) or len(result) <= LARGEST else Unknown("str")
    return UNKNOWN


def _sequences(kind: type, left: Value, right: Value) -> Value:
    if kind in (cst.Add, cst.AddAssign):
        if type(left) is Sequence and type(right) is Sequence and left.kind == right.kind:
            return Sequence(left.kind, [*left.items, *right.items], left.exact and right.exact)
        one = left if type(left) is Sequence else right
        if type(one) is Sequence:
            return Sequence(one.kind, one.items, False)
    if kind in (cst.Multiply, cst.MultiplyAssign):
        sequence, times = (left, right) if type(left) is Sequence else (right, left)
        if type(sequence) is Sequence:
            if type(times) is Known and isinstance(times.value, int) and len(sequence.items) * times.value <= LARGEST:
                return Sequence(sequence.kind, sequence.items * times.value, sequence.exact)
            return Sequence(sequence.kind, sequence.items, False)
    return UNKNOWN


def _type(kind: type, left: str | None, right: str | None) -> str | None:
    """The type of an arithmetic result. What is unknown is taken for a number: so are the sizes that constructors take."""
    if kind is cst.Modulo and left == "str":
        return "str"
    if "str" in (left, right):
        return "str" if left == right else None
    if kind in DIVISIONS:
        return "float" if left in ORDER or right in ORDER else None
    if "float" in (left, right):
        return "float"
    if kind in (cst.Power, cst.PowerAssign) and left in ("int", "bool") and right in ("int", "bool"):
        return "number"
    if left in ("int", "bool") and right in ("int", "bool"):
        return "int"
    return "number" if "number" in (left, right) and None not in (left, right) else None


def compare(kind: type, left: Value, right: Value) -> Value:
    """A comparison: what is known of two plain values, of None, of lengths and of identity."""
    if type(left) is Either or type(right) is Either:
        answers = [compare(kind, a, b) for a in _options(left) for b in _options(right)]
        first = answers[0]
        known = type(first) is Known and all(type(a) is Known and a.value == first.value for a in answers)
        return first if known else Unknown("bool")
    if type(left) is Known and type(right) is Known:
        return computed(COMPARISONS[kind], left.value, right.value)
    if kind in (cst.Is, cst.IsNot, cst.Equal, cst.NotEqual):
        negative = kind in (cst.IsNot, cst.NotEqual)
        for one, other in ((left, right), (right, left)):
            if type(one) is Known and one.value is None and not isinstance(other, (Unknown, Known)):
                return Known(negative)
            if type(one) is Known and one.value is None and isinstance(other, Unknown) and other.type is not None:
                return Known(negative)
    if kind in (cst.In, cst.NotIn) and isinstance(right, (Sequence, Mapping)):
        return _contained(kind, left, right)
    if (
        type(left) is Sequence
        and type(right) is Sequence
        and left.exact
        and right.exact
        and kind in (cst.Equal, cst.NotEqual)
    ):
        a, b = plain(left), plain(right)
        if a is not None and b is not None:
            return computed(COMPARISONS[kind], a[0], b[0])
    return Unknown("bool")


def _contained(kind: type, left: Value, right: Sequence | Mapping) -> Value:
    if type(left) is not Known:
        return Unknown("bool")
    if type(right) is Mapping:
        try:
            there = left.value in right.items
        except TypeError:
            return Unknown("bool")
    else:
        items = right.items if type(right) is Sequence else []
        there = any(type(item) is Known and item.value == left.value for item in items)
        if not there and any(type(item) is not Known for item in items):
            return Unknown("bool")
    if not there and not right.exact:
        return Unknown("bool")
    return Known(there is (kind is cst.In))


def plain(value: Value) -> tuple[Any] | None:
    """The Python value of something known all through, in a tuple; else None."""
    if type(value) is Known:
        return (value.value,)
    if type(value) is Sequence and value.exact and value.kind in ("list", "tuple"):
        items = [plain(item) for item in value.items]
        if any(item is None for item in items):
            return None
        flat = [item[0] for item in items if item is not None]
        return (flat if value.kind == "list" else tuple(flat),)
    return None
