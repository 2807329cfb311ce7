"""Where a model leaves float16's range, in which a Core ML program computes by default.

The eager module runs once more, and what each operator makes is rounded to float16. Where a finite number becomes infinite, its
line is noted. Whether that matters is settled by experiment: the module runs again, with that line's numbers rounded and those of
all others left as large as they are, and is held against the run in which none became infinite. A mask's ``-3.4e38`` becomes
minus infinity, too, and the softmax behind it is the same.

May run the module on its example inputs; converts nothing. What an operator computes on the way (a norm's sum of squares) is not
seen, nor is what stands on no line of the user's.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from tslint.diagnostic import Place
from tslint.evidence import HalfOverflowed
from tslint.probe.agree import quiet
from tslint.probe.eager import territory_of
from tslint.probe.frames import Stack, Territory, stack_here
from tslint.probe.state import restore
from tslint.probe.subject import Emit, Inputs, Subject
from tslint.probe.values import answer, tensors_in

ENDS = 65520.0
"""The least magnitude that is rounded to infinity; the largest number of float16 is 65504."""
MOST_LINES = 8
"""Lines that are tried by themselves; the first ones."""
TOLERANCE = 1e-2
"""How far two answers may be apart, relative to each element, and to the largest one."""
WIDE = (torch.float32, torch.float64, torch.bfloat16)


Line = tuple[str, int]


def line_of(place: Place | None) -> Line | None:
    """The file and line of PLACE."""
    return None if place is None else (place.path, place.span.line)


@dataclass
class Overflow:
    """The first operator of a line that made such numbers, and the largest magnitude that it made."""

    operator: str
    largest: float
    stack: Stack


class Rounding(TorchDispatchMode):
    """Rounds what operators make to float16. Numbers beyond its range become infinite; ALONE: on the line ONLY, no other.

    ``found`` has the lines with such numbers, in the order of being reached.
    """

    def __init__(self, territory: Territory, alone: bool = False, only: Place | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # PyTorch's
        self.territory = territory
        self.alone = alone
        self.only = line_of(only)
        self.found: dict[Line | None, Overflow] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if all(given.alias_info is None or given.alias_info.is_write for given in func._schema.returns):
            for tensor in tensors_in(result):
                if tensor.dtype in WIDE and tensor.numel():
                    self._round(func, tensor)
        return result

    def _round(self, func: Any, tensor: Tensor) -> None:
        beyond = tensor.abs() >= ENDS
        beyond &= torch.isfinite(tensor)
        rounded = tensor.to(torch.float16).to(tensor.dtype)
        if bool(beyond.any()):
            stack = stack_here(self.territory, sys._getframe(1))
            largest = float(tensor[beyond].abs().max())
            line = line_of(stack.place)
            known = self.found.setdefault(line, Overflow(str(func._schema.name), largest, stack))
            known.largest = max(known.largest, largest)
            if self.alone and (self.only is None or line != self.only):
                rounded = torch.where(beyond, tensor, rounded)
        tensor.copy_(rounded)


def overflows(subject: Subject, module: torch.nn.Module, emit: Emit) -> None:
    """Says which lines of MODULE, as it runs on SUBJECT's example, make numbers that a Core ML program in float16 cannot hold."""
    if not _computes_in_half(subject):
        return
    territory = territory_of(subject.module, Territory(subject.user_files, library=not subject.user_files))
    every = Rounding(territory)
    try:
        _answer(module, subject.example, every)
        if not every.found:
            return
        wanted = _answer(module, subject.example, Rounding(territory, alone=True))
        for overflow in [found for line, found in every.found.items() if line is not None][:MOST_LINES]:
            place = overflow.stack.place
            alone = _answer(module, subject.example, Rounding(territory, alone=True, only=place))
            effect = _effect(wanted, alone)
            if effect:
                frames = overflow.stack.frames
                emit(HalfOverflowed(subject.entry, place, overflow.operator, overflow.largest, effect, frames))
    except Exception:  # the module may refuse numbers that were rounded, or dispatch modes, in whatever way it likes
        return
    finally:
        restore(module)


def _computes_in_half(subject: Subject) -> bool:
    """Whether the file leaves the precision of its conversion as it is."""
    options = subject.conversion.kwargs if subject.conversion is not None else {}
    return options.get("compute_precision") is None and options.get("convert_to") != "neuralnetwork"


def _answer(module: torch.nn.Module, inputs: Inputs, rounding: Rounding) -> list[Tensor]:
    with torch.no_grad(), quiet(), rounding:
        return [tensor.detach().clone() for tensor in tensors_in(answer(module, inputs))]


def _effect(wanted: list[Tensor], actual: list[Tensor]) -> str:
    """What became of the answer; '' where it is the same."""
    for expected, found in zip(wanted, actual, strict=False):
        if expected.shape != found.shape:
            return f"the answer has the shape {tuple(found.shape)} instead of {tuple(expected.shape)}"
        one, other = expected.double(), found.double()
        lost = torch.isfinite(one) & ~torch.isfinite(other)
        if bool(lost.any()):
            return f"{int(lost.sum())} of {lost.numel()} numbers of the answer become infinite or NaN"
        finite = torch.isfinite(one) & torch.isfinite(other)
        gap = torch.where(finite, (one - other).abs(), 0.0)
        largest = float(one[finite].abs().max()) if bool(finite.any()) else 0.0
        wrong = gap > TOLERANCE * one.abs() + TOLERANCE * largest
        if bool(wrong.any()):
            at = int(gap.argmax())
            return f"{float(other.flatten()[at]):.4g} where {float(one.flatten()[at]):.4g} is the answer"
    return ""
