"""Step 4: the trace on other inputs. Outputs against eager, escapes against escapes, graphs against graphs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from tslint.diagnostic import Place
from tslint.evidence import (
    BranchTaken,
    ConstantBaked,
    Generalises,
    LoopUnrolled,
    Note,
    NumberAnswered,
    TraceDiffered,
    Variations,
)
from tslint.probe.compare import escapes
from tslint.probe.compare.graphs import canonical, place_of_difference
from tslint.probe.compare.settle import Change, Settler, Trial, positions
from tslint.probe.compare.variations import Axis, Choice, Group, Variator
from tslint.probe.entry.specs import describe_inputs
from tslint.probe.frames import Territory, context_of
from tslint.probe.limits import TooSlow, limited
from tslint.probe.subject import Emit, Inputs, Outcome, Settled, Subject
from tslint.probe.trace.modes import first_draw, place_in
from tslint.probe.trace.tracing import Tracing, first_line, record, runtime_line
from tslint.probe.values import answer, detached, difference, items_of, shapes_text

LEAST_SECONDS, MOST_SECONDS = 6.0, 30.0
"""Time after which no further input is tried: with a slow model, what a few inputs take."""

PATIENCE = 10.0
"""Seconds that one further input may take; where the example takes long, ten times as long as that."""

HANGS = 2
"""Further inputs that took too long after which no other one is tried."""


@dataclass
class Comparison:
    """Everything one subject's comparison has found so far."""

    subject: Subject
    territory: Territory
    settler: Settler
    constants: escapes.Constants
    model: Any
    deadline: float
    trials: list[Trial] = field(default_factory=list)
    tried: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    unexplained: list[Trial] = field(default_factory=list)
    refused_axes: set[Axis] = field(default_factory=set)
    refused_alone: set[Axis] = field(default_factory=set)
    patience: float = PATIENCE
    slow: list[str] = field(default_factory=list)

    def every_size_tried(self) -> bool:
        """Whether each dimension of each input was changed, or eager refused every change of it."""
        tried = {axis for trial in self.trials for axis in trial.axes} | self.refused_axes
        specs = describe_inputs(self.subject.module, self.subject.example)
        return all((index, axis) in tried for index, spec in enumerate(specs) for axis in range(len(spec.shape)))

    def late(self) -> bool:
        return time.thread_time() > self.deadline or len(self.slow) >= HANGS

    def run(self, candidates: Sequence[Inputs]) -> None:
        """Tries the user's further inputs, then every group of changes while there is time."""
        variator = Variator(self.subject)
        for inputs in candidates:
            self.attempt(inputs, variator.changed(inputs))
        for number, group in enumerate(variator.groups()):
            if self.late() and (number > 1 or self.slow):
                break
            self.group(variator, group)
        for group in variator.boundaries(self.settler.boundaries()):
            if self.late() or not self.settler.boundaries():
                break
            self.group(variator, group)

    def group(self, variator: Variator, group: Group) -> None:
        accepted = 0
        errors: list[str] = []
        for choice in group.choices:
            if accepted >= group.enough or (self.late() and (accepted or self.slow)):
                break
            if choice.name in self.tried:
                continue
            slow = len(self.slow)
            if self._try(variator, choice, group, errors):
                accepted += 1
                self._each_alone(variator, choice)
            if len(self.slow) > slow:  # another size of the same dimension would be as slow
                break
        if accepted:
            for further in group.alone:
                if not self.late():
                    self.group(variator, further)
            return
        if group.axes:
            self.refused_axes.update(group.axes)
            self.refused_alone.update(group.axes if len(group.axes) == 1 else ())
        if errors and not group.composite:
            self.refused[group.label] = errors[0]
        for fallback in group.fallbacks:
            self.group(variator, fallback)

    def _each_alone(self, variator: Variator, choice: Choice) -> None:
        """After a change of several dimensions that the trace does not follow: which of them it is."""
        if self.trials[-1].right or len(choice.sizes) < 2:
            return
        for axis, size in choice.sizes:
            one = variator.alone(axis, size)
            if not self.late() and one.name not in self.tried:
                self.group(variator, Group(one.name, (axis,), (one,), composite=True))

    def _by_values(self, variator: Variator, trial: Trial) -> bool:
        """Whether the trace is wrong on TRIAL for the values alone, which are random where a size changes.

        So it is where nothing but data escapes, and where it is right on the example's own values in the new sizes.
        """
        changed = [v for v in self.settler.verdicts.values() if v.harmful and v.changed_on(trial.inputs.name)]
        if not changed or any(moment.origin != "data" for verdict in changed for moment in verdict.moments):
            return False
        inputs = variator.repeated(trial.inputs)
        try:
            return self._held_against(inputs, trial.axes, answer(self.model, inputs)).right
        except Exception:
            return False

    def _try(self, variator: Variator, choice: Choice, group: Group, errors: list[str]) -> bool:
        for attempt in (0, 1):
            inputs = variator.make(choice, attempt)
            if inputs is None:
                return False
            slow = len(self.slow)
            if self.attempt(inputs, group.axes, errors):
                return True
            if len(self.slow) > slow or all(leaf.dtype.is_floating_point for leaf in _tensors(inputs)):
                return False
        return False

    def attempt(self, inputs: Inputs, axes: tuple[Axis, ...], errors: list[str] | None = None) -> bool:
        """One further input; the answer is whether eager accepts it soon and agrees with itself there."""
        tracing = None
        try:
            with limited(self.patience):
                expected = detached(answer(self.model, inputs))
                trial = self._held_against(inputs, axes, expected)
                if not trial.right and not difference(expected, answer(self.model, inputs))[0]:
                    return False
                if not trial.right or self.settler.curious() or self.constants.curious():
                    tracing = record(self.model, inputs, self.territory)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            if isinstance(error, TooSlow):
                self.slow.append(f"{inputs.name} ({shapes_text(inputs)})")
            if errors is not None:
                errors.append(first_line(error))
            else:
                self.refused[inputs.name] = first_line(error)
            return False
        self.subject.others.append(inputs)
        self.tried[inputs.name] = shapes_text(inputs)
        self.trials.append(trial)
        if tracing is None:
            return True
        trial.positions, trial.program = positions(tracing.moments), tracing.program
        self.constants.hold_against(tracing.constants)
        if not self.settler.settle(trial):
            self.unexplained.append(trial)
        return True

    def _held_against(self, inputs: Inputs, axes: tuple[Axis, ...], expected: Any) -> Trial:
        try:
            actual = answer(self.settler.program, inputs, self.model)
        except Exception as error:
            place = place_in(str(error), self.territory)
            return Trial(inputs, axes, expected, False, None, runtime_line(error), place=place)
        equal, apart, why = difference(expected, actual, numbers=True)
        return Trial(inputs, axes, expected, equal, apart, "" if equal else why)


def _tensors(inputs: Inputs) -> Iterator[torch.Tensor]:
    leaves = torch.utils._pytree.tree_leaves((inputs.args, inputs.kwargs))
    return (leaf for leaf in leaves if isinstance(leaf, torch.Tensor))


def compare(
    subject: Subject,
    candidates: Sequence[Inputs],
    tracing: Tracing,
    territory: Territory,
    emit: Emit,
    settled: Settled,
    outcome: Outcome,
    returned: Place | None = None,
) -> None:
    """Compares the subject's trace with eager on CANDIDATES and on every variation, and settles each escape.

    RETURNED is the return statement of the model's forward.
    """
    model = subject.wrapped if subject.wrapped is not None else subject.module
    start, began = time.thread_time(), time.monotonic()
    expected = detached(answer(model, subject.example))
    settler = Settler(model, tracing.program, positions(tracing.moments), territory)
    run = Comparison(subject, territory, settler, escapes.Constants(tracing.constants), model, 0.0)
    at_home = run._held_against(subject.example, (), expected)
    cost = time.thread_time() - start + tracing.seconds
    run.patience = max(PATIENCE, 10 * (time.monotonic() - began + tracing.seconds))
    run.deadline = start + max(LEAST_SECONDS, min(5 * cost, MOST_SECONDS))
    if at_home.right:
        run.run(candidates)
    else:
        again = record(model, subject.example, territory)
        place = None
        if again.program is not None:
            place = place_of_difference(canonical(tracing.program), canonical(again.program), territory)
        emit(TraceDiffered(subject.entry, "example", place, at_home.apart, at_home.why))
    _report(run, emit)
    wrong = [trial for trial in run.trials if not trial.right]
    if wrong or not at_home.right:
        message = f"differs from eager on {wrong[0].inputs.name}" if wrong else at_home.why or "differs from eager"
        outcome.message = message
        if subject.wrapped is not None:
            settled.wrapped = "differs"
        else:
            settled.status, settled.message = "differs", message
    numbers = tuple(key for key, item in items_of(expected) if type(item) in (int, float, bool))
    if numbers and at_home.right:
        emit(NumberAnswered(subject.entry, numbers, returned))
        if not wrong:
            settled.status, settled.message = "differs", "answers with a tensor for a Python number"
            settled.differs_in_type = True
    settled.control_flow = _control_flow(settler)
    settled.wrong_axes = tuple(dict.fromkeys(axis for trial in wrong for axis in trial.axes))
    outcome.detail = f"{len(run.trials)} input{'s' if len(run.trials) != 1 else ''}"


def _control_flow(settler: Settler) -> tuple[str, ...]:
    paths: dict[str, None] = {}
    for verdict in settler.verdicts.values():
        shown = verdict.harmful or verdict.specialised
        if shown is None or shown[0].kind == "baked":
            continue
        moment = shown[0].moment
        context = context_of(moment.place) if moment.place is not None else ""
        if verdict.harmful or context:
            paths[moment.module] = None
    return tuple(paths)


# -- what is reported -------------------------------------------------------------------------------------------------


def _report(run: Comparison, emit: Emit) -> None:
    entry = run.subject.entry
    for verdict in run.settler.verdicts.values():
        for shown, differs in ((verdict.harmful, True), (verdict.specialised, False)):
            if shown is not None and (differs or verdict.harmful is None):
                _emit_change(entry, shown, differs, emit)
    for trial in _distinct(run.unexplained):
        place = None
        if trial.program is not None:
            place = place_of_difference(run.settler.graph, canonical(trial.program), run.territory)
        place = place or trial.place or first_draw(run.settler.program, run.territory)
        emit(TraceDiffered(entry, trial.inputs.name, place, trial.apart, trial.why if trial.apart is None else ""))
    sizes_tried = run.every_size_tried()
    for verdict in run.settler.verdicts.values():
        escapes.report(entry, verdict, run.trials, sizes_tried, emit)
    run.constants.report(entry, emit)
    emit(Variations(entry, run.tried, run.refused))
    if run.slow:
        what = " and ".join(f"`{name}`" for name in run.slow)
        emit(
            Note(
                entry, f"no answer within {run.patience:.3g} s on {what}, made up for the comparison: others were tried"
            )
        )
    _emit_generalises(run, emit)


def _distinct(trials: list[Trial]) -> list[Trial]:
    """One trial for each kind of failure: the first of those that change the same axes."""
    found: dict[tuple[Axis, ...], Trial] = {}
    for trial in trials:
        found.setdefault(trial.axes, trial)
    return list(found.values())


def _emit_change(entry: int, shown: tuple[Change, Trial, Place | None], differs: bool, emit: Emit) -> None:
    change, trial, use = shown
    moment, tried = change.moment, trial.inputs.name
    if change.kind == "branch":
        emit(
            BranchTaken(
                entry, moment.place, moment.origin, change.value, change.other, tried, differs, moment.stack.frames
            )
        )
    elif change.kind == "rounds":
        emit(
            LoopUnrolled(
                entry, moment.place, moment.origin, change.value, change.other, tried, differs, moment.stack.frames
            )
        )
    else:
        emit(
            ConstantBaked(
                entry, moment.place, moment.via, moment.origin, change.value, change.other, tried, differs,
                moment.operator, use, moment.stack.frames, trial.apart,
            )
        )  # fmt: skip


def _emit_generalises(run: Comparison, emit: Emit) -> None:
    specs = describe_inputs(run.subject.module, run.subject.example)
    variator = Variator(run.subject)
    by_values = {t.inputs.name for t in run.trials if not t.right and t.axes and run._by_values(variator, t)}
    failing = {t.axes[0] for t in run.trials if len(t.axes) == 1 and not t.right and t.inputs.name not in by_values}
    for index, spec in enumerate(specs):
        for dimension in range(len(spec.shape)):
            axis = (index, dimension)
            trials = _showing(run, axis)
            wrong = [t.inputs.name for t in trials if not t.right and t.inputs.name not in by_values]
            right = not wrong
            harmful = [v for v in run.settler.verdicts.values() if v.harmful is not None]
            places = [v.harmful[0].moment.place for v in harmful if v.harmful and any(map(v.changed_on, wrong))]
            stops = dict.fromkeys(place for place in places if place is not None)
            together = trials[0].axes if trials and right else ()
            alone = bool(trials) and all(trial.axes == (axis,) for trial in trials)
            known = alone or (bool(trials) and not right and axis in run.refused_alone)
            if right and any(
                axis in t.axes and not t.right and t.inputs.name not in by_values and not failing & set(t.axes)
                for t in run.trials
            ):
                known, together = False, ()  # wrong where it changed with others, and none of them is to blame alone
            emit(
                Generalises(
                    run.subject.entry,
                    spec.name,
                    dimension,
                    right if known else None,
                    tuple(stops) if known else (),
                    () if known else tuple((specs[index].name, number) for index, number in together),
                )
            )


def _showing(run: Comparison, axis: Axis) -> list[Trial]:
    """The trials that speak for AXIS: those that change it with as few others as eager allows."""
    having = [trial for trial in run.trials if axis in trial.axes]
    fewest = min((len(trial.axes) for trial in having), default=0)
    return [trial for trial in having if len(trial.axes) == fewest]
