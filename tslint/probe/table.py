"""The route table while it is being made, and the steps that fill it."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from tslint.evidence import Attempt, Evidence
from tslint.probe.convert.convert import Conversion
from tslint.probe.convert.remedy import NONE, Remedy
from tslint.probe.subject import Outcome, Steps

ROUTES = ("trace", "script", "mixed", "export")


@dataclass
class Candidate:
    """A program that could be converted: its line in the table, and the module whose answers it must give."""

    route: str
    module: torch.nn.Module
    program: Any
    wrapped: bool = False
    right: bool = True
    """It agreed with eager; what is not right may be converted, to see what stops it, and is never recommended."""
    conversion: Conversion | None = None
    remedy: Remedy = NONE
    """For what coremltools converts wrongly."""


@dataclass
class Table:
    """The route table while it is being made. ``wrapped`` is the line of the flattening wrapper under trace."""

    lines: dict[str, Attempt] = field(default_factory=lambda: {route: Attempt() for route in ROUTES})
    wrapped: Attempt | None = None
    recommended: str | None = None
    exported: list[Candidate] = field(default_factory=list)

    def of(self, candidate: Candidate) -> Attempt:
        return self.wrapped or Attempt() if candidate.wrapped else self.lines[candidate.route]

    def note(self, candidate: Candidate, **changes: Any) -> None:
        attempt = replace(self.of(candidate), **changes)
        if candidate.wrapped:
            self.wrapped = attempt
        else:
            self.lines[candidate.route] = attempt


@contextlib.contextmanager
def step(steps: Steps, name: str) -> Iterator[Outcome]:
    """A step whose own failure ends it alone: it is said on the line of steps, and the next one begins."""
    try:
        with steps(name) as outcome:
            yield outcome
    except Exception:
        traceback.print_exc()


def unheard(evidence: Evidence) -> None:
    """For an attempt that nobody asked for: it need not say again what the first one has said."""
