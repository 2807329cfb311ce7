"""What a report says, apart from its looks: exit status, counts, what stops a route."""

from __future__ import annotations

import dataclasses

import pytest
from cases import DICT, INFO, MATH, REFUTED, RUN, transcript

from tslint.diagnostic import Basis, Claim, Diagnostic, Severity
from tslint.evidence import Attempt, EntryChosen, Evidence, Generalises, InputSpec, RouteEnded, StepEnded
from tslint.report.assemble import assemble_runs
from tslint.report.content import CheckFailed, Report, Summary, exit_status, summarise, visible
from tslint.report.routes import generalisation

WARNING = dataclasses.replace(MATH, severity=Severity.WARNING)
UNPARSED = dataclasses.replace(DICT, rule="syntax-error", group="tslint", claim=Claim.UNCHECKABLE)
FAILED = dataclasses.replace(DICT, rule="model-failed", group="tslint", claim=Claim.UNCHECKABLE)


@pytest.mark.parametrize(
    ("diagnostics", "errors", "fail_on", "exit_zero", "status"),
    [
        ((), (), "warning", False, 0),
        ((DICT,), (), "warning", False, 1),
        ((WARNING,), (), "warning", False, 1),
        ((WARNING,), (), "error", False, 0),
        ((INFO,), (), "warning", False, 0),
        ((INFO,), (), "info", False, 1),
        ((REFUTED,), (), "info", False, 0),
        ((FAILED,), (), "warning", False, 1),
        ((DICT,), (), "warning", True, 0),
        ((UNPARSED,), (), "warning", False, 2),
        ((UNPARSED, DICT), (), "error", True, 2),
        ((), ("PyTorch is not installed",), "warning", False, 2),
        ((DICT,), ("PyTorch is not installed",), "warning", True, 2),
    ],
)
def test_exit_status(
    diagnostics: tuple[Diagnostic, ...], errors: tuple[str, ...], fail_on: str, exit_zero: bool, status: int
) -> None:
    assert exit_status(diagnostics, errors, fail_on, exit_zero) == status
    assert Report(diagnostics, errors=errors).exit_status(fail_on, exit_zero) == status


def test_with_a_diff_what_would_change_counts() -> None:
    assert exit_status([DICT], diff="") == 0
    assert exit_status([], diff="--- a\n+++ b\n") == 1
    assert exit_status([UNPARSED], diff="") == 2


def test_counts() -> None:
    assert summarise([DICT, MATH, WARNING, INFO, REFUTED], files=3, suppressed=2) == Summary(3, 2, 1, 1, 1, 2, 2)
    known = dataclasses.replace(MATH, severity=Severity.INFO)
    assert [summarise([known], files=1, info=info).fixable for info in (False, True)] == [0, 1]
    assert summarise([dataclasses.replace(MATH, basis=Basis.REFUTED)], files=1) == Summary(files=1, refuted=1)


def test_what_is_shown() -> None:
    assert visible([DICT, INFO, REFUTED], info=False, refuted=False) == [DICT]
    assert visible([DICT, INFO, REFUTED], info=True, refuted=False) == [DICT, INFO]
    assert visible([DICT, INFO, REFUTED], info=False, refuted=True) == [DICT, REFUTED]
    assert visible([dataclasses.replace(INFO, basis=Basis.REFUTED)], info=True, refuted=False) == []


def test_raise_if_failed() -> None:
    Report((INFO, REFUTED)).raise_if_failed()
    with pytest.raises(CheckFailed) as error:
        transcript().raise_if_failed()
    assert str(error.value).splitlines() == [
        "segmentation.py:8:16: error[dict-output] `forward` returns a dict, which torch.jit.trace refuses",
        "segmentation.py:3:17: error[math-on-size] `math.sqrt` of a size is recorded as a constant",
    ]


CHOSEN = EntryChosen(0, "a test", "Net", (), "")


def observed(claim: Claim, route: str | None = None, entry: int = 0, basis: Basis = Basis.OBSERVED) -> Diagnostic:
    proof: dict[str, object] = {"entry": entry} | ({"route": route} if route else {})
    return dataclasses.replace(
        DICT, rule=f"{claim.value}-{route or 'any'}-{entry}", claim=claim, evidence=(proof,), basis=basis
    )


def test_what_stops_a_route() -> None:
    diagnostics = [
        observed(Claim.TRACE_FAILS),
        observed(Claim.TRACE_DIFFERS),
        observed(Claim.TRACE_DIFFERS, entry=1),
        observed(Claim.SCRIPT_FAILS),
        observed(Claim.SCRIPT_FAILS, basis=Basis.PREDICTED),
        observed(Claim.CONVERT_FAILS, "trace"),
        observed(Claim.CONVERT_FAILS, "mixed"),
        observed(Claim.CONVERT_DIFFERS),
    ]
    wrapped = Attempt("differs", "refused")
    evidence = [
        CHOSEN,
        RouteEnded(0, "trace", Attempt("refused"), wrapped),
        RouteEnded(0, "mixed", Attempt("works", "refused")),
    ]
    (run,) = assemble_runs("net.py", evidence, diagnostics)
    trace, script, mixed, export = run.routes
    assert trace.stopped_by == ("trace-fails-any-0",)
    assert trace.wrapped is not None
    assert trace.wrapped.stopped_by == ("trace-differs-any-0", "convert-fails-trace-0", "convert-differs-any-0")
    assert mixed.stopped_by == ("convert-fails-mixed-0", "convert-differs-any-0")
    assert (script.status, export.status, script.stopped_by) == ("untried", "untried", ())


def test_a_step_that_a_second_child_repeated() -> None:
    evidence: list[Evidence] = [
        CHOSEN,
        StepEnded(0, "trace", "ok", 1.0),
        StepEnded(0, "script", "died", 2.0),
        StepEnded(0, "script", "ok", 3.0),
        StepEnded(0, "trace", "died", 4.0),
    ]
    (run,) = assemble_runs("net.py", evidence)
    assert [(step.name, step.status) for step in run.steps] == [("trace", "died"), ("script", "died")]


@pytest.mark.parametrize(
    ("trace", "compare", "status", "message"),
    [
        (StepEnded(0, "trace", "ok", 1.0), StepEnded(0, "compare", "ok", 1.0), "works", ""),
        (StepEnded(0, "trace", "ok", 1.0), StepEnded(0, "compare", "ok", 1.0, "it differs"), "differs", "it differs"),
        (StepEnded(0, "trace", "failed", 1.0, "no dict"), StepEnded(0, "compare", "ok", 1.0), "refused", "no dict"),
        (StepEnded(0, "trace", "ok", 1.0), StepEnded(0, "compare", "skipped", 1.0), "untried", "the run ended early"),
    ],
)  # fmt: skip
def test_what_was_found_of_the_trace_outlives_a_run_that_ended_after_it(
    trace: StepEnded, compare: StepEnded, status: str, message: str
) -> None:
    (run,) = assemble_runs("net.py", [CHOSEN, trace, compare, StepEnded(0, "script", "timeout", 9.0, "the time limit")])
    assert [(route.name, route.status, route.message) for route in run.routes[:2]] == [
        ("trace", status, message),
        ("script", "died", "the time limit"),
    ]


def test_which_runs_there_are() -> None:
    assert assemble_runs("net.py", []) == ()
    assert assemble_runs("net.py", [StepEnded(0, "entry", "ok", 0.1)]) == ()
    (run,) = assemble_runs("net.py", [StepEnded(0, "entry", "died", 0.1)])
    assert (run.target, run.how, [step.status for step in run.steps]) == ("net.py", "", ["died"])
    (run,) = assemble_runs("net.py", RUN, [MATH])
    assert run.versions == {
        "python": "3.11.7",
        "platform": "Linux",
        "torch": "2.13.0",
        "coremltools": "9.0",
        "numpy": None,
    }
    assert [(item.dimension, item.verdict, item.stopped_by) for item in run.generalises] == [
        (0, True, ()),
        (1, None, ()),
        (2, False, ("math-on-size",)),
        (3, False, ("math-on-size",)),
    ]


def test_dimensions_that_change_together_are_named_so() -> None:
    both = (("x", 0), ("y", 0))
    chosen = EntryChosen(0, "", "Net", (InputSpec("x", "float32", (2, 3)), InputSpec("y", "float32", (2, 5))), "")
    found = [
        Generalises(0, "x", 0, None, (), both),
        Generalises(0, "x", 1, True),
        Generalises(0, "y", 0, None, (), both),
    ]
    (run,) = assemble_runs("net.py", [chosen, *found])
    assert generalisation(run, 120) == [
        "generalises over dimension 1 of `x`, over batch of `x` and batch of `y` together"
    ]
