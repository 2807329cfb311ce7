"""``train()`` called in forward: the training behaviour that it switches on is recorded, whatever mode the model was in."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint import rewrite
from tslint.checks import on
from tslint.diagnostic import Finding, Fix
from tslint.facts.facts import Facts
from tslint.facts.kinds import MISSING, Callable, Constant, Module, options

HELP = "leave the mode to whoever calls the model: `model.eval()` before it is traced"


@on(cst.Call, traced=True)
def check(call: cst.Call, facts: Facts) -> Iterator[Finding]:
    if not isinstance(call.func, cst.Attribute) or call.func.attr.value != "train":
        return
    mode = facts.argument(call, 0, "mode")
    if call.args and (mode is None or not _is_true(mode, facts)):
        return
    if any(_is_of_module(kind) for kind in options(facts.kind(call.func))):
        yield Finding(call, {"model": facts.text(call.func.value)}, fix=_left_out(call, call.func, facts), help=HELP)


def _left_out(call: cst.Call, func: cst.Attribute, facts: Facts) -> Fix:
    """The call left out: its statement, or, where the module that it answers with is used, the call alone."""
    statement = facts.parent(call)
    if isinstance(statement, cst.Expr):
        edit = rewrite.without_statement(statement, facts)
    else:
        edit = rewrite.replace(call, rewrite.source(func.value, facts), facts)
    return rewrite.unsafe(f"Leave `{facts.text(call)}` out", edit)


def _is_of_module(kind: object) -> bool:
    """Whether a method is one of a module's: ``nn.Module.train``, or what a class of the file makes of it."""
    return isinstance(kind, Callable) and isinstance(kind.owner, Module)


def _is_true(mode: cst.BaseExpression, facts: Facts) -> bool:
    kind = facts.kind(mode)
    return isinstance(kind, Constant) and kind.value is not MISSING and bool(kind.value)
