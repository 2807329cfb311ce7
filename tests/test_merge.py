"""One problem is one diagnostic: confirmed, refuted, or left with the reason why."""

from __future__ import annotations

import dataclasses

import pytest

from tslint.composites import NOTHING
from tslint.diagnostic import Basis, Claim, Diagnostic, Label, Place, Severity, Span
from tslint.evidence import CodeRan, EntryChosen, Escape, Evidence, InputSpec, ModeWrong, StepEnded
from tslint.merge import across, merge

PATH = "/m.py"
CALL = Span(7, 9, 7, 30)
ENTRY = EntryChosen(
    0, "test", "Net", (InputSpec("x", "float32", (1, 3)),), "tslint check m.py", Place(PATH, Span(40, 1, 40, 20))
)
RAN = CodeRan(0, "eager", {PATH: ("Net.forward",)})


def diagnostic(
    claim: Claim = Claim.TRACE_DIFFERS,
    span: Span | None = CALL,
    basis: Basis = Basis.PREDICTED,
    symbol: str = "Net.forward",
    rule: str = "math-on-size",
) -> Diagnostic:
    return Diagnostic(rule, "trace", claim, Severity.ERROR, basis, "message", PATH, span, symbol=symbol)


def escape(verdict: str, span: Span = CALL, note: str = "", **values: float) -> Escape:
    return Escape(0, Place(PATH, span), "__float__", "size", values, verdict, note=note)


def merged(predicted: Diagnostic, *evidence: Evidence) -> Diagnostic:
    [result] = merge([predicted], [], [ENTRY, *evidence])
    return result


@pytest.mark.parametrize("span", [CALL, Span(7, 14, 7, 20), Span(7, None, 7, None)])
def test_a_confirmed_prediction_is_listed_once_with_the_evidence(span: Span) -> None:
    seen = Diagnostic(
        "other-rule", "trace", Claim.TRACE_DIFFERS, Severity.ERROR, Basis.OBSERVED, "seen", PATH, span,
        caption="14.97 at 224; should be 13.86 at 192", evidence=({"kind": "ConstantBaked"},),
    )  # fmt: skip
    [result] = merge([diagnostic()], [seen], [ENTRY])
    assert (result.rule, result.basis, result.message) == ("math-on-size", Basis.OBSERVED, "message")
    assert result.caption == "14.97 at 224; should be 13.86 at 192"
    assert result.evidence == ({"kind": "ConstantBaked"},)


@pytest.mark.parametrize(
    ("predicted", "observed", "answer"),
    [
        ("change it", None, "change it"),
        (None, "do that", "do that"),
        ("change it", "do that", "do that"),
        ("change it", "do that:\n\ncode", "do that:\n\ncode"),
        ("change it", "paste:\n\n@register_torch_op", "change it; or paste:\n\n@register_torch_op"),
        ("change it", f"{NOTHING}; see that", f"change it; {NOTHING}; see that"),
    ],
)
def test_a_change_of_the_source_stands_before_code_to_paste(
    predicted: str | None, observed: str | None, answer: str
) -> None:
    seen = dataclasses.replace(diagnostic(basis=Basis.OBSERVED), help=observed)
    [result] = merge([dataclasses.replace(diagnostic(), help=predicted)], [seen], [ENTRY])
    assert result.help == answer


def test_the_words_are_those_of_the_same_rule() -> None:
    """A condition with two operands, one on values and one on a size, is two rules' evidence for one prediction."""
    other = dataclasses.replace(diagnostic(basis=Basis.OBSERVED, rule="shape-dependent-branch"), caption="9 rounds")
    same = dataclasses.replace(diagnostic(basis=Basis.OBSERVED), caption="8 rounds", help="do this")
    for seen in ([other, same], [same, other]):
        [result] = merge([diagnostic()], seen, [ENTRY])
        assert (result.caption, result.help) == ("8 rounds", "do this")


def test_the_run_decides_between_differing_and_specialising() -> None:
    [result] = merge([diagnostic()], [diagnostic(Claim.TRACE_SPECIALISES, basis=Basis.OBSERVED)], [ENTRY])
    assert (result.claim, result.severity) == (Claim.TRACE_SPECIALISES, Severity.WARNING)


@pytest.mark.parametrize(
    "other",
    [
        diagnostic(span=Span(8, 1, 8, 3), basis=Basis.OBSERVED),
        diagnostic(span=Span(7, 31, 7, 34), basis=Basis.OBSERVED),
        diagnostic(Claim.TRACE_FAILS, basis=Basis.OBSERVED),
    ],
)
def test_another_place_or_claim_is_another_problem(other: Diagnostic) -> None:
    assert len(merge([diagnostic()], [other], [ENTRY])) == 2


def test_a_changed_value_that_harmed_nothing_refutes() -> None:
    result = merged(diagnostic(), RAN, escape("harmless", **{"example": 4, "dimension 2 = 8": 8, "values": 4}))
    assert (result.basis, result.refuted_by) == (Basis.REFUTED, ("dimension 2 = 8",))


def test_a_value_that_nothing_changed_refutes_nothing() -> None:
    result = merged(
        diagnostic(), RAN, escape("not exercised", note="dimension 2 of `x` could not be varied: eager refuses 9")
    )
    assert (result.basis, result.notes) == (
        Basis.PREDICTED,
        ("dimension 2 of `x` could not be varied: eager refuses 9",),
    )


def test_a_value_that_is_the_same_on_every_size_refutes_nothing() -> None:
    note = "it stays the same on every size that the eager model accepts"
    result = merged(diagnostic(), RAN, escape("harmless", note=note, **{"example": 4, "dimension 2 = 8": 4}))
    assert (result.basis, result.notes) == (Basis.PREDICTED, (note,))


def test_one_harmless_escape_beside_an_unexercised_one_refutes_nothing() -> None:
    both = [escape("harmless", **{"example": 4, "b": 5}), escape("not exercised")]
    assert merged(diagnostic(), RAN, *both).basis == Basis.PREDICTED


def test_code_that_was_not_reached_says_so() -> None:
    assert merged(diagnostic(symbol="Head.forward"), RAN).notes == ("`Head` was not reached from this entry",)
    assert merged(diagnostic(), RAN).notes == ("there was no trace to compare",)


def test_without_a_run_nothing_changes() -> None:
    assert merge([diagnostic()], [], []) == [diagnostic()]


def test_code_that_was_traced_refutes_that_tracing_fails() -> None:
    result = merged(diagnostic(Claim.TRACE_FAILS), RAN, StepEnded(0, "trace", "ok", 0.1))
    assert (result.basis, result.refuted_by) == (Basis.REFUTED, ("float32[1,3]",))
    assert merged(diagnostic(Claim.TRACE_FAILS), RAN, StepEnded(0, "trace", "died", 0.1)).basis == Basis.PREDICTED


def test_only_code_that_was_scripted_refutes_that_scripting_fails() -> None:
    assert merged(diagnostic(Claim.SCRIPT_FAILS), RAN).basis == Basis.PREDICTED
    scripted = CodeRan(0, "script", {PATH: ("Net.forward",)})
    assert merged(diagnostic(Claim.SCRIPT_FAILS), RAN, scripted).basis == Basis.REFUTED


def test_a_module_that_arrived_in_eval_mode_refutes_a_missing_eval() -> None:
    at_call = diagnostic(Claim.WRONG_MODE, Span(40, 5, 40, 18))
    assert merged(at_call, StepEnded(0, "eager", "ok", 0.1)).basis == Basis.REFUTED
    wrong = ModeWrong(0, "training", ("",), None)
    assert merged(at_call, StepEnded(0, "eager", "ok", 0.1), wrong).basis == Basis.PREDICTED


def seen(message: str, span: Span | None) -> Diagnostic:
    return Diagnostic(
        "unsupported-op", "coreml", Claim.CONVERT_FAILS, Severity.ERROR, Basis.OBSERVED, message, PATH, span,
        evidence=({"kind": "OpUnsupported"},),
    )  # fmt: skip


def test_one_op_seen_on_two_routes_is_listed_once_with_the_evidence_of_both() -> None:
    [result] = merge([], [seen("`aten::diff`", Span(7, None, 7, None)), seen("`aten::diff`", CALL)], [ENTRY])
    assert len(result.evidence) == 2


def test_two_ops_on_one_line_are_both_listed() -> None:
    line = Span(7, None, 7, None)
    found = merge([], [seen("`aten::diff`", line), seen("`aten::diag`", line)], [ENTRY])
    assert [diagnostic.message for diagnostic in found] == ["`aten::diff`", "`aten::diag`"]


def guessed(op: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "unsupported-op", "coreml", Claim.CONVERT_FAILS, Severity.WARNING, Basis.PREDICTED,
        f"`{op}` has no converter in coremltools 9.0", PATH, span, symbol="Net.forward",
    )  # fmt: skip


def test_of_two_ops_on_one_line_each_confirms_its_own_prediction() -> None:
    line = Span(7, None, 7, None)
    predicted = [guessed("aten::diag", CALL), guessed("aten::diff", Span(7, 33, 7, 40))]
    found = merge(predicted, [seen("`aten::diff`", line), seen("`aten::diag`", line)], [ENTRY])
    assert [(one.basis, one.severity, len(one.evidence)) for one in found] == [(Basis.OBSERVED, Severity.ERROR, 1)] * 2


def test_a_prediction_that_names_no_op_is_confirmed_by_the_op_of_its_rule() -> None:
    predicted = dataclasses.replace(guessed("x.view(2, 3)", CALL), message="`x.view(2, 3)` has rank 6")
    found = merge([predicted], [seen("`aten::view` has rank 6", Span(7, None, 7, None))], [ENTRY])
    assert [one.basis for one in found] == [Basis.OBSERVED]


def test_an_op_that_is_also_used_elsewhere_confirms_the_prediction_there() -> None:
    also = Label(PATH, Span(9, None, 9, None), "also here")
    first = dataclasses.replace(seen("`aten::diag`", CALL), labels=(also,))
    predicted = [
        guessed("aten::diag", CALL),
        guessed("aten::diag", Span(9, 9, 9, 20)),
        guessed("aten::diff", Span(9, 25, 9, 40)),
    ]
    found = merge(predicted, [first], [ENTRY])
    assert [one.basis for one in found] == [Basis.OBSERVED, Basis.OBSERVED, Basis.PREDICTED]


def test_of_two_predictions_around_one_value_the_narrower_one_of_its_rule_tells_it() -> None:
    outer, inner = diagnostic(span=Span(7, 1, 7, 40)), diagnostic(span=CALL)
    seen = diagnostic(span=Span(7, 12, 7, 20), basis=Basis.OBSERVED)
    [result] = merge([outer, inner], [seen], [ENTRY])
    assert (result.span, result.basis) == (CALL, Basis.OBSERVED)


def test_a_prediction_beside_the_confirmed_one_stays() -> None:
    beside = diagnostic(span=Span(7, 31, 7, 40))
    found = merge([beside, diagnostic()], [diagnostic(span=Span(7, None, 7, None), basis=Basis.OBSERVED)], [ENTRY])
    assert sorted(d.basis for d in found) == [Basis.OBSERVED, Basis.PREDICTED]


def test_a_file_whose_model_never_ran_gets_no_notes() -> None:
    assert merged(diagnostic()).notes == ()


@pytest.mark.parametrize(
    ("rule", "note"),
    [("python-state", "the run starts every call from the same state"), ("random-in-forward", "seeds every generator")],
)
def test_what_the_run_holds_still_is_said_to_have_run(rule: str, note: str) -> None:
    prediction = dataclasses.replace(diagnostic(), rule=rule)
    [said] = merged(prediction, RAN).notes
    assert note in said


def test_a_conversion_that_differs_confirms_what_is_predicted_of_the_class() -> None:
    written = dataclasses.replace(diagnostic(Claim.CONVERT_DIFFERS), rule="dropped-write")
    seen = dataclasses.replace(diagnostic(Claim.CONVERT_DIFFERS, Span(5, 1, 5, 11), Basis.OBSERVED, "Net"), caption="5")
    [result] = merge([written], [seen], [ENTRY, RAN])
    assert (result.rule, result.span, result.basis, result.caption) == ("dropped-write", CALL, Basis.OBSERVED, "5")
    elsewhere = dataclasses.replace(written, symbol="Other.forward")
    assert len(merge([elsewhere], [seen], [ENTRY, RAN])) == 2


def miscompiled(what: str, line: int) -> Diagnostic:
    return dataclasses.replace(
        diagnostic(Claim.CONVERT_DIFFERS, Span(line, 9, line, 30)),
        rule="known-miscompilation",
        message=f"`x.{what}()` is computed without Bessel's correction where no dimension is named (coremltools 9.0)",
    )


def blamed(op: str, line: int) -> Diagnostic:
    return dataclasses.replace(
        diagnostic(Claim.CONVERT_DIFFERS, Span(line, 9, line, 30), Basis.OBSERVED),
        rule="lowering-differs",
        message=f"the Core ML program disagrees with eager from `{op}` on",
        evidence=({"kind": "ConversionDiffered", "op": op, "line": line},),
    )


def test_each_op_that_the_run_blames_confirms_what_is_predicted_of_its_own_line() -> None:
    predicted = [miscompiled("std", 7), miscompiled("var", 9)]
    found = merge(predicted, [blamed("aten::var", 9), blamed("aten::std", 7)], [ENTRY, RAN])
    assert [(d.rule, d.basis, d.evidence[0]["line"]) for d in found] == [
        ("known-miscompilation", Basis.OBSERVED, 7),
        ("known-miscompilation", Basis.OBSERVED, 9),
    ]


def test_another_op_on_the_line_is_another_problem() -> None:
    verified = StepEnded(0, "verify", "ok", 1.0)
    found = merge([miscompiled("std", 7)], [blamed("aten::atan2", 7)], [ENTRY, RAN, verified])
    assert [(d.rule, d.basis) for d in found] == [
        ("known-miscompilation", Basis.REFUTED),
        ("lowering-differs", Basis.OBSERVED),
    ]


def test_a_layer_that_is_made_elsewhere_is_confirmed_by_its_call() -> None:
    made = dataclasses.replace(miscompiled("std", 3), symbol="Net.__init__")
    [result] = merge([made], [blamed("aten::std", 7)], [ENTRY, RAN])
    assert (result.rule, result.basis) == ("known-miscompilation", Basis.OBSERVED)


def test_another_use_of_the_op_in_the_same_function_is_another_problem() -> None:
    found = merge([miscompiled("std", 3)], [blamed("aten::std", 7)], [ENTRY, RAN])
    assert [(d.rule, d.span and d.span.line) for d in found] == [("known-miscompilation", 3), ("lowering-differs", 7)]


@pytest.mark.parametrize(("status", "basis"), [("ok", Basis.REFUTED), ("failed", Basis.PREDICTED)])
def test_a_verified_conversion_refutes_that_it_differs(status: str, basis: Basis) -> None:
    written = diagnostic(Claim.CONVERT_DIFFERS)
    assert merged(written, RAN, StepEnded(0, "verify", status, 1.0)).basis is basis
    assert merged(written, StepEnded(0, "verify", status, 1.0)).basis is Basis.PREDICTED


def test_what_several_runs_say_of_one_place_is_one_problem() -> None:
    predicted = diagnostic(rule="math-on-size", basis=Basis.PREDICTED)
    refuted = dataclasses.replace(predicted, basis=Basis.REFUTED, refuted_by=("batch",))
    seen = dataclasses.replace(predicted, basis=Basis.OBSERVED, evidence=({"entry": 0, "kind": "A"},))
    again = dataclasses.replace(seen, severity=Severity.WARNING, evidence=({"entry": 0, "kind": "B"},))
    elsewhere = dataclasses.replace(predicted, span=Span(90, 1, 90, 5))
    assert across([[predicted], [refuted]]) == [refuted]
    assert across([[refuted, elsewhere], [seen]]) == [seen, elsewhere]
    assert across([[again], [seen], [predicted]]) == [
        dataclasses.replace(seen, evidence=again.evidence + seen.evidence)
    ]
    assert across([[seen, again]]) == [seen, again]  # what one run keeps apart stays apart
    assert across([[seen], [dataclasses.replace(seen, path="/other.py")]])[1].path == "/other.py"


def test_problems_without_a_place_are_one_where_their_words_are() -> None:
    nowhere = dataclasses.replace(diagnostic(rule="environment", basis=Basis.OBSERVED, span=None), path=None)
    other = dataclasses.replace(nowhere, message="torch 3")
    assert across([[nowhere], [nowhere, other]]) == [nowhere, other]


def test_a_program_that_differs_from_a_live_dropout_on_is_told_once() -> None:
    live = diagnostic(rule="training-mode", basis=Basis.OBSERVED, claim=Claim.WRONG_MODE)
    differs = diagnostic(rule="lowering-differs", basis=Basis.OBSERVED, claim=Claim.CONVERT_DIFFERS)
    blamed = dataclasses.replace(differs, evidence=({"op": "aten::dropout"},))
    assert merge([], [live, blamed], []) == [live]
    other = dataclasses.replace(differs, evidence=({"op": "aten::var"},))
    assert merge([], [live, other], []) == [live, other]
    assert merge([], [blamed], []) == [blamed]
