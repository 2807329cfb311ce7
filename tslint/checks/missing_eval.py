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
NOTHING_YET = "nothing in it depends on the mode yet, and what is added later may"
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
        call = next(iter(context.nodes_at(evidence.place, cst.Call)), None)
        facts = context.facts(evidence.place)
        place: Place | None = evidence.place
        model, action, fix = "the model", "checked", None
        built = _built(evidence.place, context)
        if facts is not None and built is not None:
            model, action, fix = facts.text(built), "returned", _fix(built, facts)
            place = Place(str(facts.source.path), facts.span(built), facts.symbol(built))
        elif facts is not None and call is not None:
            action, keyword = ACTIONS.get(facts.qualified(call.func) or "", ("checked", "func"))
            argument = facts.argument(call, 0, keyword)
            if argument is not None:
                model = _model(argument, evidence.modules, facts)
                named = model == facts.text(argument) and not _is_method(argument)
                fix = _fix(argument, facts) if named and not _meant(call, argument, facts) else None
        called = model if model != "the model" else "model"
        yield Finding(
            place,
            {"model": model, "action": action},
            severity=Severity.ERROR if evidence.effect else Severity.WARNING,
            caption=evidence.effect or None,
            fix=fix,
            help=f"{'return' if built is not None else 'call'} `{called}.eval()`{'' if built is not None else ' first'}: "
            + (WHY if evidence.effect else NOTHING_YET),
        )


def _built(place: Place | None, context: Context) -> cst.BaseExpression | None:
    """What a function that builds the model returns, where PLACE is its first line and it returns in one way."""
    facts = context.facts(place)
    if facts is None or place is None:
        return None
    for function in context.nodes_at(place, cst.FunctionDef):
        if facts.span(function).line == place.span.line:
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


def _meant(call: cst.Call, model: cst.BaseExpression, facts: Facts) -> bool:
    """Whether the same function names ``eval`` of this model without calling it: the mistake is there, or it is called later."""
    function = facts.enclosing_function(call)
    text = facts.text(model)
    return any(
        node.attr.value == "eval" and facts.enclosing_function(node) is function and facts.text(node.value) == text
        for node in facts.nodes(cst.Attribute)
        if not _is_called(node, facts)
    )


def _is_called(node: cst.Attribute, facts: Facts) -> bool:
    parent = facts.parent(node)
    return isinstance(parent, cst.Call) and parent.func is node
