"""Code that the tracer refuses, or that fails only while it is traced."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._observed import labels, one_line
from tslint.diagnostic import Finding
from tslint.evidence import TraceRefused
from tslint.facts.context import Context


@on(TraceRefused)
def observe(evidence: TraceRefused, context: Context) -> Iterator[Finding]:
    yield Finding(
        evidence.place,
        {"message": one_line(evidence.message)},
        labels=labels(evidence.stack, evidence.place),
    )
