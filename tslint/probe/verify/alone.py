"""One operator converted by itself, and evaluated: what is wrong in a program is wrong alone, and what is to cure it is right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from tslint.probe.agree import quiet
from tslint.probe.compose.use import Use
from tslint.probe.convert import coreml
from tslint.probe.evaluate import Run
from tslint.probe.evaluate.graph import read_program
from tslint.probe.verify.held import FLOAT32, Tolerance, held


class _Alone(torch.nn.Module):
    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *given: torch.Tensor) -> Any:
        return self.function(*given)


def computes(function: Callable[..., Any], use: Use, tolerance: Tolerance = FLOAT32) -> bool | None:
    """Whether FUNCTION, converted, computes what USE does eagerly; None where it does not convert or cannot be evaluated."""
    ct = coreml.load()
    given = tuple(value.detach().clone() for value in use.given)
    inputs = [ct.TensorType(shape=tuple(value.shape) or (1,), dtype=coreml.dtype_of(value)) for value in given]
    try:
        with coreml.calm(), quiet():
            program: Any = torch.jit.trace(_Alone(function), given, check_trace=False)  # type: ignore[no-untyped-call]
            graph, _ = read_program(ct.convert(program, inputs=inputs, convert_to="milinternal"))
            actual = Run(graph)(list(given))
        expected = use.call(*given)
    except Exception:
        return None
    pairs = zip(expected if isinstance(expected, tuple) else (expected,), actual, strict=False)
    return all(apart(one, other, tolerance=tolerance) == "" for one, other in pairs)


def apart(truth: Any, value: Any, infinite: bool = False, tolerance: Tolerance = FLOAT32) -> str | None:
    """How far VALUE is from the TRUTH; empty where it agrees, None where they cannot be compared.

    coremltools writes 3.4e38 for a constant infinity, which makes no difference to most that is computed with it: INFINITE takes
    it for one.
    """
    if not isinstance(value, torch.Tensor) or not isinstance(truth, (torch.Tensor, int, float)):
        return None
    expected = torch.as_tensor(truth)
    if expected.is_complex():
        return None
    if infinite and value.is_floating_point():
        huge = value.abs() >= 3.3e38
        value = torch.where(huge, value.sign() * float("inf"), value)
    return held("", expected, [value], tolerance).message
