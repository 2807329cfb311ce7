"""Verification that goes on past a wrong op: the program is converted once more with a composite in its place, and held again.

What is said of the first conversion stays said: it is what `ct.convert` makes of the program by itself.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import torch

from tslint.evidence import Composite, ConversionDiffered, Evidence
from tslint.probe.compose.compose import Function
from tslint.probe.convert.convert import convert
from tslint.probe.lowering import blamed
from tslint.probe.subject import Emit, Subject
from tslint.probe.table import unheard
from tslint.probe.verify import Verdict, verify
from tslint.request import Request

ROUNDS = 4
"""Conversions after the first: behind one wrong op another may be hidden."""


@dataclass(frozen=True)
class Held:
    """``verdict`` is of the first conversion, or of the one with ``cures`` where that one agrees with eager.

    ``composites`` are then all that the conversion takes, for what does not convert, too.
    """

    verdict: Verdict
    cures: tuple[Function, ...] = ()
    composites: tuple[Composite, ...] = ()


def hold(
    model: Any, subject: Subject, request: Request, program: Any, route: str, module: torch.nn.Module, emit: Emit
) -> Held:
    """Holds MODEL, which PROGRAM was converted to, against MODULE; where ops of it are wrong, with composites for them."""
    if not isinstance(program, torch.jit.ScriptModule):  # an exported one keeps none of the graph that blame needs
        return Held(verify(model, subject, module, emit, route))
    blame = functools.partial(blamed, subject, request, program)
    first = verdict = verify(model, subject, module, emit, route, functools.partial(blame, ()))
    cures: tuple[Function, ...] = ()
    for _ in range(ROUNDS):
        further = _further(cures, verdict)
        if not further:
            break
        cures += further
        conversion = convert(subject, request, program, route, unheard, cures)
        if conversion.status != "works":
            break
        verdict = verify(conversion.model, subject, module, _behind(emit), route, functools.partial(blame, cures))
        if verdict.verified:
            return Held(verdict, cures, conversion.composites)
    return Held(first)


def _further(cures: tuple[Function, ...], verdict: Verdict) -> tuple[Function, ...]:
    """What to add to CURES; nothing where an op to blame has none, so that the program would stay wrong."""
    found: list[Function] = []
    for wrong in verdict.wrong:
        if wrong.cure is None or any(known.serves(wrong.cure.use) for known in cures):
            return ()
        if not any(known.serves(wrong.cure.use) for known in found):
            found.append(wrong.cure)
    return tuple(found)


def _behind(emit: Emit) -> Emit:
    """Says which ops are wrong, and not again which outputs are."""

    def said(evidence: Evidence) -> None:
        if isinstance(evidence, ConversionDiffered) and evidence.op:
            emit(evidence)

    return said
