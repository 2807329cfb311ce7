"""``model.eval`` without the call, or ``model.eval = True``: the model stays in training mode."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint import rewrite
from tslint.checks import on
from tslint.diagnostic import Finding, Severity
from tslint.facts.facts import Facts


@on(cst.Attribute, named=("eval",))
def check(attribute: cst.Attribute, facts: Facts) -> Iterator[Finding]:
    if not is_uncalled_eval(attribute, facts):
        return
    statement = facts.parent(attribute)
    model = facts.text(attribute.value)
    at: cst.CSTNode = attribute
    if isinstance(statement, cst.AssignTarget):
        at = facts.parent(statement) or attribute
    yield Finding(
        at,
        {"code": facts.text(at), "model": model},
        severity=Severity.ERROR if facts.mode_of(attribute.value) else Severity.WARNING,
        fix=rewrite.safe(f"Call `{model}.eval()`", rewrite.replace(at, f"{rewrite.source(attribute, facts)}()", facts)),
        help=f"`{model}.eval()` needs its parentheses",
    )


def is_uncalled_eval(attribute: cst.Attribute, facts: Facts) -> bool:
    """Whether ATTRIBUTE, called `eval`, is ``model.eval`` as a statement of its own, or what a statement assigns to.

    Nobody names a method for nothing, whatever it is of; to assign to ``eval`` is wrong of a module alone.
    """
    parent = facts.parent(attribute)
    if isinstance(parent, cst.Expr):
        return True
    if isinstance(parent, cst.AssignTarget):
        assign = facts.parent(parent)
        return (
            isinstance(assign, cst.Assign) and len(assign.targets) == 1 and facts.mode_of(attribute.value) is not None
        )
    return False
