"""A ``torch.autograd.Function`` written in Python: a call back into Python in the graph, which coremltools cannot convert."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.checks import on
from tslint.checks._compiled import runs_compiled
from tslint.checks._places import asks_inputs, asks_machine, deciding
from tslint.diagnostic import Finding, Severity
from tslint.facts.facts import Facts
from tslint.facts.kinds import Callable, options

APPLY = "torch.autograd.Function.apply"
HELP = "its backward only serves training: call a plain function that computes what its `forward` does"


@on(cst.Call, traced=True)
def check(call: cst.Call, facts: Facts) -> Iterator[Finding]:
    kinds = options(facts.kind(call.func))
    if not all(_is_apply(kind) for kind in kinds) or any(runs_compiled(kind, facts) for kind in kinds):
        return  # compiled by `torch.compile`, it is not even recorded: `untraceable-call`
    if facts.registers("pythonop"):
        return
    conditions = deciding(call, facts)
    if any(asks_inputs(test, facts) or asks_machine(test, facts) for test in conditions):
        return  # a way out for empty inputs, or an extension that only runs on a GPU
    yield Finding(
        call,
        {"call": facts.text(call.func)},
        severity=Severity.WARNING if conditions else Severity.ERROR,
        help=HELP,
    )


def _is_apply(kind: object) -> bool:
    return isinstance(kind, Callable) and kind.qualified == APPLY
