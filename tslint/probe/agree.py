"""Whether two answers of a model are the same: tensors in nested outputs, within the tolerance of the whole project."""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import torch

from tslint.probe.subject import Inputs, seed

RTOL, ATOL = 1e-3, 1e-4


def tensors(value: Any) -> list[torch.Tensor]:
    """Every tensor in nested tuples, lists, mappings and dataclasses, in order; Python numbers become tensors."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, (bool, int, float)):
        return [torch.tensor(value)]
    if isinstance(value, Mapping):
        return [leaf for item in value.values() for leaf in tensors(item)]
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in tensors(item)]
    if hasattr(value, "__dataclass_fields__"):
        return [leaf for name in value.__dataclass_fields__ for leaf in tensors(getattr(value, name))]
    return []


def difference(ours: Any, theirs: Any) -> float | None:
    """None where both agree within rtol 1e-3 and atol 1e-4; else the largest difference (infinite: other shapes)."""
    left, right = tensors(ours), tensors(theirs)
    if len(left) != len(right):
        return math.inf
    worst = None
    for a, b in zip(left, right, strict=True):
        if a.shape != b.shape:
            return math.inf
        kind = torch.complex128 if a.is_complex() or b.is_complex() else torch.float64
        a, b = a.detach().to("cpu", kind), b.detach().to("cpu", kind)
        if not torch.allclose(a, b, rtol=RTOL, atol=ATOL, equal_nan=True):
            gap = (a - b).abs().nan_to_num(nan=math.inf, posinf=math.inf).max().item()
            worst = gap if worst is None else max(worst, gap)
    return worst


def call(module: Any, inputs: Inputs) -> Any:
    """One seeded call without gradients; the arguments are copies, so that a model which writes to them does no harm."""
    seed()
    with torch.no_grad(), quiet():
        return module(*copied(inputs.args), **copied(inputs.kwargs))


def copied(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if type(value) in (list, tuple):
        return type(value)(copied(item) for item in value)
    if type(value) is dict:
        return {key: copied(item) for key, item in value.items()}
    return value


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """No warnings: those that matter are taken by the recorder, and torch's notices about its own future are not ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def first_line(error: BaseException | str) -> str:
    """The first line with words in it, shortened to 300 characters."""
    text = str(error)
    line = next((line.strip() for line in text.splitlines() if line.strip(" :")), "")
    return (line if len(line) <= 300 else line[:299] + "…") or type(error).__name__
