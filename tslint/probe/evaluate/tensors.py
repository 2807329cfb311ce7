"""Making, joining and parting tensors (MIL: tensor_operation)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from tslint.probe.evaluate.registry import UnevaluableError, axis_of, evaluates, flag, integer, ints, number

LARGEST = 1 << 28
"""Elements that a made tensor may have; more is taken for a shape gone wrong."""


def _size(sizes: list[int]) -> list[int]:
    if math.prod(sizes) > LARGEST:
        raise UnevaluableError(f"a tensor of shape {sizes}")
    return sizes


def _constant(value: Tensor | float) -> Tensor:
    return value.reshape(()) if isinstance(value, Tensor) else torch.tensor(value)


@evaluates("fill")
def fill(shape: Tensor, value: Tensor | float = 0.0) -> Tensor:
    filling = _constant(value)
    return torch.full(_size(ints(shape)), filling.item(), dtype=filling.dtype)


@evaluates("fill_like")
def fill_like(ref_tensor: Tensor, value: Tensor | float = 0.0) -> Tensor:
    filling = _constant(value)
    return torch.full(list(ref_tensor.shape), filling.item(), dtype=filling.dtype)


@evaluates("shape")
def shape_of(x: Tensor) -> Tensor:
    return torch.tensor(list(x.shape), dtype=torch.int32)


@evaluates("range_1d")
def range_1d(end: Tensor, start: Tensor, step: Tensor) -> Tensor:
    if not end.is_floating_point():
        return torch.arange(integer(start), integer(end), integer(step), dtype=torch.int32)
    count = math.ceil((number(end) - number(start)) / number(step))
    return number(start) + number(step) * torch.arange(max(0, count), dtype=torch.float32)


@evaluates("tile")
def tile(x: Tensor, reps: Tensor) -> Tensor:
    times = ints(reps)
    _size([size * count for size, count in zip(x.shape, times, strict=True)])
    return x.repeat(times)


@evaluates("concat")
def concat(values: list[Tensor], axis: Tensor, interleave: Tensor | bool = False) -> Tensor:
    if values[0].ndim == 0:
        return torch.stack(values)
    dimension = axis_of(axis, values[0].ndim)
    if flag(interleave):
        return torch.stack(values, dimension + 1).flatten(dimension, dimension + 1)
    # torch.cat skips an empty one-dimensional tensor next to any other; MIL has no such rule.
    if len({value.ndim for value in values}) > 1:
        raise ValueError("values of different ranks")
    return torch.cat(values, dimension)


@evaluates("stack")
def stack(values: list[Tensor], axis: Tensor) -> Tensor:
    return torch.stack(values, integer(axis))


@evaluates("split")
def split(
    x: Tensor, axis: Tensor, num_splits: Tensor | None = None, split_sizes: Tensor | None = None
) -> tuple[Tensor, ...]:
    dimension = axis_of(axis, x.ndim)
    if split_sizes is not None:
        return torch.split(x, ints(split_sizes), dimension)
    assert num_splits is not None
    count = integer(num_splits)
    if x.shape[dimension] % count:
        raise ValueError(f"{x.shape[dimension]} elements in {count} equal parts")
    return torch.split(x, x.shape[dimension] // count, dimension)


@evaluates("one_hot")
def one_hot(
    indices: Tensor,
    one_hot_vector_size: Tensor,
    axis: Tensor | int = -1,
    on_value: Tensor | int = 1,
    off_value: Tensor | int = 0,
) -> Tensor:
    """An index outside the vector gives no hot element."""
    position = integer(axis)
    position = position + indices.ndim + 1 if position < 0 else position
    classes = torch.arange(integer(one_hot_vector_size), dtype=indices.dtype)
    shape = [1] * (indices.ndim + 1)
    shape[position] = -1
    return torch.where(indices.unsqueeze(position) == classes.reshape(shape), _constant(on_value), _constant(off_value))


@evaluates("non_zero")
def non_zero(x: Tensor) -> Tensor:
    return torch.nonzero(x).to(torch.int32)


@evaluates("band_part")
def band_part(x: Tensor, lower: Tensor | int = -1, upper: Tensor | int = -1) -> Tensor:
    """The documentation multiplies by a mask of 0 and 1: outside the band, an infinity becomes NaN."""
    below, above = integer(lower), integer(upper)
    rows = torch.arange(x.shape[-2]).unsqueeze(1)
    columns = torch.arange(x.shape[-1]).unsqueeze(0)
    inside = ((rows - columns <= below) | (below < 0)) & ((columns - rows <= above) | (above < 0))
    return x & inside if x.dtype == torch.bool else x * inside.to(x.dtype)


def _outside(size: int, before: int, after: int, mode: str) -> Tensor:
    """Which element of a dimension stands at each place of the padded one."""
    places = torch.arange(-before, size + after)
    if mode == "replicate":
        return places.clamp(0, size - 1)
    if before >= size or after >= size:
        raise ValueError(f"reflection of {max(before, after)} elements around {size}")
    return size - 1 - (size - 1 - places.abs()).abs()


@evaluates("pad")
def pad(x: Tensor, pad: Tensor, mode: str = "constant", constant_val: Tensor | float = 0.0) -> Tensor:
    """The last dimensions are padded, as many as there are pairs, the pairs in the dimensions' order."""
    amounts = ints(pad)
    pairs = list(zip(amounts[::2], amounts[1::2], strict=True))
    if any(amount < 0 for amount in amounts):
        raise ValueError(f"a negative padding: {amounts}")
    if mode == "constant":
        return F.pad(x, [amount for pair in reversed(pairs) for amount in pair], value=number(constant_val))
    for axis, (before, after) in enumerate(pairs, x.ndim - len(pairs)):
        if before or after:
            x = x.index_select(axis, _outside(x.shape[axis], before, after, mode))
    return x
