"""Reports that the tests of the ``html`` format show: those of the golden files, one of modules, one whose every text attacks."""

from __future__ import annotations

import dataclasses

from cases import CASES, DICT, HERE, MATH, REFUTED, RUN, SEGMENTATION, SOURCE, diagnostic, report

from tslint.diagnostic import Applicability, Claim, Edit, Fix, Label, Place, Span
from tslint.evidence import (
    Attempt,
    ComposedFunction,
    Composite,
    EntryChosen,
    Escape,
    Evidence,
    Generalises,
    InputSpec,
    ModuleSeen,
    ModulesScripted,
    ModulesSeen,
    OpsCounted,
    OpSite,
    OpUnsupported,
    RouteEnded,
    StepEnded,
    Variations,
)
from tslint.report.content import Report

ATTACK = "</script></style></title><script>alert(1)</script><img src=x onerror=alert(2)>\" onclick='alert(3)' ` &amp; \x1b\u202e"
"""Ends what it stands in, begins elements, leaves attributes, and holds what a terminal would act on."""

NET = f"{HERE}/net.py"


def _place(line: int, symbol: str) -> Place:
    return Place(NET, Span(line, 1, line, 9), symbol)


def modules() -> Report:
    """Eight blocks alike but for one, a module that is scripted in a trace, a mode, and an op that does not convert in two."""
    block = (_place(1, "Block"),)
    seen = [ModuleSeen("", "Net", code=(_place(20, "Net"),)), ModuleSeen("blocks", "ModuleList")]
    for number in range(8):
        seen += [
            ModuleSeen(f"blocks.{number}", "Block", code=block),
            ModuleSeen(f"blocks.{number}.norm", "BatchNorm1d"),
        ]
    seen.append(ModuleSeen("loop", "Loop", code=(_place(9, "Loop"),)))
    evidence: tuple[Evidence, ...] = (
        EntryChosen(0, "`Net()`", "Net", (InputSpec("x", "float32", (2, 3, 8, 8)), InputSpec("n", "int64", (2,))), ""),
        ModulesSeen(0, tuple(seen)),
        ModulesScripted(0, ("blocks.2",)),
        Generalises(0, "x", 0, None, (), (("x", 0), ("n", 0))),
        Generalises(0, "n", 0, None, (), (("x", 0), ("n", 0))),
        Generalises(0, "x", 1, None),
        Generalises(0, "x", 2, False, (_place(10, "Loop.forward"),)),
        Generalises(0, "x", 3, True),
        OpsCounted(0, "mixed", {"add": 4, "mul": 9, "diff": 2}),
        OpUnsupported(
            0, "mixed", "diff", True, "no converter", 2, (OpSite(_place(2, "Block.forward"), None, "blocks.4"),)
        ),
        RouteEnded(0, "trace", Attempt("differs", message="one path only")),
        RouteEnded(0, "script", Attempt("refused")),
        RouteEnded(
            0, "mixed", Attempt("works", "works", True, 2e-5, composed=("diff",), parts=("loop",)), recommended=True
        ),
    )
    loop = diagnostic(
        "unrolled-loop", "the rounds are recorded", Span(10, 1, 10, 9), path=NET, symbol="Loop.forward",
        evidence=({"kind": "LoopUnrolled", "entry": 0, "count": 3, "other": 5, "tried": "size 9", "differs": True,
                   "max_difference": 0.5},),
    )  # fmt: skip
    op = diagnostic(
        "unsupported-op", "`diff` has no converter", Span(2, 1, 2, 9), path=NET, group="coreml", symbol="Block.forward",
        claim=Claim.CONVERT_FAILS,
        evidence=({"kind": "OpUnsupported", "entry": 0, "sites": [{"module_path": "blocks.4"}]},),
    )  # fmt: skip
    mode = diagnostic(
        "missing-eval", "`net` is in training mode", None, path=None, group="mode", claim=Claim.WRONG_MODE,
        evidence=({"kind": "ModeWrong", "entry": 0, "modules": ["blocks.0.norm"]},),
    )  # fmt: skip
    source = "".join(f"line_{number} = {number}\n" for number in range(1, 25))
    return report(loop, op, mode, evidence=evidence, sources={NET: source}, target=NET)


def attack() -> Report:
    """ATTACK wherever the text of a user, of a library or of a file name may stand."""
    path = f"{HERE}/{ATTACK}.py"
    place = Place(path, Span(1, 1, 1, 9), ATTACK)
    source = f"{ATTACK}\n'''{ATTACK}\n{ATTACK}'''\n"
    composed = ComposedFunction("f", ATTACK, ((0, -1),))
    evidence: tuple[Evidence, ...] = (
        EntryChosen(0, ATTACK, ATTACK, (InputSpec(ATTACK, ATTACK, (1, 3)),), ATTACK),
        ModulesSeen(0, (ModuleSeen("", ATTACK, code=(place,)), ModuleSeen(ATTACK.replace(".", ""), ATTACK, True, (place,)))),
        Variations(0, {ATTACK: ATTACK}, {ATTACK + "2": ATTACK}),
        StepEnded(0, ATTACK, "failed", 1.0, ATTACK, ATTACK),
        Escape(0, place, ATTACK, ATTACK, {ATTACK: ATTACK}, "harmful", ATTACK, True, (), ATTACK),
        Generalises(0, ATTACK, 0, False, (place,)),
        OpsCounted(0, "trace", {ATTACK: 3}),
        OpUnsupported(
            0, "trace", ATTACK + "!", True, ATTACK, 1, (OpSite(place, None, ATTACK),), Composite(ATTACK, (composed,))
        ),
        RouteEnded(0, "trace", Attempt("refused", message=ATTACK), Attempt("works", "works", True, 0.1, (ATTACK,), (ATTACK,),
                   (ATTACK,), ATTACK, (ATTACK,), (ATTACK,)), recommended=True),
    )  # fmt: skip
    found = diagnostic(
        ATTACK, ATTACK, Span(1, 1, 1, 20), path=path, group=ATTACK, symbol=ATTACK, caption=ATTACK, help=f"{ATTACK}\n{ATTACK}",
        notes=(ATTACK,), labels=(Label(path, Span(2, 1, 2, 4), ATTACK), Label(ATTACK, Span(2, 1, 2, 4), ATTACK)),
        evidence=({"kind": ATTACK, "entry": 0, "value": ATTACK, "other": ATTACK, "tried": ATTACK, "message": ATTACK,
                   "items": [{"key": ATTACK, "type": ATTACK, "shape": [1], "dtype": ATTACK}], "modules": [ATTACK],
                   "max_difference": 0.5, "output": ATTACK},),
        fix=Fix(ATTACK, Applicability.SAFE, (Edit(Span(1, 1, 1, 4), ATTACK),)), url=ATTACK,
    )  # fmt: skip
    refuted = dataclasses.replace(REFUTED, message=ATTACK, refuted_by=(ATTACK,), path=path)
    return report(
        found, refuted, evidence=evidence, sources={path: source}, target=path, notes=(ATTACK,), errors=(ATTACK,)
    )


def fine() -> Report:
    """Nothing was found, and the model converts."""
    evidence = [item for item in RUN if not isinstance(item, (RouteEnded, Generalises, Escape))]
    evidence += [
        Generalises(0, "x", 0, True),
        RouteEnded(0, "trace", Attempt("works", "works", True, 1e-6), recommended=True),
    ]
    return report(evidence=tuple(evidence), sources={SEGMENTATION: SOURCE})


def unfinished() -> Report:
    """A trace that works where nobody could convert it."""
    evidence = [item for item in RUN if not isinstance(item, (RouteEnded, Generalises, Escape))]
    return report(evidence=(*evidence, RouteEnded(0, "trace", Attempt("works"), recommended=True)))


def findings_beside() -> Report:
    """The route works; the file as it is written does not."""
    evidence = [item for item in RUN if not isinstance(item, (RouteEnded, Generalises, Escape))]
    evidence.append(RouteEnded(0, "trace", Attempt("works", "works", None, None), recommended=True))
    return report(DICT, MATH, evidence=tuple(evidence), sources={SEGMENTATION: SOURCE})


PAGES = {**CASES, **{made.__name__: made for made in (modules, attack, fine, unfinished, findings_beside)}}
