"""Code that the tracer refuses, or that fails only while it is traced."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.checks import on
from tslint.checks._observed import labels, one_line
from tslint.diagnostic import Finding
from tslint.evidence import TraceRefused
from tslint.facts.context import Context
from tslint.facts.facts import Facts

REFUSED = {
    "builtins.round": (
        "type Tensor doesn't define __round__ method",
        "`(n + k // 2) // k` rounds and stays in the graph",
    ),
    "builtins.divmod": ("unsupported operand type(s) for divmod()", "`n // k` and `n % k` stay in the graph"),
}
"""Builtins that do not take a size while it is traced, since it is a tensor then. Measured on torch 2.13."""


@on(cst.Call)
def predict(call: cst.Call, facts: Facts) -> Iterator[Finding]:
    message, help = REFUSED.get(facts.qualified(call.func) or "", ("", ""))
    sizes = [argument for argument in call.args if _is_traced_size(argument.value, facts)] if message else []
    if sizes and facts.is_traced_code(call):
        yield Finding(call, {"message": message}, help=help)


@on(TraceRefused)
def observe(evidence: TraceRefused, context: Context) -> Iterator[Finding]:
    yield Finding(
        evidence.place,
        {"message": one_line(evidence.message)},
        labels=labels(evidence.stack, evidence.place),
    )


def _is_traced_size(node: cst.BaseExpression, facts: Facts) -> bool:
    return facts.is_size(node) or facts.is_fixed_size(node)
