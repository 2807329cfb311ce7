"""A parameter that is None by default and a tensor to TorchScript."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.diagnostic import Claim, Finding
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("none-parameter")
def predict_difference(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    cls = facts.module_class(refusal.node)
    name = refusal.values["name"]
    if cls is not None and not cls.is_inner:
        yield Finding(
            refusal.node,
            {"parameter": name, "problem": "a caller that leaves it out finds no branch for None"},
            claim=Claim.SCRIPT_DIFFERS,
            help=f"annotate it: `{name}: Optional[torch.Tensor] = None`",
        )


@on("none-default")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    parameter = refusal.values["parameter"]
    yield Finding(
        refusal.node,
        {"parameter": parameter, "problem": f"this call of `{refusal.values['function']}` leaves it out"},
        claim=Claim.SCRIPT_FAILS,
        help=f"annotate it: `{parameter}: Optional[torch.Tensor] = None`",
    )
