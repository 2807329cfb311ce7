"""Where the rewrites are found: operator → what does the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch

RENAMED = {
    "fft_fft2": "fft_fftn",
    "fft_ifft2": "fft_ifftn",
    "fft_rfft2": "fft_rfftn",
    "fft_irfft2": "fft_irfftn",
    "special_logsumexp": "logsumexp",
    "special_expit": "sigmoid",
    "special_softmax": "softmax",
    "absolute": "abs",
    "negative": "neg",
}
"""Operators that take what another one takes, which coremltools converts though it could not convert what that consists of."""

UNSTABLE = ("_log_softmax", "reciprocal")
"""Operators that have a converter, of a formula that is off: the logarithm of the softmax, one by a number and 1e-4."""

_FOUND: dict[Any, Callable[..., Any]] = {}

F = TypeVar("F", bound=Callable[..., Any])


def rewrites(name: str) -> Callable[[F], F]:
    """Marks a function as what the operator ``aten::NAME`` does; NAME has its overload, ``prod.dim_int``.

    A torch that has no such operator is none the worse for it.
    """

    def mark(function: F) -> F:
        space, _, rest = name.rpartition("::")
        packet, _, overload = rest.partition(".")
        op = getattr(getattr(getattr(torch.ops, space or "aten"), packet, None), overload or "default", None)
        if op is not None:
            _FOUND[op] = function
        return function

    return mark


def table() -> dict[Any, Callable[..., Any]]:
    """Operator → what does the same."""
    return dict(_FOUND)
