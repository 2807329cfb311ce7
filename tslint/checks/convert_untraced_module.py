"""A module handed to ``ct.convert`` as it is, without being traced, scripted or exported."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.checks import on
from tslint.checks._conversion import conversions, is_program
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.kinds import Callable, Kind, Module, Str


@on(Facts)
def check(facts: Facts, _: Facts) -> Iterator[Finding]:
    for call, model, kinds in conversions(facts):
        what = {_eager(kind, facts) for kind in kinds}
        if None not in what and len(what) == 1 and _is_from_torch(call, facts):
            yield Finding(
                model,
                {"model": facts.text(model), "what": what.pop() or ""},
                help="trace it first: `ct.convert(torch.jit.trace(model.eval(), example), inputs=…)`",
            )


def _is_from_torch(call: cst.Call, facts: Facts) -> bool:
    """Whether ``source=`` names PyTorch, or nothing."""
    source = facts.argument(call, 1, "source")
    kind = facts.calling_kind(source) if source is not None else Str("auto")
    return isinstance(kind, Str) and kind.value in ("auto", "pytorch")


def _eager(kind: Kind, facts: Facts) -> str | None:
    """What KIND is that is no program yet; None where it is one, or may be."""
    if isinstance(kind, Module):
        return (
            None
            if is_program(kind) or not (kind.cls or kind.layer or kind.steps)
            else "a module that is neither traced nor scripted"
        )
    if not isinstance(kind, Callable):
        return None
    if isinstance(kind.owner, Module):
        return "a method" if not is_program(kind.owner) else None
    if isinstance(kind.node, cst.ClassDef) and any(cls.node is kind.node for cls in facts.module_classes):
        return "a class"
    return None
