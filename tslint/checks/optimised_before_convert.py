"""A model that was optimised for PyTorch's own run time before it is traced or converted."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint import rewrite
from tslint.checks import on
from tslint.checks._conversion import conversions, step
from tslint.checks._layers import holds
from tslint.diagnostic import Finding, Fix, Severity
from tslint.facts.facts import Facts
from tslint.facts.kinds import Kind, Step, options

COMPILED = ("torch.compile", "compile")
INFERENCE = "torch.jit.optimize_for_inference"
QUANTISED = "torch.ao.quantization.quantize_dynamic"
FIXED_BY = {
    INFERENCE: "convert the program as it is: coremltools optimises it for the device",
    QUANTISED: "convert the model in float32, then quantise it: `ct.optimize.coreml.linear_quantize_weights`",
}
MKLDNN = ("Conv2d", "Conv3d", "ConvTranspose2d", "ConvTranspose3d")
"""Layers that ``optimize_for_inference`` turns into operators of oneDNN, on torch 2.13 for x86."""


@on(cst.Call, calls=("torch.jit.trace", "torch.jit.script"))
def compiled(call: cst.Call, facts: Facts) -> Iterator[Finding]:
    name = facts.qualified(call.func) or ""
    model = facts.argument(call, 0, "func" if name.endswith("trace") else "obj")
    refused = COMPILED if name.endswith("trace") else COMPILED[:1]
    done = step(options(facts.calling_kind(model)), *refused) if model is not None and _names_compile(facts) else None
    if model is not None and done is not None:
        yield _finding(
            model, done, f"{name}", "trace or script the module itself, and compile it for PyTorch alone", facts
        )


def _names_compile(facts: Facts) -> bool:
    """A cheap look: does the file say ``compile`` at all?"""
    return any(node.attr.value == "compile" for node in facts.nodes(cst.Attribute)) or bool(
        facts.calls_to("torch.compile")
    )


@on(Facts)
def converted(facts: Facts, _: Facts) -> Iterator[Finding]:
    for _call, model, kinds in conversions(facts):
        for name, help in FIXED_BY.items():
            done = step(kinds, name)
            answers = {_concerns(kind, done, facts) for kind in kinds} if done is not None else {False}
            if done is not None and answers != {False}:
                sure = answers == {True} and name == QUANTISED  # PyTorch for Apple silicon has no oneDNN
                severity = Severity.ERROR if sure else Severity.WARNING
                yield _finding(model, done, "ct.convert", help, facts, severity)


def _concerns(kind: Kind, done: Step, facts: Facts) -> bool | None:
    """Whether the module holds a layer that the optimisation turns into something that coremltools does not know."""
    if done.name == INFERENCE:
        return holds(kind, facts, lambda layer, _: _judged(layer, MKLDNN))
    call = done.call
    given = facts.argument(call, 1, "qconfig_spec") if isinstance(call, cst.Call) else None
    if given is not None and "Linear" not in facts.text(given, 400):
        return False
    return holds(kind, facts, lambda layer, _: _judged(layer, ("Linear",)))


def _judged(layer: str, wanted: tuple[str, ...]) -> bool | None:
    return layer.rpartition(".")[2] in wanted if layer.startswith("torch.nn.") else None


def _finding(
    model: cst.BaseExpression, done: Step, refuses: str, help: str, facts: Facts, severity: Severity = Severity.ERROR
) -> Finding:
    what = facts.text(done.call.func) if isinstance(done.call, cst.Call) else done.name
    there = done.call is not None and facts.span(done.call).line != facts.span(model).line
    return Finding(
        model,
        {"model": facts.text(model), "what": what, "refuses": refuses},
        severity=severity,
        labels=(facts.label(done.call, "optimised here"),) if there and done.call is not None else (),
        fix=_left_out(done, facts),
        help=help,
    )


def _left_out(done: Step, facts: Facts) -> Fix | None:
    """The optimisation left out, unless it changes the numbers: the statement, or the call around the model."""
    call = done.call
    if done.name == QUANTISED or not isinstance(call, cst.Call) or not facts.is_own(call):
        return None
    statement = facts.parent(call)
    method = isinstance(call.func, cst.Attribute) and facts.qualified(call.func) is None
    if method and isinstance(statement, cst.Expr):
        return rewrite.unsafe("Leave `compile` out", rewrite.without_statement(statement, facts))
    if facts.qualified(call.func) not in (COMPILED[0], INFERENCE) or not call.args or call.args[0].star:
        return None
    model, title = call.args[0].value, f"Leave `{facts.text(call.func)}` out"
    if call.args[0].keyword is not None:
        return None
    if isinstance(statement, cst.Assign) and len(statement.targets) == 1:
        target = statement.targets[0].target
        if isinstance(target, cst.Name) and isinstance(model, cst.Name) and target.value == model.value:
            return rewrite.unsafe(title, rewrite.without_statement(statement, facts))
    return rewrite.unsafe(title, rewrite.replace(call, rewrite.atom(model, facts), facts))
