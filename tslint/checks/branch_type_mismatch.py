"""A variable that has one type on one path and another on the other."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._script import written
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("branch-type", "if-expression", "variable-type", "reassigned", "annotated")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    values = refusal.values
    if refusal.code == "branch-type":
        node, problem = refusal.node, _two(values["true"], values["false"])
        name = f"`{values['name']}`"
    elif refusal.code == "if-expression":
        node, name, problem = refusal.node, "the value of this expression", _two(values["true"], values["false"])
    elif refusal.code == "variable-type":
        node, name = refusal.node, f"`{values['name']}`"
        problem = f"is {written(values['before'])} and becomes {written(values['now'])}"
    elif refusal.code == "annotated":
        node, name = refusal.node, "the value"
        problem = f"is annotated {written(values['wanted'])} and is {written(values['found'])}"
    else:
        node, name = refusal.node, f"`{values['name']}`"
        problem = f"becomes a {values['kind']}, which is no value"
    yield Finding(node, {"name": name, "problem": problem})


def _two(one: str, other: str) -> str:
    return f"is {written(one)} on one path and {written(other)} on the other"
