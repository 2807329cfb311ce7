"""Something called or unpacked that is no module to TorchScript: None, a value, a module in a list."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._script import parameter_label, written
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("call-object", "not-callable", "list-of-modules", "unpack-module")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    what = {
        "call-object": "a module that a variable holds",
        "list-of-modules": "a list of modules",
        "unpack-module": "a module, unpacked into names",
    }.get(refusal.code) or written(refusal.values["type"])
    yield Finding(
        refusal.node, {"code": facts.text(refusal.node), "what": what}, labels=parameter_label(refusal, facts)
    )
