"""Syntax that TorchScript's front end does not know."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("syntax", "lambda", "unrolled-break", "raise")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    values = refusal.values
    construct = {
        "lambda": "a `lambda` from outside",
        "unrolled-break": f"`{values.get('word')}` in a loop over modules, which it unrolls",
        "raise": "`raise` of something that is no exception",
    }.get(refusal.code) or values["construct"]
    yield Finding(refusal.node, {"construct": construct})
