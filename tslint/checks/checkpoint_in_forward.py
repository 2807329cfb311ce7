"""Activation checkpointing in forward: the tracer stops at it, or records a call into Python.

Measured on torch 2.13, in eval mode and without gradients too: reentrant checkpointing (the default) is an autograd
function, in which the tracer does not find the parameters of a module (``unordered_map::at``); of a function without
parameters it records ``prim::PythonOp``. With ``use_reentrant=False`` it traces and converts like a plain call.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint import rewrite
from tslint.checks import on
from tslint.checks._places import CONDITIONAL, ancestors, callee
from tslint.diagnostic import Claim, Finding, Severity
from tslint.facts.facts import Facts
from tslint.facts.kinds import Callable, Constant, Module, options
from tslint.facts.tree import walk

CHECKPOINT = "torch.utils.checkpoint.checkpoint"
SEQUENTIAL = "torch.utils.checkpoint.checkpoint_sequential"
HELP = "pass `use_reentrant=False`, or checkpoint while training alone (`if self.training`)"


@on(cst.Call, traced=True)
def check(call: cst.Call, facts: Facts) -> Iterator[Finding]:
    name = callee(call, facts)
    if name not in (CHECKPOINT, SEQUENTIAL) or any(arg.star == "**" for arg in call.args):
        return
    reentrant = next((a.value for a in call.args if a.keyword and a.keyword.value == "use_reentrant"), None)
    if not _is_reentrant(reentrant, facts) or _is_chosen(call, facts):
        return
    if name == SEQUENTIAL and not _has_segments(call, facts):
        return
    what = facts.argument(call, 0, "function" if name == CHECKPOINT else "functions")
    with_parameters = name == SEQUENTIAL or (what is not None and _calls_a_module(what, facts))
    text = "use_reentrant=False"
    yield Finding(
        call,
        {
            "call": facts.text(call.func),
            "effect": "torch.jit.trace stops at it" if with_parameters else "it is recorded as a call into Python",
        },
        claim=Claim.TRACE_FAILS if with_parameters else Claim.CONVERT_FAILS,
        severity=Severity.ERROR,
        fix=rewrite.unsafe(
            f"Pass `{text}`",
            rewrite.replace(reentrant, "False", facts)
            if reentrant is not None
            else rewrite.after(call.args[-1], f", {text}", facts),
        ),
        help=HELP,
    )


def _is_reentrant(given: cst.BaseExpression | None, facts: Facts) -> bool:
    """Whether checkpointing is certainly the reentrant kind: its default up to torch 2.13, if with a warning."""
    if given is None or facts.is_none(given):
        return True
    kind = facts.kind(given)
    return isinstance(kind, Constant) and kind.value is True


def _is_chosen(call: cst.Call, facts: Facts) -> bool:
    """Whether a condition decides about checkpointing: a flag that only training sets, as a rule.

    It stands around the call, or around those of the method that is there for nothing else.
    """
    function = facts.enclosing_function(call)
    name = function.name.value if function is not None else ""
    calls = [
        node for node in facts.nodes(cst.Call) if isinstance(node.func, cst.Attribute) and node.func.attr.value == name
    ]
    return any(
        isinstance(parent, CONDITIONAL) and child is not parent.test
        for node in (call, *(calls if name != "forward" else ()))
        for parent, child in ancestors(node, facts)
    )


def _has_segments(call: cst.Call, facts: Facts) -> bool:
    """Whether a sequence is cut: its last segment is run without checkpointing, and a single one is the last."""
    segments = facts.argument(call, 1, "segments")
    kind = facts.kind(segments) if segments is not None else None
    return isinstance(kind, Constant) and isinstance(kind.value, int) and kind.value > 1


def _calls_a_module(what: cst.BaseExpression, facts: Facts) -> bool:
    """Whether what is checkpointed is a module, or a function of the file in which one is called."""
    for kind in options(facts.kind(what)):
        if isinstance(kind, Module):
            return True
        if isinstance(kind, Callable) and isinstance(kind.node, (cst.FunctionDef, cst.Lambda)):
            calls = (node for node in walk(kind.node.body) if isinstance(node, cst.Call))
            if any(isinstance(o, Module) for inner in calls for o in options(facts.kind(inner.func))):
                return True
    return False
