"""An attribute that scripted code sets, and that `__init__` has not given this type."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._script import written
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("new-attribute", "attribute-type", "set-module", "set-attribute")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    values = refusal.values
    if refusal.code == "new-attribute":
        problem = "which `__init__` does not set"
    elif refusal.code == "attribute-type":
        problem = f"which `__init__` makes {written(values['wanted'])}, to {written(values['found'])}"
    elif refusal.code == "set-module":
        problem = "a module: TorchScript exchanges none"
    else:
        problem = f"an attribute of a {written(values['type'])}: TorchScript sets those of modules alone"
    yield Finding(refusal.node, {"name": facts.text(refusal.node), "problem": problem})
