"""What became of each value that left the graph: harmful, harmless or not exercised, and why. Calls no model."""

from __future__ import annotations

from collections.abc import Sequence

from tslint.evidence import Escape
from tslint.probe.compare.settle import Trial, Verdict, by_occasion, positions, same
from tslint.probe.frames import only_guards
from tslint.probe.subject import Emit, Subject
from tslint.probe.trace.moment import Moment

_NONE = "no other input could be tried"


def report(entry: int, verdict: Verdict, trials: Sequence[Trial], every_size_tried: bool, emit: Emit) -> None:
    """Says what became of one position; nothing of a quiet one that no input changed."""
    moments = verdict.moments
    if all(m.quiet for m in moments) and not any(verdict.changed_on(name) for name in verdict.pairs):
        return
    outcome, note = _outcome(verdict, trials, every_size_tried)
    emit(_escape(entry, moments, verdict.values(), outcome, note))


def report_unsettled(subject: Subject, moments: Sequence[Moment], emit: Emit) -> None:
    """Every escape of a trace that nothing was compared with."""
    for group in positions(moments).values():
        if not all(m.quiet for m in group):
            values = {"example": group[0].value}
            emit(_escape(subject.entry, group, values, "not exercised", "no other input was tried"))


class Constants:
    """Values of the example's trace that no input reaches in the graph, and that the tracer warns of all the same.

    One that another input changes was made from a value that left the graph before: that one is to blame.
    """

    ENOUGH = 2
    """Further traces that none of them may change in."""

    def __init__(self, moments: Sequence[Moment]) -> None:
        self.left = by_occasion(moments)
        self.traces = 0

    def curious(self) -> bool:
        return bool(self.left) and self.traces < self.ENOUGH

    def hold_against(self, moments: Sequence[Moment]) -> None:
        """Drops those that the trace of another input has otherwise."""
        theirs = by_occasion(moments)
        self.traces += 1
        for occasion in list(self.left):
            pairs = zip(self.left[occasion], theirs.get(occasion, ()), strict=False)
            if not all(same(one.mark, two.mark) for one, two in pairs):
                del self.left[occasion]

    def report(self, entry: int, emit: Emit) -> None:
        outcome, note = ("harmless", "no input changes it") if self.traces else ("not exercised", _NONE)
        for group in positions([moment for moments in self.left.values() for moment in moments]).values():
            emit(_escape(entry, group, {"example": group[0].value}, outcome, note))


def _escape(entry: int, moments: Sequence[Moment], values: dict[str, object], outcome: str, note: str) -> Escape:
    first = moments[0]
    warned = any(m.warned for m in moments)
    return Escape(
        entry, first.place, first.via, first.origin, values, outcome, first.operator, warned, first.stack.frames, note
    )


def _outcome(verdict: Verdict, trials: Sequence[Trial], every_size_tried: bool) -> tuple[str, str]:
    if verdict.harmful is not None:
        return "harmful", "together with others on this input" if verdict.joint else ""
    if verdict.harmless_on:
        return "harmless", ""
    if verdict.innocent_on:
        return "harmless", f"the trace is wrong on {verdict.innocent_on[0]}, and not for this value"
    if verdict.unexplained_on:
        wrong = verdict.unexplained_on[0]
        return "not exercised", f"changed only on inputs where the trace is wrong for another reason: {wrong}"
    if any(m.live for m in verdict.moments):
        return _live(verdict, trials)
    if verdict.moments[0].sizes and not verdict.sizes_changed and every_size_tried:
        return "harmless", "the sizes it comes from are the same on every input that the eager model accepts"
    if all(_guards(moment) for moment in verdict.moments):
        return "harmless", "it decides only whether the eager model raises or warns"
    if trials:
        return "not exercised", "no input that the eager model accepts changed it"
    return "not exercised", _NONE


def _guards(moment: Moment) -> bool:
    """Whether MOMENT is a condition, in the code that asked for its truth, on which only an error or a warning depends."""
    return moment.via == "__bool__" and bool(moment.stack.frames) and only_guards(moment.stack.frames[-1])


def _live(verdict: Verdict, trials: Sequence[Trial]) -> tuple[str, str]:
    """A value that the graph kept: harmless once an input changed it and the trace was right there."""
    if any(trial.right and verdict.changed_on(trial.inputs.name) for trial in trials):
        return "harmless", "the graph keeps the value"
    return "not exercised", "the graph keeps the value, and no input that the eager model accepts changed it"
