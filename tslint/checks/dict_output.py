"""A model that returns a mapping: torch.jit.trace refuses it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tslint import rewrite
from tslint.checks import on
from tslint.checks._outputs import (
    is_taken_leniently,
    lenient_calls,
    refused_returns,
    returned,
)
from tslint.checks._wrapper import accesses_of, advice, sketch
from tslint.checks._wrapping import keys, wrapping
from tslint.diagnostic import Finding, Place
from tslint.evidence import OutputItem, OutputRefused
from tslint.facts.context import Context
from tslint.facts.facts import Facts

MOST_KEYS = 6
WRITES = ": `tslint check --fix --unsafe-fixes` writes it"


@on(Facts)
def predict(facts: Facts, _: Facts) -> Iterator[Finding]:
    for refused in refused_returns(facts):
        lenient = is_taken_leniently(refused.value) and lenient_calls(refused.cls, facts)
        if refused.mapping and not lenient:
            fix = wrapping(refused, facts)
            yield Finding(
                refused.at,
                {"function": "forward", "what": returned(refused)},
                severity=refused.severity,
                fix=fix,
                help=advice([rewrite.subscript(key) for key in keys(refused.value)]) + (WRITES if fix else ""),
                symbol=f"{refused.cls.name}.forward",
            )


@on(OutputRefused)
def observe(evidence: OutputRefused, context: Context) -> Iterator[Finding]:
    if is_mapping(evidence):
        yield Finding(
            evidence.place,
            {"function": "forward", "what": _what(evidence)},
            caption=caption(evidence.items),
            help=_help(evidence, context),
        )


def is_mapping(evidence: OutputRefused) -> bool:
    """Whether a mapping is what the tracer minds, be it inside a tuple."""
    return evidence.kind == "mapping" or "Encountering a dict" in evidence.message


def caption(items: Sequence[OutputItem]) -> str | None:
    """``keys `out` [1, 21, 224, 224] and `aux` [1, 21, 224, 224]``."""
    if not items:
        return None
    shown = [f"`{item.key}` {list(item.shape) if item.shape is not None else item.type}" for item in items[:MOST_KEYS]]
    if len(items) > MOST_KEYS:
        shown.append(f"{len(items) - MOST_KEYS} more")
    text = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
    return f"{'key' if len(items) == 1 else 'keys'} {text}"


def _what(evidence: OutputRefused) -> str:
    if evidence.kind != "mapping" or evidence.type == "dict":
        return "a dict"
    return f"the mapping `{evidence.type}`"


def _help(evidence: OutputRefused, context: Context) -> str:
    """The advice, who writes it, and the wrapper's code."""
    accesses = accesses_of(evidence)
    if not accesses:
        return advice(accesses)
    fixable = _is_fixable(evidence.place, context)
    return f"{advice(accesses)}{WRITES if fixable else ''}\n{sketch(evidence, context)}"


def _is_fixable(place: Place | None, context: Context) -> bool:
    """Whether the source alone shows how to write the wrapper of the return at PLACE."""
    facts = context.facts(place)
    if facts is None or place is None:
        return False
    here = [refused for refused in refused_returns(facts) if facts.span(refused.at).line == place.span.line]
    return any(wrapping(refused, facts) is not None for refused in here if refused.mapping)
