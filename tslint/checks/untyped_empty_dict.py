"""An empty dict without a type: TorchScript takes it for one of strings to tensors."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._script import INFERRED, annotated, assigned_name
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("empty-dict")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    wanted = refusal.values["wanted"]
    name = assigned_name(refusal.node, facts)
    yield Finding(
        refusal.node,
        {"name": name or "the dict", "wanted": wanted.replace(INFERRED, "Tensor")},
        fix=annotated(refusal.node, wanted, facts),
    )
