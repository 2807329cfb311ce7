"""A condition of something that TorchScript does not take for true or false."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._script import of_parameter, written
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("truth")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    type_ = refusal.values["type"]
    if not of_parameter(refusal):
        help = f"`{facts.text(refusal.node)} is not None`" if type_.startswith(("None", "Optional")) else None
        yield Finding(refusal.node, {"code": facts.text(refusal.node), "type": written(type_)}, help=help)
