"""A branch chosen by a tensor's size: reported where a run met a size that answers otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks.data_dependent_branch import observed
from tslint.diagnostic import Finding
from tslint.evidence import BranchTaken
from tslint.facts.context import Context


@on(BranchTaken)
def observe(evidence: BranchTaken, context: Context) -> Iterator[Finding]:
    if evidence.origin != "data":
        yield observed(evidence, context, "script the module that has the branch, or write it without one")
