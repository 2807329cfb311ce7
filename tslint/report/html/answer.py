"""What somebody who knows nothing of routes wants to know: does it become a Core ML model, and what is to be done. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from tslint.diagnostic import Basis, Diagnostic, Severity
from tslint.frozen import frozen
from tslint.report.content import Report
from tslint.report.places import shown
from tslint.report.routes import joined, served
from tslint.report.run import Route, Run

HOW = {
    "trace": "tracing it",
    "script": "scripting it",
    "mixed": "tracing it with parts scripted",
    "export": "exporting it",
}
UNKNOWN = "unknown"


@frozen
class Answer:
    """``mark`` is yes, almost, no or unknown; ``word`` the same for people; ``title`` says it in a sentence."""

    mark: str
    word: str
    title: str
    more: tuple[str, ...] = ()


def standing(report: Report, run: Run | None = None) -> list[Diagnostic]:
    """The errors and warnings that concern RUN, or any run: worst first, in the order of the report otherwise."""
    found = [
        d
        for d in report.diagnostics
        if d.basis != Basis.REFUTED and d.severity != Severity.INFO and (run is None or concerns(d, run))
    ]
    return sorted(found, key=lambda d: d.severity != Severity.ERROR)


def concerns(diagnostic: Diagnostic, run: Run) -> bool:
    """Whether a diagnostic was observed in RUN, or tells of none."""
    entries = {proof["entry"] for proof in diagnostic.evidence if "entry" in proof}
    return not entries or run.entry in entries


def chosen(run: Run) -> Route | None:
    """The recommended line of the table of routes; the wrapper's where there is one."""
    route = next((route for route in run.routes if route.name == run.recommended), None)
    return (route.wrapped or route) if route is not None else None


def answer(report: Report, run: Run) -> Answer:
    """The answer for one run of REPORT."""
    name = f"`{run.module or shown(run.target, report.directory)}`"
    found = standing(report, run)
    route = chosen(run)
    if route is None and all(item.status in ("untried", "died") for item in run.routes):
        return Answer(UNKNOWN, "Not known", f"{name} did not come as far as Core ML.", _lost(run))
    if route is None:
        tried = [item.name for item in run.routes if item.status != "untried" and not _is_half_tried(item)]
        ways = f"the way tried ({tried[0]})" if len(tried) == 1 else f"any of the ways tried ({', '.join(tried)})"
        return Answer("no", "No", f"{name} does not become a Core ML model by {ways}.", _reasons(run))
    if route.converts == "untried":
        said = f"{name} becomes a TorchScript program by {_way(run, route)}; converting that was not tried."
        return Answer(UNKNOWN, "Not tried", said, _lost(run))
    by = f"{name} becomes a Core ML model by {_way(run, route)}"
    if route.status == "differs":
        return Answer("almost", "Almost", f"{by}, but one that is right for some inputs only.", _qualities(run, route))
    if found:
        count = f"{len(found)} {'finding' if len(found) == 1 else 'findings'}"
        said = f"{by}; {count} below {'asks' if len(found) == 1 else 'ask'} for a change first."
        return Answer("almost", "Almost", said, _qualities(run, route))
    return Answer("yes", "Yes", f"{by}.", _qualities(run, route))


def _is_half_tried(route: Route) -> bool:
    """Whether there is a program that was not converted, since others of the model were not either."""
    return route.status == "works" and route.converts == "untried" and route.wrapped is None


def static_answer(report: Report) -> Answer:
    """The answer where nothing was run."""
    found = standing(report)
    if report.errors and not (report.summary.files or report.diagnostics):
        return Answer(UNKNOWN, "Not known", "Nothing was checked.", report.errors)
    if not found:
        return Answer(UNKNOWN, "Not known", "The source shows nothing that stands in the way; no model was run.")
    count = f"{len(found)} {'problem' if len(found) == 1 else 'problems'}"
    return Answer(UNKNOWN, "Not known", f"No model was run; the source alone shows {count}.")


def _way(run: Run, route: Route) -> str:
    if route.keys:
        return (
            f"{HOW[route.name].replace(' it', ' a wrapper')} that returns {joined([f'`{key}`' for key in route.keys])}"
        )
    if route.name == "mixed" and run.module in route.parts:
        return "scripting it with parts traced inside"
    if route.name == "mixed" and route.parts:
        return f"tracing it with {joined([f'`{part}`' for part in route.parts])} scripted"
    return HOW[route.name]


def _qualities(run: Run, route: Route) -> tuple[str, ...]:
    found = []
    if route.verified:
        found.append("Its answers were held against the model's own.")
    elif route.converts == "works":
        found.append("Its answers were not held against the model's own.")
    if route.composed:
        found.append(f"It needs composites for {joined([f'`{op}`' for op in route.composed])}.")
    if route.decomposed:
        found.append(f"{joined([f'`{op}`' for op in route.decomposed])} have to be taken apart.")
    if route.dropped:
        found.append(f"coremltools has to leave out {joined([f'`{name}`' for name in route.dropped])}.")
    if route.name == "trace" and served(run):  # what is known of sizes is known of the trace
        found.append(f"It takes other sizes of {served(run)}.")
    return tuple(found)


def _reasons(run: Run) -> tuple[str, ...]:
    """Why each route that was tried ends."""
    found = []
    for route in run.routes:
        for item in (route, route.wrapped):
            if item is not None and item.status != "untried":
                rules = f"stopped by {joined([f'`{rule}`' for rule in item.stopped_by])}" if item.stopped_by else ""
                if rules or item.message:
                    found.append(f"{'wrapped ' if item is route.wrapped else ''}{item.name}: {rules or item.message}")
    return tuple(found)


def _lost(run: Run) -> tuple[str, ...]:
    """The step that ended the run."""
    return tuple(
        f"The step {step.name} {'failed' if step.status == 'failed' else 'ended early'}"
        f"{': ' + step.message if step.message else ''}"
        for step in run.steps
        if step.status in ("failed", "died", "timeout")
    )


def remedies(found: Sequence[Diagnostic]) -> list[tuple[Diagnostic, str]]:
    """What to do about each of FOUND: the first line of its help, or the title of its fix."""
    said = [(d, (d.help or (d.fix.title if d.fix else "")).strip().partition("\n")[0]) for d in found]
    return [(diagnostic, text.removesuffix(":")) for diagnostic, text in said]
