"""Code that the tracer refuses, or that fails only while it is traced."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.checks import on
from tslint.checks._compiled import COMPILE, compiled_by, runs_compiled
from tslint.checks._observed import labels, one_line
from tslint.checks._places import asks_inputs, asks_machine, deciding
from tslint.checks._sizes import holds_traced_size
from tslint.diagnostic import Finding, Severity
from tslint.evidence import TraceRefused
from tslint.facts.context import Context
from tslint.facts.facts import Facts
from tslint.facts.kinds import Dict, Kind, Module, options

REFUSED = {
    "builtins.round": (
        "type Tensor doesn't define __round__ method",
        "`(n + k // 2) // k` rounds and stays in the graph",
    ),
    "builtins.divmod": ("unsupported operand type(s) for divmod()", "`n // k` and `n % k` stay in the graph"),
}
"""Builtins that do not take a size while it is traced, since it is a tensor then. Measured on torch 2.13."""

WITHOUT = "trace in a process with `TORCHDYNAMO_DISABLE=1` in its environment, or compile only where the model is run in Python"


@on(cst.Call, traced=True)
def predict(call: cst.Call, facts: Facts) -> Iterator[Finding]:
    message, help = REFUSED.get(facts.qualified(call.func) or "", ("", ""))
    sizes = [argument for argument in call.args if _is_traced_size(argument.value, facts)] if message else []
    if sizes:
        yield Finding(call, {"message": message}, help=help)


@on(cst.Call, traced=True)
def predict_compiled(call: cst.Call, facts: Facts) -> Iterator[Finding]:
    """What ``torch.compile`` compiled where it is defined or built, called while a model is traced."""
    if not all(_is_compiled(kind, facts) for kind in options(facts.kind(call.func))):
        return
    conditions = deciding(call, facts)
    if any(asks_inputs(test, facts) or asks_machine(test, facts) for test in conditions):
        return
    yield Finding(
        call,
        {"message": f"`{facts.text(call.func)}` is compiled by `torch.compile`"},
        severity=Severity.WARNING if conditions else Severity.ERROR,
        help=WITHOUT,
    )


@on(Facts)
def predict_compiled_forward(facts: Facts, _: Facts) -> Iterator[Finding]:
    """The ``forward`` of an outermost module, which nothing in the file calls."""
    for cls in facts.module_classes:
        forward = cls.methods.get("forward")
        decorator = compiled_by(forward, facts) if forward is not None and not cls.is_inner else None
        if decorator is not None:
            yield Finding(
                decorator.decorator,
                {"message": "`forward` is compiled by `torch.compile`"},
                help=WITHOUT,
                symbol=f"{cls.name}.forward",
            )


def _is_compiled(kind: Kind, facts: Facts) -> bool:
    if isinstance(kind, Module):
        forward = kind.cls.method("forward") if kind.cls is not None else None
        return kind.step(COMPILE) is not None or (forward is not None and compiled_by(forward, facts) is not None)
    return runs_compiled(kind, facts)


@on(cst.Call, traced=True)
def predict_operator(call: cst.Call, facts: Facts) -> Iterator[Finding]:
    """Operators of PyTorch that take something else than a traced size, or nothing that the tracer can record."""
    found = _refused_operator(call, facts)
    if found is not None:
        message, help, sure = found
        yield Finding(call, {"message": message}, severity=Severity.ERROR if sure else Severity.WARNING, help=help)


def _refused_operator(call: cst.Call, facts: Facts) -> tuple[str, str, bool] | None:
    """What PyTorch says of a call, what to do, and whether a size stands there on every path."""
    operator, owner = facts.operator(call) or ("", None)
    last = operator.rpartition(".")[2]
    if last == "resize" and owner is not None and any(holds_traced_size(facts.kind(a.value)) for a in call.args):
        return "unordered_map::at", "`reshape` stays in the graph", True
    if last in ("interpolate", "upsample"):
        scale = facts.argument(call, 2, "scale_factor")
        if scale is not None and holds_traced_size(facts.kind(scale)):
            sure = holds_traced_size(facts.kind(scale), every=True)
            return f"{last} received an invalid combination of arguments", "give the size itself: `size=(…, …)`", sure
    unpools = last.startswith("max_unpool") or any(
        isinstance(option, Module) and (option.layer or "").startswith("torch.nn.MaxUnpool")
        for option in options(facts.kind(call.func))
    )
    if unpools:
        size = facts.argument(call, 5 if operator else 2, "output_size")
        if size is None or holds_traced_size(facts.kind(size)):
            return (
                "cond must be a bool, but got a Tensor",
                "script the module that unpools, or give it the size in numbers",
                True,
            )
    return None


@on(cst.Subscript, traced=True)
def predict_key(node: cst.Subscript, facts: Facts) -> Iterator[Finding]:
    """``table[x.size(1)]``: while it is traced a size is a tensor, and no key of the dict."""
    part = node.slice[0].slice
    if len(node.slice) != 1 or not isinstance(part, cst.Index) or not _is_traced_size(part.value, facts):
        return
    kinds = options(facts.kind(node.value))
    if all(isinstance(kind, Dict) for kind in kinds) and not _is_stored(node, facts):
        yield Finding(
            node,
            {"message": f"a size is a tensor while it is traced, and no key of `{facts.text(node.value)}`"},
            help="choose in the constructor, or by a number that is no size",
        )


def _is_stored(node: cst.Subscript, facts: Facts) -> bool:
    """``self.cache[n]``, where the function stores under ``n`` itself: it is the same tensor, and found again."""
    function, index = facts.enclosing_function(node), node.slice[0].slice
    if function is None or not isinstance(index, cst.Index) or not isinstance(index.value, cst.Name):
        return False
    stored = [target.target for target in facts.nodes(cst.AssignTarget) if facts.enclosing_function(target) is function]
    return any(isinstance(target, cst.Subscript) and facts.text(target) == facts.text(node) for target in stored)


@on(TraceRefused)
def observe(evidence: TraceRefused, context: Context) -> Iterator[Finding]:
    yield Finding(
        evidence.place,
        {"message": one_line(evidence.message)},
        labels=labels(evidence.stack, evidence.place),
    )


def _is_traced_size(node: cst.BaseExpression, facts: Facts) -> bool:
    return facts.is_size(node) or facts.is_fixed_size(node)
