"""A method other than forward handed to torch.jit.trace, which takes modules and functions alone."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.checks import on
from tslint.checks._wrapping import of_method
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.kinds import Callable, Module

HELP = "trace a module whose `forward` calls `{method}`: `trace_module` makes a program without `forward`, which does not convert"


@on(cst.Call, calls=("torch.jit.trace",))
def check(call: cst.Call, facts: Facts) -> Iterator[Finding]:
    given = facts.argument(call, 0, "func")
    kind = facts.kind(given) if isinstance(given, cst.Attribute) else None
    if (
        isinstance(given, cst.Attribute)
        and isinstance(kind, Callable)
        and isinstance(kind.node, cst.FunctionDef)
        and isinstance(kind.owner, Module)
        and kind.node.name.value != "forward"
        and not kind.node.decorators
    ):
        yield Finding(
            given,
            {"method": facts.text(given)},
            fix=of_method(kind.owner.cls, kind.node, given, facts) if kind.owner.cls is not None else None,
            help=HELP.format(method=given.attr.value),
        )
