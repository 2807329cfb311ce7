"""``int()`` of something computed from a size: tracing records its result as a constant."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint import rewrite
from tslint.checks import on
from tslint.checks._observed import baked_rule, change, generalisation, labels
from tslint.checks._sizes import baked, baked_sizes
from tslint.diagnostic import Finding, Fix, Span
from tslint.evidence import ConstantBaked
from tslint.facts.context import Context
from tslint.facts.facts import Facts
from tslint.facts.kinds import FixedSize, Size, options

GROWING = (cst.Add, cst.Multiply, cst.FloorDivide, cst.Power)
READING = frozenset({"size", "shape", "numel", "dim", "nelement"})
HELP = "`//` divides and stays in the graph"


@on(cst.Call, traced=True)
def predict(call: cst.Call, facts: Facts) -> Iterator[Finding]:
    if facts.qualified(call.func) == "builtins.int":
        sizes = baked_sizes(call, facts)
        if sizes:
            yield from baked(call, sizes, facts, _floored(call, facts), HELP)


@on(ConstantBaked)
def observe(evidence: ConstantBaked, context: Context) -> Iterator[Finding]:
    if baked_rule(evidence, context) == "size-to-int":
        claim, severity = generalisation(evidence)
        facts = context.facts(evidence.place)
        calls = context.nodes_at(evidence.place, cst.Call)
        yield Finding(
            evidence.place,
            {"call": "int"},
            claim=claim,
            severity=severity,
            labels=labels(evidence.stack, evidence.place, evidence.use),
            caption=change(evidence, context),
            fix=_floored(calls[0], facts) if facts is not None and calls else None,
            help=HELP,
        )


def _floored(call: cst.Call, facts: Facts) -> Fix | None:
    """``int(n / 2)`` becomes ``n // 2``: the same of a size, which is never negative, and a positive whole number."""
    given = call.args[0].value if len(call.args) == 1 and not call.args[0].star else None
    if facts.qualified(call.func) != "builtins.int" or not isinstance(given, cst.BinaryOperation):
        return None
    divisor = given.right
    if not isinstance(given.operator, cst.Divide) or not isinstance(divisor, cst.Integer) or not int(divisor.value, 0):
        return None
    if not _is_natural(given.left, facts):
        return None
    whole, left, right = facts.span(given), facts.span(given.left), facts.span(divisor)
    start, end = (left.end_line, left.end_column), (right.line, right.column)
    between = facts.source.slice(Span(*start, *end))
    if "#" in facts.source.slice(whole):
        return None
    text = (
        facts.source.slice(Span(whole.line, whole.column, *start))
        + between.replace("/", "//", 1)
        + facts.source.slice(Span(*end, whole.end_line, whole.end_column))
    )
    if len(text.splitlines()) > 1:
        text = f"({text})"
    return rewrite.safe("Divide with `//`", rewrite.replace(call, rewrite.product(call, text, facts), facts))


def _is_natural(node: cst.BaseExpression, facts: Facts, depth: int = 8) -> bool:
    """Whether NODE is certainly a size, or computed from sizes without a subtraction: never negative."""
    if not depth or isinstance(node, cst.Integer):
        return bool(depth)
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, GROWING):
        return _is_natural(node.left, facts, depth - 1) and _is_natural(node.right, facts, depth - 1)
    if not all(isinstance(option, (Size, FixedSize)) for option in options(facts.kind(node))):
        return False
    if isinstance(node, (cst.Call, cst.Subscript)):
        asked = node.func if isinstance(node, cst.Call) else node.value
        asked = asked.func if isinstance(asked, cst.Call) else asked
        return isinstance(asked, cst.Attribute) and asked.attr.value in READING
    function = facts.enclosing_function(node)
    if not isinstance(node, cst.Name) or function is None or len(facts.names.bindings(function, node.value)) != 1:
        return False
    binding = facts.names.bindings(function, node.value)[0]
    if binding.value is not None:
        return _is_natural(binding.value, facts, depth - 1)
    assign = next((around for around in facts.tree.ancestors(binding.node) if isinstance(around, cst.Assign)), None)
    read = assign.value if assign is not None else None
    read = read.value if isinstance(read, cst.Subscript) else read.func if isinstance(read, cst.Call) else read
    return isinstance(read, cst.Attribute) and read.attr.value in READING
