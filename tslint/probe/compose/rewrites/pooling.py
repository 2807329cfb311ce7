"""Windows: adaptive pooling, and the columns of a convolution put back."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from tslint.probe.compose.rewrites.registry import rewrites


@rewrites("_adaptive_avg_pool3d")
def adaptive_avg_pool3d(x: Tensor, output_size: Sequence[int]) -> Tensor:
    for offset, size in enumerate(output_size):
        x = _adaptive_mean(x, x.dim() - 3 + offset, int(size))
    return x


def _adaptive_mean(x: Tensor, dim: int, size: int) -> Tensor:
    """Means of SIZE windows of almost equal length, which may overlap."""
    n = int(x.shape[dim])
    if n == size:
        return x
    ends = [(i * n // size, -(-(i + 1) * n // size)) for i in range(size)]
    return torch.cat([x.narrow(dim, low, high - low).mean(dim, keepdim=True) for low, high in ends], dim)


@rewrites("adaptive_max_pool2d")
def adaptive_max_pool2d(x: Tensor, output_size: Sequence[int]) -> Any:
    return _adaptive_max(x, output_size)


@rewrites("adaptive_max_pool3d")
def adaptive_max_pool3d(x: Tensor, output_size: Sequence[int]) -> Any:
    return _adaptive_max(x, output_size)


def _adaptive_max(x: Tensor, output_size: Sequence[int]) -> Any:
    """The maximum of each window, window by window, and where it lies."""
    rank = len(output_size)
    inner = [int(n) for n in x.shape[-rank:]]
    ends = [
        [(i * n // size, -(-(i + 1) * n // size)) for i in range(size)]
        for n, size in zip(inner, output_size, strict=True)
    ]
    places = torch.arange(math.prod(inner)).reshape(inner)
    values, indices = [], []
    for windows in itertools.product(*ends):
        part, where = x, places
        for dim, (low, high) in enumerate(windows):
            part, where = part.narrow(dim - rank, low, high - low), where.narrow(dim, low, high - low)
        largest, index = part.flatten(-rank).max(-1)
        values.append(largest)
        indices.append(where.reshape(-1).index_select(0, index.reshape(-1)).reshape(index.shape))
    shape = [*x.shape[:-rank], *output_size]
    return torch.stack(values, -1).reshape(shape), torch.stack(indices, -1).reshape(shape)


@rewrites("avg_pool2d")
def avg_pool2d(x: Tensor, kernel_size: Sequence[int], stride: Sequence[int] = (), *rest: Any) -> Any:
    return _batched(torch.ops.aten.avg_pool2d, 3, x, kernel_size, stride, *rest)


@rewrites("avg_pool3d")
def avg_pool3d(x: Tensor, kernel_size: Sequence[int], stride: Sequence[int] = (), *rest: Any) -> Any:
    return _batched(torch.ops.aten.avg_pool3d, 4, x, kernel_size, stride, *rest)


def _batched(pool: Any, rank: int, x: Tensor, *arguments: Any) -> Any:
    """POOL of a tensor without a batch, as one of a batch of one: coremltools wants one."""
    return pool(x.unsqueeze(0), *arguments).squeeze(0) if x.dim() == rank else NotImplemented


@rewrites("col2im")
def col2im(
    x: Tensor,
    output_size: Sequence[int],
    kernel_size: Sequence[int],
    dilation: Sequence[int],
    padding: Sequence[int],
    stride: Sequence[int],
) -> Tensor:
    """A transposed convolution that puts each row of the columns at its place in the window."""
    window = kernel_size[0] * kernel_size[1]
    pairs = list(zip(output_size, padding, dilation, kernel_size, stride, strict=True))
    room = [(n + 2 * pad - gap * (k - 1) - 1, step) for n, pad, gap, k, step in pairs]
    counts, rest = [last // step + 1 for last, step in room], [last % step for last, step in room]
    batch = x if x.dim() == 3 else x.unsqueeze(0)
    channels = int(batch.shape[1]) // window
    kernel = torch.eye(window).reshape(window, 1, *kernel_size).repeat(channels, 1, 1, 1)
    grid = batch.reshape(batch.shape[0], batch.shape[1], *counts)
    done = torch.conv_transpose2d(grid, kernel, None, list(stride), list(padding), rest, channels, list(dilation))
    return done if x.dim() == 3 else done.squeeze(0)
