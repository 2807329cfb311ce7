"""An annotation that TorchScript cannot read, or that the default value does not fit."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._script import written
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("annotation", "default-type", "string-annotation")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    values = refusal.values
    if refusal.code == "annotation":
        problem = f"TorchScript has no type for `{facts.text(refusal.node)}`"
    elif refusal.code == "string-annotation":
        problem = f"the annotation of `{values['name']}` is a string when the class is scripted"
    else:
        default = f"the default of `{values['name']}` is {written(values['type'])}"
        problem = f"{default}, and its annotation {written(values['wanted'])}"
    yield Finding(refusal.node, {"problem": problem})
