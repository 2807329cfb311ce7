"""How far a value of the converted program may be from eager's, and what to say where it is farther."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Tolerance:
    """How far two numbers may be apart: ``absolute`` + ``relative`` * |eager| + ``spread`` * the output's largest element."""

    relative: float = 1e-3
    absolute: float = 1e-4
    spread: float = 1e-5

    def allowed(self, eager: Tensor) -> Tensor:
        finite = eager[torch.isfinite(eager)]
        largest = float(finite.abs().max()) if finite.numel() else 0.0
        return self.absolute + self.relative * eager.abs() + self.spread * largest


FLOAT32 = Tolerance()
HALF_WEIGHTS = Tolerance(1e-2, 1e-3, 1e-2)


@dataclass(frozen=True)
class Difference:
    """One output: how far it is off, and a message where that is too far."""

    output: str
    largest: float | None
    message: str = ""
    drawn: bool = False
    """It is drawn at random, and from other numbers than eager's: nothing can be said of it."""


def held(name: str, eager: Tensor, values: list[Tensor], tolerance: Tolerance) -> Difference:
    """EAGER against VALUES, of which one has to agree in each element."""
    if tuple(eager.shape) != tuple(values[0].shape) and not (eager.ndim == 0 and values[0].numel() == 1):
        return Difference(name, None, f"shape {tuple(values[0].shape)}, eager {tuple(eager.shape)}")
    if eager.is_complex():
        return Difference(name, None, "eager answers with complex numbers")
    if not eager.numel():
        return Difference(name, 0.0)
    truth = eager if eager.dtype == torch.float32 else eager.to(torch.float64)
    found = [value.reshape(eager.shape).to(truth.dtype) for value in values]
    gap = (found[0] - truth).abs()
    largest = float(gap.max())  # NaN if there is one
    if largest <= tolerance.absolute:
        return Difference(name, largest)
    gap = torch.stack([_gap(value, truth) for value in found]).amin(0)
    largest = float(gap.max())
    wrong = (gap > tolerance.allowed(truth)) | torch.isinf(gap)
    if not bool(wrong.any()):
        return Difference(name, largest)
    place = int((gap * wrong).nan_to_num().argmax())
    index = tuple(int(number) for number in torch.unravel_index(torch.tensor(place), eager.shape)) if eager.ndim else ()
    text = f"{int(wrong.sum())} of {gap.numel()} elements, {found[0][index]:.6g} where eager has {truth[index]:.6g}"
    return Difference(name, largest if math.isfinite(largest) else None, text + (f" at {list(index)}" if index else ""))


def _gap(value: Tensor, truth: Tensor) -> Tensor:
    """How far they are apart: nothing where both are NaN or the same infinity, infinitely where one alone is."""
    same = (value == truth) | (torch.isnan(value) & torch.isnan(truth))
    return torch.where(same, 0.0, (value - truth).abs()).nan_to_num(nan=torch.inf, posinf=torch.inf)
