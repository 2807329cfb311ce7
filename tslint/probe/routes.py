"""The routes to Core ML, after entry, eager, trace and compare: script, plan, convert, verify, and the table of all four.

An internal failure in one step leaves the others to run; every route has its line in the end.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from tslint.evidence import Attempt, Evidence, ExportRefused, Note, RouteEnded
from tslint.probe import half, values
from tslint.probe.agree import call, first_line, same
from tslint.probe.ahead import Ahead
from tslint.probe.convert import coreml, environment
from tslint.probe.convert.convert import Conversion, convert
from tslint.probe.ending import save, tell
from tslint.probe.entry.standins import FunctionModule
from tslint.probe.frames import Territory, stack_of_traceback
from tslint.probe.plan import mixed as plan
from tslint.probe.script.script import Scripted, run_script
from tslint.probe.subject import Emit, Inputs, Outcome, Settled, Steps, Subject
from tslint.probe.table import ROUTES, Candidate, Table, step, unheard
from tslint.request import Request

UNKNOWN = "no inputs are known"

MISSING = 'coremltools is not installed: `pip install "tslint[coreml]"` adds it'


def run_routes(
    subject: Subject, settled: Settled, request: Request, steps: Steps, emit: Emit, ahead: Ahead | None = None
) -> None:
    """Runs the steps script, plan, convert and verify as far as REQUEST wants them; ends with a RouteEnded a route.

    AHEAD may be converting the trace already.
    """
    asked = set(ROUTES) if "all" in request.routes else set(request.routes)
    table = Table()
    table.lines["trace"] = Attempt(settled.status, message=settled.message)
    if settled.wrapped is not None:
        table.wrapped = Attempt(settled.wrapped, keys=subject.keys)
    try:
        scripted = _script(subject, asked, table, steps, emit)
        trace = _traced(subject, settled)
        enough = (trace is not None and trace.right) or (scripted is not None and scripted.status == "works")
        mixed = _plan(subject, settled, asked, enough, table, steps, emit)
        order = _candidates(subject, settled, trace, scripted, mixed)
        if _answers_nothing(subject):
            emit(Note(subject.entry, "the model returns no tensor, so a converted program would have no outputs"))
        elif request.convert:
            _convert(subject, settled, request, asked, order, table, steps, emit, ahead or Ahead(request))
        else:
            _recommend_unconverted(subject, asked, order, table, emit)
        if request.save and request.convert:
            save(subject, request, table, [*order, *table.exported], steps, emit)
        if request.plan and request.convert:
            tell(subject, table, [*order, *table.exported], mixed, emit)
    finally:
        _end(subject, table, emit)


def run_script_alone(subject: Subject, request: Request, steps: Steps, emit: Emit) -> None:
    """The routes where no inputs are known: scripting needs none, and converting only what the file's own call names."""
    asked = set(ROUTES) if "all" in request.routes else set(request.routes)
    table = Table({route: Attempt(message=UNKNOWN) for route in ROUTES})
    try:
        scripted = _script(subject, asked, table, steps, emit)
        if scripted is None or scripted.program is None:
            return
        described = subject.conversion is not None and subject.conversion.kwargs.get("inputs")
        if request.convert and described:
            candidate = Candidate("script", subject.module, scripted.program)
            plain = replace(request, verify=False)
            _convert(subject, Settled(), plain, {"script"}, [candidate], table, steps, emit, Ahead(request))
        else:
            table.recommended = "script"
    finally:
        _end(subject, table, emit)


def _end(subject: Subject, table: Table, emit: Emit) -> None:
    for route in ROUTES:
        wrapped = table.wrapped if route == "trace" else None
        emit(RouteEnded(subject.entry, route, table.lines[route], wrapped, table.recommended == route))


def _script(subject: Subject, asked: set[str], table: Table, steps: Steps, emit: Emit) -> Scripted | None:
    if asked and "script" not in asked:
        return None
    if not steps.wanted("script"):
        table.lines["script"] = Attempt("died")
        return None
    if isinstance(subject.module, FunctionModule):
        table.lines["script"] = Attempt(message="a function has no module to script")
        return None
    scripted = None
    with step(steps, "script") as outcome:
        scripted = run_script(subject, emit, outcome)
        table.lines["script"] = Attempt(scripted.status, message=scripted.message)
    return scripted


def _plan(
    subject: Subject, settled: Settled, asked: set[str], enough: bool, table: Table, steps: Steps, emit: Emit
) -> plan.Plan | None:
    """The mixed program, where it is asked for; where the trace loses control flow; where else nothing is ENOUGH."""
    lost = bool(settled.control_flow) and "works" not in (settled.status, settled.wrapped)
    by_author = subject.author_route == "script" and bool(subject.author_traced)
    stuck = not enough and settled.status in ("refused", "differs") and not isinstance(subject.module, FunctionModule)
    if not ("mixed" in asked or (not asked and (lost or by_author or stuck))):
        works = "works" in (settled.status, settled.wrapped, table.lines["script"].status)
        if not asked and not works and settled.status in ("refused", "differs"):
            table.lines["mixed"] = Attempt(message=plan.NOTHING_TO_KEEP)  # right at its size, whatever is scripted
        return None
    if not steps.wanted("plan"):
        table.lines["mixed"] = Attempt("died")
        return None
    built = None
    with step(steps, "plan") as outcome:
        built = plan.build(subject, settled)
        parts = plan.names(built.scripted, subject.module)
        table.lines["mixed"] = Attempt(
            built.status, message=built.message or built.conditions, parts=parts, traced=built.traced
        )
        if built.status == "untried":
            outcome.status, outcome.message = "skipped", built.message
        elif built.status == "works":
            outcome.detail = f"scripts {', '.join(parts)}"
        else:
            outcome.status, outcome.message = "failed", built.message
    return built


def _traced(subject: Subject, settled: Settled) -> Candidate | None:
    """The trace, in its wrapper where it has one."""
    wrapped = settled.wrapped is not None
    status = settled.wrapped or settled.status
    if subject.traced is None or status not in ("works", "differs"):
        return None
    found = Candidate("trace", (subject.wrapped if wrapped else None) or subject.module, subject.traced, wrapped)
    found.right = status == "works" or settled.differs_in_type or _right_at_its_size(found, subject)
    return found


def _candidates(
    subject: Subject,
    settled: Settled,
    traced: Candidate | None,
    scripted: Scripted | None,
    mixed: plan.Plan | None,
) -> list[Candidate]:
    """What can be converted, best first: trace as much as possible, script only what has control flow; wrong ones last."""
    found = [traced] if traced is not None else []
    if mixed is not None and mixed.program is not None:
        outer = subject.wrapped or subject.module
        found.append(Candidate("mixed", outer, mixed.program, right=mixed.status == "works"))
    if scripted is not None and scripted.program is not None:
        found.append(Candidate("script", subject.module, scripted.program, right=scripted.status == "works"))

    status = settled.wrapped or settled.status

    def rank(candidate: Candidate) -> tuple[bool, bool]:
        specialised = candidate.route == "trace" and status == "differs" and bool(settled.control_flow)
        return not candidate.right, specialised

    return sorted(found, key=rank)


def _right_at_its_size(candidate: Candidate, subject: Subject) -> bool:
    """Whether the trace is right for every input tried of the example's own shapes, and no other shapes are asked for."""
    if subject.ranges:
        return False
    shapes = _shapes(subject.example)
    for inputs in (subject.example, *subject.others):
        if _shapes(inputs) != shapes:
            continue
        try:
            if not same(call(candidate.module, inputs), call(candidate.program, inputs, candidate.module)):
                return False
        except Exception:
            return False
    return True


def _shapes(inputs: Inputs) -> list[torch.Size]:
    return [value.shape for value in values.tensors_in([inputs.args, inputs.kwargs])]


def _answers_nothing(subject: Subject) -> bool:
    """Whether what the model returns holds neither a tensor nor a number."""
    try:
        answer = call(subject.wrapped or subject.module, subject.example)
    except Exception:
        return False
    return not any(isinstance(item, (torch.Tensor, int, float)) for _, item in values.items_of(answer))


def _convert(
    subject: Subject,
    settled: Settled,
    request: Request,
    asked: set[str],
    order: list[Candidate],
    table: Table,
    steps: Steps,
    emit: Emit,
    ahead: Ahead,
) -> None:
    chosen = [candidate for candidate in order if candidate.route in asked] if asked else order[:1]
    if not any(ahead.converts(candidate.program) for candidate in chosen):
        ahead.end()
    if not steps.wanted("convert"):
        for candidate in chosen:
            table.note(candidate, converts="died")
        return
    converted: list[Candidate] = []
    with step(steps, "convert") as outcome:
        if not ahead.converted() and coreml.load() is None:
            outcome.status, outcome.message = "skipped", MISSING
            return
        for wrong in environment.wrong_versions():
            emit(wrong)
        by_author = subject.author_route == "export" and not asked
        if by_author:
            converted += _export(subject, settled, request, {"export"}, False, table, emit)
            chosen = [] if converted else chosen
        for candidate in chosen:
            # A file that exports hears nothing of what stands in the way of a route that it does not take.
            if _attempt(candidate, subject, request, table, unheard if by_author else emit, ahead, outcome):
                converted.append(candidate)
        if not asked and not converted:
            # A program with control flow is harder to convert than a trace that is right for the example's own sizes.
            for candidate in (one for one in order[1:] if one.route == "trace" and one.right):
                if _attempt(candidate, subject, request, table, unheard, ahead, outcome):
                    converted.append(candidate)
        found = by_author or any(candidate.right for candidate in converted)
        converted += _export(subject, settled, request, asked, found, table, emit)
        if not chosen and not converted:
            outcome.status, outcome.message = "skipped", "no route gives a program to convert"
        elif not converted:
            outcome.status = "failed"
            outcome.message = next((c.conversion.message for c in chosen if c.conversion), "")
        else:
            outcome.detail = "" if not converted[0].wrapped else "the wrapped trace"
    right = [candidate for candidate in converted if candidate.right]
    if request.verify:
        _verify(subject, request, right, table, steps, emit, ahead)
    right = [candidate for candidate in right if table.of(candidate).verified is not False]
    if right:
        table.recommended = right[0].route


def _attempt(
    candidate: Candidate,
    subject: Subject,
    request: Request,
    table: Table,
    emit: Emit,
    ahead: Ahead,
    outcome: Outcome,
) -> bool:
    """Converts one candidate and notes what came of it; the answer is whether it converts."""
    conversion = ahead.convert(candidate.program, emit, outcome)
    if conversion is None:
        conversion = convert(subject, request, candidate.program, candidate.route, emit)
    candidate.conversion = conversion
    composed = tuple(composite.op for composite in conversion.composites)
    message = conversion.message or table.of(candidate).message
    table.note(candidate, converts=conversion.status, composed=composed, message=message)
    return conversion.status == "works"


def _export(
    subject: Subject, settled: Settled, request: Request, asked: set[str], found: bool, table: Table, emit: Emit
) -> list[Candidate]:
    """`torch.export` where it is asked for, or where nothing else is left to try (FOUND says that something is).

    It must serve the ranges that the user gave, and, where it is to stand in for the trace, the sizes that the trace does not;
    a file that exports says itself which sizes.
    """
    if not ("export" in asked or (not asked and not found)):
        return []
    from tslint.probe.convert.export import NarrowError, export

    module = subject.module if subject.author_route == "export" else subject.wrapped or subject.module
    said: list[Evidence] = []
    axes = {*subject.ranges, *(() if "export" in asked else settled.wrong_axes)}
    if subject.author_route == "export":
        axes = set()
    try:
        exported, conversion = export(subject, request, module, axes, said.append)
    except NarrowError as error:
        table.lines["export"] = Attempt("differs", message=str(error))
        return []
    except Exception as error:
        _refuse_export(subject, "export" in asked, error, table, emit)
        return []
    if "export" in asked or conversion.status == "works":  # unasked, it need not say again what the trace has said
        for evidence in said:
            emit(evidence)
    candidate = Candidate("export", module, exported, conversion=conversion)
    table.lines["export"] = Attempt(
        "works", conversion.status, decomposed=conversion.decomposed, message=conversion.message
    )
    table.exported = [candidate] if conversion.status == "works" else []
    return table.exported


def _refuse_export(subject: Subject, reported: bool, error: Exception, table: Table, emit: Emit) -> None:
    table.lines["export"] = Attempt("refused", message=first_line(error))
    if reported:
        territory = Territory(subject.user_files)
        stack = stack_of_traceback(territory, error.__traceback__)
        frames = tuple(place for place in stack.frames if territory.holds(place.path))  # below it is nothing but torch
        place = stack.place or subject.call_site
        emit(ExportRefused(subject.entry, type(error).__name__, first_line(error), place, frames))


def _recommend_unconverted(subject: Subject, asked: set[str], order: list[Candidate], table: Table, emit: Emit) -> None:
    """The route to take where no conversion is wanted: the file's own export if that works, else the best program there is."""
    if "export" in asked or (subject.author_route == "export" and not asked):
        from tslint.probe.convert.export import exported

        try:
            exported(subject, subject.module)
            table.lines["export"] = Attempt("works")
        except Exception as error:
            _refuse_export(subject, True, error, table, emit)
        else:
            if subject.author_route == "export":
                table.recommended = "export"
                return
    if order and order[0].right:
        table.recommended = order[0].route


def _verify(
    subject: Subject,
    request: Request,
    converted: list[Candidate],
    table: Table,
    steps: Steps,
    emit: Emit,
    ahead: Ahead,
) -> None:
    """Holds each converted program against eager. What is handed over is what `ct.convert` returned, in float32."""
    if not converted:
        return
    if not steps.wanted("verify"):
        for candidate in converted:
            table.note(candidate, message="not verified: the verification died")
        return
    with step(steps, "verify") as outcome:
        from tslint.probe.verify.cure import hold

        messages = []
        for candidate in converted:
            held = ahead.hold(candidate.program, subject, emit, outcome)
            if held is None:
                model = _model_of(candidate, subject, request)
                held = hold(model, subject, request, candidate.program, candidate.route, candidate.module, emit)
            verdict = held.verdict
            if held.remedy:
                candidate.remedy, candidate.conversion = held.remedy, Conversion("works", composites=held.composites)
                composed = tuple(composite.op for composite in held.composites)
                table.note(candidate, composed=composed, dropped=held.remedy.without)
            table.note(candidate, verified=verdict.verified, difference=verdict.difference)
            if verdict.verified is False:
                table.note(candidate, converts="differs", message=verdict.message)
            if verdict.verified is not True:
                messages.append(verdict.message)
                outcome.status = "failed" if verdict.verified is False else outcome.status
        outcome.message = messages[0] if messages else ""
        half.overflows(subject, converted[0].module, emit)


def _model_of(candidate: Candidate, subject: Subject, request: Request) -> Any:
    """What CANDIDATE was converted to; converted once more, silently, where the process that did it has ended."""
    assert candidate.conversion is not None
    if candidate.conversion.model is None:
        candidate.conversion = convert(subject, request, candidate.program, candidate.route, lambda evidence: None)
    return candidate.conversion.model
