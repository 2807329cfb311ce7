"""A parameter that is None by default and a tensor to TorchScript."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint import rewrite
from tslint.checks import _annotations, on
from tslint.diagnostic import Claim, Finding, Fix
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
            fix=_optional(facts.enclosing_function(refusal.node), name, facts),
            help=f"annotate it: `{name}: Optional[torch.Tensor] = None`",
        )


@on("none-default")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    parameter = refusal.values["parameter"]
    yield Finding(
        refusal.node,
        {"parameter": parameter, "problem": f"this call of `{refusal.values['function']}` leaves it out"},
        claim=Claim.SCRIPT_FAILS,
        fix=_optional(_annotations.callee(refusal.node, facts), parameter, facts)
        if isinstance(refusal.node, cst.Call)
        else None,
        help=f"annotate it: `{parameter}: Optional[torch.Tensor] = None`",
    )


def _optional(function: cst.FunctionDef | None, name: str, facts: Facts) -> Fix | None:
    """The parameter NAME annotated as a tensor or None."""
    param = _annotations.parameter(function, name)
    edits = _annotations.optional(param, facts) if param is not None and _annotations.is_none(param) else []
    return rewrite.safe(f"Annotate `{name}` as a tensor or None", *edits) if edits else None
