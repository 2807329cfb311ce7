"""What the first call of a model leaves behind for the next: `torch.jit.trace` finds that a second trace is another."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.diagnostic import Finding, Place
from tslint.evidence import SecondCallDiffered
from tslint.facts.context import Context

SETTLES = "call the model once before it is traced, or make in `__init__` what does not depend on the input"
NEVER = "every call is recorded otherwise than the one before: hand what it carries in and out, instead of keeping it"


@on(SecondCallDiffered)
def observe(evidence: SecondCallDiffered, context: Context) -> Iterator[Finding]:
    names = evidence.attributes
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    yield Finding(
        _write(evidence, context), {"left": f"`{names[0]}`{more}"}, help=SETTLES if evidence.settles else NEVER
    )


def _write(evidence: SecondCallDiffered, context: Context) -> Place | None:
    """What sets the first of the attributes, or adds to it, in a method of its class; else the class."""
    facts, place = context.facts(evidence.place), evidence.place
    if facts is None or place is None:
        return place
    name = evidence.attributes[0].rpartition(".")[2]
    for cls in facts.module_classes:
        for change in facts.state_changes(cls) if facts.symbol(cls.node) == place.symbol else ():
            if change.name == name:
                return Place(place.path, facts.span(change.node), facts.symbol(change.node))
    return place
