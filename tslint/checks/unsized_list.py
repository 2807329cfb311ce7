"""A list whose length TorchScript does not know, unpacked or looped over beside modules."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.checks import on
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("unsized-list", "unknown-length")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    yield Finding(refusal.node, {"name": facts.text(refusal.node), "what": _what(refusal, facts)})


def _what(refusal: Refusal, facts: Facts) -> str:
    if refusal.code == "unknown-length":
        return "is looped over beside modules, whose number is known"
    around = facts.parent(refusal.node)
    starred = isinstance(around, cst.StarredElement) or (isinstance(around, cst.Arg) and around.star == "*")
    return "is unpacked with a star" if starred else "is made a tuple"
