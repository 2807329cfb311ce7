"""`getattr` and `hasattr` with a name that is computed."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("attribute-name")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    yield Finding(refusal.node, {"function": refusal.values["function"], "name": facts.text(refusal.node)})
