"""A function that calls itself: TorchScript compiles no recursion."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("recursive")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    yield Finding(refusal.node, {"name": refusal.values["name"]})
