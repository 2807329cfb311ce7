"""What a plan makes of what its runs report: which script is taken, what is said, the exit status. The runs are stand-ins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tslint import planning, runs
from tslint.evidence import Evidence, ModelFailed, Note, PlanMade, ProbeDied, ScriptRan, Versions
from tslint.planning import Planned
from tslint.request import Written
from tslint.settings import Settings

TARGET = "nets.net:Net"

MADE = PlanMade(
    0, "trace", "Net", build="Net()", source="nets.net", example="torch.randn(1, 4)",
    types=("ct.TensorType(shape=(ct.RangeDim(1, 3, default=1), 4))",), fixed=("ct.TensorType(shape=(1, 4))",),
)  # fmt: skip
GOOD = ScriptRan("convert.py", "", None, ("example", "other values"), 4e-4)


class Runs:
    """The evidence of the model's run, then that of each script's."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.evidence: Sequence[Evidence] = (MADE,)
        self.scripts: Iterator[Sequence[Evidence]] = iter([(GOOD,)])
        self.written: list[Written] = []
        monkeypatch.setattr(runs, "run", self.run)
        monkeypatch.setattr(runs, "run_written", self.run_written)

    def run(self, target: str, *_: object, **__: object) -> runs.Ran:
        return runs.Ran(
            target, evidence=list(self.evidence), notes=[e.text for e in self.evidence if isinstance(e, Note)]
        )

    def run_written(self, written: Written, *_: object) -> runs.Ran:
        self.written.append(written)
        return runs.Ran(written.path, evidence=list(next(self.scripts)))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Runs:
    monkeypatch.chdir(tmp_path)
    return Runs(monkeypatch)


def plan(output: str | None = None) -> Planned:
    return planning.plan(TARGET, Path(output) if output else None, Settings())


def failed(status: int) -> str:
    found = plan()
    assert (found.script, found.exit_status) == (None, status)
    (sentence,) = found.problems if status == 1 else found.errors
    return sentence


def test_a_script_that_is_good(run: Runs, tmp_path: Path) -> None:
    found = plan()
    assert found.exit_status == 0
    assert found.said == (
        "the script was run: its Core ML program agrees with the model on 2 inputs (max difference 4e-4)"
    )
    (written,) = run.written
    assert found.script == written.text
    assert (written.path, written.model, written.example) == (str(tmp_path / "convert.py"), "model", "example")
    assert "RangeDim" in written.text


def test_a_program_that_cannot_be_evaluated_is_said_to_be_so(run: Runs) -> None:
    run.scripts = iter([(ScriptRan("convert.py"),)])
    assert "could not be evaluated here" in plan().said


def test_the_examples_sizes_are_tried_where_others_are_not_good(run: Runs) -> None:
    run.scripts = iter([(ScriptRan("convert.py", "line 12: ValueError: no", 12),), (GOOD,)])
    found = plan()
    assert found.exit_status == 0
    assert found.script == run.written[1].text
    assert "RangeDim" not in found.script
    assert found.notes == ("it takes the example's sizes alone, since with others line 12: ValueError: no",)


def test_a_model_is_called_first_where_a_second_trace_is_another(run: Runs) -> None:
    run.scripts = iter(
        [(ScriptRan("convert.py", "line 14: TracingCheckError: Tracing failed sanity checks!", 14),), (GOOD,)]
    )
    found = plan()
    assert (found.exit_status, found.notes) == (0, ())
    first, second = (written.text for written in run.written)
    assert "model(example)\n\ntraced = " in second and "model(example)\n" not in first
    assert "RangeDim" in second and found.script == second


def test_a_script_that_is_not_good_is_not_given_out(run: Runs) -> None:
    run.scripts = iter([(ScriptRan("convert.py", "one"),), (ProbeDied(0, "script", "signal", "SIGSEGV"),)])
    assert failed(1) == ("the script that was written for `Net` is not good: it ended its process: signal SIGSEGV")


def test_a_run_without_an_end_is_no_good_script(run: Runs) -> None:
    run.scripts = iter([(), ()])
    assert failed(1).endswith("it came to no end")


def test_no_way(run: Runs) -> None:
    run.evidence = (PlanMade(0, "", "Net", blocked="trace: conversion is refused\n(unsupported: aten::x)"),)
    assert failed(1) == "no way to Core ML was found for `Net`: trace: conversion is refused (unsupported: aten::x)"
    assert run.written == []


def test_without_coremltools_nothing_can_be_run(run: Runs) -> None:
    run.evidence = (Versions("3.11", "linux", {"coremltools": None}), PlanMade(0, "", "Net"))
    assert failed(2) == 'coremltools is not installed: `pip install "tslint[coreml]"` adds it'


@pytest.mark.parametrize(
    "evidence, said",
    [
        (
            (ModelFailed(0, "eager", "ValueError", "bad\nvalue", None),),
            "the model's own code failed: ValueError: bad value",
        ),
        ((ProbeDied(0, "eager", "timeout", "600 s"),), "the run ended in the step eager: timeout 600 s"),
        ((Note(0, "no inputs are known"),), "no inputs are known"),
        ((), f"{TARGET} came to no model with inputs: name both with `--model` and `--input`"),
    ],
)
def test_what_came_to_no_plan(evidence: Sequence[Evidence], said: str, run: Runs) -> None:
    run.evidence = evidence
    assert failed(1) == said


def test_what_cannot_be_built_by_code(run: Runs) -> None:
    run.evidence = (PlanMade(0, "trace", "Net"),)
    assert failed(1) == "no script can be written for `Net`: how it is built is not known: name it with `--model`"


def test_a_script_is_not_written_over_what_it_imports(run: Runs, tmp_path: Path) -> None:
    found = plan(str(tmp_path / "out.py"))
    assert found.exit_status == 0
    assert run.written[0].path == str(tmp_path / "out.py")
    (tmp_path / "out.py").write_text("mine = 1\n", encoding="utf-8")
    (sentence,) = plan(str(tmp_path / "out.py")).errors
    assert "was not written by `tslint plan`" in sentence
    assert len(run.written) == 1
