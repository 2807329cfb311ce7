"""An argument of forward that is no tensor: torch.jit.trace does not take it."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.checks import on
from tslint.diagnostic import Finding, Place, Severity
from tslint.evidence import InputRefused
from tslint.facts.context import Context
from tslint.facts.facts import Facts
from tslint.facts.kinds import Constant, Kind, Module, NoneKind, Str, options

HELP = "make it an argument of the constructor, or trace a wrapper that fills it in"


@on(Facts)
def predict(facts: Facts, _: Facts) -> Iterator[Finding]:
    for cls in facts.module_classes:
        function = cls.methods.get("forward")
        for parameter, kind in facts.parameters(function) if function else ():
            if function is None or parameter.default is not None or parameter.star != "":
                continue
            plain = isinstance(kind, (Constant, Str, NoneKind))
            used = None if plain or parameter.annotation else used_as(parameter.name.value, function, facts)
            if plain or used:
                sure = Severity.ERROR if parameter.annotation else Severity.WARNING
                yield Finding(
                    parameter.name,
                    {"name": parameter.name.value, "what": used or _words(kind)},
                    severity=Severity.INFO if cls.is_inner else sure,
                    help=HELP,
                    symbol=f"{cls.name}.forward",
                )


@on(InputRefused)
def observe(evidence: InputRefused, context: Context) -> Iterator[Finding]:
    yield Finding(
        _parameter(evidence, context) or evidence.place,
        {"name": evidence.name, "what": f"`{evidence.type}`"},
        help=HELP,
    )


def used_as(name: str, function: cst.FunctionDef, facts: Facts) -> str | None:
    """What a parameter without annotation or default must be, since no tensor is used so; None where nothing tells.

    A function that is called, an int that picks a module or counts rounds. ``if x:`` tells nothing: a bool, a tensor of one
    element and a list of tensors are all asked so.
    """
    found: str | None = None
    for node in facts.names_in(function):
        if node.value != name:
            continue
        parent = facts.parent(node)
        if isinstance(parent, (cst.AssignTarget, cst.Param, cst.NamedExpr, cst.Element)):
            if not isinstance(parent, cst.Param):
                return None  # another value has the name from here on
            continue
        found = found or _use(node, parent, facts)
    return found


def _use(node: cst.Name, parent: cst.CSTNode | None, facts: Facts) -> str | None:
    if isinstance(parent, cst.Call) and parent.func is node:
        return "a function"
    if isinstance(parent, cst.Arg) and parent.keyword is not node:
        call = facts.parent(parent)
        if isinstance(call, cst.Call) and facts.qualified(call.func) == "builtins.range":
            return "an int"
    if isinstance(parent, cst.Index):
        subscript = facts.parent(facts.parent(parent)) if facts.parent(parent) else None  # type: ignore[arg-type]
        if isinstance(subscript, cst.Subscript) and subscript.value is not node:
            owners = options(facts.kind(subscript.value))
            if all(isinstance(owner, Module) for owner in owners):
                return "an int"
    if isinstance(parent, cst.Comparison) and parent.left is node and len(parent.comparisons) == 1:
        return _compared(parent, facts)
    return None


def _compared(node: cst.Comparison, facts: Facts) -> str | None:
    """``if mode == 1:``, ``if mode == "train":``"""
    target = node.comparisons[0]
    if not isinstance(facts.parent(node), (cst.If, cst.IfExp)):
        return None
    if isinstance(target.operator, (cst.Equal, cst.NotEqual)):
        if isinstance(target.comparator, cst.Integer):
            return "an int"
        if isinstance(target.comparator, cst.SimpleString):
            return "a str"
    return None


def _words(kind: Kind) -> str:
    if isinstance(kind, Constant):
        return f"{'an' if kind.type == 'int' else 'a'} {kind.type}" if kind.type else "a plain Python value"
    return "a str" if isinstance(kind, Str) else "None"


def _parameter(evidence: InputRefused, context: Context) -> Place | None:
    """The parameter itself, where the run knows the function alone."""
    facts = context.facts(evidence.place)
    if facts is None or evidence.place is None:
        return None
    for function in context.nodes_at(evidence.place, cst.FunctionDef):
        for parameter, _ in facts.parameters(function):
            if parameter.name.value == evidence.name:
                return Place(evidence.place.path, facts.span(parameter.name), evidence.place.symbol)
    return None
