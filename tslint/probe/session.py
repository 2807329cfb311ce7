"""The order of the steps, once an entry; what fails in one leaves the others to run where they can."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import platform
import traceback
from collections.abc import Iterator
from pathlib import Path

import torch

from tslint.evidence import ModelFailed, NoEntry, Note, Versions
from tslint.probe import before, cells, eager, installed, modules, streams, texts
from tslint.probe.ahead import Ahead
from tslint.probe.compare import compare, escapes
from tslint.probe.entry import importing
from tslint.probe.entry.absent import absent
from tslint.probe.entry.arguments import unanswered
from tslint.probe.entry.devices import CpuInstead, cpu_instead
from tslint.probe.entry.finder import Entry, Finder, Nothing, UserError
from tslint.probe.entry.given import Given
from tslint.probe.frames import Territory, stack_of_traceback
from tslint.probe.script import builtins
from tslint.probe.state import restore
from tslint.probe.subject import Emit, Settled, Steps, seed
from tslint.probe.trace import modes, second
from tslint.probe.trace.tracing import Tracing, first_line, runtime_line, trace
from tslint.request import Request


def versions() -> Versions:
    """What is installed here, read from its metadata: nothing is imported."""
    return Versions(platform.python_version(), platform.platform(), installed.versions())


def run(request: Request, emit: Emit, given: Given | None = None) -> None:
    """Every step of every entry of REQUEST; a live model is GIVEN. Raises KeyboardInterrupt alone."""
    emit(versions())
    streams.keep()
    texts.stand(request.texts)
    if request.notebook is not None:
        cells.give(request.notebook)
    builtins.settle()
    if request.written is not None:
        with cpu_instead():
            importlib.import_module("tslint.probe.plan.rehearse").rehearse(request.written, emit)
        return
    named = importing.is_named_target(request.target)
    files = () if named else (str(Path(request.target).resolve()),)
    territory = Territory(files, library=named)
    with cpu_instead() as devices:
        entries = find_entries(request, emit, territory, given)
    said = _say_device(devices, emit, False)
    for entry in entries:
        if not entry.inputs:
            with cpu_instead() as devices:
                without_inputs(entry, request, emit)
            said = _say_device(devices, emit, said)
            continue
        if request.plan and not entry.converted:
            continue
        wanted = request if entry.converted else dataclasses.replace(request, convert=False)
        with Ahead(wanted) as ahead:
            with cpu_instead() as devices:
                settled, usable = run_entry(entry, request, emit, territory, ahead)
            said = _say_device(devices, emit, said)
            if usable:
                with cpu_instead() if said else contextlib.nullcontext():
                    hand_over(entry, settled, wanted, emit, ahead)


def _say_device(devices: CpuInstead, emit: Emit, said: bool) -> bool:
    if devices.asked and not said:
        emit(Note(0, f"no GPU here: {devices.asked} was given the CPU"))
        return True
    return said


def find_entries(request: Request, emit: Emit, territory: Territory, given: Given | None = None) -> list[Entry]:
    """Step 1; what the user's own code raised on the way is evidence."""
    finder = Finder(request, emit, territory, given)
    with Steps(0, emit)("entry") as outcome:
        if request.answers:
            seed()
        try:
            finder.find()
        except Nothing as nothing:
            outcome.status, outcome.message = "failed", nothing.reason
            emit(NoEntry(nothing.reason, nothing.place))
        except UserError as error:
            finder.error = error.cause
        question = unanswered(finder.error) if finder.error is not None else None
        if finder.error is not None and question is not None:
            outcome.status, outcome.message = "failed", question
            reason = f"{question}: name the model with `--model` and its inputs with `--input`"
            emit(NoEntry(reason, stack_of_traceback(territory, finder.error.__traceback__).place))
        elif finder.error is not None:
            outcome.status, outcome.message = "failed", first_line(finder.error)
            emit(failure(0, "entry", finder.error, territory))
        elif finder.entries:
            outcome.detail = f"{len(finder.entries)} entries" if len(finder.entries) > 1 else ""
    return finder.entries


def failure(entry: int, step: str, error: BaseException, territory: Territory) -> ModelFailed:
    """The user's own code raised ERROR: at the innermost line of theirs."""
    stack = stack_of_traceback(territory, error.__traceback__)
    place = stack.place
    message = first_line(error)
    if "TorchScript interpreter" in message:
        message = runtime_line(error).removeprefix(f"{type(error).__name__}: ")
    if isinstance(error, SystemExit):
        message = f"the code called `sys.exit({'' if error.code is None else repr(error.code)})`"
    elif isinstance(error, SyntaxError) and error.filename and error.lineno and territory.holds(error.filename):
        message = f"{error.msg}, {cells.where(error.filename, [error.lineno])} of {Path(error.filename).name}"
    root = error
    while root.__cause__ is not None:
        root = root.__cause__
    if root is not error and first_line(root) not in message:
        message = f"{message} ({type(root).__name__}: {first_line(root)})"
    missing, words = absent(error)
    frames = stack.frames
    if step == "entry" or missing:  # how a library's inside came to raise it tells nothing of the script
        frames = tuple(frame for frame in frames if territory.holds(frame.path))
    return ModelFailed(entry, step, type(error).__name__, words or message, place, frames, absent=missing)


def run_entry(
    entry: Entry, request: Request, emit: Emit, territory: Territory, ahead: Ahead | None = None
) -> tuple[Settled, bool]:
    """Steps 2 to 4 of one entry; the answer says whether its eager model runs at all. AHEAD may begin with the conversion."""
    subject = entry.subject
    steps = Steps(subject.entry, emit, request.skip)
    settled = Settled()
    territory = eager.territory_of(subject.module, territory)
    subject.was_training = subject.was_training or subject.module.training
    live = entry.live or eager.live_in_training(subject.module)
    if entry.report_training and (subject.was_training or live):
        eager.report_mode(subject, live, emit)
    with _guarded(subject.entry, "modules", emit):
        modules.report(subject, live, emit)
    subject.module.eval()
    if not steps.wanted("eager"):
        return settled, False
    try:
        with steps("eager"):
            result = eager.run(subject, territory, emit)
        if request.answers:
            before.keep_or_hold(Path(request.answers), request.target, subject, result.output, emit)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        emit(failure(subject.entry, "eager", error, territory))
        return settled, False
    if not steps.wanted("trace"):
        return settled, True
    if isinstance(subject.module, torch.jit.ScriptModule):
        with _guarded(subject.entry, "trace", emit), steps("trace") as outcome:
            outcome.status, outcome.message = "skipped", "the model is TorchScript already"
            modes.report(subject, subject.module, territory, emit)
        return settled, True
    tracing = Tracing()
    with _guarded(subject.entry, "trace", emit), steps("trace") as outcome:
        tracing = trace(subject, territory, result.output, result.returned, emit, settled)
        if settled.status == "refused":
            outcome.status, outcome.message = "failed", settled.message
        if result.deterministic:  # else that was said
            second.report(subject, emit)
        restore(subject.module)
        if tracing.program is not None:
            modes.report(subject, tracing.program, territory, emit)
        if tracing.program is None or not steps.wanted("compare"):
            escapes.report_unsettled(subject, tracing.moments, emit)
    if ahead is not None:
        ahead.begin(subject, tracing.moments)
    if subject.traced is not None and steps.wanted("compare"):
        with _guarded(subject.entry, "compare", emit), steps("compare") as outcome:
            if result.deterministic:
                compare.compare(subject, entry.candidates, tracing, territory, emit, settled, outcome, result.returned)
            else:
                outcome.status, outcome.message = "skipped", "the eager model does not agree with itself"
                escapes.report_unsettled(subject, tracing.moments, emit)
    restore(subject.module)
    if ahead is not None and "works" in (settled.status, settled.wrapped):
        ahead.offer(subject)
    return settled, True


def without_inputs(entry: Entry, request: Request, emit: Emit) -> None:
    """What can be said of a scripted module whose inputs nobody knows."""
    routes = importlib.import_module("tslint.probe.routes")
    subject = entry.subject
    live = entry.live or eager.live_in_training(subject.module)
    if entry.report_training and (subject.was_training or live):
        eager.report_mode(subject, live, emit)
    with _guarded(subject.entry, "modules", emit):
        modules.report(subject, live, emit)
    subject.module.eval()
    steps = Steps(subject.entry, emit, request.skip)
    with _guarded(subject.entry, "eager", emit), steps("eager") as outcome:
        outcome.status, outcome.message = "skipped", routes.UNKNOWN
    with _guarded(subject.entry, "routes", emit):
        routes.run_script_alone(subject, request, steps, emit)


@contextlib.contextmanager
def _guarded(entry: int, step: str, emit: Emit) -> Iterator[None]:
    """A failure of tslint's own ends one step, and is said; the steps after it run where they can."""
    try:
        yield
    except Exception as error:
        traceback.print_exc()
        emit(Note(entry, f"the step {step} failed inside tslint: {type(error).__name__}: {first_line(error)}"))


def hand_over(entry: Entry, settled: Settled, request: Request, emit: Emit, ahead: Ahead) -> None:
    """The steps after the comparison: script, plan, convert, verify and the route table."""
    routes = importlib.import_module("tslint.probe.routes")
    subject = entry.subject
    steps = Steps(subject.entry, emit, request.skip)
    with _guarded(subject.entry, "routes", emit):
        routes.run_routes(subject, settled, request, steps, emit, ahead)
