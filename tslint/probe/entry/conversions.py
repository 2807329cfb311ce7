"""What a recorded `ct.convert` call says about a model's inputs: shapes, ranges and dtypes of its Tensor- and ImageTypes."""

from __future__ import annotations

from typing import Any

import torch

from tslint.probe.entry.specs import Wanted

_UNBOUNDED = 2**31 - 1


def wanted_inputs(kwargs: dict[str, Any]) -> list[Wanted] | None:
    """The inputs described in the call; None where it describes none, or leaves a shape open."""
    described = kwargs.get("inputs")
    if not described:
        return None
    found: list[Wanted] = []
    for item in described if isinstance(described, (list, tuple)) else [described]:
        dims = _dims(getattr(item, "shape", None))
        if dims is None:
            return None
        found.append(Wanted(getattr(item, "name", None), _dtype(getattr(item, "dtype", None)), dims))
    return found


def _dims(shape: Any) -> tuple[tuple[int, int], ...] | None:
    """(low, high) of each dimension of a tuple, a ``ct.Shape``, or the default of ``ct.EnumeratedShapes``.

    Reads ``Shape.shape``, ``EnumeratedShapes.default``/``shapes`` and ``RangeDim.lower_bound/upper_bound`` (coremltools 9.0).
    """
    if shape is None:
        return None
    if hasattr(shape, "shapes"):
        choices = [found for choice in shape.shapes if (found := _dims(choice)) is not None]
        return choices[0] if choices else None
    inner = getattr(shape, "shape", shape)
    if not isinstance(inner, (list, tuple, torch.Size)):
        return None
    dims: list[tuple[int, int]] = []
    for size in inner:
        if hasattr(size, "lower_bound"):
            low = int(size.lower_bound or 1)
            high = getattr(size, "upper_bound", None)
            high = low + 15 if high is None or int(high) < 0 or int(high) >= _UNBOUNDED else int(high)
            dims.append((low, max(low, high)))
        else:
            try:
                dims.append((int(size), int(size)))
            except (TypeError, ValueError):
                return None
    return tuple(dims)


def _dtype(dtype: Any) -> torch.dtype:
    """The torch dtype of a NumPy type, a torch dtype or one of MIL's types; float32 where none is given.

    Core ML knows int32 alone, and PyTorch's own integers are int64: integers become these.
    """
    if isinstance(dtype, torch.dtype):
        return dtype
    text = getattr(dtype, "__name__", str(dtype)) if dtype is not None else "float32"
    for word, found in (("int", torch.int64), ("bool", torch.bool)):
        if word in text:
            return found
    return torch.float32
