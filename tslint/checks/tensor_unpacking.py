"""Something that is no tuple unpacked into names."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._script import of_parameter, written
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("unpack", "unpack-count")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    if of_parameter(refusal):
        return
    if refusal.code == "unpack":
        problem = f"a {written(refusal.values['type'])} is unpacked like a tuple"
    else:
        problem = f"{refusal.values['found']} values are unpacked into {refusal.values['wanted']} names"
    yield Finding(refusal.node, {"problem": problem})
