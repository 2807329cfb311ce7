"""A variable that some path to its use does not set."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("undefined-branch", "undefined-loop")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    if refusal.code == "undefined-branch":
        where = "one branch of this `if` alone sets it"
        labels = () if refusal.use is None else (facts.label(refusal.use, "read here"),)
    else:
        where, labels = "a loop sets it, which may run no round", ()
    yield Finding(refusal.node, {"name": refusal.values["name"], "where": where}, labels=labels, help="set it before")
