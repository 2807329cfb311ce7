"""The pieces of a tensor that is cut along a size: tracing records as many as the example input gave."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.checks import on
from tslint.checks._places import iterated_over, uses
from tslint.diagnostic import Claim, Finding, Severity
from tslint.facts.facts import Facts
from tslint.facts.kinds import List, Size, options

CUTS = frozenset({"split", "unbind", "functional.split"})
HELP = "`reshape` and `chunk` take the tensor apart within the graph"


@on(cst.Call, traced=True)
def predict(call: cst.Call, facts: Facts) -> Iterator[Finding]:
    operator, _ = facts.operator(call) or ("", None)
    if operator not in CUTS or not facts.reaches_output(call):
        return
    if iterated_over(call, facts) or _is_unpacked(call, facts) or not _varies(call, facts):
        return
    yield Finding(call, {"operator": operator}, claim=Claim.TRACE_DIFFERS, severity=Severity.ERROR, help=HELP)


def _varies(call: cst.Call, facts: Facts) -> bool:
    """Whether the number of pieces follows a dimension of an input that nothing pins."""
    lengths = [option.length for option in options(facts.kind(call)) if isinstance(option, List)]
    return any(isinstance(length, Size) for length in lengths) and facts.certain_rounds(call)


def _is_unpacked(call: cst.Call, facts: Facts) -> bool:
    """``a, b = x.split(4)``, there or through a variable: eager takes no other number of pieces either."""
    parent = facts.parent(call)
    if not isinstance(parent, cst.Assign):
        return False
    targets = [target.target for target in parent.targets]
    return _has_tuple(parent) or any(
        isinstance(target, cst.Name) and any(map(_takes_apart, map(facts.parent, uses(target, facts))))
        for target in targets
    )


def _takes_apart(node: cst.CSTNode | None) -> bool:
    return isinstance(node, cst.Assign) and isinstance(node.value, cst.Name) and _has_tuple(node)


def _has_tuple(node: cst.Assign) -> bool:
    return any(isinstance(target.target, (cst.Tuple, cst.List)) for target in node.targets)
