"""The file's own `ct.convert` call as code, from the objects that it was given: for where its text cannot be taken over."""

from __future__ import annotations

import enum
from typing import Any

from tslint.probe import values
from tslint.probe.convert.coreml import DROPPED
from tslint.probe.plan.code import Unwritable

CHOICES = {
    "AvailableTarget": "ct.target",
    "ColorLayout": "ct.colorlayout",
    "ComputePrecision": "ct.precision",
    "ComputeUnit": "ct.ComputeUnit",
}
"""Enumerations of coremltools by the name of their class, and where scripts find their members."""


def types(kwargs: dict[str, Any]) -> tuple[str, ...]:
    """Code for each of the call's input types. Raises Unwritable."""
    described = kwargs.get("inputs") or ()
    return tuple(_type(item) for item in (described if isinstance(described, (list, tuple)) else [described]))


def options(kwargs: dict[str, Any]) -> tuple[str, ...]:
    """Code for the call's other keyword arguments. Raises Unwritable."""
    kept = {key: value for key, value in kwargs.items() if key not in (*DROPPED, "inputs") and value is not None}
    return tuple(f"{key}={_value(value)}" for key, value in kept.items())


def _type(item: Any) -> str:
    """Reads the attributes of ``TensorType`` and ``ImageType`` (coremltools 9.0)."""
    kind = type(item).__name__
    if kind not in ("TensorType", "ImageType"):
        raise Unwritable(f"an input of `ct.convert` is a {kind}")
    given = [f'name="{item.name}"'] if item.name else []
    given.append(f"shape={_shape(item.shape)}")
    if kind == "ImageType":
        plain = {"scale": 1.0, "bias": None, "color_layout": None, "grayscale_use_uint8": False}
        changed = {key: getattr(item, key, default) for key, default in plain.items()}
        given += [
            f"{key}={_value(value)}" for key, value in changed.items() if value is not None and value != plain[key]
        ]
    elif item.dtype is not None:
        given.append(f"dtype=np.{_dtype(item.dtype)}")
    return f"ct.{kind}({', '.join(given)})"


def _dtype(dtype: Any) -> str:
    """NumPy's name of one of MIL's types: their classes are called ``int``, ``fp16`` and the like, and know their width."""
    text = getattr(dtype, "__name__", "")
    if text == "bool":
        return "bool_"
    width = dtype.get_bitwidth() if hasattr(dtype, "get_bitwidth") else None
    if width is None or text not in ("int", "fp16", "fp32", "double"):
        raise Unwritable(f"an input of `ct.convert` is of type {text or dtype}")
    return f"{'int' if text == 'int' else 'float'}{width}"


def _shape(shape: Any) -> str:
    if hasattr(shape, "shapes"):
        inner = ", ".join(_shape(getattr(one, "shape", one)) for one in shape.shapes)
        return f"ct.EnumeratedShapes(shapes=[{inner}], default={_shape(shape.default)})"
    parts = [_dimension(size) for size in getattr(shape, "shape", shape)]
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


def _dimension(size: Any) -> str:
    if hasattr(size, "lower_bound"):
        return f"ct.RangeDim({size.lower_bound}, {size.upper_bound}, default={size.default})"
    return str(int(size))


def _value(value: Any) -> str:
    if isinstance(value, enum.Enum) and type(value).__name__ in CHOICES:
        return f"{CHOICES[type(value).__name__]}.{value.name}"
    if type(value) in (list, tuple):
        return f"[{', '.join(map(_value, value))}]"
    if type(value).__name__ in ("TensorType", "ImageType") and value.name:
        return f'ct.{type(value).__name__}(name="{value.name}")'  # an output
    written = values.literal(value)
    if written is None:
        raise Unwritable(f"an argument of `ct.convert` is a {type(value).__qualname__}")
    return written
