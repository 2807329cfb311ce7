"""The benchmark's own parts; nothing is timed here."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tslint.settings import OPTIONS, key_of

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("whole_process", ROOT / "benchmarks" / "whole_process.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def measured(benchmark: ModuleType) -> list:
    """The rows of two comparisons with costs that are made up."""
    cost = benchmark.Cost
    run = {
        benchmark.BARE_SCRIPT: [cost(10.0, 10.0), cost(20.0, 20.0), cost(10.0, 12.0)],
        benchmark.TRACE: [cost(12.0, 15.0), cost(24.0, 30.0), cost(20.0, 18.0)],
        benchmark.DEFAULT: [cost(15.0, 20.0), cost(30.0, 40.0), cost(20.0, 24.0)],
    }
    read = {benchmark.LIBCST: [cost(0.2, 0.1)], benchmark.STATIC + benchmark.OF_LONG: [cost(0.5, 0.2)]}
    size = 2**20
    return [
        benchmark.rows(run, {name: size * number for name, number in zip(run, (700, 1400, 2100), strict=True)}),
        benchmark.rows(read, dict.fromkeys(read, 20 * size)),
    ]


def test_figures_are_medians_and_ratios_those_of_runs_that_followed_one_another(measured) -> None:
    bare, trace, default = measured[0]
    assert (bare.wall, bare.cpu, bare.ratios) == (10.0, 12.0, {})
    assert (trace.wall, trace.cpu, trace.ratios) == (20.0, 18.0, {"wall": 1.2, "cpu": 1.5, "peak": 2.0})
    assert default.ratios == {"wall": 1.5, "cpu": 2.0, "peak": 3.0}


def test_the_table(benchmark: ModuleType, measured) -> None:
    assert benchmark.table(measured) == (
        "| | wall clock | CPU time | peak memory |\n"
        "|---|---|---|---|\n"
        "| a bare script | 10.00 s | 12.00 s | 700 MiB |\n"
        "| `tslint check --route trace --no-verify` | 20.00 s, 1.20x (target 1.25x) | 18.00 s, 1.50x (target 1.8x) |"
        " 1400 MiB, 2.00x (target 2.5x) |\n"
        "| `tslint check` | 20.00 s, 1.50x | 24.00 s, 2.00x | 2100 MiB, 3.00x |\n"
        '| `python -c "import libcst"` | 0.20 s | 0.10 s | 20 MiB |\n'
        "| `tslint check --static`, 300 lines | 0.50 s, 2.50x (target 2x) | 0.20 s, 2.00x | 20 MiB, 1.00x |\n"
    )


def test_a_missed_target_is_said(benchmark: ModuleType, measured) -> None:
    assert benchmark.missed(measured) == ["`tslint check --static`, 300 lines: wall 2.50x, target at most 2x"]
    assert benchmark.missed(measured[:1]) == []


def test_the_circumstances_name_date_load_and_versions(benchmark: ModuleType) -> None:
    text = benchmark.circumstances(benchmark.parsed(["--repeat", "3", "--size", "64"]), 1.25)
    assert text.startswith("20") and "load average 1.2 before" in text and "1x3x64x64" in text
    assert "rounds: 3;" in text and "rounds: 12." in text and "torch " in text


def test_the_block_in_readme_is_replaced_and_nothing_else(benchmark: ModuleType) -> None:
    text = "before\n<!-- benchmark -->\nold\n\n| a |\n<!-- end of benchmark -->\nafter\n"
    once = benchmark.replaced(text, "new \\1\n")
    assert once == "before\n<!-- benchmark -->\nnew \\1\n<!-- end of benchmark -->\nafter\n"
    assert benchmark.replaced(once, "new \\1\n") == once
    with pytest.raises(ValueError, match="marks are missing"):
        benchmark.replaced("before\nafter\n", "new\n")
    readme = benchmark.README.read_text(encoding="utf-8")
    assert "new\n<!-- end of benchmark -->" in benchmark.replaced(readme, "new\n")


def test_what_is_measured_is_what_it_says(benchmark: ModuleType) -> None:
    long = benchmark.three_hundred_lines()
    assert len(long.splitlines()) == 300
    compile(long, "long.py", "exec")
    assert len(benchmark.SHORT.splitlines()) == 10
    for script in (benchmark.SHORT, benchmark.BARE, benchmark.TYPER):
        compile(script, "script.py", "exec")
    compile(benchmark.MODEL.format(size=224), "model.py", "exec")
    known = {f"--{key_of(name)}" for name, option in OPTIONS.items() if option.cli}
    assert {"--route", "--no-verify", "--static", "--output-format"} <= known
    assert "PYTHONDONTWRITEBYTECODE" not in benchmark.environment(2)


def test_a_program_that_fails_is_no_measurement(benchmark: ModuleType, tmp_path: Path) -> None:
    program = benchmark.Program("fails", [sys.executable, "-c", "import sys; sys.exit('why')"])
    for measure in (benchmark.cost, benchmark.peak):
        with pytest.raises(RuntimeError, match=r"ended with 1: why"):
            measure(program, tmp_path, os.environ)


@pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc to look at")
def test_the_memory_of_what_a_program_starts_counts(benchmark: ModuleType, tmp_path: Path) -> None:
    holds = "import time; kept = bytearray(b'1' * 60_000_000); time.sleep(0.5)"
    program = benchmark.Program(
        "holds", [sys.executable, "-c", f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {holds!r}])"]
    )
    assert benchmark.peak(program, tmp_path, os.environ) > 60_000_000
    alone = benchmark.Program("alone", [sys.executable, "-c", "pass"])
    assert benchmark.cost(alone, tmp_path, os.environ).wall > 0


@pytest.fixture
def agreement(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    pytest.importorskip("torch")
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    for name in ("agreement", "cases", "corpus"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module("agreement")


TRUTH = {"file": "a.py", "cls": "Net", "case": 0, "trace-fails": False, "trace-differs": False, "script-fails": True}


@pytest.mark.torch
@pytest.mark.parametrize(
    ("family", "said", "plain", "verdict"),
    [
        ("trace-fails", False, None, "agrees"),
        ("trace-differs", True, "dimension 1 = 3", "true"),
        ("trace-differs", True, "", "disagrees"),
        ("script-fails", False, False, "unrepeated"),
        ("script-fails", False, True, "disagrees"),
        ("script-fails", False, {"error": "the process died"}, "disagrees"),
        ("script-fails", None, True, "disagrees"),
    ],
)
def test_a_verdict_held_against_the_truth(agreement: ModuleType, family: str, said, plain, verdict: str) -> None:
    found = {"said": {family: said}, "plain": {} if plain is None else {family: plain}}
    assert agreement.judged(TRUTH, found, family) == verdict
    assert agreement.judged(TRUTH | {family: None}, found, family) == "unknown"


@pytest.mark.torch
def test_the_table_of_agreement(agreement: ModuleType) -> None:
    said = {"trace-fails": False, "trace-differs": True, "script-fails": False}
    found = {
        "said": said,
        "plain": {"trace-differs": "", "script-fails": False},
        "differences": [{}, {}],
        "placed": 2,
        "escapes": [[3, "__int__", "size", "harmless", True, ""], [4, "__int__", "size", "harmful", False, ""]],
    }
    results = [(TRUTH, found), (TRUTH, {"said": {**said, "trace-differs": False, "script-fails": True}})]
    assert agreement.table(results, "2 cases").splitlines()[2:] == [
        "| trace (`trace-fails`) | 2 | 2 |  |  |  | 100.0 % ✓ | 100.0 % |",
        "| compare (`trace-differs`) | 2 | 1 |  |  | 1 | 50.0 % ✗ | 50.0 % |",
        "| script (`script-fails`) | 2 | 1 |  | 1 |  | 100.0 % ✓ | 50.0 % |",
        "",
        "2 cases; 2 of 2 differences stand on a line of the case's own file (100.0 % ✓).",
        "Places that the tracer warns of: 0 harmful, 1 harmless, 0 not exercised.",
    ]
    assert agreement.left(results, {"a.py::Net[0] trace-differs": "why"}) == (
        "Disagree:\n\n- `a.py::Net[0] trace-differs`: why\n\nNot repeated here:\n\n"
        "- `a.py::Net[0] script-fails`: unexplained"
    )


@pytest.mark.torch
def test_plain_pytorch_shows_a_difference(agreement: ModuleType) -> None:
    torch = pytest.importorskip("torch")
    corpus = sys.modules["corpus"]

    class Scaled(torch.nn.Module):
        def forward(self, x):
            return x / int(x.shape[1])

    inputs = (torch.rand(2, 4),)
    assert corpus.first_wrong(Scaled, inputs, corpus.like_the_truth(inputs, 0)) == "dim1"
    assert corpus.first_wrong(Scaled, inputs, corpus.of_shapes(inputs, [("dimension 0 = 3", "float32[3,4]")], 0)) == ""
    assert corpus.first_wrong(Scaled, inputs, corpus.of_shapes(inputs, [("it", "float32[2,3]")], 0)) == "it"


@pytest.fixture
def conversion(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    pytest.importorskip("torch")
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    for name in ("conversion", "cases", "corpus"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module("conversion")


REFUSED = {
    "status": "works",
    "converts": "refused",
    "verified": None,
    "difference": None,
    "message": "unsupported: aten::lgamma",
    "composed": [],
    "ops": [
        {"op": "aten::lgamma", "count": 1, "composed": False, "message": "no", "lines": [3]},
        {"op": "aten::diff", "count": 2, "composed": True, "message": "no", "lines": [4, 5]},
    ],
    "notes": [],
    "lacking": ["aten::diff", "aten::lgamma"],
}
ROW = {"file": "a.py", "cls": "Net", "case": 0}


@pytest.mark.torch
def test_the_table_of_what_is_refused(conversion: ModuleType) -> None:
    composed = REFUSED | {"converts": "works", "verified": True, "ops": [REFUSED["ops"][1]], "lacking": ["aten::diff"]}
    early = REFUSED | {"notes": ["what coremltools does not convert may not all be listed: it ended early"]}
    unlisted = REFUSED | {"lacking": ["aten::igamma"]}
    results = [(ROW, found) for found in (REFUSED, composed, early, unlisted, {"error": "the process died"})]
    lines = conversion.failing(results).splitlines()
    assert lines[2:6] == [
        "| the conversion reaches its end | 3 of 4 (75.0 %) ✗ |",
        "| every missing op listed, everything listed with a line | 3 of 4 (75.0 %) |",
        "| converts with composites in the place of what fails | 1 of 4 (25.0 %) |",
        "| of these, verified | 1 of 1 (100.0 %) |",
    ]
    assert "| `aten::diff` | 4 | 4 |" in lines
    assert "| `aten::lgamma` | 3 |  |" in lines


@pytest.mark.torch
def test_the_table_of_what_converts(conversion: ModuleType) -> None:
    right = {"converts": "works", "verified": True, "difference": 1e-6, "message": ""}
    wrong = {"converts": "differs", "verified": False, "difference": 2.0, "message": "y differs"}
    unknown = {"converts": "works", "verified": None, "difference": None, "message": "not evaluated"}
    remedied = right | {"wrong": ["aten::std", "common::fuse_conv_bias"]}
    traced = unknown | {"status": "differs"}
    dead = {"error": "the process died"}
    results = [(ROW, found) for found in (right, remedied, wrong, unknown, traced, dead)]
    text = conversion.converting(results, {"a.py::Net[0]": "why"})
    assert "| verified: agree with eager on every input | 2 of 4 (50.0 %) |" in text
    assert "| of these, only with a composite for an op, or without a pass | 1 |" in text
    assert text.count("- `a.py::Net[0]`: why") == 2
    assert "- `aten::std`: `a.py::Net[0]`\n- `common::fuse_conv_bias`: `a.py::Net[0]`" in text
    assert "1 more convert, and the trace itself is wrong on other inputs" in text
    assert text.endswith("- 1 without a program: the process died")


@pytest.mark.torch
def test_what_came_out_is_kept_a_line_a_case(conversion: ModuleType, tmp_path: Path) -> None:
    kept = conversion.Kept(tmp_path / "kept.jsonl")
    kept.add("a.py::Net[0]", {"converts": "works"})
    kept.add("a.py::Net[1]", {"converts": "refused"})
    again = conversion.Kept(tmp_path / "kept.jsonl")
    assert again.found == {"a.py::Net[0]": {"converts": "works"}, "a.py::Net[1]": {"converts": "refused"}}
    assert conversion.Kept(None).found == {}


@pytest.mark.torch
def test_what_is_lacking_is_asked_of_the_graph_alone(conversion: ModuleType) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("coremltools")

    class Net(torch.nn.Module):
        def forward(self, x):
            first, _ = x.chunk(2, 1)  # which coremltools' own pass takes away
            return torch.diff(first) + torch.lgamma(x[:, :1])

    assert conversion.lacking(Net().eval(), (torch.rand(2, 6),), {}) == ["aten::diff", "aten::lgamma"]


def test_a_table_goes_into_its_own_part_of_a_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    pages = importlib.import_module("pages")
    page = tmp_path / "PAGE.md"
    page.write_text(
        "a\n<!-- one -->\nold\n<!-- end of one -->\nb\n<!-- two -->\nkept\n<!-- end of two -->\n", encoding="utf-8"
    )
    pages.write(page, "one", "| new |", ("pytest",))
    text = page.read_text(encoding="utf-8")
    assert text.startswith("a\n<!-- one -->\nMade ") and f"with pytest {pytest.__version__}.\n\n| new |\n" in text
    assert text.endswith("<!-- end of one -->\nb\n<!-- two -->\nkept\n<!-- end of two -->\n")


@pytest.mark.torch
def test_the_ratio_of_a_verdict_is_that_of_each_round(conversion: ModuleType) -> None:
    pytest.importorskip("torch")
    import verification

    lines = verification.table([(0.1, 0.2), (0.4, 1.6), (0.2, 0.5)], 96).splitlines()
    assert lines[2:] == [
        "| one eager pass in float32 | | 0.20 s |",
        "| a verdict on one input, its own eager pass included | | 0.50 s |",
        "| verdict by eager pass | 10 | 2.5 ✓ |",
    ]
    assert lines[0].startswith("| DeepLabV3-ResNet-101, 96 x 96, median of 3 rounds |")
    assert verification.table([(0.1, 2.0)], 96).endswith("| verdict by eager pass | 10 | 20.0 ✗ |")


# -- what other tools say --------------------------------------------------------------------------------------------------


@pytest.fixture
def messages(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    monkeypatch.delitem(sys.modules, "messages", raising=False)
    return importlib.import_module("messages")


def test_every_faulty_model_marks_its_fault_and_has_a_row(messages: ModuleType) -> None:
    paths = list(messages.models([]))
    assert len(paths) == 10
    page = (ROOT / "benchmarks" / "MESSAGES.md").read_text(encoding="utf-8")
    for path in paths:
        assert messages.faults(path), path
        assert path.read_text(encoding="utf-8").startswith('"""')
        assert page.count(f"](faulty/{path.name}) |") == 1
    with pytest.raises(SystemExit, match="no model is called dict: data_dependent_branch, dict_output"):
        messages.models(["dict"])


FAULTY = """\
from torch import nn


class Net(nn.Module):
    def forward(self, x):
        y = x + 1  # fault
        return y * 2  # fault


def build_model():
    return Net()
"""


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"said": "it | fails", "lines": [6, 7], "came": "fails"}, "“it \\| fails”, 2 of 2 lines"),
        ({"said": "perhaps", "lines": [7], "came": "wrong"}, "“perhaps”, 1 of 2 lines; wrong numbers"),
        ({"said": "perhaps", "lines": [5], "came": "right"}, "“perhaps”, another line; right numbers"),
        ({"said": "", "lines": [], "came": "wrong"}, "says nothing; wrong numbers"),
        ({"said": "", "lines": [], "came": "refuses other inputs: 3"}, "says nothing; refuses other inputs"),
        ({"said": "word " * 30, "lines": [], "came": "fails"}, f"“{'word ' * 19}…”, no line"),
    ],
)
def test_a_cell_says_what_was_said_where_and_what_came_of_it(
    messages: ModuleType, answer: dict, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "net.py"
    path.write_text(FAULTY, encoding="utf-8")
    assert messages.cell(answer, path) == words


def test_lines_are_those_of_the_model_itself(messages: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(FAULTY, encoding="utf-8")
    text = 'File "/a/net.py", line 6, in forward\nat net.py:7:8\nFile "/a/net.py", line 11, in build_model\nmagnet.py:5'
    assert messages.lines_in(text, path) == [6, 7]


@pytest.mark.torch
@pytest.mark.parametrize(
    ("tool", "name", "came"), [("export", "dict_output", "right"), ("coremltools", "dict_output", "fails")]
)
def test_a_tool_is_asked_in_a_process_of_its_own(messages: ModuleType, tool: str, name: str, came: str) -> None:
    answer = messages.asked(tool, ROOT / "benchmarks" / "faulty" / f"{name}.py")
    assert answer["came"] == came
    assert bool(answer["said"]) == (came == "fails")
