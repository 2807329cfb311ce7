"""The least deployment target that converts what a lower one refuses, found by converting the op alone."""

from __future__ import annotations

from typing import Any

import torch

from tslint.probe.compose.use import Use
from tslint.probe.convert import coreml

NEWER = ("iOS16", "iOS17", "iOS18")
"""Targets that add ops or uses of them, in order; coremltools' own default is iOS15."""


class _Alone(torch.nn.Module):
    def __init__(self, use: Use) -> None:
        super().__init__()
        self.use = use

    def forward(self, *given: torch.Tensor) -> Any:
        return self.use.call(*given)


def least_target(use: Use, asked: str | None) -> str:
    """The first target above the one ASKED for that converts USE; empty where none does, or more than tensors decide."""
    if not all(isinstance(value, torch.Tensor) for value in use.given):
        return ""
    ct = coreml.load()
    below = getattr(ct.target, asked) if asked else ct.target.iOS15
    given = tuple(value.detach().clone() for value in use.given)
    with coreml.calm():
        try:
            program: Any = torch.jit.trace(_Alone(use).eval(), given, check_trace=False)  # type: ignore[no-untyped-call]
        except Exception:
            return ""
        for name in NEWER:
            target = getattr(ct.target, name, None)
            if target is not None and target > below and _converts(ct, program, given, target):
                return name
    return ""


def _converts(ct: Any, program: Any, given: tuple[torch.Tensor, ...], target: Any) -> bool:
    inputs = [ct.TensorType(shape=tuple(value.shape) or (1,), dtype=coreml.dtype_of(value)) for value in given]
    try:
        ct.convert(program, inputs=inputs, minimum_deployment_target=target, skip_model_load=True)
    except Exception:
        return False
    return True
