"""Element by element."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from tslint.probe.compose.rewrites.registry import rewrites

_LARGEST = 3.4e38
"""What coremltools 9.0 writes for a constant infinity; where a program computes in float16, it is infinite again."""


def _of_bools(logical: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Any]:
    """What an operator on bits is for tensors of bools; of numbers Core ML has none."""
    return lambda x, other: logical(x, other) if x.dtype is torch.bool else NotImplemented


for _name, _logical in (("or", torch.logical_or), ("and", torch.logical_and), ("xor", torch.logical_xor)):
    for _spelled in (f"bitwise_{_name}.Tensor", f"__{_name}__.Tensor", f"prims::bitwise_{_name}"):
        rewrites(_spelled)(_of_bools(_logical))


@rewrites("bitwise_not")
@rewrites("prims::bitwise_not")
def bitwise_not(x: Tensor) -> Tensor:
    return torch.logical_not(x) if x.dtype is torch.bool else -x - 1


@rewrites("reciprocal")
@rewrites("prims::reciprocal")
def reciprocal(x: Tensor) -> Tensor:
    return torch.ones_like(x) / x


@rewrites("atan2")
def atan2(x: Tensor, other: Tensor) -> Tensor:
    """coremltools answers 0 on the negative axis."""
    behind = torch.logical_and(x == 0, other < 0)
    return torch.where(behind, torch.full_like(other, math.pi), torch.atan2(x, other))


@rewrites("isinf")
def isinf(x: Tensor) -> Tensor:
    return x.abs() >= _LARGEST


@rewrites("isposinf")
def isposinf(x: Tensor) -> Tensor:
    return x >= _LARGEST


@rewrites("isneginf")
def isneginf(x: Tensor) -> Tensor:
    return x <= -_LARGEST


@rewrites("isfinite")
@rewrites("prims::isfinite")
def isfinite(x: Tensor) -> Tensor:
    return x.abs() < _LARGEST


@rewrites("lerp.Scalar")
def lerp(x: Tensor, end: Tensor, weight: float) -> Tensor:
    return x + weight * (end - x) if abs(weight) < 0.5 else end - (1 - weight) * (end - x)


@rewrites("rrelu_with_noise")
@rewrites("rrelu_with_noise_functional")
def rrelu(
    x: Tensor,
    noise: Tensor,
    lower: float = 0.125,
    upper: float = 1 / 3,
    training: bool = False,
    generator: Any = None,
) -> Tensor:
    return NotImplemented if training else torch.where(x >= 0, x, x * ((lower + upper) / 2))


@rewrites("scalar_tensor")
def scalar_tensor(s: float, *, dtype: torch.dtype | None = None, **_: Any) -> Tensor:
    return torch.full([], s, dtype=dtype)


@rewrites("erfinv")
@rewrites("prims::erf_inv")
def erfinv(x: Tensor) -> Tensor:
    """Giles's polynomials for float32: M. Giles, Approximating the erfinv function, GPU Computing Gems 2 (2012)."""
    near = (
        2.81022636e-08,
        3.43273939e-07,
        -3.5233877e-06,
        -4.39150654e-06,
        0.00021858087,
        -0.00125372503,
        -0.00417768164,
    )
    far = (-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047)
    w = -torch.log((1.0 - x) * (1.0 + x))
    central, tail = w - 2.5, torch.sqrt(w.clamp(min=5.0)) - 3.0
    inner = _polynomial((*near, 0.246640727, 1.50140941), central)
    outer = _polynomial((*far, 1.00167406, 2.83297682), tail)
    return torch.where(w < 5.0, inner, outer) * x


def _polynomial(coefficients: Sequence[float], x: Tensor) -> Tensor:
    """Horner's rule, the highest power first."""
    value = torch.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        value = value * x + coefficient
    return value
