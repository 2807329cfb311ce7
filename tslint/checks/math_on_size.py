"""A library function applied to a tensor's size: tracing records its result as a constant."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint import rewrite
from tslint.checks import _imports, on
from tslint.checks._observed import baked_rule, call_text, change, generalisation, labels
from tslint.checks._places import meets_tensor
from tslint.checks._sizes import baked, baked_sizes
from tslint.diagnostic import Edit, Finding, Fix
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
    if _is_power(call, facts):
        fix = rewrite.square_root(call, facts)
        return Fix(fix.title, fix.applicability, (*fix.edits, *_afterwards(call, facts)))
    return None


def _afterwards(call: cst.Call, facts: Facts) -> list[Edit]:
    """What becomes of the import that CALL names its function by, where nothing but such calls uses it: with the last it goes.

    The last of several in the file waits for the others, by an edit that leaves the first as it is, and so overlaps its fix.
    """
    name = _imports.root(call.func)
    used = _imports.uses(name.value, facts) if name is not None else []
    if name is None or not used or used[-1] is not name:
        return []
    if len(used) == 1:
        gone = _imports.without(name, facts)
        return [gone] if gone is not None else []
    others = [_called(use, facts) for use in used[:-1]]
    if not all(other is not None and _is_fixed(other, facts) for other in others) or others[0] is None:
        return []
    return [rewrite.replace(others[0], rewrite.source(others[0], facts), facts)]


def _called(name: cst.Name, facts: Facts) -> cst.Call | None:
    """The call of the function that NAME begins: ``math.sqrt(n)``."""
    around: cst.CSTNode = name
    parent = facts.parent(around)
    while isinstance(parent, cst.Attribute):
        around, parent = parent, facts.parent(parent)
    return parent if isinstance(parent, cst.Call) and parent.func is around else None


def _is_fixed(call: cst.Call, facts: Facts) -> bool:
    return facts.is_traced_code(call) and _is_power(call, facts) and bool(baked_sizes(call, facts))


def _is_power(call: cst.Call, facts: Facts) -> bool:
    return facts.qualified(call.func) in ROOTS and len(call.args) == 1 and meets_tensor(call, facts)
