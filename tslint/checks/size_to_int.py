"""``int()`` of something computed from a size: tracing records its result as a constant."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.checks import on
from tslint.checks._observed import baked_rule, change, generalisation, labels
from tslint.checks._sizes import baked, baked_sizes
from tslint.diagnostic import Finding
from tslint.evidence import ConstantBaked
from tslint.facts.context import Context
from tslint.facts.facts import Facts

HELP = "`//` divides and stays in the graph"


@on(cst.Call, traced=True)
def predict(call: cst.Call, facts: Facts) -> Iterator[Finding]:
    if facts.qualified(call.func) == "builtins.int":
        sizes = baked_sizes(call, facts)
        if sizes:
            yield from baked(call, sizes, facts, None, HELP)


@on(ConstantBaked)
def observe(evidence: ConstantBaked, context: Context) -> Iterator[Finding]:
    if baked_rule(evidence, context) == "size-to-int":
        claim, severity = generalisation(evidence)
        yield Finding(
            evidence.place,
            {"call": "int"},
            claim=claim,
            severity=severity,
            labels=labels(evidence.stack, evidence.place, evidence.use),
            caption=change(evidence, context),
            help=HELP,
        )
