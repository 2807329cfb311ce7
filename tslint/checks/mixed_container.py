"""A list or dict whose items are of different types."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._script import INFERRED
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("mixed-list", "mixed-dict")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    kind = "list" if refusal.code == "mixed-list" else "dict"
    yield Finding(refusal.node, {"kind": kind, "types": refusal.values["types"].replace(INFERRED, "Tensor")})
