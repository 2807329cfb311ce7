"""Sums, products, extremes and what is counted or sorted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from tslint.probe.compose.rewrites.registry import rewrites


@rewrites("prod")
def prod(x: Tensor, *, dtype: torch.dtype | None = None) -> Tensor:
    return _product(x.reshape(-1), 0, False, dtype)


@rewrites("prod.dim_int")
def prod_dim(x: Tensor, dim: int, keepdim: bool = False, *, dtype: torch.dtype | None = None) -> Tensor:
    return _product(x, dim, keepdim, dtype)


def _product(x: Tensor, dim: int, keepdim: bool, dtype: torch.dtype | None) -> Tensor:
    """Halves multiplied by one another, so that a length of n takes log n steps."""
    x = x if dtype is None else x.to(dtype)
    n = int(x.shape[dim])
    while n > 1:
        half = n // 2
        product = x.narrow(dim, 0, half) * x.narrow(dim, half, half)
        x = torch.cat([product, x.narrow(dim, n - 1, 1)], dim) if n % 2 else product
        n = half + n % 2
    return x if keepdim else x.squeeze(dim)


@rewrites("prims::prod")
def multiplied(x: Tensor, dims: Sequence[int] | None, *, output_dtype: Any = None) -> Tensor:
    for dim in sorted(range(x.dim()) if dims is None else dims, reverse=True):
        x = _product(x, dim, False, output_dtype)
    return x


@rewrites("prims::var")
def var(x: Tensor, dims: Sequence[int] | None, correction: float = 1, *, output_dtype: Any = None) -> Tensor:
    axes = list(range(x.dim())) if dims is None else list(dims)
    count = 1
    for dim in axes:
        count = count * x.shape[dim]
    centred = x - x.mean(axes, keepdim=True)
    return (centred * centred).sum(axes) / (count - correction)


@rewrites("prims::sum")
def summed(x: Tensor, dims: Sequence[int] | None, *, output_dtype: Any = None) -> Tensor:
    return x.sum(list(range(x.dim())) if dims is None else list(dims), dtype=output_dtype)


@rewrites("prims::amax")
def largest(x: Tensor, dims: Sequence[int] | None, *, output_dtype: Any = None) -> Tensor:
    return x.amax(list(range(x.dim())) if dims is None else list(dims))


@rewrites("prims::amin")
def smallest(x: Tensor, dims: Sequence[int] | None, *, output_dtype: Any = None) -> Tensor:
    return x.amin(list(range(x.dim())) if dims is None else list(dims))


@rewrites("_log_softmax")
def log_softmax(x: Tensor, dim: int, half_to_float: bool) -> Tensor:
    shifted = x - x.amax(dim, keepdim=True)
    return shifted - shifted.exp().sum(dim, keepdim=True).log()


@rewrites("argmax")
def argmax(x: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    return NotImplemented if dim is not None or keepdim else torch.argmax(x.reshape(-1), 0)


@rewrites("argmin")
def argmin(x: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    return NotImplemented if dim is not None or keepdim else torch.argmin(x.reshape(-1), 0)


@rewrites("any.dim")
def any_of(x: Tensor, dim: int, keepdim: bool = False) -> Tensor:
    return torch.any(x != 0, dim, keepdim)


@rewrites("all.dim")
def all_of(x: Tensor, dim: int, keepdim: bool = False) -> Tensor:
    return torch.all(x != 0, dim, keepdim)


@rewrites("histc")
def histc(x: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Any:
    if min == max:
        return NotImplemented
    flat, width = x.reshape(-1), (max - min) / bins
    place = ((flat - min) / width).floor()
    place = torch.where(flat == max, torch.full_like(place, bins - 1.0), place)
    within = torch.logical_and(flat >= min, flat <= max)
    return torch.logical_and(place.unsqueeze(1) == torch.arange(bins), within.unsqueeze(1)).to(x.dtype).sum(0)


@rewrites("kthvalue")
def kthvalue(x: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    values, indices = torch.topk(x, k, dim, largest=False)
    values, indices = values.narrow(dim, k - 1, 1), indices.narrow(dim, k - 1, 1)
    return (values, indices) if keepdim else (values.squeeze(dim), indices.squeeze(dim))


@rewrites("median.dim")
def median(x: Tensor, dim: int, keepdim: bool = False) -> Any:
    return kthvalue(x, (int(x.shape[dim]) + 1) // 2, dim, keepdim)


@rewrites("median")
def median_of_all(x: Tensor) -> Tensor:
    flat = x.reshape(-1)
    return torch.topk(flat, (int(flat.shape[0]) + 1) // 2, 0, largest=False)[0][-1]


@rewrites("_cdist_forward")
def cdist(x1: Tensor, x2: Tensor, p: float, compute_mode: int | None) -> Tensor:
    return _norm(x1.unsqueeze(-2) - x2.unsqueeze(-3), p)


@rewrites("_pdist_forward")
def pdist(x: Tensor, p: float = 2.0) -> Tensor:
    n = int(x.shape[0])
    first = [i for i in range(n) for _ in range(i + 1, n)]
    second = [j for i in range(n) for j in range(i + 1, n)]
    return _norm(x.index_select(0, torch.tensor(first)) - x.index_select(0, torch.tensor(second)), p)


def _norm(x: Tensor, p: float) -> Tensor:
    """The p-norm along the last dimension."""
    if p == 0:
        return (x != 0).to(x.dtype).sum(-1)
    if p == 1:
        return x.abs().sum(-1)
    if p == 2:
        return (x * x).sum(-1).sqrt()
    return x.abs().amax(-1) if math.isinf(p) else x.abs().pow(p).sum(-1).pow(1.0 / p)
