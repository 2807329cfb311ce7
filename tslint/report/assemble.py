"""Evidence becomes runs: one for each entry, with the rules that stop its routes. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import TypeVar

from tslint.composites import paste
from tslint.diagnostic import Basis, Claim, Diagnostic, Place
from tslint.evidence import (
    AnswersHeld,
    Attempt,
    EntryChosen,
    Escape,
    Evidence,
    Generalises,
    InputSpec,
    ModulesScripted,
    ModulesSeen,
    NoEntry,
    Note,
    OpsCounted,
    OpUnsupported,
    RouteEnded,
    StepEnded,
    Variations,
    Versions,
)
from tslint.report.run import Dimension, Module, Op, OpPlace, Route, Run, Step, TriedInput

Kind = TypeVar("Kind", bound=Evidence)

ROUTES = ("trace", "script", "mixed", "export")

STOPPING = {
    ("trace", "refused"): {Claim.TRACE_FAILS},
    ("trace", "differs"): {Claim.TRACE_DIFFERS},
    ("script", "refused"): {Claim.SCRIPT_FAILS},
    ("script", "differs"): {Claim.SCRIPT_DIFFERS},
    ("export", "refused"): {Claim.EXPORT_FAILS},
}
"""The claims whose coming true gives the program of a route that status."""

CONVERSION = {Claim.CONVERT_FAILS, Claim.CONVERT_DIFFERS}


def assemble_runs(target: str, evidence: Sequence[Evidence], diagnostics: Sequence[Diagnostic] = ()) -> tuple[Run, ...]:
    """One Run for each entry of EVIDENCE, which is that of one child run on TARGET; none where no entry was found.

    DIAGNOSTICS name the rules that stopped a route; only observed ones can.
    """
    observed = [diagnostic for diagnostic in diagnostics if diagnostic.basis == Basis.OBSERVED]
    versions: dict[str, str | None] = {}
    for found in _of(Versions, evidence):
        versions = {"python": found.python, "platform": found.platform, **found.packages}
    return tuple(
        _run(target, entry, [item for item in evidence if getattr(item, "entry", None) == entry], observed, versions)
        for entry in _entries(evidence)
    )


def notes_of(evidence: Iterable[Evidence]) -> tuple[str, ...]:
    """What the run has to tell that is no problem of the model, each once."""
    found = list(evidence)
    notes = [item.text for item in _of(Note, found)] + [item.reason for item in _of(NoEntry, found)]
    return tuple(dict.fromkeys(notes))


def shapes(inputs: Iterable[InputSpec]) -> str:
    """``float32[1,3,224,224], int64[2]``."""
    return ", ".join(f"{item.dtype}[{','.join(map(str, item.shape))}]" for item in inputs)


def _entries(evidence: Sequence[Evidence]) -> list[int]:
    chosen = [item.entry for item in _of(EntryChosen, evidence)]
    # A run that ended before its entry was known has steps to show, too.
    ended = [item.entry for item in _of(StepEnded, evidence) if item.status not in ("ok", "skipped")]
    return list(dict.fromkeys(chosen)) or ([] if _of(NoEntry, evidence) else list(dict.fromkeys(ended)))


def _run(
    target: str,
    entry: int,
    evidence: Sequence[Evidence],
    observed: Sequence[Diagnostic],
    versions: dict[str, str | None],
) -> Run:
    chosen = next(iter(_of(EntryChosen, evidence)), None)
    own = [d for d in observed if _concerns(d, entry)]
    steps = _steps(_of(StepEnded, evidence))
    ended = _of(RouteEnded, evidence)
    held = next(iter(_of(AnswersHeld, evidence)), None)
    lost = any(step.status in ("died", "timeout") for step in steps)
    routes = _routes(ended, steps, own) if chosen and (ended or lost) else ()
    return Run(
        target=target,
        command=chosen.command if chosen else "",
        inputs=_inputs(chosen, _of(Variations, evidence)),
        versions=versions,
        steps=steps,
        escapes=tuple(_of(Escape, evidence)),
        routes=routes,
        recommended=next((item.route for item in ended if item.recommended), None),
        generalises=tuple(
            Dimension(item.input, item.dimension, item.verdict, _rules_at(item.stopped_by, own), item.together)
            for item in _of(Generalises, evidence)
        ),
        ops=_ops(_of(OpsCounted, evidence), _of(OpUnsupported, evidence)),
        modules=_modules(evidence, routes),
        entry=entry,
        how=chosen.how if chosen else "",
        module=chosen.module if chosen else "",
        example=chosen.inputs if chosen else (),
        unchanged=held.same if held else None,
        changed=held.why if held else "",
    )


def _steps(ended: Iterable[StepEnded]) -> tuple[Step, ...]:
    """The steps in the order they ended first; where a second child repeated one, what stopped it there wins."""
    steps: dict[str, Step] = {}
    for item in ended:
        known = steps.get(item.step)
        if known is None or known.status in ("ok", "skipped"):
            steps[item.step] = Step(item.step, item.status, item.seconds, item.message, item.detail)
    return tuple(steps.values())


def _inputs(chosen: EntryChosen | None, variations: Iterable[Variations]) -> tuple[TriedInput, ...]:
    tried = {"example": TriedInput("example", shapes(chosen.inputs))} if chosen else {}
    for item in variations:
        for name, text in item.tried.items():
            tried.setdefault(name, TriedInput(name, text))
        for name, error in item.refused.items():
            tried[name] = TriedInput(name, item.tried.get(name, ""), False, error)
    return tuple(tried.values())


def _routes(ended: Sequence[RouteEnded], steps: Sequence[Step], observed: Sequence[Diagnostic]) -> tuple[Route, ...]:
    """All four routes in their order. One that nothing was reported of is untried, or died where its own step did."""
    found = {item.route: item for item in ended}
    lost = {step.name: step for step in steps if step.status in ("died", "timeout")}
    routes = []
    for name in ROUTES:
        item = found.get(name, RouteEnded(0, name, Attempt(message="" if ended else "the run ended early")))
        attempt = item.attempt
        if name == "trace" and item not in ended:
            attempt = _traced(steps, attempt)
        if name in lost and attempt.status == "untried":
            attempt = dataclasses.replace(attempt, status="died", message=lost[name].message)
        wrapped = None if item.wrapped is None else _route(name, item.wrapped, observed, None)
        routes.append(_route(name, attempt, observed, wrapped))
    return tuple(routes)


def _traced(steps: Sequence[Step], unknown: Attempt) -> Attempt:
    """What the steps say of the trace where a later one ended the run before its line of the table was reported."""
    found = {step.name: step for step in steps}
    trace, compared = found.get("trace"), found.get("compare")
    if trace is not None and trace.status == "failed":
        return Attempt("refused", message=trace.message)
    if trace is None or trace.status != "ok" or compared is None or compared.status != "ok":
        return unknown
    return Attempt("differs" if compared.message else "works", message=compared.message)


def _route(name: str, attempt: Attempt, observed: Sequence[Diagnostic], wrapped: Route | None) -> Route:
    claims = set(STOPPING.get((name, attempt.status), ()))
    if attempt.converts not in ("works", "untried"):
        claims |= CONVERSION
    stopping = [d for d in observed if d.claim in claims and (d.claim not in CONVERSION or _on_route(d, name))]
    return Route(
        name=name,
        status=attempt.status,
        converts=attempt.converts,
        stopped_by=tuple(dict.fromkeys(diagnostic.rule for diagnostic in stopping)),
        composed=attempt.composed,
        decomposed=attempt.decomposed,
        dropped=attempt.dropped,
        verified=attempt.verified,
        difference=attempt.difference,
        message=attempt.message,
        keys=attempt.keys,
        parts=attempt.parts,
        traced=attempt.traced,
        wrapped=wrapped,
    )


def _concerns(diagnostic: Diagnostic, entry: int) -> bool:
    entries = {proof["entry"] for proof in diagnostic.evidence if "entry" in proof}
    return not entries or entry in entries


def _on_route(diagnostic: Diagnostic, route: str) -> bool:
    routes = {proof["route"] for proof in diagnostic.evidence if "route" in proof}
    return not routes or route in routes


def _rules_at(places: Iterable[Place], observed: Sequence[Diagnostic]) -> tuple[str, ...]:
    rules = [
        diagnostic.rule
        for place in places
        for diagnostic in observed
        if diagnostic.span is not None
        and diagnostic.claim == Claim.TRACE_DIFFERS
        and diagnostic.path == place.path
        and (diagnostic.span.contains(place.span) or place.span.contains(diagnostic.span))
    ]
    return tuple(dict.fromkeys(rules))


def _ops(counted: Iterable[OpsCounted], unsupported: Iterable[OpUnsupported]) -> tuple[Op, ...]:
    """Every op once, the unsupported ones first. Graphs of several routes hold the same ops: the largest count stands."""
    ops: dict[str, Op] = {}
    for refused in unsupported:
        known = ops.get(refused.op)
        if known is None or known.count < refused.count:
            places = tuple(OpPlace(site.place, site.library, site.module_path, site.count) for site in refused.sites)
            composite = paste(refused.composite) if refused.composite is not None else ""
            ops[refused.op] = Op(refused.op, refused.count, False, refused.message, composite, places)
    for graph in counted:
        for name, count in graph.ops.items():
            if name not in ops or (ops[name].supported and ops[name].count < count):
                ops[name] = Op(name, count)
    return tuple(ops.values())


def _modules(evidence: Sequence[Evidence], routes: Sequence[Route]) -> tuple[Module, ...]:
    """Every module, and whether its own code compiles: the whole did, or each module was compiled alone."""
    alone = next(iter(_of(ModulesScripted, evidence)), None)
    compiled = any(route.name == "script" and route.status in ("works", "differs") for route in routes)
    found = []
    for item in (module for seen in _of(ModulesSeen, evidence)[:1] for module in seen.modules):
        scripts = True if compiled else None
        if alone is not None and item.path not in alone.unknown:
            scripts = item.path not in alone.refused
        found.append(Module(item.path, item.class_name, item.training, scripts, item.code))
    return tuple(found)


def _of(kind: type[Kind], evidence: Iterable[Evidence]) -> list[Kind]:
    return [item for item in evidence if isinstance(item, kind)]
