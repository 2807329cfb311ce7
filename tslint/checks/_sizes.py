"""What the checks of numbers taken out of the graph have in common."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.checks._places import hangs_on_input, is_learned, iterated_over, only_decides, read_at
from tslint.diagnostic import Claim, Finding, Fix, Severity
from tslint.facts.facts import Facts
from tslint.facts.kinds import BakedSize, Either, FixedSize, Kind, List, ShapeOf, Size, Tuple, sizes_in


def holds_size(kind: Kind) -> bool:
    """Whether a live size that nothing pins is in a value of this kind: itself, or in a list or tuple."""
    return any(isinstance(size, Size) for size in sizes_in(kind))


def holds_traced_size(kind: Kind, every: bool = False) -> bool:
    """Whether a number that is a tensor while it is traced is in a value of this kind: on some path, or on EVERY one."""
    if isinstance(kind, Either):
        return (all if every else any)(holds_traced_size(option, every) for option in kind.options)
    if isinstance(kind, Tuple):
        return any(holds_traced_size(item, every) for item in kind.items)
    if isinstance(kind, List):
        return holds_traced_size(kind.element, every)
    return isinstance(kind, (Size, FixedSize, ShapeOf))


def holds_baked_size(kind: Kind) -> bool:
    """Whether a size that the tracer has lost is in a value of this kind."""
    return any(isinstance(size, BakedSize) for size in sizes_in(kind))


def baked_sizes(call: cst.Call, facts: Facts) -> list[cst.BaseExpression]:
    """The arguments of a traced CALL that carry a size out of the graph, where that can matter to what the model returns."""
    sizes = [argument.value for argument in call.args if holds_size(facts.kind(argument.value))]
    if not sizes or iterated_over(call, facts) or not facts.reaches_output(call) or only_decides(call, facts):
        return []
    return [] if _fits_weight(call, facts) else sizes


def _fits_weight(call: cst.Call, facts: Facts) -> bool:
    """Whether a parameter is viewed with this very number, here or elsewhere in the function: it has one size only."""
    function, text = facts.enclosing_function(call), facts.text(call)
    for view in facts.nodes(cst.Call):
        if not isinstance(view.func, cst.Attribute) or view.func.attr.value not in ("view", "reshape"):
            continue
        if facts.enclosing_function(view) is function and is_learned(view.func.value, facts):
            given = [facts.text(argument.value) for argument in view.args]
            if text in given and "-1" not in given:
                return True
    return False


def baked(
    call: cst.Call, sizes: list[cst.BaseExpression], facts: Facts, fix: Fix | None, help: str
) -> Iterator[Finding]:
    """The finding of a call that makes a constant of SIZES."""
    certain = any(facts.certain(size) for size in sizes)
    specialises = hangs_on_input(call, facts)
    yield Finding(
        call,
        {"call": facts.text(call.func)},
        claim=Claim.TRACE_SPECIALISES if specialises else Claim.TRACE_DIFFERS,
        severity=Severity.ERROR if certain and not specialises else Severity.WARNING,
        labels=tuple(label for size in sizes for label in read_at(size, facts)),
        fix=fix,
        help=help,
    )
