"""An op that coremltools knows, in a use that it refuses."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._observed import one_line
from tslint.checks.unsupported_op import finding
from tslint.diagnostic import Finding
from tslint.evidence import OpUnsupported
from tslint.facts.context import Context


@on(OpUnsupported)
def observe(evidence: OpUnsupported, context: Context) -> Iterator[Finding]:
    if not evidence.missing:
        yield finding(evidence, {"op": evidence.op, "message": one_line(evidence.message)})
