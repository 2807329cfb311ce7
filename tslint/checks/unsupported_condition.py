"""A condition of something that TorchScript does not take for true or false."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint import rewrite
from tslint.checks import on
from tslint.checks._script import of_parameter, written
from tslint.diagnostic import Finding, Fix
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("truth")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    type_ = refusal.values["type"]
    if not of_parameter(refusal):
        help = f"`{facts.text(refusal.node)} is not None`" if type_.startswith(("None", "Optional")) else None
        yield Finding(
            refusal.node,
            {"code": facts.text(refusal.node), "type": written(type_)},
            fix=_asked_for_none(refusal.node, type_, facts) if help else None,
            help=help,
        )


def _asked_for_none(node: cst.CSTNode, type_: str, facts: Facts) -> Fix | None:
    """``if x:`` becomes ``if x is not None:``. It means the same of None itself; another value may be false, too."""
    if not isinstance(node, (cst.Name, cst.Attribute)):
        return None
    parent = facts.parent(node)
    if isinstance(parent, cst.UnaryOperation):
        text = f"{rewrite.source(node, facts)} is None"
        return rewrite.unsafe(f"Write `{text}`", rewrite.replace(parent, text, facts))
    text = f"{rewrite.source(node, facts)} is not None"
    return rewrite.unsafe(f"Write `{text}`", rewrite.replace(node, text, facts))
