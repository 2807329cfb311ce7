"""A list whose length TorchScript does not know, unpacked or looped over beside modules."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("unsized-list", "unknown-length")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    yield Finding(refusal.node, {"name": facts.text(refusal.node), "what": WHAT[refusal.code]})


WHAT = {
    "unsized-list": "is unpacked with a star",
    "unknown-length": "is looped over beside modules, whose number is known",
}
