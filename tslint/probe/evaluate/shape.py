"""What moves elements about without changing them (MIL: tensor_transformation)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from tslint.probe.evaluate.registry import axes_of, axis_of, evaluates, flags, integer, ints


@evaluates("reshape")
def reshape(x: Tensor, shape: Tensor) -> Tensor:
    """-1 is what remains; 0 is the size of X's dimension counted from the end (iOS 17), 1 beyond its first."""
    wanted = ints(shape)
    if x.numel() > 0:
        for position, size in enumerate(wanted):
            source = x.ndim - len(wanted) + position
            if size == 0:
                wanted[position] = x.shape[source] if source >= 0 else 1
    return x.reshape(wanted)


@evaluates("reshape_like")
def reshape_like(
    x: Tensor, ref_tensors: list[Tensor], begins: list[Tensor], ends: list[Tensor], end_masks: list[Tensor]
) -> Tensor:
    wanted: list[int] = []
    for like, begin, end, mask in zip(ref_tensors, begins, ends, end_masks, strict=True):
        wanted += like.shape[integer(begin) : None if bool(mask) else integer(end)]
    return x.reshape(wanted)


@evaluates("transpose")
def transpose(x: Tensor, perm: Tensor) -> Tensor:
    return x.permute(ints(perm)) if x.ndim else x


@evaluates("expand_dims")
def expand_dims(x: Tensor, axes: Tensor) -> Tensor:
    rank = x.ndim + len(ints(axes))
    for axis in sorted(axes_of(axes, rank)):
        x = x.unsqueeze(axis)
    return x


@evaluates("squeeze")
def squeeze(x: Tensor, axes: Tensor | None = None) -> Tensor:
    """A named dimension that is not 1 stays."""
    for axis in sorted(axes_of(axes, x.ndim), reverse=True):
        x = x.squeeze(axis)
    return x


@evaluates("flatten2d")
def flatten2d(x: Tensor, axis: Tensor | int = 1) -> Tensor:
    split = integer(axis)
    return x.reshape(math.prod(x.shape[:split]), math.prod(x.shape[split:]))


@evaluates("reverse")
def reverse(x: Tensor, axes: Tensor | None = None) -> Tensor:
    return x.flip(axes_of(axes, x.ndim))


@evaluates("reverse_sequence")
def reverse_sequence(x: Tensor, lengths: Tensor, seq_axis: Tensor | int = 0, batch_axis: Tensor | int = 0) -> Tensor:
    along, batch = axis_of(seq_axis, x.ndim), axis_of(batch_axis, x.ndim)
    rows = []
    for row, length in zip(x.unbind(batch), ints(lengths), strict=True):
        dimension = along - 1 if along > batch else along
        head, tail = row.narrow(dimension, 0, length), row.narrow(dimension, length, row.shape[dimension] - length)
        rows.append(torch.cat([head.flip(dimension), tail], dimension))
    return torch.stack(rows, batch)


def slices(
    sizes: list[int],
    begin: Tensor,
    end: Tensor,
    stride: Tensor | None,
    begin_mask: Tensor | None,
    end_mask: Tensor | None,
    squeeze_mask: Tensor | None,
) -> list[range]:
    """The indices that slice_by_index takes of each dimension: Python's slicing, a squeezed one being a single index."""
    rank = len(sizes)
    steps = ints(stride) if stride is not None else [1] * rank
    unbegun, endless, single = (flags(mask, rank) for mask in (begin_mask, end_mask, squeeze_mask))
    result = []
    for axis, (size, first, last, step) in enumerate(zip(sizes, ints(begin), ints(end), steps, strict=True)):
        if single[axis]:
            index = 0 if unbegun[axis] else first + size if first < 0 else first
            if not 0 <= index < size:
                raise IndexError(f"index {first} of a dimension of size {size}")
            result.append(range(index, index + 1))
            continue
        taken = slice(None if unbegun[axis] else first, None if endless[axis] else last, step)
        result.append(range(*taken.indices(size)))
    return result


def take(x: Tensor, axis: int, indices: range) -> Tensor:
    if indices.step > 0:
        return x[(slice(None),) * axis + (slice(indices.start, max(indices.start, indices.stop), indices.step),)]
    return x.index_select(axis, torch.tensor(list(indices), dtype=torch.int64))


@evaluates("slice_by_index")
def slice_by_index(
    x: Tensor,
    begin: Tensor,
    end: Tensor,
    stride: Tensor | None = None,
    begin_mask: Tensor | None = None,
    end_mask: Tensor | None = None,
    squeeze_mask: Tensor | None = None,
) -> Tensor:
    for axis, indices in enumerate(slices(list(x.shape), begin, end, stride, begin_mask, end_mask, squeeze_mask)):
        x = take(x, axis, indices)
    return x.reshape([size for size, single in zip(x.shape, flags(squeeze_mask, x.ndim), strict=True) if not single])


@evaluates("slice_update")
def slice_update(
    x: Tensor,
    update: Tensor,
    begin: Tensor,
    end: Tensor,
    stride: Tensor | None = None,
    begin_mask: Tensor | None = None,
    end_mask: Tensor | None = None,
    squeeze_mask: Tensor | None = None,
) -> Tensor:
    taken = slices(list(x.shape), begin, end, stride, begin_mask, end_mask, squeeze_mask)
    index = torch.meshgrid(*(torch.tensor(list(indices), dtype=torch.int64) for indices in taken), indexing="ij")
    result = x.clone()
    result[index] = update.to(x.dtype).reshape([len(indices) for indices in taken])
    return result


@evaluates("slice_by_size")
def slice_by_size(x: Tensor, begin: Tensor, size: Tensor) -> Tensor:
    for axis, (first, length) in enumerate(zip(ints(begin), ints(size), strict=True)):
        start = first + x.shape[axis] if first < 0 else first
        x = x.narrow(axis, start, x.shape[axis] - start if length == -1 else length)
    return x


@evaluates("pixel_shuffle")
def pixel_shuffle(x: Tensor, upscale_factor: Tensor) -> Tensor:
    return F.pixel_shuffle(x, integer(upscale_factor))


@evaluates("pixel_unshuffle")
def pixel_unshuffle(x: Tensor, downscale_factor: Tensor) -> Tensor:
    return F.pixel_unshuffle(x, integer(downscale_factor))


@evaluates("depth_to_space")
def depth_to_space(x: Tensor, block_size: Tensor) -> Tensor:
    """Of the channels' parts the block's row comes first, then its column, then the channel (TensorFlow's order)."""
    n, channels, height, width = x.shape
    block = integer(block_size)
    depth = channels // (block * block)
    parts = x.reshape(n, block, block, depth, height, width).permute(0, 3, 4, 1, 5, 2)
    return parts.reshape(n, depth, height * block, width * block)


@evaluates("space_to_depth")
def space_to_depth(x: Tensor, block_size: Tensor) -> Tensor:
    n, channels, height, width = x.shape
    block = integer(block_size)
    parts = x.reshape(n, channels, height // block, block, width // block, block).permute(0, 3, 5, 1, 2, 4)
    return parts.reshape(n, channels * block * block, height // block, width // block)


@evaluates("space_to_batch")
def space_to_batch(x: Tensor, block_shape: Tensor, paddings: Tensor) -> Tensor:
    rows, columns = ints(block_shape)
    top, bottom, left, right = ints(paddings)
    x = F.pad(x, [left, right, top, bottom])
    n, channels, height, width = x.shape
    parts = x.reshape(n, channels, height // rows, rows, width // columns, columns).permute(3, 5, 0, 1, 2, 4)
    return parts.reshape(n * rows * columns, channels, height // rows, width // columns)


@evaluates("batch_to_space")
def batch_to_space(x: Tensor, block_shape: Tensor, crops: Tensor) -> Tensor:
    rows, columns = ints(block_shape)
    top, bottom, left, right = ints(crops)
    n, channels, height, width = x.shape
    parts = x.reshape(rows, columns, n // (rows * columns), channels, height, width).permute(2, 3, 4, 0, 5, 1)
    whole = parts.reshape(n // (rows * columns), channels, height * rows, width * columns)
    return whole[:, :, top : whole.shape[2] - bottom, left : whole.shape[3] - right]


@evaluates("sliding_windows")
def sliding_windows(x: Tensor, axis: Tensor, size: Tensor, stride: Tensor | int = 1) -> Tensor:
    dimension = axis_of(axis, x.ndim)
    return x.unfold(dimension, integer(size), integer(stride)).movedim(-1, dimension + 1)
