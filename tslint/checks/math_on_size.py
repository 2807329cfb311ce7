"""A library function applied to a tensor's size: tracing records its result as a constant."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint import rewrite
from tslint.checks import on
from tslint.checks._observed import baked_rule, call_text, change, generalisation, labels
from tslint.checks._places import uses
from tslint.checks._sizes import baked, baked_sizes
from tslint.diagnostic import Finding, Fix
from tslint.evidence import ConstantBaked
from tslint.facts.context import Context
from tslint.facts.facts import Facts

OTHERS = frozenset({"builtins.int", "builtins.len", "builtins.round", "builtins.divmod"})
"""Functions that are rules of their own."""
OPERATORS = "operators on sizes stay in the graph: `+ - * // % **`"
ROOTS = frozenset({"math.sqrt", "numpy.sqrt"})


@on(cst.Call, traced=True)
def predict(call: cst.Call, facts: Facts) -> Iterator[Finding]:
    if not facts.is_library_function(call.func) or facts.qualified(call.func) in OTHERS:
        return
    sizes = baked_sizes(call, facts)
    if sizes:
        fix = _power(call, facts)
        yield from baked(call, sizes, facts, fix, _advice(call, fix, facts))


@on(ConstantBaked)
def observe(evidence: ConstantBaked, context: Context) -> Iterator[Finding]:
    if baked_rule(evidence, context) == "math-on-size":
        claim, severity = generalisation(evidence)
        facts = context.facts(evidence.place)
        calls = context.nodes_at(evidence.place, cst.Call)
        fix = _power(calls[0], facts) if facts and calls else None
        yield Finding(
            evidence.place,
            {"call": call_text(evidence, context)},
            claim=claim,
            severity=severity,
            labels=labels(evidence.stack, evidence.place, evidence.use),
            caption=change(evidence, context),
            fix=fix,
            help=_advice(calls[0], fix, facts) if facts and calls else OPERATORS,
        )


def _advice(call: cst.Call, fix: Fix | None, facts: Facts) -> str:
    return f"`{rewrite.atom(call.args[0].value, facts)} ** 0.5` stays in the graph" if fix else OPERATORS


def _power(call: cst.Call, facts: Facts) -> Fix | None:
    """``n ** 0.5`` for a square root that enters tensor arithmetic: an operator that wants a float would bake it too."""
    if facts.qualified(call.func) in ROOTS and len(call.args) == 1 and _meets_tensor(call, facts):
        return rewrite.square_root(call, facts)
    return None


def _meets_tensor(node: cst.CSTNode, facts: Facts) -> bool:
    """Whether the value of NODE is used in nothing but arithmetic, and that arithmetic is with a tensor in the end."""
    parent = facts.parent(node)
    if isinstance(parent, cst.BinaryOperation):
        other = parent.right if parent.left is node else parent.left
        return facts.is_tensor(other) or _meets_tensor(parent, facts)
    if isinstance(parent, cst.UnaryOperation):
        return _meets_tensor(parent, facts)
    if isinstance(parent, cst.AugAssign):
        return facts.is_tensor(parent.target)
    if isinstance(parent, cst.Assign) and len(parent.targets) == 1 and isinstance(parent.targets[0].target, cst.Name):
        found = uses(parent.targets[0].target, facts)
        return bool(found) and all(_meets_tensor(use, facts) for use in found)
    return False
