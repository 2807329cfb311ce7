"""A value that may be None used as if it were not, without a check that TorchScript sees."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._script import of_optional
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("optional-use", "argument", "overload")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    if refusal.code == "optional-use" or of_optional(refusal):
        yield Finding(
            refusal.node, {"code": facts.text(refusal.node)}, help="assign it to a variable and check that for None"
        )
