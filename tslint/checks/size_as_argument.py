"""A size where an operator takes a Python number: tracing records it as a constant."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from tslint import rewrite
from tslint.checks import on
from tslint.checks._observed import baked_rule, change, generalisation, labels
from tslint.checks._places import hangs_on_input, iterated_over, read_at
from tslint.checks._sizes import holds_size
from tslint.diagnostic import Claim, Finding, Fix, Severity
from tslint.evidence import ConstantBaked
from tslint.facts.context import Context
from tslint.facts.facts import Facts
from tslint.facts.kinds import List, ShapeOf, Size, Tuple, options
from tslint.facts.tracing import BakedArgument, baked_arguments

PLAIN = (cst.List, cst.Tuple)


@on(cst.Call, traced=True)
def predict(call: cst.Call, facts: Facts) -> Iterator[Finding]:
    found = facts.operator(call)
    if found is None or facts.is_autograd_call(call):
        yield from _in_python(call, facts)
        return
    operator, owner = found
    for argument in baked_arguments(operator):
        given = _given(call, argument, owner is not None, facts)
        if given is not None and _bakes(given, argument, facts):
            fix = _adaptive(call, operator, owner, facts) if argument.name == "kernel_size" else None
            yield from _finding(call, given, operator.rpartition(".")[2], facts, fix)
            return


def _in_python(call: cst.Call, facts: Facts) -> Iterator[Finding]:
    """``range(n)`` outside a loop, and the arguments of an autograd function: both take the number, and not what is traced."""
    if facts.qualified(call.func) == "builtins.range" and not iterated_over(call, facts):
        operator = "range"
    elif facts.is_autograd_call(call):
        operator = facts.text(call.func)
    else:
        return
    for argument in call.args:
        if holds_size(facts.kind(argument.value)):
            yield from _finding(call, argument.value, operator, facts)
            return


@on(cst.BinaryOperation, traced=True)
def predict_list(node: cst.BinaryOperation, facts: Facts) -> Iterator[Finding]:
    """``[x] * n``: how often a list is repeated is Python's own affair."""
    if not isinstance(node.operator, cst.Multiply) or _is_iterator(node, facts):
        return
    for listed, number in ((node.left, node.right), (node.right, node.left)):
        if isinstance(listed, PLAIN) and facts.is_size(number):
            yield from _finding(node, number, "*", facts)


def _is_iterator(node: cst.BinaryOperation, facts: Facts) -> bool:
    """``iter([x] * n)``: its values are taken one at a time, and how many are left over does not show."""
    call = facts.parent(facts.parent(node) or node)
    return (
        isinstance(call, cst.Call) and facts.qualified(call.func) == "builtins.iter" and not iterated_over(call, facts)
    )


def _given(call: cst.Call, argument: BakedArgument, is_method: bool, facts: Facts) -> cst.BaseExpression | None:
    """What CALL gives for an argument; a method's tensor is the first argument of the operator."""
    position = -1 if argument.position is None else argument.position - is_method
    if position >= 0:
        return facts.argument(call, position, argument.name)
    return next(
        (arg.value for arg in call.args if arg.keyword is not None and arg.keyword.value == argument.name), None
    )


def _bakes(given: cst.BaseExpression, argument: BakedArgument, facts: Facts) -> bool:
    listed = [option for option in options(facts.kind(given)) if isinstance(option, (List, Tuple, ShapeOf))]
    if argument.in_list:
        return any(map(holds_size, listed))
    return any(isinstance(option, Size) for option in options(facts.kind(given)))


POOLS = ("avg_pool1d", "max_pool1d")
"""Windows of more dimensions are lists, and those stay in the graph; one number for several does not fit the tensor."""


def _adaptive(call: cst.Call, operator: str, owner: cst.BaseExpression | None, facts: Facts) -> Fix | None:
    """``F.avg_pool1d(x, x.size(2))`` becomes ``F.adaptive_avg_pool1d(x, 1)``: the window is as large as what it goes over."""
    name, func = operator.rpartition(".")[2], call.func
    if name not in POOLS or owner is not None or len(call.args) != 2 or not isinstance(func, cst.Attribute):
        return None
    if any(arg.star for arg in call.args) or call.args[0].keyword is not None or func.attr.value != name:
        return None
    given, window = (facts.text(arg.value, 200) for arg in call.args)
    if not re.fullmatch(rf"{re.escape(given)}\.(?:size\((?:2|-1)\)|(?:shape|size\(\))\[(?:2|-1)\])", window):
        return None
    if not isinstance(call.args[0].value, cst.Name):
        return None
    return rewrite.safe(
        f"Pool with `adaptive_{name}`",
        rewrite.replace(func.attr, f"adaptive_{name}", facts),
        rewrite.replace(call.args[1], "1", facts),
    )


def _finding(
    node: cst.BaseExpression, size: cst.BaseExpression, operator: str, facts: Facts, fix: Fix | None = None
) -> Iterator[Finding]:
    if facts.reaches_output(node):
        certain, specialises = facts.certain(size), hangs_on_input(node, facts)
        yield Finding(
            size,
            {"operator": operator},
            claim=Claim.TRACE_SPECIALISES if specialises else Claim.TRACE_DIFFERS,
            severity=Severity.ERROR if certain and not specialises else Severity.WARNING,
            labels=read_at(size, facts),
            fix=fix,
        )


@on(ConstantBaked)
def observe(evidence: ConstantBaked, context: Context) -> Iterator[Finding]:
    if baked_rule(evidence, context) == "size-as-argument":
        claim, severity = generalisation(evidence)
        yield Finding(
            evidence.place,
            {"operator": evidence.operator or "an operator"},
            claim=claim,
            severity=severity,
            labels=labels(evidence.stack, evidence.place, evidence.use),
            caption=change(evidence, context),
        )
