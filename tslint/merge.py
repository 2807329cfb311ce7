"""Joins what the source predicts with what the run observed. Pure.

One problem is one diagnostic. A prediction that the run confirms becomes observed; one that an input changing the very
value did not confirm becomes refuted; one that no run exercised stays, with a note that says why.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence

from tslint.composites import NOTHING
from tslint.diagnostic import Basis, Claim, Diagnostic, Severity, Span
from tslint.evidence import CodeRan, EntryChosen, Escape, Evidence, InputSpec, ModeWrong, RouteEnded, StepEnded
from tslint.facts.coreml.advisories import of_op

GENERALISATION = {Claim.TRACE_DIFFERS, Claim.TRACE_SPECIALISES}
"""Two degrees of one claim: which of them holds is for the run to say."""

FAILURES = {Claim.TRACE_FAILS, Claim.SCRIPT_FAILS, Claim.SCRIPT_DIFFERS, Claim.CONVERT_FAILS, Claim.CONVERT_DIFFERS}
"""Claims that code which ran and went well refutes."""

DROPOUT = re.compile(r"aten::(feature_|alpha_|feature_alpha_)?dropout_?")

OP = re.compile(r"`(\w+::\w+)`")

OUT_OF_REACH = {
    "random-in-forward": "the run seeds every generator alike before each call, so that the same value is drawn",
    "python-state": "the run starts every call from the same state",
}
"""Rules about values that the run holds still, and why it does not see them change."""

NOT_REACHED = "was not reached from this entry"
"""How the note ends on a prediction about a class that no entry's model holds."""

KNOWS = {Basis.PREDICTED: 0, Basis.REFUTED: 1, Basis.OBSERVED: 2}

OBSERVED_SEVERITY = {Claim.TRACE_SPECIALISES: Severity.WARNING}


def merge(
    predicted: Sequence[Diagnostic], observed: Sequence[Diagnostic], evidence: Sequence[Evidence]
) -> list[Diagnostic]:
    """Each problem once. OBSERVED without a prediction stays as it is; twins among them (same rule and place) are joined."""
    left = _joined(observed)
    run = _Run(evidence)
    told = [_best(other, predicted) for other in left]
    result = []
    for index, diagnostic in enumerate(predicted):
        confirming = [other for other, at in zip(left, told, strict=True) if at == index]
        if confirming:
            result.append(_confirmed(diagnostic, confirming))
        elif also := [other for other in left if _also_there(diagnostic, other)]:
            result.append(_confirmed(diagnostic, [dataclasses.replace(other, labels=()) for other in also]))
        elif not any(
            _told_with(diagnostic, predicted[at], other) for other, at in zip(left, told, strict=True) if at is not None
        ):
            result.append(run.settle(diagnostic))
    alone = [other for other, at in zip(left, told, strict=True) if at is None]
    return _explained(result + [_with_fix(other, predicted) for other in alone])


def _with_fix(observed: Diagnostic, predicted: Sequence[Diagnostic]) -> Diagnostic:
    """OBSERVED with the fix of a prediction that said something else of the very same code, where it has none of its own."""
    if observed.fix is not None or observed.span is None:
        return observed
    fixes = (d.fix for d in predicted if d.fix and d.path == observed.path and d.span == observed.span)
    return dataclasses.replace(observed, fix=next(fixes, None))


def _explained(found: list[Diagnostic]) -> list[Diagnostic]:
    """FOUND without the programs that differ from a live dropout on, where that dropout is reported: coremltools drops it."""
    live = [d for d in found if d.claim == Claim.WRONG_MODE and d.basis == Basis.OBSERVED]

    def follows(diagnostic: Diagnostic) -> bool:
        if diagnostic.claim != Claim.CONVERT_DIFFERS or not DROPOUT.fullmatch(_blamed(diagnostic)):
            return False
        span = diagnostic.span
        return any(d.path == diagnostic.path and span and d.span and _overlap(d.span, span) for d in live)

    return [diagnostic for diagnostic in found if not follows(diagnostic)]


def is_unreached(diagnostic: Diagnostic) -> bool:
    """Whether it is a prediction about a class that the model that ran does not hold."""
    return diagnostic.basis == Basis.PREDICTED and any(note.endswith(NOT_REACHED) for note in diagnostic.notes)


def across(runs: Sequence[Sequence[Diagnostic]]) -> list[Diagnostic]:
    """What several runs say, each problem once: as one of them saw it come true, else as one refuted it, else as predicted.

    Files import one another: what one run predicts of its own file, another may have run.
    """
    found: list[Diagnostic] = []
    places: dict[tuple[str | None, str], list[int]] = {}
    for run in runs:
        before = len(found)
        for diagnostic in run:
            known = places.setdefault((diagnostic.path, diagnostic.rule), [])
            index = next((i for i in known if i < before and _one_problem(found[i], diagnostic)), None)
            if index is None:
                known.append(len(found))
                found.append(diagnostic)
            else:
                found[index] = _stronger(found[index], diagnostic)
    return found


def _one_problem(one: Diagnostic, other: Diagnostic) -> bool:
    if one.span is None or other.span is None:
        return one.span is other.span and one.message == other.message
    return _same_claim(one.claim, other.claim) and _overlap(one.span, other.span) and _same_op(one, other)


def _stronger(one: Diagnostic, other: Diagnostic) -> Diagnostic:
    """The one that knows more; two that were seen as one, with the evidence of both."""
    if one.basis != other.basis:
        return max(one, other, key=lambda diagnostic: KNOWS[diagnostic.basis])
    if one.basis != Basis.OBSERVED:
        return one if len(one.notes) <= len(other.notes) else other
    worse = min(
        one, other, key=lambda diagnostic: (list(Severity).index(diagnostic.severity), _extent(diagnostic.span))
    )
    proofs = (*one.evidence, *(proof for proof in other.evidence if proof not in one.evidence))
    return dataclasses.replace(worse, evidence=proofs, fix=one.fix or other.fix)


def _best(observed: Diagnostic, predicted: Sequence[Diagnostic]) -> int | None:
    """Which prediction OBSERVED confirms: of several one around it, then one of its own rule, then the narrowest."""

    def rank(index: int) -> tuple[bool, bool, tuple[int, int]]:
        one = predicted[index]
        around = one.span is not None and observed.span is not None and _overlap(one.span, observed.span)
        return not around, one.rule != observed.rule, _extent(one.span)

    return min((i for i, diagnostic in enumerate(predicted) if _same(diagnostic, observed)), key=rank, default=None)


def _blamed(observed: Diagnostic) -> str:
    """The op that is wrong in the converted program, where a run found that out."""
    return next((str(proof["op"]) for proof in observed.evidence if proof.get("op")), "")


def _told_with(diagnostic: Diagnostic, confirmed: Diagnostic, observed: Diagnostic) -> bool:
    """Whether CONFIRMED, by OBSERVED, speaks of the same value: of what a loop runs over, say, and a call in there."""
    if diagnostic.span is None or observed.span is None or confirmed.claim not in GENERALISATION:
        return False
    return _same(diagnostic, confirmed) and diagnostic.span.contains(observed.span)


def _extent(span: Span | None) -> tuple[int, int]:
    return (0, 0) if span is None else (span.end_line - span.line, (span.end_column or 0) - (span.column or 0))


def _same(predicted: Diagnostic, observed: Diagnostic) -> bool:
    if predicted.path != observed.path or not _same_claim(predicted.claim, observed.claim):
        return False
    if predicted.claim == Claim.CONVERT_DIFFERS:
        op = _blamed(observed)
        known = any(advisory.what in predicted.message for advisory in of_op(op))
        if known and predicted.span and observed.span and predicted.symbol == observed.symbol:
            return _overlap(predicted.span, observed.span)  # another use in the same function is another problem
        if not op or known:  # the model as a whole is wrong; or a layer, which may be made in another function
            return _class_of(predicted) == _class_of(observed)
        if predicted.rule == "known-miscompilation":
            return False
    if predicted.span is None or observed.span is None:
        return predicted.rule == observed.rule
    return _overlap(predicted.span, observed.span) and _same_op(predicted, observed)


def _also_there(predicted: Diagnostic, observed: Diagnostic) -> bool:
    """Whether an op that the run reports at its first place is used at the predicted one too, which a label says."""
    if (
        predicted.claim is not Claim.CONVERT_FAILS
        or predicted.rule != observed.rule
        or not _same_op(predicted, observed)
    ):
        return False
    span = predicted.span
    return span is not None and any(
        label.path == predicted.path and _overlap(span, label.span) for label in observed.labels
    )


def _same_op(predicted: Diagnostic, observed: Diagnostic) -> bool:
    """Several ops that do not convert can stand on one line: where both messages name one, it is what they are about."""
    if predicted.claim is not Claim.CONVERT_FAILS or predicted.rule != observed.rule:
        return True
    ops = OP.findall(predicted.message)[:1], OP.findall(observed.message)[:1]
    return ops[0] == ops[1] or [] in ops


def _same_claim(one: Claim, other: Claim) -> bool:
    return one == other or {one, other} <= GENERALISATION


def _class_of(diagnostic: Diagnostic) -> str:
    return (diagnostic.symbol or "").split(".")[0]


def _overlap(one: Span, other: Span) -> bool:
    return one.contains(other) or other.contains(one)


def _confirmed(predicted: Diagnostic, confirming: Sequence[Diagnostic]) -> Diagnostic:
    """The prediction with the evidence of the run; its rule, message and fix stay, the observed claim wins."""
    first = max(confirming, key=lambda other: (other.claim == Claim.TRACE_DIFFERS, other.rule == predicted.rule))
    labels = list(predicted.labels)
    for other in confirming:
        labels += [
            label
            for label in other.labels
            if (label.path, label.span.line) not in {(n.path, n.span.line) for n in labels}
        ]
    return dataclasses.replace(
        predicted,
        basis=Basis.OBSERVED,
        claim=first.claim,
        severity=_severity(predicted, first),
        caption=first.caption or predicted.caption,
        help=_help(predicted.help, first.help),
        labels=tuple(labels),
        fix=predicted.fix or first.fix,
        notes=predicted.notes + tuple(note for other in confirming for note in other.notes),
        evidence=tuple(proof for other in confirming for proof in other.evidence),
    )


def _help(predicted: str | None, observed: str | None) -> str | None:
    """The observed help, which knows more; where it is a composite to paste, a change of the source, smaller, comes first."""
    if predicted and observed and "register_torch_op" in observed:
        return f"{predicted}; or {observed}"
    if predicted and observed and observed.startswith(NOTHING):
        return f"{predicted}; {observed}"
    return observed or predicted


def _severity(predicted: Diagnostic, observed: Diagnostic) -> Severity:
    if predicted.severity == Severity.INFO and observed.severity == Severity.INFO:
        return Severity.INFO
    return OBSERVED_SEVERITY.get(observed.claim, observed.severity)


def _joined(observed: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Observed diagnostics of one rule, message, claim and place as one, with the evidence of all.

    The same problem may be seen on several routes, and not every route knows columns.
    """
    found: list[Diagnostic] = []
    for diagnostic in observed:
        index = next((i for i, known in enumerate(found) if _twins(known, diagnostic)), None)
        if index is None:
            found.append(diagnostic)
            continue
        known = found[index]
        worse = diagnostic if diagnostic.claim == Claim.TRACE_DIFFERS != known.claim else known
        found[index] = dataclasses.replace(worse, evidence=known.evidence + diagnostic.evidence)
    return found


def _twins(one: Diagnostic, other: Diagnostic) -> bool:
    if (one.rule, one.path, one.message) != (other.rule, other.path, other.message):
        return False
    if not _same_claim(one.claim, other.claim):
        return False
    if one.span is None or other.span is None:
        return one.span is other.span
    return _overlap(one.span, other.span)


class _Run:
    """What the evidence of a run says about predictions that it did not confirm."""

    def __init__(self, evidence: Iterable[Evidence]) -> None:
        self.escapes: list[Escape] = []
        self.ran: dict[str, dict[str, set[str]]] = {}
        self.entries: list[EntryChosen] = []
        self.wrong_modes: set[int] = set()
        self.steps: dict[tuple[int, str], str] = {}
        self.converted: set[int] = set()
        for item in evidence:
            if isinstance(item, Escape):
                self.escapes.append(item)
            elif isinstance(item, CodeRan):
                for path, symbols in item.functions.items():
                    self.ran.setdefault(item.route, {}).setdefault(path, set()).update(symbols)
            elif isinstance(item, EntryChosen):
                self.entries.append(item)
            elif isinstance(item, ModeWrong):
                self.wrong_modes.add(item.entry)
            elif isinstance(item, StepEnded):
                self.steps[item.entry, item.step] = item.status
            elif isinstance(item, RouteEnded) and "works" in (
                item.attempt.converts,
                item.wrapped and item.wrapped.converts,
            ):
                self.converted.add(item.entry)

    def settle(self, diagnostic: Diagnostic) -> Diagnostic:
        """The prediction refuted, or with the note that says why it stays."""
        if not self.entries:
            return diagnostic
        if diagnostic.claim in GENERALISATION:
            return self._generalisation(diagnostic)
        if diagnostic.claim == Claim.WRONG_MODE:
            return self._mode(diagnostic)
        if diagnostic.claim in FAILURES:
            return self._failure(diagnostic)
        return diagnostic

    def _generalisation(self, diagnostic: Diagnostic) -> Diagnostic:
        here = [
            escape
            for escape in self.escapes
            if escape.place and diagnostic.span and escape.place.path == diagnostic.path
            if _overlap(diagnostic.span, escape.place.span)
        ]
        harmless = [escape for escape in here if escape.verdict == "harmless"]
        inputs = dict.fromkeys(name for escape in harmless for name in _changed(escape))
        if inputs and len(harmless) == len(here):
            return _refuted(diagnostic, inputs)
        if here:
            notes = dict.fromkeys(escape.note for escape in here if escape.note)
            return _noted(diagnostic, *(notes or {"no input tried changed the value": None}))
        return self._unreached(diagnostic)

    def _failure(self, diagnostic: Diagnostic) -> Diagnostic:
        route = "script" if diagnostic.claim in (Claim.SCRIPT_FAILS, Claim.SCRIPT_DIFFERS) else "eager"
        if not self._has_run(diagnostic, route):
            return diagnostic if route == "script" else self._unreached(diagnostic)
        done = {
            Claim.TRACE_FAILS: all(self.steps.get((entry.entry, "trace")) == "ok" for entry in self.entries),
            Claim.CONVERT_FAILS: self.converted >= {entry.entry for entry in self.entries},
            Claim.CONVERT_DIFFERS: all(self.steps.get((entry.entry, "verify")) == "ok" for entry in self.entries),
        }.get(diagnostic.claim, True)
        tried = [_shapes(entry.inputs) or "scripted without inputs" for entry in self.entries]
        return _refuted(diagnostic, tried) if done else diagnostic

    def _mode(self, diagnostic: Diagnostic) -> Diagnostic:
        for entry in self.entries:
            at = entry.place
            if not at or not diagnostic.span or at.path != diagnostic.path or not _overlap(diagnostic.span, at.span):
                continue
            if entry.entry not in self.wrong_modes and self.steps.get((entry.entry, "eager")) == "ok":
                return _refuted(diagnostic, ["the module arrived in eval mode"])
        return diagnostic

    def _unreached(self, diagnostic: Diagnostic) -> Diagnostic:
        """What did not come true, and was not seen to be wrong; silent where no model ran at all."""
        if "eager" not in self.ran:
            return diagnostic
        if self._has_run(diagnostic, "eager"):
            if diagnostic.rule in OUT_OF_REACH:
                return _noted(diagnostic, OUT_OF_REACH[diagnostic.rule])
            if diagnostic.claim not in GENERALISATION:
                return diagnostic
            compared = any(self.steps.get((entry.entry, "compare")) == "ok" for entry in self.entries)
            seen = (
                "no value left the graph here with the example inputs" if compared else "there was no trace to compare"
            )
            return _noted(diagnostic, seen)
        name = _class_of(diagnostic)
        return _noted(diagnostic, f"`{name}` {NOT_REACHED}") if name else diagnostic

    def _has_run(self, diagnostic: Diagnostic, route: str) -> bool:
        return diagnostic.symbol in self.ran.get(route, {}).get(diagnostic.path or "", set())


def _changed(escape: Escape) -> list[str]:
    values = list(escape.values.items())
    return [name for name, value in values[1:] if value != values[0][1]]


def _shapes(inputs: Sequence[InputSpec]) -> str:
    return ", ".join(f"{item.dtype}[{','.join(map(str, item.shape))}]" for item in inputs)


def _refuted(diagnostic: Diagnostic, inputs: Iterable[str]) -> Diagnostic:
    return dataclasses.replace(diagnostic, basis=Basis.REFUTED, refuted_by=tuple(inputs))


def _noted(diagnostic: Diagnostic, *notes: str) -> Diagnostic:
    return dataclasses.replace(diagnostic, notes=diagnostic.notes + notes)
