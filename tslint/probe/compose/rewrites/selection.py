"""Elements that are picked out, laid out anew, or cut off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from tslint.probe.compose.rewrites.registry import rewrites


@rewrites("masked_select")
def masked_select(x: Tensor, mask: Tensor) -> Tensor:
    mask = torch.logical_and(mask, torch.ones_like(x, dtype=torch.bool))
    x = x.expand_as(mask)
    return x.reshape(-1).index_select(0, mask.reshape(-1).nonzero().reshape(-1))


@rewrites("index.Tensor")
def index(x: Tensor, indices: Sequence[Tensor | None]) -> Any:
    """Of one mask for the first dimensions; coremltools takes one of bytes for indices."""
    if len(indices) != 1 or indices[0] is None or indices[0].dtype not in (torch.bool, torch.uint8):
        return NotImplemented
    mask = indices[0] != 0
    rows = x.reshape([-1, *x.shape[mask.dim() :]])
    return rows.index_select(0, mask.reshape(-1).nonzero().reshape(-1))


@rewrites("_embedding_bag")
@rewrites("_embedding_bag_forward_only")
def embedding_bag(
    weight: Tensor,
    indices: Tensor,
    offsets: Tensor,
    scale_grad_by_freq: bool = False,
    mode: int = 0,
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int = -1,
) -> Any:
    """Sums and means of bags (modes 0 and 1), as a product with the matrix that says which row is in which bag."""
    if mode == 2:
        return NotImplemented
    starts = offsets[:-1] if include_last_offset else offsets
    bag = (starts.unsqueeze(1) <= torch.arange(indices.shape[0]).unsqueeze(0)).to(torch.int32).sum(0) - 1
    member = (torch.arange(starts.shape[0]).unsqueeze(1) == bag.unsqueeze(0)).to(weight.dtype)
    if padding_idx >= 0:
        member = member * (indices != padding_idx).to(weight.dtype).unsqueeze(0)
    rows = weight.index_select(0, indices)
    if per_sample_weights is not None:
        rows = rows * per_sample_weights.unsqueeze(1)
    summed = member @ rows
    if mode == 1:
        summed = summed / member.sum(1, keepdim=True).clamp(min=1.0)
    return summed, bag, bag, bag


@rewrites("unfold")
def unfold(x: Tensor, dimension: int, size: int, step: int) -> Tensor:
    dim = dimension % max(x.dim(), 1)
    count = (int(x.shape[dim]) - size) // step + 1
    windows = [x.narrow(dim, start * step, size).movedim(dim, -1).unsqueeze(dim) for start in range(count)]
    return torch.cat(windows, dim)


@rewrites("as_strided")
def as_strided(x: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None) -> Tensor:
    """Of a contiguous tensor: its elements at the places that the strides name."""
    places = torch.tensor(int(storage_offset or 0))
    for dim, (n, step) in enumerate(zip(size, stride, strict=True)):
        along = torch.arange(int(n)) * int(step)
        places = places + along.reshape([-1 if i == dim else 1 for i in range(len(size))])
    return x.reshape(-1).index_select(0, places.reshape(-1)).reshape(list(size))


@rewrites("scatter.value")
def scatter_value(x: Tensor, dim: int, index: Tensor, value: float) -> Tensor:
    """With values of the tensor's own type, which Core ML wants."""
    return x.scatter(dim, index, torch.full_like(index, value, dtype=x.dtype))


@rewrites("gather")
def gather(x: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Any:
    """Core ML wants the tensor as long as the index in every other dimension."""
    along = dim % max(x.dim(), 1)
    longer = [d for d in range(x.dim()) if d != along and index.shape[d] < x.shape[d]]
    if not longer:
        return NotImplemented
    for d in longer:
        x = x.narrow(d, 0, index.shape[d])
    return torch.gather(x, dim, index)


@rewrites("_pad_circular")
def pad_circular(x: Tensor, pad: Sequence[int]) -> Any:
    for place, (low, high) in enumerate(zip(pad[::2], pad[1::2], strict=True)):
        dim = x.dim() - 1 - place
        n = int(x.shape[dim])
        if min(low, high) < 0:
            return NotImplemented
        x = torch.cat([x.narrow(dim, n - low, low), x, x.narrow(dim, 0, high)], dim)
    return x


@rewrites("pad")
def pad(x: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Any:
    return pad_circular(x, pad) if mode == "circular" else NotImplemented


@rewrites("constant_pad_nd")
def constant_pad(x: Tensor, pad: Sequence[int], value: float = 0) -> Any:
    """Negative padding cuts off, which Core ML's `pad` does not do."""
    if all(width >= 0 for width in pad):
        return NotImplemented
    for place, (low, high) in enumerate(zip(pad[::2], pad[1::2], strict=True)):
        dim = x.dim() - 1 - place
        if low < 0 or high < 0:
            cut = max(-low, 0)
            x = x.narrow(dim, cut, x.shape[dim] - cut - max(-high, 0))
    return torch.constant_pad_nd(x, [max(width, 0) for width in pad], value)
