"""What a run of fixed files proves: their models held against what they were before the fixes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tslint.frozen import frozen
from tslint.report.content import Report
from tslint.report.proofs import Proof
from tslint.report.routes import served
from tslint.report.run import Route, Run

RANK = {"died": 0, "refused": 0, "differs": 0, "works": 1}
"""Of what became of a route. One that was not tried has none: nothing is known of it."""


@frozen
class Compared:
    """One model before and after. ``better`` and ``worse`` are a few words each: ``no longer traces``."""

    after: Run
    better: tuple[str, ...] = ()
    worse: tuple[str, ...] = ()
    hard: bool = False
    """It does not run at all any more, or computes something else: no gain outweighs that."""

    @property
    def lost(self) -> bool:
        """Whether the fixes made it worse: something is lost, and nothing won."""
        return bool(self.worse) and (self.hard or not self.better)


def compare(before: Report, after: Report) -> list[Compared]:
    """Every model that ran before and runs now. Of one that is no longer found nothing is known: what fails is found to fail."""
    now = {(run.target, run.entry): run for run in after.runs}
    pairs = [(run, now.get((run.target, run.entry))) for run in before.runs]
    return [_compared(run, other) for run, other in pairs if other is not None]


def _compared(before: Run, after: Run) -> Compared:
    if _runs(before) and not _runs(after):
        return Compared(after, worse=("the model does not run any more",), hard=True)
    if _is_whole(before) and not _is_whole(after):
        return Compared(after, worse=("the file does not run to its end any more",), hard=True)
    better: list[str] = []
    worse: list[str] = []
    if _runs(after) and not _runs(before):
        better.append("the model runs")
    old, new = {r.name: r for r in before.routes}, {r.name: r for r in after.routes}
    for name, verb in (("trace", "traces"), ("script", "scripts")):
        ranks = [RANK.get(routes[name].status) if name in routes else None for routes in (old, new)]
        _weigh(ranks, f"{verb} rightly", f"no longer {verb} rightly", better, worse)
    ranks = [_converts(routes.values()) for routes in (old, new)]
    _weigh(ranks, "converts", "no longer converts", better, worse)
    for where, one, two in _verdicts(before, after):
        if one is False and two:
            better.append(f"the trace serves other sizes of {where}")
        if one and two is False:
            worse.append(f"the trace no longer serves other sizes of {where}")
    if after.unchanged is False:
        return Compared(after, tuple(better), (f"it computes something else ({after.changed})", *worse), hard=True)
    return Compared(after, tuple(better), tuple(worse))


def _weigh(ranks: Sequence[int | None], gain: str, loss: str, better: list[str], worse: list[str]) -> None:
    before, after = ranks
    if before is not None and after is not None and before != after:
        (better if after > before else worse).append(gain if after > before else loss)


def _runs(run: Run) -> bool:
    return any(step.name == "eager" and step.status == "ok" for step in run.steps)


def _is_whole(run: Run) -> bool:
    """Whether the file ran as far as it is run: it may have raised behind its first model."""
    return all(step.status in ("ok", "skipped") for step in run.steps if step.name == "entry")


def _converts(routes: Iterable[Route]) -> int | None:
    """1 where some way converts to a program that is not known to be wrong, 0 where those that were tried do not."""
    every = [each for route in routes for each in (route, route.wrapped) if each is not None]
    ranks = [RANK[route.converts] for route in every if route.converts in RANK]
    return max(ranks, default=None)


def _verdicts(before: Run, after: Run) -> Iterable[tuple[str, bool | None, bool | None]]:
    """(dimension, whether the trace served other sizes of it, whether it does now)."""
    now = {(item.input, item.dimension): item.verdict for item in after.generalises}
    for item in before.generalises:
        where = f"dimension {item.dimension} of `{item.input}`"
        yield where, item.verdict, now.get((item.input, item.dimension))


def proved(run: Run, path: str, count: int) -> Proof:
    """What RUN, of a model of the file PATH behind COUNT fixes, showed."""
    routes = {route.name: route for route in run.routes}
    works = [
        name for name in ("trace", "script", "mixed", "export") if name in routes and routes[name].status == "works"
    ]
    verdicts = [item.verdict for item in run.generalises]
    return Proof(
        path=path,
        module=run.module,
        count=count,
        traces=_works(routes.get("trace")),
        scripts=_works(routes.get("script")),
        generalises=None if not verdicts or "trace" not in works else False not in verdicts,
        equals_eager=bool(works) if any(route.status in RANK for route in run.routes) else None,
        unchanged=run.unchanged,
        sentence=_sentence(run, works, count),
    )


def unproven(path: str, count: int) -> Proof:
    """Of a file that COUNT fixes leave without a model that could be run."""
    what = f"{_fixes(count)}, and nothing proven: no model is found in it any more that could be run"
    return Proof(path, "", count, None, None, None, None, None, what)


def _fixes(count: int) -> str:
    return f"{count} fix{'' if count == 1 else 'es'}"


def _works(route: Route | None) -> bool | None:
    return None if route is None or route.status not in RANK else route.status == "works"


def _sentence(run: Run, works: Sequence[str], count: int) -> str:
    """``3 fixes, proven by running it: traces and equals eager on 14 inputs, …``."""
    fixes = _fixes(count)
    if not _runs(run):
        return f"{fixes}, and nothing proven: the model does not run"
    same = ["answers as before"] if run.unchanged else []
    if not works:
        stopped = next((rule for route in run.routes for rule in route.stopped_by), "")
        still = f"it neither traces nor scripts rightly yet{f' ({stopped})' if stopped else ''}"
        return f"{fixes}, run: {', '.join([*same, still])}"
    verbs = {
        "trace": "traces",
        "script": "scripts",
        "mixed": "is traced and scripted in parts",
        "export": "is exported",
    }
    accepted = sum(tried.accepted for tried in run.inputs)
    shown = [f"{verbs[works[0]]} and equals eager on {accepted} input{'' if accepted == 1 else 's'}"]
    sizes = served(run) if works[0] == "trace" else ""
    shown += [f"generalises over {sizes}"] if sizes else []
    return f"{fixes}, proven by running it: {', '.join([*shown, *same])}"
