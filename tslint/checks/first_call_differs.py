"""What the first call of a model leaves behind for the next: `torch.jit.trace` finds that a second trace is another."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.checks import on
from tslint.diagnostic import Finding, Place
from tslint.evidence import SecondCallDiffered
from tslint.facts.context import Context

HELP = "call the model once before it is traced, or make in `__init__` what does not depend on the input"
ASSIGNED = (cst.AssignTarget, cst.AnnAssign, cst.AugAssign)


@on(SecondCallDiffered)
def observe(evidence: SecondCallDiffered, context: Context) -> Iterator[Finding]:
    names = evidence.attributes
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    yield Finding(_assignment(evidence, context), {"left": f"`{names[0]}`{more}"}, help=HELP)


def _assignment(evidence: SecondCallDiffered, context: Context) -> Place | None:
    """The statement that sets the first of the attributes, in a method of its class other than ``__init__``; else the class."""
    facts, place = context.facts(evidence.place), evidence.place
    if facts is None or place is None:
        return place
    name = evidence.attributes[0].rpartition(".")[2]
    for node in facts.nodes(cst.Attribute):
        around = facts.tree.parent.get(node)
        if node.attr.value != name or not isinstance(around, ASSIGNED) or node is not around.target:
            continue
        symbol = facts.symbol(node) or ""
        if symbol.startswith(f"{place.symbol}.") and not symbol.endswith(".__init__"):
            return Place(place.path, facts.span(node), symbol)
    return place
