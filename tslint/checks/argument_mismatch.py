"""Arguments that fit none of the types TorchScript takes there."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._script import INFERRED, of_optional, of_parameter, written
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("argument", "overload", "call", "range", "key-type", "item-type")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    if of_parameter(refusal) or of_optional(refusal):
        return
    values = refusal.values
    if refusal.code == "argument":
        argument = f"`{values['argument']}` of `{values['function']}`"
        problem = f"{argument} is {written(values['found'])}, not {written(values['wanted'])}"
    elif refusal.code == "overload":
        problem = f"`{values['function']}` takes no ({values['found'].replace(INFERRED, 'Tensor')})"
    elif refusal.code == "range":
        problem = f"`range` takes no {written(values['type'])}"
    elif refusal.code in ("key-type", "item-type"):
        problem = f"a {written(values['found'])} stands where a {written(values['wanted'])} has to"
    else:
        problem = f"`{values['function']}`: {values['why']}"
    yield Finding(refusal.node, {"problem": problem})
