"""How an evaluator of a MIL op is declared, and what evaluators share. Imports torch alone."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor

Evaluator = Callable[..., Any]
F = TypeVar("F", bound=Evaluator)


class UnevaluableError(Exception):
    """An op, or this use of it, that nothing here evaluates: no verdict is possible. Its text names the op."""


class BrokenProgramError(Exception):
    """An op that fails on the values it is given, as it would in Core ML: a shape or an index that does not fit."""


@dataclass(frozen=True)
class Registered:
    """An evaluator. ``ties``: it also takes the :class:`Ties` of the run."""

    function: Evaluator
    ties: bool
    signature: inspect.Signature


EVALUATORS: dict[str, Registered] = {}


def evaluates(*kinds: str, ties: bool = False) -> Callable[[F], F]:
    """Declares the evaluator of the MIL ops KINDS.

    It is called with MIL's own parameter names and gives a tensor, or a tuple of them where the op has several outputs. It
    implements what the MIL documentation says of the op, never what PyTorch does for the op's namesake: the difference of
    the two is what verification is for. It may not change its arguments.
    """

    def register(function: F) -> F:
        for kind in kinds:
            assert kind not in EVALUATORS, kind
            EVALUATORS[kind] = Registered(function, ties, inspect.signature(function))
        return function

    return register


class Ties:
    """How decisions near a tie are taken in one run of a program.

    A comparison, an argmax or a rounding that lies nearer to a tie than the tolerance may fall either way in correct
    arithmetic. A run takes the nearest decision (``turned`` False) or, everywhere, the other one (True), and ``seen``
    says whether there was any. What agrees with eager in one of the two runs is no difference. ``many``: more than two values
    that are sorted were equal, so that there are further orders, which no run takes.
    """

    def __init__(self, turned: bool = False, relative: float = 1e-3, absolute: float = 1e-4) -> None:
        self.turned = turned
        self.relative = relative
        self.absolute = absolute
        self.seen = False
        self.many = False

    def near(self, a: Tensor, b: Tensor) -> Tensor:
        """Where A and B differ by no more than the tolerance; nowhere for integers, which are exact."""
        if not (a.is_floating_point() or b.is_floating_point()):
            return torch.zeros_like(a == b)
        close = (a - b).abs() <= self.absolute + self.relative * torch.maximum(a.abs(), b.abs())
        return close & torch.isfinite(a) & torch.isfinite(b)

    def choose(self, near: Tensor, nearest: Tensor, other: Tensor) -> Tensor:
        """NEAREST, or OTHER where NEAR and this run is the turned one."""
        if not bool(near.any()):
            return nearest
        self.seen = True
        return torch.where(near, other, nearest) if self.turned else nearest


def ints(value: Any) -> list[int]:
    """Sizes, axes and the like, which MIL holds in int32 tensors."""
    if isinstance(value, Tensor):
        return [int(item) for item in value.reshape(-1).tolist()]
    return [int(item) for item in (value if isinstance(value, Sequence) else [value])]


def number(value: Any) -> float:
    """A scalar parameter."""
    return float(value.reshape(()).item()) if isinstance(value, Tensor) else float(value)


def integer(value: Any) -> int:
    return int(value.reshape(()).item()) if isinstance(value, Tensor) else int(value)


def flag(value: Any) -> bool:
    return bool(value.reshape(()).item()) if isinstance(value, Tensor) else bool(value)


def flags(value: Any, rank: int) -> list[bool]:
    return [False] * rank if value is None else [bool(item) for item in value.reshape(-1).tolist()]


def axis_of(value: Any, rank: int) -> int:
    """A single axis, counted from the front."""
    axis = integer(value)
    return axis + rank if axis < 0 else axis


def axes_of(value: Any, rank: int) -> list[int]:
    """Axes counted from the front; all of them for None."""
    return list(range(rank)) if value is None else [axis + rank if axis < 0 else axis for axis in ints(value)]
