"""An empty list without a type: torch.jit.script takes it for a list of tensors, and it is filled with something else."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.checks import on
from tslint.checks._observed import is_empty_list, one_line
from tslint.checks._script import annotated, annotation, assigned_name, holding
from tslint.diagnostic import Finding, Place
from tslint.evidence import ScriptRefused
from tslint.facts.context import Context
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal
from tslint.facts.tree import walk


@on("empty-list")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    wanted = refusal.values["wanted"]
    yield Finding(
        refusal.node,
        _values(refusal.node, holding(wanted), facts),
        fix=annotated(refusal.node, wanted, facts),
        help=_help(refusal.node, annotation(wanted), facts),
    )


@on(ScriptRefused)
def observe(evidence: ScriptRefused, context: Context) -> Iterator[Finding]:
    if not is_empty_list(evidence):
        return
    facts = context.facts(evidence.place)
    node = _list_at(evidence, context)
    if node is None or facts is None or evidence.place is None:
        values = {"name": evidence.class_name, "element": "something else"}
        yield Finding(evidence.place, values, caption=one_line(evidence.message))
        return
    place = Place(evidence.place.path, facts.span(node), facts.symbol(node))
    yield Finding(
        place,
        _values(node, "something else", facts),
        caption=_type_error(evidence.message),
        help=_help(node, _foreseen(node, facts), facts),
    )


def _foreseen(node: cst.CSTNode, facts: Facts) -> str | None:
    """The annotation that the source alone asks for."""
    wanted = next((r.values["wanted"] for r in facts.refusals if r.code == "empty-list" and r.node is node), None)
    return None if wanted is None else annotation(wanted)


def _values(node: cst.CSTNode, element: str, facts: Facts) -> dict[str, str]:
    return {"name": assigned_name(node, facts) or facts.text(node), "element": element}


def _help(node: cst.CSTNode, type_: str | None, facts: Facts) -> str:
    name = assigned_name(node, facts)
    if name is None or type_ is None:
        return "annotate it, or start with a first value"
    return f"`{name}: {type_} = {facts.text(node)}` says what it holds"


def _list_at(evidence: ScriptRefused, context: Context) -> cst.CSTNode | None:
    """The empty list that the refused statement fills: the one predicted, else the only one whose name stands there."""
    facts = context.facts(evidence.place)
    if facts is None:
        return None
    named = {name.value for name in context.nodes_at(evidence.place, cst.Name)}
    for function in context.nodes_at(evidence.place, cst.FunctionDef):
        predicted = [r.node for r in facts.refusals if r.code == "empty-list"]
        own = [node for node in predicted if facts.enclosing_function(node) is function]
        lists = own + [node for node in _empty_lists(function, facts) if node not in own]
        for node in lists:
            if assigned_name(node, facts) in named:
                return node
        if len(lists) == 1:
            return lists[0]
    return None


def _empty_lists(function: cst.FunctionDef, facts: Facts) -> list[cst.CSTNode]:
    """The empty lists without a type that a function assigns to variables."""
    found = []
    for node in walk(function.body, nested=False):
        empty = isinstance(node, cst.List) and not node.elements
        if isinstance(node, cst.Call) and not node.args:
            empty = facts.qualified(node.func) == "builtins.list"
        if empty and assigned_name(node, facts) is not None:
            found.append(node)
    return found


def _type_error(message: str) -> str:
    """The line of the compiler's message that names the types."""
    lines = [line for line in message.splitlines() if "matched to type" in line or "Empty lists default" in line]
    return one_line(lines[0] if lines else message)
