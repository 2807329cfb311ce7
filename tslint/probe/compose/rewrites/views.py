"""What ``torch._refs`` comes down to when it changes a shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from tslint.probe.compose.rewrites.registry import rewrites


@rewrites("prims::view_of")
def view_of(x: Tensor) -> Tensor:
    return x.reshape(x.shape)


@rewrites("prims::transpose")
def transposed(x: Tensor, permutation: Sequence[int]) -> Tensor:
    return x.permute(list(permutation))


@rewrites("prims::squeeze")
def squeezed(x: Tensor, dimensions: Sequence[int]) -> Tensor:
    for dim in sorted(dimensions, reverse=True):
        x = x.squeeze(dim)
    return x


@rewrites("prims::collapse_view")
def collapsed(x: Tensor, start: int, end: int) -> Tensor:
    return x.flatten(start, end)


@rewrites("prims::split_dim")
def split_dim(x: Tensor, dim: int, outer_length: int) -> Tensor:
    return x.reshape([*x.shape[:dim], outer_length, x.shape[dim] // outer_length, *x.shape[dim + 1 :]])


@rewrites("prims::broadcast_in_dim")
def broadcast_in_dim(x: Tensor, shape: Sequence[int], broadcast_dimensions: Sequence[int]) -> Tensor:
    for dim in range(len(shape)):
        if dim not in broadcast_dimensions:
            x = x.unsqueeze(dim)
    return x.expand(list(shape))


@rewrites("prims::iota")
def iota(length: int, *, start: int, step: int, dtype: torch.dtype, device: Any, requires_grad: bool) -> Tensor:
    return torch.arange(start, start + length * step, step, dtype=dtype)
