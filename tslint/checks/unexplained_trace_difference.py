"""A trace that disagrees with eager on another input, where no value that left the graph explains it."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._observed import one_line
from tslint.diagnostic import Finding
from tslint.evidence import TraceDiffered
from tslint.facts.context import Context


@on(TraceDiffered)
def observe(evidence: TraceDiffered, context: Context) -> Iterator[Finding]:
    detail = f": {one_line(evidence.message)}" if evidence.message else ""
    apart = f"; they differ by {evidence.max_difference:.3g}" if evidence.max_difference is not None else ""
    yield Finding(evidence.place, {"detail": detail}, caption=f"with {evidence.tried}{apart}")
