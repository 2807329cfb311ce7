"""A branch chosen by what is in a tensor: tracing records the one that the example input took."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.checks import on
from tslint.checks._observed import generalisation, labels
from tslint.checks._places import in_condition, is_learned, only_decides, only_speaks
from tslint.diagnostic import Claim, Finding, Place, Severity
from tslint.evidence import BranchTaken, LoopUnrolled
from tslint.facts.context import Context
from tslint.facts.facts import Facts
from tslint.facts.kinds import Constant

HELP = "choose with `torch.where`, or script the module that has the branch"
LOOP_HELP = "script the module that has the loop, and trace what it calls"
ASSERT_HELP = "check it outside of forward, or script the module that has the `assert`"
STATEMENTS: dict[type[cst.CSTNode], str] = {
    cst.If: "this `if`",
    cst.While: "this `while`",
    cst.IfExp: "this conditional expression",
    cst.CompIf: "this `if`",
    cst.BooleanOperation: "this `and` or `or`",
    cst.Assert: "this `assert`",
}


@on(cst.If, cst.While, cst.IfExp, cst.CompIf)
def predict(node: cst.If | cst.While | cst.IfExp | cst.CompIf, facts: Facts) -> Iterator[Finding]:
    if isinstance(node, cst.If) and node.orelse is None and only_speaks(node.body, facts):
        return
    if facts.is_traced_code(node.test):
        yield from _findings(node, node.test, facts)


@on(cst.BooleanOperation)
def predict_operator(node: cst.BooleanOperation, facts: Facts) -> Iterator[Finding]:
    """``a and b`` as a value: what ``a`` holds decides which of the two it is."""
    if not in_condition(node, facts) and facts.is_traced_code(node):
        yield from _findings(node, node.left, facts)


@on(BranchTaken, LoopUnrolled)
def observe(evidence: BranchTaken | LoopUnrolled, context: Context) -> Iterator[Finding]:
    if evidence.origin == "data" and is_condition(evidence, context):
        yield observed(evidence, context, None)


def is_condition(evidence: BranchTaken | LoopUnrolled, context: Context) -> bool:
    """Whether a condition is asked at the place: of a branch always, of a loop where it is a ``while``."""
    return isinstance(evidence, BranchTaken) or condition_at(evidence, context)[0] == STATEMENTS[cst.While]


def observed(evidence: BranchTaken | LoopUnrolled, context: Context, help: str | None) -> Finding:
    """The finding of a condition that another input answers otherwise; the statement's own help where HELP is None."""
    claim, severity = generalisation(evidence)
    if isinstance(evidence, BranchTaken):
        caption = f"{evidence.truth} with the example input; {evidence.other} with {evidence.tried}"
    else:
        caption = f"{evidence.count} rounds with the example input; should be {evidence.other} with {evidence.tried}"
    words, place = condition_at(evidence, context)
    return Finding(
        place,
        {"statement": words},
        claim=claim,
        severity=severity,
        labels=labels(evidence.stack, evidence.place),
        caption=caption,
        help=help or _help(words),
    )


def _help(statement: str) -> str:
    return {STATEMENTS[cst.While]: LOOP_HELP, STATEMENTS[cst.Assert]: ASSERT_HELP}.get(statement, HELP)


def condition_at(evidence: BranchTaken | LoopUnrolled, context: Context) -> tuple[str, Place | None]:
    """What asks, the innermost statement or expression around the place, and its whole condition: one problem, however
    many of its operands are answered otherwise."""
    facts, place = context.facts(evidence.place), evidence.place
    if facts is None or place is None:
        return "a condition", place
    conditions: list[tuple[type[cst.CSTNode], cst.BaseExpression]] = [
        *((cst.IfExp, node.test) for node in context.nodes_at(place, cst.IfExp)),
        *((cst.CompIf, node.test) for node in context.nodes_at(place, cst.CompIf)),
        *((cst.Assert, node.test) for node in context.nodes_at(place, cst.Assert)),
        *((cst.While, node.test) for node in context.nodes_at(place, cst.While)),
        *((cst.If, node.test) for node in context.nodes_at(place, cst.If)),
    ]
    for kind, condition in conditions:
        span = facts.span(condition)
        if span.contains(place.span) or place.span.contains(span):
            whole = span if span.contains(place.span) else place.span
            return STATEMENTS[kind], Place(place.path, whole, place.symbol)
    return "a condition", place


def _findings(node: cst.CSTNode, test: cst.BaseExpression, facts: Facts) -> Iterator[Finding]:
    """At the condition; where it asks for a number read out of a tensor before, at the place where that left the graph."""
    if isinstance(known := facts.kind(test), Constant) and isinstance(known.value, bool):
        return  # `x.any() and self.training`: decided whatever the tensor holds
    words = STATEMENTS[type(node)]
    leaves = [leaf for leaf in _leaves(test) if not is_learned(leaf, facts)]
    if any(facts.is_tensor(leaf) or (facts.is_data(leaf) and _read_in(leaf, test, facts)) for leaf in leaves):
        yield Finding(
            test, {"statement": words}, claim=Claim.TRACE_SPECIALISES, severity=Severity.WARNING, help=_help(words)
        )
        return
    origins = {facts.origin(leaf) for leaf in leaves if facts.is_data(leaf)}
    for origin in origins - {None}:
        assert origin is not None
        if only_decides(origin, facts):  # else it is a baked value, and reported as that
            labels_ = (facts.label(test, f"and decides {words}"),)
            yield Finding(
                origin,
                {"statement": words},
                claim=Claim.TRACE_SPECIALISES,
                severity=Severity.WARNING,
                labels=labels_,
                help=_help(words),
            )


def _read_in(leaf: cst.BaseExpression, test: cst.BaseExpression, facts: Facts) -> bool:
    """Whether a datum is read within the condition itself, or nobody knows where."""
    origin = facts.origin(leaf)
    return origin is None or not facts.is_own(origin) or facts.span(test).contains(facts.span(origin))


def _leaves(test: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """The operands of ``and``, ``or`` and ``not``."""
    if isinstance(test, cst.BooleanOperation):
        yield from _leaves(test.left)
        yield from _leaves(test.right)
    elif isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        yield from _leaves(test.expression)
    else:
        yield test
