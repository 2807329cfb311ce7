"""`tolist()` without a type: TorchScript has to be told what comes out."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("tolist")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    yield Finding(refusal.node, {}, help="`values: list[int] = x.tolist()` says it")
