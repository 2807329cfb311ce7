"""A variable of the module, or of the class, read in scripted code: its value is not part of the program."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("captured-global")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    type_ = refusal.values["type"]
    kind = type_ if type_ in ("None", "class attribute") else f"a Python `{type_}`"
    yield Finding(refusal.node, {"name": refusal.values["name"], "type": kind})
