"""A module looked up by something that is not written there: TorchScript has to know which one it is."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._looping import over_modules
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("module-list-index", "module-dict-key")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    container = "ModuleDict" if refusal.code == "module-dict-key" else "ModuleList"
    yield Finding(
        refusal.node,
        {"container": container, "index": facts.text(refusal.node)},
        fix=over_modules(refusal.node, facts) if container == "ModuleList" else None,
    )
