"""An object made where scripted code runs: TorchScript constructs no modules, and no classes it has not compiled."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("constructs-module", "no-constructor")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    name = refusal.values["name"]
    if refusal.code == "constructs-module":
        help = "make it in `__init__`, or call its function in `torch.nn.functional`"
    elif name == "Variable":
        help = "`Variable(x)` has been `x` since PyTorch 0.4"
    else:
        help = None
    yield Finding(refusal.node, {"name": name}, help=help)
