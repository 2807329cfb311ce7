"""The two demonstrations, end to end: each problem on its line, what tracing refuses, which way works."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from commandline import EXAMPLES, Outcome, check_json, counted, environment, line_of, tslint

pytestmark = [pytest.mark.torch, pytest.mark.coreml]

SEGMENTATION = EXAMPLES / "segmentation.py"
COMPLETION = EXAMPLES / "sentence_completion.py"


def python(script: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(script)]
    return subprocess.run(command, cwd=cwd, env=environment(), capture_output=True, encoding="utf-8", check=False)


def statuses(run: dict[str, Any]) -> dict[str, str]:
    return {step["name"]: step["status"] for step in run["steps"]}


# -- segmentation -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def segmentation(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Checked from its own folder, as the issue's users do."""
    return check_json("segmentation.py", cwd=EXAMPLES)


def test_python_stops_at_the_trace(tmp_path: Path) -> None:
    process = python(SEGMENTATION, tmp_path)
    assert process.returncode == 1
    assert "Encountering a dict at the output of the tracer" in process.stderr
    assert f"line {line_of(SEGMENTATION, 'traced = ')}, in <module>" in process.stderr
    assert list(tmp_path.iterdir()) == []


def test_segmentation_problems_stand_on_their_lines(segmentation: Outcome) -> None:
    assert segmentation.status == 1, segmentation
    report = segmentation.report
    assert report["errors"] == []
    assert [(d["rule"], d["severity"], d["basis"], d["line"]) for d in counted(report)] == [
        ("math-on-size", "error", "observed", line_of(SEGMENTATION, "math.sqrt(x.size(2))")),
        ("dict-output", "error", "observed", line_of(SEGMENTATION, "return {")),
        ("missing-eval", "error", "observed", line_of(SEGMENTATION, "traced = torch.jit.trace(")),
    ]
    assert {d["path"] for d in counted(report)} == {"segmentation.py"}
    assert report["summary"]["error"] == 3
    assert report["summary"]["warning"] == 0


def test_segmentation_shows_the_constant_and_what_it_should_have_been(segmentation: Outcome) -> None:
    (baked,) = [d for d in segmentation.report["diagnostics"] if d["rule"] == "math-on-size"]
    line = SEGMENTATION.read_text(encoding="utf-8").splitlines()[baked["line"] - 1]
    assert line[baked["column"] - 1 : baked["end_column"] - 1].startswith("math.sqrt")
    assert baked["symbol"] == "SegmentationNet.forward"
    assert baked["claim"] == "trace-differs"
    assert "128" in json.dumps(baked["evidence"])
    assert baked["fix"] is not None
    assert "x.size(2) ** 0.5" in json.dumps(baked["fix"])


def test_segmentation_refuses_the_dict_and_shows_the_wrapper_with_its_keys(segmentation: Outcome) -> None:
    (dictionary,) = [d for d in segmentation.report["diagnostics"] if d["rule"] == "dict-output"]
    assert dictionary["claim"] == "trace-fails"
    assert dictionary["symbol"] == "SegmentationNet.forward"
    (run,) = segmentation.report["runs"]
    trace = run["routes"]["trace"]
    assert (trace["status"], trace["converts"]) == ("refused", "untried")
    assert trace["wrapped"]["keys"] == ["out", "aux"]
    full = tslint("check", "segmentation.py", "--no-convert", cwd=EXAMPLES)
    assert full.status == 1
    assert '["out"]' in full.out
    assert '["aux"]' in full.out
    assert "wrapper" in full.out


def test_segmentation_converts_behind_the_wrapper_with_its_image_input(segmentation: Outcome) -> None:
    (run,) = segmentation.report["runs"]
    assert statuses(run) == {
        "entry": "ok",
        "eager": "ok",
        "trace": "failed",
        "compare": "ok",
        "script": "ok",
        "convert": "ok",
        "verify": "ok",
    }
    wrapped = run["routes"]["trace"]["wrapped"]
    # The constant of `math.sqrt` is wrong for another height; the image input has one size alone.
    assert (wrapped["status"], wrapped["converts"], wrapped["verified"]) == ("differs", "works", True)
    assert run["routes"]["trace"]["stopped_by"] == ["dict-output"]
    assert run["routes"]["script"]["status"] == "works"
    assert run["routes"]["mixed"]["status"] == "untried"
    assert run["routes"]["export"]["status"] == "untried"
    assert run["recommended"] == "trace"
    assert list(EXAMPLES.glob("*.mlpackage")) == []


def test_segmentation_generalises_over_its_batch_and_width_and_not_over_height(segmentation: Outcome) -> None:
    (run,) = segmentation.report["runs"]
    verdicts = {entry["dimension"]: entry["verdict"] for entry in run["generalises"]}
    assert verdicts == {0: True, 1: None, 2: False, 3: True}


def test_segmentation_static_alone_finds_the_same_lines() -> None:
    outcome = check_json("segmentation.py", "--static", cwd=EXAMPLES)
    assert outcome.status == 1, outcome
    assert [(d["rule"], d["basis"], d["line"]) for d in counted(outcome.report)] == [
        ("math-on-size", "predicted", line_of(SEGMENTATION, "math.sqrt(x.size(2))")),
        ("dict-output", "predicted", line_of(SEGMENTATION, "return {")),
        ("missing-eval", "predicted", line_of(SEGMENTATION, "traced = torch.jit.trace(")),
    ]


# -- sentence completion ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def completion() -> Outcome:
    return check_json("sentence_completion.py", cwd=EXAMPLES)


def predictor(report: dict[str, Any]) -> dict[str, Any]:
    """The run of what the file traces first."""
    return dict(report["runs"][0])


def completer(report: dict[str, Any]) -> dict[str, Any]:
    """The run of what the file scripts then."""
    return dict(report["runs"][1])


def test_python_converts_the_sentence_completer(tmp_path: Path) -> None:
    process = python(COMPLETION, tmp_path)
    assert process.returncode == 0, process.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["SentenceCompletion.mlpackage"]
    completed = json.loads(process.stdout.partition("completed: ")[2].splitlines()[0])
    assert len(completed) == 18, "nine tokens are given, nine more come"
    assert completed[-1] == 0, "the last one is the end token"


def test_completion_has_no_problem_on_the_way_its_author_takes(completion: Outcome) -> None:
    assert completion.status == 0, completion
    assert counted(completion.report) == []
    assert completion.report["errors"] == []
    assert len(completion.report["runs"]) == 2


def test_completion_settles_the_size_warnings_as_harmless(completion: Outcome) -> None:
    run = predictor(completion.report)
    assert run["routes"]["trace"]["status"] == "works"
    warned = {
        escape["line"]: (escape["settled"], set(escape["values"].values()))
        for escape in run["escapes"]
        if escape["warned"]
    }
    # The width of a head is pinned by the layer before it: no sentence changes it, and the trace serves them all.
    assert warned == {line_of(COMPLETION, "float(value.size(-1)) ** 0.5"): ("harmless", {16.0})}
    sliced = line_of(COMPLETION, "mask = self.bias[:, :, ns - nd : ns, :ns]")
    assert {escape["settled"] for escape in run["escapes"] if escape["line"] == sliced} == {"harmless"}
    verdicts = {entry["dimension"]: entry["verdict"] for entry in run["generalises"]}
    assert verdicts == {0: True}


def test_completion_traced_as_a_whole_records_one_path_only(completion: Outcome) -> None:
    run = completer(completion.report)
    trace = run["routes"]["trace"]
    assert trace["status"] == "differs"
    assert trace["stopped_by"] == ["data-dependent-branch"]
    (branch,) = [
        d for d in completion.report["diagnostics"] if d["rule"] == "data-dependent-branch" and d["basis"] == "observed"
    ]
    assert branch["line"] == line_of(COMPLETION, "while token != self.end_token")
    assert branch["symbol"] == "SentenceCompleter.forward"
    assert branch["severity"] == "info", "nobody traces it here"


def test_completion_converts_with_the_loop_scripted_and_the_predictor_traced(completion: Outcome) -> None:
    run = completer(completion.report)
    assert (run["routes"]["mixed"]["status"], run["routes"]["mixed"]["converts"]) == ("works", "works")
    assert run["recommended"] == "mixed"
    assert statuses(run)["convert"] == "ok"
    assert list(EXAMPLES.glob("*.mlpackage")) == []


def test_route_trace_counts_what_its_author_does_not_take() -> None:
    outcome = check_json("sentence_completion.py", "--route", "trace", "--no-convert", cwd=EXAMPLES)
    assert outcome.status == 1, outcome
    assert ("data-dependent-branch", line_of(COMPLETION, "while token != self.end_token")) in [
        (d["rule"], d["line"]) for d in counted(outcome.report)
    ]


# -- both, as notebooks -----------------------------------------------------------------------------------------------


def cell_of(name: str, text: str) -> tuple[int, int]:
    """The cell of a notebook, all of them counted, and the line in there of the only line that contains TEXT."""
    notebook = json.loads((EXAMPLES / name).read_text(encoding="utf-8"))
    lines = [(n, m, line) for n, cell in enumerate(notebook["cells"], 1) for m, line in enumerate(cell["source"], 1)]
    (found,) = [(number, line) for number, line, code in lines if text in code]
    return found


def code_of(name: str) -> str:
    """The Python in a notebook's cells, without magics."""
    notebook = json.loads((EXAMPLES / name).read_text(encoding="utf-8"))
    lines = [
        line for cell in notebook["cells"] if cell["cell_type"] == "code" for line in ["\n", *cell["source"], "\n"]
    ]
    return "".join(line for line in lines if line.strip()[:1] not in ("%", "!") and not line.strip().endswith("?"))


@pytest.mark.parametrize("script", [SEGMENTATION, COMPLETION])
def test_a_notebook_and_its_script_hold_the_same(script: Path) -> None:
    shown = {"example.shape", "versions"}
    cells = ast.parse(code_of(f"{script.stem}.ipynb").replace("versions = !pip freeze", "#")).body
    added = [statement for statement in cells if ast.unparse(statement) in shown]
    statements = ast.parse(script.read_text(encoding="utf-8")).body[1:]
    assert [ast.dump(each) for each in cells if each not in added] == [ast.dump(each) for each in statements]
    assert len(added) == 1


@pytest.fixture(scope="module")
def notebook() -> Outcome:
    return check_json("segmentation.ipynb", cwd=EXAMPLES)


def test_segmentation_problems_stand_in_their_cells(notebook: Outcome) -> None:
    assert notebook.status == 1, notebook
    name = "segmentation.ipynb"
    assert [(d["rule"], d["severity"], d["basis"], (d["cell"], d["line"])) for d in counted(notebook.report)] == [
        ("math-on-size", "error", "observed", cell_of(name, "math.sqrt(x.size(2))")),
        ("dict-output", "error", "observed", cell_of(name, "return {")),
        ("missing-eval", "error", "observed", cell_of(name, "traced = torch.jit.trace(")),
    ]
    assert {d["path"] for d in counted(notebook.report)} == {name}
    assert notebook.report["errors"] == []


def test_a_notebook_says_what_its_script_says(segmentation: Outcome, notebook: Outcome) -> None:
    one, other = segmentation.report, notebook.report
    for name in ("rule", "basis", "severity", "message", "symbol", "caption", "column"):
        assert [d[name] for d in one["diagnostics"]] == [d[name] for d in other["diagnostics"]], name
    for name in ("recommended", "generalises", "inputs"):
        assert one["runs"][0][name] == other["runs"][0][name], name


def test_completion_has_no_problem_as_a_notebook() -> None:
    outcome = check_json("sentence_completion.ipynb", cwd=EXAMPLES)
    assert outcome.status == 0, outcome
    assert counted(outcome.report) == []
    assert outcome.report["errors"] == []
    assert [run["recommended"] for run in outcome.report["runs"]] == ["trace", "mixed"]
    (warned,) = {(e["cell"], e["line"]) for e in outcome.report["runs"][0]["escapes"] if e["warned"]}
    assert warned == cell_of("sentence_completion.ipynb", "float(value.size(-1)) ** 0.5")
    assert list(EXAMPLES.glob("*.mlpackage")) == []


# -- both -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("example", [SEGMENTATION, COMPLETION])
def test_standard_output_holds_the_report_and_nothing_else(example: Path) -> None:
    outcome = tslint("check", example.name, "--route", "trace", "--no-verify", cwd=EXAMPLES)
    for noise in (
        "completed:",
        "TracerWarning",
        "Running MIL",
        "has not been tested with coremltools",
        "Failed to load",
    ):
        assert noise not in outcome.out
        assert noise not in outcome.err
    assert outcome.out.startswith(f"{example.name}  entry:")
