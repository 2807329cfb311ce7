"""A function that returns one type here and another there, or other than its annotation says."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._script import written
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("return-type", "declared-return", "no-return")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    values = refusal.values
    if refusal.code == "return-type":
        problem = f"returns {written(values['before'])} before and {written(values['now'])} here"
    elif refusal.code == "declared-return":
        problem = f"is annotated to return {written(values['wanted'])} and returns {written(values['found'])}"
    else:
        problem = f"is annotated to return {written(values['type'])} and may end without"
    function = facts.enclosing_function(refusal.node)
    yield Finding(refusal.node, {"function": function.name.value if function else "it", "problem": problem})
