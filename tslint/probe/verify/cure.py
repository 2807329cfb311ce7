"""Verification that goes on past what is wrong: the program is converted once more with a remedy, and held against eager again.

A remedy is a composite in the place of each op that coremltools translates wrongly, or one of its passes less. What is said of
the first conversion stays said: it is what `ct.convert` makes of the program by itself.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import Any

import torch

from tslint.evidence import Composite, ConversionDiffered, Evidence
from tslint.probe.compose.compose import Function
from tslint.probe.convert.convert import convert
from tslint.probe.convert.remedy import NONE, Remedy
from tslint.probe.subject import Emit, Inputs, Subject
from tslint.probe.table import unheard
from tslint.probe.verify.lowering import Wrong, blamed
from tslint.probe.verify.passes import culprit
from tslint.probe.verify.verify import Verdict, verify
from tslint.request import Request

ROUNDS = 4
"""Conversions after the first: behind one thing that is wrong another may be hidden."""


@dataclass(frozen=True)
class Held:
    """``verdict`` is of the first conversion, or of the one with the ``remedy`` where that one agrees with eager.

    ``composites`` are then all that the conversion takes, for what does not convert, too.
    """

    verdict: Verdict
    remedy: Remedy = NONE
    composites: tuple[Composite, ...] = ()


def hold(
    model: Any, subject: Subject, request: Request, program: Any, route: str, module: torch.nn.Module, emit: Emit
) -> Held:
    """Holds MODEL, which PROGRAM was converted to, against MODULE; where something is wrong, with a remedy for it."""
    if not isinstance(program, torch.jit.ScriptModule):  # an exported one keeps none of the graph that blame needs
        return Held(verify(model, subject, module, emit, route))
    blame = functools.partial(_blame, subject, request, program)
    first = verdict = verify(model, subject, module, emit, route, functools.partial(blame, NONE))
    remedy = NONE
    for _ in range(ROUNDS):
        further = _further(remedy, verdict)
        if further is None:
            break
        remedy = further
        conversion = convert(subject, request, program, route, unheard, remedy)
        if conversion.status != "works":
            break
        verdict = verify(conversion.model, subject, module, _behind(emit), route, functools.partial(blame, remedy))
        if verdict.verified:
            return Held(verdict, remedy, conversion.composites)
    return Held(first)


def _blame(
    subject: Subject, request: Request, program: Any, remedy: Remedy, inputs: Inputs, tensors: list[torch.Tensor]
) -> list[Wrong]:
    """The ops that are wrong in PROGRAM, converted with REMEDY; else the pass that makes it so. Raises nothing."""
    found = blamed(subject, request, program, remedy.composites, inputs, tensors)
    if found:
        return found
    try:
        name = culprit(subject, request, program, remedy, inputs)
    except Exception:
        return []
    return [Wrong("", None, "", dropped=name)] if name else []


def _further(remedy: Remedy, verdict: Verdict) -> Remedy | None:
    """REMEDY and what VERDICT calls for; None where there is none for something that is wrong: the program would stay so."""
    known, found = remedy.composites, list[Function]()
    without = [wrong.dropped for wrong in verdict.wrong if wrong.dropped]
    for wrong in verdict.wrong:
        if wrong.dropped:
            continue
        if wrong.cure is None or any(function.serves(wrong.cure.use) for function in known):
            return None
        if not any(function.serves(wrong.cure.use) for function in found):
            found.append(wrong.cure)
    if not found and not without:
        return None
    return replace(remedy, composites=(*known, *found), without=(*remedy.without, *without))


def _behind(emit: Emit) -> Emit:
    """Says what is to blame, and not again which outputs are wrong."""

    def said(evidence: Evidence) -> None:
        if isinstance(evidence, ConversionDiffered) and (evidence.op or evidence.dropped):
            emit(evidence)

    return said
