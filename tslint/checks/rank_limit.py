"""A tensor of more than five dimensions, which Core ML does not have."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._places import branches
from tslint.checks.unsupported_op import finding
from tslint.diagnostic import Finding, Severity
from tslint.evidence import OpUnsupported
from tslint.facts.context import Context
from tslint.facts.facts import Facts

REFUSAL = "Core ML only supports tensors with rank <= 5"


def is_rank_limit(evidence: OpUnsupported) -> bool:
    """Whether coremltools complains about the rank of what an op makes."""
    return not evidence.missing and evidence.message.startswith(REFUSAL)


@on(Facts)
def predict(facts: Facts, _: Facts) -> Iterator[Finding]:
    for high in facts.high_ranks:
        severity = Severity.WARNING if branches(high.node, facts) else Severity.ERROR
        yield Finding(high.node, {"what": facts.text(high.node), "rank": f" {high.rank}"}, severity=severity)


@on(OpUnsupported)
def observe(evidence: OpUnsupported, context: Context) -> Iterator[Finding]:
    if is_rank_limit(evidence):
        rank = evidence.message.rpartition(" has rank ")[2]
        yield finding(evidence, {"what": evidence.op, "rank": f" {rank}" if rank.isdigit() else " more than 5"})
