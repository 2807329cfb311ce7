"""The scripted program computes something else than eager."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._observed import one_line
from tslint.diagnostic import Finding
from tslint.evidence import ScriptDiffered
from tslint.facts.context import Context


@on(ScriptDiffered)
def observe(evidence: ScriptDiffered, context: Context) -> Iterator[Finding]:
    detail = f": {one_line(evidence.message)}" if evidence.message else ""
    if not detail and evidence.max_difference is not None:
        detail = f" by {evidence.max_difference:.3g}"
    yield Finding(evidence.place, {"detail": detail}, caption=f"with {evidence.tried}")
