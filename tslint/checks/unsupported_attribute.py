"""An attribute or method that values of this type do not have in TorchScript."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._script import of_parameter, written
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("no-attribute", "hasattr-object")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    if not of_parameter(refusal):
        name = refusal.values.get("name") or "hasattr"
        yield Finding(refusal.node, {"name": name, "type": written(refusal.values["type"])})
