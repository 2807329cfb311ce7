"""A model that is still wrapped for several GPUs where it is converted."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint import rewrite
from tslint.checks import on
from tslint.checks._conversion import conversions, is_program, step
from tslint.diagnostic import Finding, Fix
from tslint.facts.facts import Facts
from tslint.facts.kinds import Kind, Module, options

WRAPPERS = ("torch.nn.DataParallel", "torch.nn.parallel.DataParallel")


@on(Facts)
def check(facts: Facts, _: Facts) -> Iterator[Finding]:
    for _call, model, kinds in conversions(facts):
        if all(is_program(kind) and _is_wrapped(kind) for kind in kinds):
            yield Finding(
                model,
                {"model": facts.text(model)},
                fix=_unwrapped(kinds, facts),
                help="trace what it wraps: `model.module`",
            )


def _is_wrapped(kind: Kind) -> bool:
    return isinstance(kind, Module) and kind.layer in WRAPPERS


def _unwrapped(kinds: tuple[Kind, ...], facts: Facts) -> Fix | None:
    """``trace(model, …)`` becomes ``trace(model.module, …)``."""
    made = step(kinds, "torch.jit.trace", "torch.jit.script")
    call = made.call if made is not None else None
    if made is None or not isinstance(call, cst.Call) or not facts.is_own(call):
        return None
    model = facts.argument(call, 0, "func" if made.name.endswith("trace") else "obj")
    if model is None or not all(_is_wrapped(kind) for kind in options(facts.calling_kind(model))):
        return None
    text = f"{rewrite.atom(model, facts)}.module"
    return rewrite.safe(f"Write `{facts.text(model)}.module`", rewrite.replace(model, text, facts))
