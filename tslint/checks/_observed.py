"""Which rule a run's evidence belongs to, by the code at its place, and the words that several rules share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import libcst as cst

from tslint.diagnostic import Claim, Label, Place, Severity
from tslint.evidence import BranchTaken, ConstantBaked, LoopUnrolled, ScriptRefused
from tslint.facts.context import Context

SCALARS = frozenset({"builtins.int", "builtins.float", "builtins.bool", "builtins.len"})
READERS = frozenset({"item", "tolist", "numpy", "__array__"})


def baked_rule(evidence: ConstantBaked, context: Context) -> str:
    """The rule of a value that became a constant: of a size, by the function that made it one; of data, python-scalar."""
    if evidence.via == "argument":
        return "size-as-argument"
    if evidence.origin == "data" or evidence.via == "__len__":
        return "python-scalar"
    call = baking_call(evidence, context)
    facts = context.facts(evidence.place)
    if call is not None and facts is not None and facts.qualified(call.func) == "builtins.int":
        return "size-to-int"
    return "math-on-size"


def baking_call(evidence: ConstantBaked, context: Context) -> cst.Call | None:
    """The innermost call at the place where the value left the graph."""
    return next(iter(context.nodes_at(evidence.place, cst.Call)), None)


def call_text(evidence: ConstantBaked, context: Context) -> str:
    """What the message of a baked value names: the function called, else how the value was read."""
    call = baking_call(evidence, context)
    facts = context.facts(evidence.place)
    if call is None or facts is None:
        return evidence.operator or evidence.via.strip("_")
    if isinstance(call.func, cst.Attribute) and call.func.attr.value in READERS:
        return f".{call.func.attr.value}()"
    return facts.text(call.func)


def number(value: Any) -> str:
    """A value as a caption shows it: four significant digits of a float, a long one shortened."""
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 40 else text[:37] + "…"


def change(evidence: ConstantBaked, context: Context) -> str:
    """The caption of a value that another input needs otherwise: ``14.97 at 224; should be 13.86 at 192``.

    What escaped is the size; what the graph holds is what the function made of it, which is computed here again for
    functions of ``math`` with a single argument.
    """
    facts, call = context.facts(evidence.place), baking_call(evidence, context)
    name = facts.qualified(call.func) if facts is not None and call is not None and len(call.args) == 1 else None
    function = getattr(math, (name or "").removeprefix("math."), None) if (name or "").startswith("math.") else None
    try:
        results = [function(value) for value in (evidence.value, evidence.other)] if function else []
    except (TypeError, ValueError, OverflowError):
        results = []
    if results:
        one, other = map(number, results)
        return f"{one} at {number(evidence.value)}; should be {other} at {number(evidence.other)}"
    return f"{number(evidence.value)} with the example input; should be {number(evidence.other)} with {evidence.tried}"


def generalisation(evidence: ConstantBaked | BranchTaken | LoopUnrolled) -> tuple[Claim, Severity]:
    """Wrong outputs were seen, or only graphs that differ."""
    if evidence.differs:
        return Claim.TRACE_DIFFERS, Severity.ERROR
    return Claim.TRACE_SPECIALISES, Severity.WARNING


def labels(stack: Sequence[Place], place: Place | None, use: Place | None = None) -> tuple[Label, ...]:
    """How the model got to PLACE, what it called there, and where the value is used."""
    found: list[Label] = []
    words = "called here"
    for step in stack:
        if place is not None and (step.path, step.span.line) == (place.path, place.span.line):
            words = "which ends up here"
        else:
            found.append(Label(step.path, step.span, words))
    if use is not None and (place is None or (use.path, use.span.line) != (place.path, place.span.line)):
        found.append(Label(use.path, use.span, "used here"))
    return tuple(found)


def one_line(message: str, limit: int = 200) -> str:
    """The first line of somebody else's message that says something, shortened, its full stop left out."""
    first = next((line.strip() for line in message.splitlines() if line.strip()), "no message")
    return (first if len(first) <= limit else first[: limit - 1] + "…").rstrip(" .:")


def is_empty_list(evidence: ScriptRefused) -> bool:
    """Whether the compiler's complaint is that an empty list was taken for one of tensors."""
    return (
        "previously matched to type Tensor is matched to type" in evidence.message
        or "Empty lists default to List[Tensor]" in evidence.message
    )
