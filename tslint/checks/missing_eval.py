"""A model in training mode where it is traced, scripted or exported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from tslint import rewrite
from tslint.checks import on
from tslint.diagnostic import Finding, Fix, Severity
from tslint.evidence import ModeWrong
from tslint.facts.context import Context
from tslint.facts.facts import Facts

ACTIONS = {
    "torch.jit.trace": ("traced", "func"),
    "torch.jit.trace_module": ("traced", "mod"),
    "torch.jit.script": ("scripted", "obj"),
    "torch.export.export": ("exported", "mod"),
}
HELP = "call `{model}.eval()` first: it switches dropout off and batch norm to what it has learned"


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
        model, action, fix = "the model", "checked", None
        if facts is not None and call is not None:
            action, keyword = ACTIONS.get(facts.qualified(call.func) or "", ("checked", "func"))
            argument = facts.argument(call, 0, keyword)
            if argument is not None:
                model = _model(argument, evidence.modules, facts)
                named = model == facts.text(argument) and not _is_method(argument)
                fix = _fix(argument, facts) if named and not _meant(call, argument, facts) else None
        yield Finding(
            evidence.place,
            {"model": model, "action": action},
            severity=Severity.ERROR if evidence.effect else Severity.WARNING,
            caption=evidence.effect or None,
            fix=fix,
            help=HELP.format(model=model if model != "the model" else "model"),
        )


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
