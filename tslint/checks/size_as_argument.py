"""A size where an operator takes a Python number: tracing records it as a constant."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._observed import baked_rule, change, generalisation, labels
from tslint.diagnostic import Finding
from tslint.evidence import ConstantBaked
from tslint.facts.context import Context


@on(ConstantBaked)
def observe(evidence: ConstantBaked, context: Context) -> Iterator[Finding]:
    if baked_rule(evidence, context) == "size-as-argument":
        claim, severity = generalisation(evidence)
        yield Finding(
            evidence.place,
            {"operator": evidence.operator or "an operator"},
            claim=claim,
            severity=severity,
            labels=labels(evidence.stack, evidence.place, evidence.use),
            caption=change(evidence, context),
        )
