"""Products of several tensors, inverses and determinants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from tslint.probe.compose.rewrites.registry import rewrites


@rewrites("_trilinear")
def trilinear(
    i1: Tensor,
    i2: Tensor,
    i3: Tensor,
    expand1: Sequence[int],
    expand2: Sequence[int],
    expand3: Sequence[int],
    sumdim: Sequence[int],
    unroll_dim: int = 1,
) -> Tensor:
    for dim in expand1:
        i1 = i1.unsqueeze(dim)
    for dim in expand2:
        i2 = i2.unsqueeze(dim)
    for dim in expand3:
        i3 = i3.unsqueeze(dim)
    return (i1 * i2 * i3).sum(list(sumdim))


@rewrites("linalg_inv_ex")
def inverse(A: Tensor, *, check_errors: bool = False) -> Any:
    return _eliminated(A)[1], torch.zeros(A.shape[:-2], dtype=torch.int32)


@rewrites("_linalg_det")
def determinant(A: Tensor) -> Any:
    return _eliminated(A)[0], A, torch.zeros(A.shape[:-1], dtype=torch.int32)


def _eliminated(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Determinant and inverse, by Gauss and Jordan with the largest element of each column as its pivot."""
    n = int(matrix.shape[-1])
    left, right = matrix, torch.eye(n).expand_as(matrix)
    determinant = torch.ones(matrix.shape[:-2])
    for column in range(n):
        rest = left[..., column:, column].abs()
        chosen = (torch.arange(n - column) == rest.argmax(-1, keepdim=True)).to(matrix.dtype)
        chosen = torch.nn.functional.pad(chosen, (column, 0)).unsqueeze(-1)
        here = (torch.arange(n) == column).to(matrix.dtype).unsqueeze(-1)
        pivot_left, pivot_right = (chosen * left).sum(-2, keepdim=True), (chosen * right).sum(-2, keepdim=True)
        old_left, old_right = left[..., column : column + 1, :], right[..., column : column + 1, :]
        left = left + chosen * (old_left - pivot_left) + here * (pivot_left - old_left)
        right = right + chosen * (old_right - pivot_right) + here * (pivot_right - old_right)
        scale = pivot_left[..., column : column + 1]
        swapped = 2 * (chosen * here).sum([-1, -2]) - 1
        determinant = determinant * swapped * scale.squeeze(-1).squeeze(-1)
        factor = left[..., :, column : column + 1] * (1 - here)
        left = left * (1 - here) + here * (pivot_left / scale) - factor * (pivot_left / scale)
        right = right * (1 - here) + here * (pivot_right / scale) - factor * (pivot_right / scale)
    return determinant, right


@rewrites("_linalg_check_errors")
def check_errors(info: Tensor, api_name: str, *, is_matrix: bool) -> None:
    """Nothing is checked in a program that runs on a device."""
