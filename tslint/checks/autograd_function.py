"""A ``torch.autograd.Function`` written in Python: a call back into Python in the graph, which coremltools cannot convert."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.checks import on
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.kinds import Callable, options

APPLY = "torch.autograd.Function.apply"
HELP = "its backward only serves training: call a plain function that computes what its `forward` does"


@on(cst.Call)
def check(call: cst.Call, facts: Facts) -> Iterator[Finding]:
    found = (kind for kind in options(facts.kind(call.func)) if isinstance(kind, Callable))
    if any(kind.qualified == APPLY for kind in found) and facts.is_traced_code(call):
        yield Finding(call, {"call": facts.text(call.func)}, help=HELP)
