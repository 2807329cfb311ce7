"""A variable that starts as a number and is assigned a tensor, which scripted code turns into a number."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint import rewrite
from tslint.checks import on
from tslint.diagnostic import Finding, Fix, Severity
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("tensor-to-number")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    type_ = "an int" if refusal.values["type"] == "int" else "a float"
    yield Finding(
        refusal.node,
        {"name": refusal.values["name"], "type": type_},
        severity=Severity.WARNING,
        fix=_started(refusal, facts),
        help="start with a tensor: `x.new_zeros(())`",
    )


def _started(refusal: Refusal, facts: Facts) -> Fix | None:
    """``total = 0`` becomes ``total = x.new_zeros(())``, of the first tensor that the function is handed."""
    function = facts.enclosing_function(refusal.node)
    tensor = rewrite.tensor_parameter(function, facts)
    bindings = facts.names.bindings(function, refusal.values["name"]) if function is not None else []
    numbers = [b.value for b in bindings if isinstance(b.value, (cst.Integer, cst.Float))]
    if tensor is None or len(numbers) != 1 or numbers[0] is None or float(facts.text(numbers[0])) != 0:
        return None
    text = f"{tensor}.new_zeros(())"
    return rewrite.unsafe(f"Start with `{text}`", rewrite.replace(numbers[0], text, facts))
