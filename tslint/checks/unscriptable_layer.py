"""A layer that does not compile as it is constructed here."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("hooked", "layer", "layer-float", "layer-size")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    values = refusal.values
    help = None
    if refusal.code == "hooked":
        problem = f"carries the hook of `{values['hook']}`, which does not compile"
        help = "remove the hook before scripting (`torch.nn.utils.remove_…`), or use `torch.nn.utils.parametrizations`"
    elif refusal.code == "layer-float":
        problem = f"`{values['name']}` is {values['value']} here, and has to be a float"
        help = f"`{values['name']}={values['value']}.0`" if values["value"].lstrip("-").isdigit() else None
    elif refusal.code == "layer-size":
        problem = "None in `output_size` does not compile"
    else:
        problem = f"`{values['layer']}` does not compile in PyTorch itself"
    yield Finding(
        refusal.node, {"layer": values.get("layer") or facts.text(refusal.node, 40), "problem": problem}, help=help
    )
