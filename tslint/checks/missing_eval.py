"""A model in training mode where it is traced, scripted or exported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from tslint import rewrite
from tslint.checks import on
from tslint.diagnostic import Finding, Fix, Place, Severity
from tslint.evidence import ModeWrong
from tslint.facts.context import Context
from tslint.facts.facts import Facts

ACTIONS = {
    "torch.jit.trace": ("traced", "func"),
    "torch.jit.trace_module": ("traced", "mod"),
    "torch.jit.script": ("scripted", "obj"),
    "torch.export.export": ("exported", "mod"),
}
WHY = "it switches dropout off and batch norm to what it has learned"
RETURNED = "returned"
NOTHING_LIVE = "no dropout or batch norm in it is live, but what asks for `training` takes the other way"
HELP = f"call `{{model}}.eval()` first: {WHY}"


@on(cst.Call, calls=tuple(ACTIONS))
def predict(call: cst.Call, facts: Facts) -> Iterator[Finding]:
    action, keyword = ACTIONS.get(facts.qualified(call.func) or "", ("", ""))
    model = facts.argument(call, 0, keyword) if action else None
    if model is not None and facts.mode_of(model) == "train" and not _meant(call, model, facts):
        text = rewrite.atom(model, facts)
        yield Finding(
            model,
            {"model": facts.text(model), "action": action},
            fix=_fix(model, facts),
            help=HELP.format(model=text),
        )


@on(ModeWrong)
def observe(evidence: ModeWrong, context: Context) -> Iterator[Finding]:
    if evidence.what == "training":
        place, model, action, fix = _handed_over(evidence, context)
        why = WHY if evidence.effect else NOTHING_LIVE
        called = f"`{model or 'model'}.eval()`"
        yield Finding(
            place,
            {"model": model or "the model", "action": action},
            severity=Severity.ERROR if evidence.effect else Severity.WARNING,
            caption=evidence.effect or None,
            fix=fix,
            help=f"return {called}: {why}" if action == RETURNED else f"call {called} first: {why}",
        )


def _handed_over(evidence: ModeWrong, context: Context) -> tuple[Place | None, str | None, str, Fix | None]:
    """Where the model was handed over, what it is called there, what is done with it, and how eval() gets there."""
    place, facts = evidence.place, context.facts(evidence.place)
    call = next(iter(context.nodes_at(place, cst.Call)), None)
    action, keyword = ACTIONS.get(facts.qualified(call.func) or "" if facts and call else "", ("checked", "func"))
    built = _built(place, context) if action == "checked" else None
    if facts is not None and built is not None:
        fix = None if _meant(built, built, facts) else _fix(built, facts)
        at = Place(str(facts.source.path), facts.span(built), facts.symbol(built))
        return at, facts.text(built), RETURNED, fix
    argument = facts.argument(call, 0, keyword) if facts is not None and call is not None else None
    if facts is None or call is None or argument is None:
        return place, None, action, None
    model = _model(argument, evidence.modules, facts)
    named = model == facts.text(argument) and not _is_method(argument)
    return place, model, action, _fix(argument, facts) if named and not _meant(call, argument, facts) else None


def _built(place: Place | None, context: Context) -> cst.BaseExpression | None:
    """What a function that builds the model returns, where PLACE is its first line, of all of it, and it returns in one way."""
    facts = context.facts(place)
    if facts is None or place is None or place.span.column is not None:
        return None
    for function in facts.nodes(cst.FunctionDef):
        first = min(facts.span(node).line for node in (function, *function.decorators))
        if first == place.span.line:
            returned = [node.value for node in facts.nodes(cst.Return) if facts.enclosing_function(node) is function]
            value = returned[0] if len(returned) == 1 else None
            return value if isinstance(value, (cst.Call, cst.Name, cst.Attribute)) else None
    return None


def _fix(model: cst.BaseExpression, facts: Facts) -> Fix:
    text = rewrite.atom(model, facts)
    return rewrite.unsafe(f"Write `{text}.eval()`", rewrite.replace(model, f"{text}.eval()", facts))


def _is_method(argument: cst.BaseExpression) -> bool:
    """``model.forward``: what has no mode of its own."""
    return isinstance(argument, cst.Attribute) and argument.attr.value == "forward"


def _model(argument: cst.BaseExpression, modules: Sequence[str], facts: Facts) -> str:
    """What the message calls the model: the argument, or the variable of the module that a function given there uses."""
    binding = facts.names.definition(argument) if isinstance(argument, cst.Name) else None
    is_function = isinstance(argument, cst.Lambda) or (
        binding is not None and isinstance(binding.node, (cst.FunctionDef, cst.Lambda))
    )
    return modules[0].split(".")[0] if is_function and modules else facts.text(argument)


def _meant(node: cst.CSTNode, model: cst.BaseExpression, facts: Facts) -> bool:
    """Whether the same function names ``eval`` of this model without calling it: the mistake is there, or it is called later."""
    function = facts.enclosing_function(node)
    text = facts.text(model)
    return any(
        each.attr.value == "eval" and facts.enclosing_function(each) is function and facts.text(each.value) == text
        for each in facts.nodes(cst.Attribute)
        if not _is_called(each, facts)
    )


def _is_called(node: cst.Attribute, facts: Facts) -> bool:
    parent = facts.parent(node)
    return isinstance(parent, cst.Call) and parent.func is node
