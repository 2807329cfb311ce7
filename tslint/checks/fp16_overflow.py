"""Numbers beyond float16's range, in which Core ML computes by default."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._observed import labels
from tslint.diagnostic import Finding, Severity
from tslint.evidence import HalfOverflowed
from tslint.facts.context import Context

HELP = "convert with `compute_precision=ct.precision.FLOAT32`, or scale the numbers down before they get there"


@on(HalfOverflowed)
def observe(evidence: HalfOverflowed, context: Context) -> Iterator[Finding]:
    yield Finding(
        evidence.place,
        {"operator": evidence.operator.removeprefix("aten::").rstrip("_"), "largest": _number(evidence.largest)},
        severity=Severity.WARNING,
        labels=labels(evidence.stack, evidence.place),
        caption=evidence.effect,
        help=HELP,
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value < 1e9 else f"{value:.2g}"
