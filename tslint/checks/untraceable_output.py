"""A model that returns something that is neither a tensor nor nested tuples of them: torch.jit.trace refuses it."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.checks import on
from tslint.checks._outputs import refused_returns, returned
from tslint.checks._wrapper import accesses_of, advice, sketch
from tslint.checks.dict_output import is_mapping
from tslint.diagnostic import Finding, Place
from tslint.evidence import OutputRefused
from tslint.facts.context import Context
from tslint.facts.facts import Facts

HELP = "return the tensors alone, or trace a wrapper that picks them out"


@on(Facts)
def predict(facts: Facts, _: Facts) -> Iterator[Finding]:
    for refused in refused_returns(facts):
        if not refused.mapping:
            what = "nothing" if refused.statement is None else returned(refused)
            yield Finding(
                refused.at,
                {"function": "forward", "what": what},
                severity=refused.severity,
                help=HELP,
                symbol=f"{refused.cls.name}.forward",
            )


@on(OutputRefused)
def observe(evidence: OutputRefused, context: Context) -> Iterator[Finding]:
    if not is_mapping(evidence):
        what = "nothing" if evidence.kind == "none" else f"`{evidence.type}`"
        refused = [item for item in evidence.items if item.shape is None]
        caption = f"output {refused[0].key} is `{refused[0].type}`" if refused and refused[0].key else None
        place = _function(evidence, context) if evidence.kind == "none" else evidence.place
        yield Finding(place, {"function": "forward", "what": what}, caption=caption, help=_help(evidence, context))


def _help(evidence: OutputRefused, context: Context) -> str:
    """The wrapper and its code, where the output holds tensors."""
    accesses = accesses_of(evidence)
    if not accesses:
        return HELP
    return f"return the tensors alone, or {advice(accesses)}\n{sketch(evidence, context)}"


def _function(evidence: OutputRefused, context: Context) -> Place | None:
    """The name of the function that falls off its end; the statement itself where it returns None."""
    facts, place = context.facts(evidence.place), evidence.place
    functions = context.nodes_at(place, cst.FunctionDef)
    if facts is None or place is None or not functions or context.nodes_at(place, cst.Return):
        return place
    return Place(place.path, facts.span(functions[0].name), place.symbol)
