"""Helpers for tests of the probe: lines found by their markers, subjects, and what a step emits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from tslint.evidence import Evidence
from tslint.probe.subject import Inputs, Settled, Steps, Subject
from tslint.request import Request


def line_of(file: str, marker: str) -> int:
    """The number of the one line of FILE that ends in ``# MARKER``."""
    lines = Path(file).read_text(encoding="utf-8").splitlines()
    found = [number for number, line in enumerate(lines, 1) if line.endswith(f"# {marker}")]
    assert len(found) == 1, (marker, found)
    return found[0]


def subject_of(
    module: torch.nn.Module, *args: Any, others: list[tuple[Any, ...]] | None = None, **more: Any
) -> Subject:
    """A subject of MODULE in eval mode, with ARGS as its example inputs."""
    inputs = [Inputs(f"other {index}", other) for index, other in enumerate(others or [])]
    return Subject(0, module.eval(), Inputs("example", args), inputs, **more)


def traced(module: torch.nn.Module, *args: Any) -> Any:
    with torch.no_grad():
        return torch.jit.trace(module.eval(), args, check_trace=False)


class Report:
    """Collects evidence; ``of(kind)`` gives those of one kind in order."""

    def __init__(self) -> None:
        self.all: list[Evidence] = []

    def __call__(self, evidence: Evidence) -> None:
        self.all.append(evidence)

    def of(self, kind: type[Any]) -> list[Any]:
        return [evidence for evidence in self.all if isinstance(evidence, kind)]


def run_routes(
    subject: Subject, settled: Settled, request: Request | None = None, skip: tuple[str, ...] = ()
) -> Report:
    from tslint.probe import routes

    report = Report()
    routes.run_routes(subject, settled, request or Request("test"), Steps(0, report, skip), report)
    return report


class Asserting(torch.nn.Module):
    """Stands here because pytest rewrites the assertions of test files."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        assert not x.isnan().any()
        assert x.sum() < 1e9, "too large"
        return x + 1
