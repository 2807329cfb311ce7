"""A variable that starts as a number and is assigned a tensor, which scripted code turns into a number."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.diagnostic import Finding, Severity
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("tensor-to-number")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    type_ = "an int" if refusal.values["type"] == "int" else "a float"
    yield Finding(
        refusal.node,
        {"name": refusal.values["name"], "type": type_},
        severity=Severity.WARNING,
        help="start with a tensor: `x.new_zeros(())`",
    )
