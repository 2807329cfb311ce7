"""``torch.export.export`` refuses the model."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._observed import labels, one_line
from tslint.diagnostic import Finding
from tslint.evidence import ExportRefused
from tslint.facts.context import Context


@on(ExportRefused)
def observe(evidence: ExportRefused, context: Context) -> Iterator[Finding]:
    message = one_line(evidence.message)
    yield Finding(evidence.place, {"message": message}, labels=labels(evidence.stack, evidence.place))
