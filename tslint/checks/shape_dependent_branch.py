"""A branch chosen by a tensor's size: reported where a run met a size that answers otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks.data_dependent_branch import is_condition, observed
from tslint.diagnostic import Finding
from tslint.evidence import BranchTaken, LoopUnrolled
from tslint.facts.context import Context


@on(BranchTaken, LoopUnrolled)
def observe(evidence: BranchTaken | LoopUnrolled, context: Context) -> Iterator[Finding]:
    if evidence.origin != "data" and is_condition(evidence, context):
        yield observed(evidence, context, "script the module that has the branch, or write it without one")
