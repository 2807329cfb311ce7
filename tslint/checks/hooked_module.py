"""Hooks on modules: torch.jit.trace refuses backward hooks, torch.jit.script forward hooks that it cannot compile.

Measured on torch 2.13: forward hooks are traced with the module they are on, backward hooks do not hinder scripting.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.checks import on
from tslint.checks._places import branches
from tslint.diagnostic import Claim, Finding, Severity
from tslint.facts.facts import Facts
from tslint.facts.kinds import Callable, Module, options
from tslint.facts.names import dotted
from tslint.facts.tree import words

BACKWARD = words("register_backward_hook register_full_backward_hook")
FORWARD = words("register_forward_hook register_forward_pre_hook")


@on(cst.Attribute, named=BACKWARD | FORWARD)
def check(attribute: cst.Attribute, facts: Facts) -> Iterator[Finding]:
    name, call = attribute.attr.value, facts.parent(attribute)
    if not isinstance(call, cst.Call) or call.func is not attribute or not _runs_in_constructor(call, facts):
        return
    if not _is_of_module(call, facts) or _is_removed(call, facts):
        return
    hook = facts.argument(call, 0, "hook")
    certain = Severity.WARNING if branches(call, facts) else Severity.ERROR
    if name in BACKWARD:
        yield Finding(
            call,
            {"call": name, "problem": "torch.jit.trace refuses modules with backward hooks"},
            claim=Claim.TRACE_FAILS,
            severity=certain,
            help="register it where the model is trained, or remove it (`handle.remove()`) before the model is traced",
        )
    elif hook is not None and (problem := _problem(hook, facts)):
        yield Finding(
            call,
            {"call": name, "problem": f"torch.jit.script compiles the hook, and {problem}"},
            claim=Claim.SCRIPT_FAILS,
            severity=certain,
            help="call what the hook does in `forward`, or trace the model: a trace records what hooks do",
        )


def _runs_in_constructor(call: cst.Call, facts: Facts) -> bool:
    """Whether CALL runs when a module of the file is made: in ``__init__``, or in what that calls."""
    function = facts.enclosing_function(call)
    if function is None or facts.module_class(function) not in facts.module_classes:
        return False
    contexts = facts.analysis.contexts.get(function, ())
    return function.name.value == "__init__" or any(c.callers and not c.in_forward for c in contexts)


def _is_of_module(call: cst.Call, facts: Facts) -> bool:
    kinds = options(facts.kind(call.func))
    return any(isinstance(kind, Callable) and isinstance(kind.owner, Module) for kind in kinds)


def _is_removed(call: cst.Call, facts: Facts) -> bool:
    """Whether the handle is kept in a way in which it may be told to remove the hook."""
    parent = facts.parent(call)
    if isinstance(parent, cst.Expr):
        return False
    if not isinstance(parent, cst.Assign):
        return True
    handles = {_last_name(target.target) for target in parent.targets}
    removed = (node.value for node in facts.nodes(cst.Attribute) if node.attr.value == "remove")
    return any(_last_name(value) in handles for value in removed)


def _last_name(node: cst.BaseExpression) -> str | None:
    name = dotted(node)
    return None if name is None else name.rpartition(".")[2]


def _problem(hook: cst.BaseExpression, facts: Facts) -> str | None:
    """Why a hook does not compile: a lambda, a bound method, or a function whose inputs have no annotation."""
    kind = facts.kind(hook)
    if isinstance(hook, cst.Lambda):
        return "it does not compile a lambda"
    if not isinstance(kind, Callable) or not isinstance(kind.node, cst.FunctionDef) or kind.node.decorators:
        return None
    if isinstance(kind.owner, Module):
        return "a method has one argument too many for that"
    params = (*kind.node.params.posonly_params, *kind.node.params.params)
    if len(params) > 1 and params[1].annotation is None:
        return f"`{params[1].name.value}` is not annotated as a tuple"
    return None
