"""An attribute that the compiled module does not have."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("missing-attribute", "class-attribute", "private-name")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    name, cls = refusal.values["name"], refusal.values["cls"]
    why = {
        "missing-attribute": f"`{cls}.__init__` does not set it",
        "class-attribute": "the body of the class sets it, without `Final`",
        "private-name": f"Python calls it `_{cls.lstrip('_')}{name}`",
    }[refusal.code]
    yield Finding(refusal.node, {"name": name, "why": why})
