"""The converted program was evaluated, and disagrees with eager."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._observed import one_line
from tslint.diagnostic import Finding
from tslint.evidence import ConversionDiffered
from tslint.facts.context import Context


@on(ConversionDiffered)
def observe(evidence: ConversionDiffered, context: Context) -> Iterator[Finding]:
    apart = evidence.max_difference
    known = apart is not None and math.isfinite(apart) and not evidence.message
    detail = f" by {apart:.3g}" if known else ""
    yield Finding(
        evidence.place,
        {"output": f" in `{evidence.output}`" if evidence.output else "", "detail": detail},
        caption=one_line(evidence.message) if evidence.message else f"with {evidence.tried}",
    )
