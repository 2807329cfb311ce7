"""A model that is still wrapped for several GPUs where it is converted."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._conversion import conversions, is_program
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.kinds import Kind, Module

WRAPPERS = ("torch.nn.DataParallel", "torch.nn.parallel.DataParallel")


@on(Facts)
def check(facts: Facts, _: Facts) -> Iterator[Finding]:
    for _call, model, kinds in conversions(facts):
        if all(is_program(kind) and _is_wrapped(kind) for kind in kinds):
            yield Finding(model, {"model": facts.text(model)}, help="trace what it wraps: `model.module`")


def _is_wrapped(kind: Kind) -> bool:
    return isinstance(kind, Module) and kind.layer in WRAPPERS
