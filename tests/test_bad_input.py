"""Whatever is wrong with what tslint is given: one clear message, the right exit status, the other results kept."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from commandline import Outcome, check_json, counted, tslint

NET = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        return {"out": self.conv(x)}


def example_inputs():
    return torch.rand(1, 3, 16, 16)


def build_model():
    return Net().eval()
"""
DICT_LINE = 11


def write(directory: Path, text: str, name: str = "model.py") -> Path:
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return path


def breaking(statement: str) -> str:
    """NET whose forward runs STATEMENT first; the dict is on line DICT_LINE + 1 then."""
    old = '        return {"out": self.conv(x)}\n'
    assert old in NET
    return NET.replace(old, f"        {statement}\n{old}")


def found(report: dict[str, Any]) -> list[tuple[str, str, int | None]]:
    return [(d["rule"], d["basis"], d["line"]) for d in counted(report)]


def problems(outcome: Outcome) -> list[str]:
    """What made tslint exit 2, each a sentence."""
    return [error if isinstance(error, str) else json.dumps(error) for error in outcome.report["errors"]]


def remarks(outcome: Outcome) -> str:
    return " ".join(note if isinstance(note, str) else json.dumps(note) for note in outcome.report["notes"])


def sentence(outcome: Outcome) -> str:
    """The one line that says what made tslint exit 2, wherever it stands."""
    assert "Traceback" not in outcome.out + outcome.err, outcome
    lines = [line for line in (outcome.out + outcome.err).splitlines() if "error: " in line or "error[" in line]
    assert len(lines) == 1, outcome
    return lines[0]


def the(rule: str, report: dict[str, Any]) -> dict[str, Any]:
    """The only diagnostic of RULE."""
    diagnostics = [d for d in report["diagnostics"] if d["rule"] == rule]
    assert len(diagnostics) == 1, diagnostics
    return diagnostics[0]


def step(report: dict[str, Any], name: str) -> dict[str, Any]:
    (run,) = report["runs"]
    steps = [step for step in run["steps"] if step["name"] == name]
    assert len(steps) == 1, run["steps"]
    return steps[0]


# -- files ------------------------------------------------------------------------------------------------------------


def test_missing_path_is_one_sentence(tmp_path: Path) -> None:
    outcome = tslint("check", "nowhere.py", cwd=tmp_path)
    assert outcome.status == 2, outcome
    assert sentence(outcome).removeprefix("tslint: ") == "error: nowhere.py: no such file or directory"


def test_missing_path_does_not_stop_the_other_one(tmp_path: Path) -> None:
    write(tmp_path, NET)
    outcome = check_json("nowhere.py", "model.py", "--static", cwd=tmp_path)
    assert outcome.status == 2, outcome
    assert found(outcome.report) == [("dict-output", "predicted", DICT_LINE)]
    (problem,) = problems(outcome)
    assert "nowhere.py" in problem


def test_directory_without_python(tmp_path: Path) -> None:
    (tmp_path / "README.txt").write_text("nothing here", encoding="utf-8")
    outcome = tslint("check", ".", cwd=tmp_path)
    assert outcome.status == 2, outcome
    assert "no Python files" in sentence(outcome)


def test_syntax_error_is_reported_on_its_line(tmp_path: Path) -> None:
    write(tmp_path, "import torch\n\n\ndef forward(self, x:\n    return x\n", "broken.py")
    write(tmp_path, NET)
    outcome = check_json("broken.py", "model.py", cwd=tmp_path)
    assert outcome.status == 2, outcome
    diagnostic = the("syntax-error", outcome.report)
    assert (diagnostic["path"], diagnostic["line"]) == ("broken.py", 4)
    assert ("dict-output", "predicted", DICT_LINE) in found(outcome.report)


def test_syntax_error_keeps_torch_out(tmp_path: Path) -> None:
    write(tmp_path, "def f(:\n", "broken.py")
    outcome = check_json("broken.py", cwd=tmp_path)
    assert outcome.status == 2, outcome
    assert the("syntax-error", outcome.report)["line"] == 1
    assert outcome.report["runs"] == []


def test_undecodable_file(tmp_path: Path) -> None:
    (tmp_path / "latin.py").write_bytes(b"name = 'caf\xe9'\n")
    write(tmp_path, NET)
    outcome = check_json("latin.py", "model.py", cwd=tmp_path)
    assert outcome.status == 2, outcome
    diagnostic = the("unreadable-file", outcome.report)
    assert diagnostic["path"] == "latin.py"
    assert ("dict-output", "predicted", DICT_LINE) in found(outcome.report)


def test_a_notebook_whose_json_is_broken(tmp_path: Path) -> None:
    (tmp_path / "demo.ipynb").write_text('{"cells": [\n  {"cell_type": "code" "source": []}]}')
    write(tmp_path, NET)
    outcome = check_json("demo.ipynb", "model.py", cwd=tmp_path)
    assert outcome.status == 2, outcome
    diagnostic = the("unreadable-file", outcome.report)
    assert (diagnostic["path"], diagnostic["cell"], diagnostic["line"], diagnostic["column"]) == (
        "demo.ipynb",
        None,
        2,
        24,
    )
    assert diagnostic["message"] == "not a notebook: its JSON is broken (Expecting ',' delimiter)"
    assert ("dict-output", "predicted", DICT_LINE) in found(outcome.report)


def test_a_plan_of_a_notebook_is_refused(tmp_path: Path) -> None:
    (tmp_path / "demo.ipynb").write_text('{"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}')
    outcome = tslint("plan", "demo.ipynb", cwd=tmp_path)
    assert outcome.status == 2, outcome
    assert sentence(outcome) == (
        "tslint: error: demo.ipynb is a notebook, which no script can import the model from: `jupyter nbconvert --to script` "
        "makes a file of it that can be planned"
    )


def test_a_file_that_is_not_python(tmp_path: Path) -> None:
    (tmp_path / "weights.dat").write_bytes(bytes(range(256)))
    outcome = tslint("check", "weights.dat", cwd=tmp_path)
    assert outcome.status == 2, outcome
    assert "unreadable-file" in sentence(outcome)
    assert "weights.dat:" in outcome.out


@pytest.mark.parametrize("content", ["import torch\nopen('RAN', 'w')\n", "", "hello"])
def test_what_is_called_an_archive_and_is_none_is_not_run(tmp_path: Path, content: str) -> None:
    (tmp_path / "net.pt").write_text(content)
    outcome = tslint("check", "net.pt", "--run", "--input", "1,3", cwd=tmp_path)
    assert outcome.status == 2, outcome
    assert "net.pt: is no TorchScript archive: save one with `torch.jit.save`" in " ".join(outcome.out.split())
    assert not (tmp_path / "RAN").exists()


def test_a_model_is_named_for_one_target_alone(tmp_path: Path) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("import torch\n")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "c.py").write_text("import torch\n")
    for targets in (["a.py", "b.py"], ["a.py", "a.py"], ["a.py", "c"], ["c", "c"]):
        outcome = check_json(*targets, "--model", "Net()", cwd=tmp_path)
        assert (outcome.status, outcome.report["errors"]) == (
            2,
            ["2 targets are named: --model and --input go with one file or module"],
        )


def test_an_interpreter_that_is_none_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(
        "import torch\n\n\nclass Net(torch.nn.Module):\n    def forward(self, x):\n        return x\n"
    )
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nexit 7\n")
    program.chmod(0o755)
    outcome = check_json("net.py", "--python", str(program), cwd=tmp_path)
    assert outcome.status == 2
    assert outcome.report["errors"][0].startswith(f"{program} does not work as a Python interpreter")


# -- nothing to run ---------------------------------------------------------------------------------------------------


def test_no_entry_gives_the_static_result_and_says_how_to_name_one(tmp_path: Path) -> None:
    source = NET[: NET.index("def example_inputs")].replace("def __init__(self):", "def __init__(self, width):")
    write(tmp_path, source)
    outcome = check_json("model.py", cwd=tmp_path)
    assert outcome.status == 1, outcome
    assert found(outcome.report) == [("dict-output", "predicted", DICT_LINE)]
    assert outcome.report["errors"] == []
    assert "--model" in remarks(outcome)
    assert "--input" in remarks(outcome)


def test_no_entry_in_a_file_without_a_model_is_clean(tmp_path: Path) -> None:
    write(tmp_path, "import math\n\nprint(math.sqrt(2))\n")
    outcome = tslint("check", "model.py", cwd=tmp_path)
    assert outcome.status == 0, outcome
    assert "1.41" not in outcome.out


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter without PyTorch."""
    directory = tmp_path_factory.mktemp("bare") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", directory], check=True)
    python = directory / "bin" / "python"
    assert subprocess.run([python, "-c", "import torch"], capture_output=True, check=False).returncode == 1
    return python


def test_without_pytorch_the_static_result_and_one_line(tmp_path: Path, bare_python: Path) -> None:
    write(tmp_path, NET)
    outcome = check_json("model.py", "--python", str(bare_python), cwd=tmp_path)
    assert outcome.status == 1, outcome
    assert found(outcome.report) == [("dict-output", "predicted", DICT_LINE)]
    assert outcome.report["errors"] == []
    assert "tslint[coreml]" in remarks(outcome)
    full = tslint("check", "model.py", "--python", str(bare_python), cwd=tmp_path)
    assert full.status == 1
    assert (full.out + full.err).count("tslint[coreml]") == 1


@pytest.mark.parametrize("option", [("--input", "1,3,16,16"), ("--model", "build_model()"), ("--run",)])
def test_without_pytorch_what_needs_it_is_exit_status_2(
    tmp_path: Path, bare_python: Path, option: tuple[str, ...]
) -> None:
    write(tmp_path, NET)
    outcome = check_json("model.py", *option, "--python", str(bare_python), cwd=tmp_path)
    assert outcome.status == 2, outcome
    assert found(outcome.report) == [("dict-output", "predicted", DICT_LINE)]
    assert len(problems(outcome)) == 1


def test_an_interpreter_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    write(tmp_path, NET)
    outcome = check_json("model.py", "--python", "nowhere/python", cwd=tmp_path)
    assert outcome.status == 2
    assert outcome.report["errors"] == ["`--python nowhere/python`: this interpreter is not there"]


def test_exit_zero_never_hides_what_could_not_be_done(tmp_path: Path, bare_python: Path) -> None:
    write(tmp_path, NET)
    assert tslint("check", "model.py", "--static", "--exit-zero", cwd=tmp_path).status == 0
    assert tslint("check", "model.py", "--run", "--exit-zero", "--python", bare_python, cwd=tmp_path).status == 2


# -- models that misbehave --------------------------------------------------------------------------------------------


@pytest.mark.torch
def test_wrong_input_shape_is_pytorchs_error_on_the_users_line(tmp_path: Path) -> None:
    write(tmp_path, NET)
    outcome = check_json("model.py", "--input", "1,4,16,16", "--no-convert", cwd=tmp_path)
    assert outcome.status == 1, outcome
    failed = the("model-failed", outcome.report)
    assert (failed["path"], failed["line"], failed["basis"]) == ("model.py", DICT_LINE, "observed")
    assert "expected input[1, 4, 16, 16] to have 3 channels" in failed["message"] + json.dumps(failed["evidence"])
    assert ("dict-output", "predicted", DICT_LINE) in found(outcome.report)
    assert step(outcome.report, "entry")["status"] == "ok"
    assert step(outcome.report, "eager")["status"] == "failed"


@pytest.mark.torch
def test_constructor_raises(tmp_path: Path) -> None:
    write(tmp_path, NET.replace("super().__init__()", 'super().__init__(); raise KeyError("weights")'))
    outcome = check_json("model.py", "--no-convert", cwd=tmp_path)
    assert outcome.status == 1, outcome
    failed = the("model-failed", outcome.report)
    assert failed["line"] == 7
    assert "KeyError" in failed["message"]
    assert "weights" in failed["message"]
    assert ("dict-output", "predicted", DICT_LINE) in found(outcome.report)


@pytest.mark.torch
def test_import_raises(tmp_path: Path) -> None:
    write(tmp_path, "import no_such_package_anywhere\n" + NET)
    outcome = check_json("model.py", "--no-convert", cwd=tmp_path)
    assert outcome.status == 1, outcome
    failed = the("model-failed", outcome.report)
    assert failed["line"] == 1
    assert "no_such_package_anywhere" in failed["message"]


@pytest.mark.torch
def test_forward_raises(tmp_path: Path) -> None:
    write(tmp_path, breaking('raise ValueError("no such luck")'))
    outcome = check_json("model.py", "--no-convert", cwd=tmp_path)
    assert outcome.status == 1, outcome
    failed = the("model-failed", outcome.report)
    assert failed["line"] == DICT_LINE
    assert "no such luck" in failed["message"]


@pytest.mark.torch
def test_what_the_model_prints_stays_out_of_the_report(tmp_path: Path) -> None:
    # Composed, so that the line of code that the report shows does not hold it.
    noise = 'n = "noi" + "se"; print(n); import os; os.system(f"echo {n} from a shell"); os.write(2, n.encode())'
    write(tmp_path, breaking(noise))
    outcome = tslint("check", "model.py", "--no-convert", cwd=tmp_path)
    assert outcome.status == 1, outcome
    assert "noise" not in outcome.out
    assert "noise" not in outcome.err
    shown = tslint("check", "model.py", "--no-convert", "--show-output", cwd=tmp_path)
    assert "noise from a shell" in shown.err


@pytest.mark.torch
@pytest.mark.parametrize("status", ["0", "3"])
def test_forward_exits(tmp_path: Path, status: str) -> None:
    write(tmp_path, breaking(f"import sys; sys.exit({status})"))
    outcome = check_json("model.py", "--no-convert", cwd=tmp_path)
    assert outcome.status == 1, outcome
    failed = the("model-failed", outcome.report)
    assert failed["line"] == DICT_LINE
    assert "sys.exit" in failed["message"] or "SystemExit" in failed["message"]
    assert ("dict-output", "predicted", DICT_LINE + 1) in found(outcome.report)


@pytest.mark.torch
def test_module_level_exits(tmp_path: Path) -> None:
    write(tmp_path, NET + "\nraise SystemExit(0)\n")
    outcome = check_json("model.py", "--no-convert", cwd=tmp_path)
    assert outcome.status == 1, outcome
    assert the("model-failed", outcome.report)["line"] == NET.count("\n") + 2


@pytest.mark.torch
def test_forward_hangs(tmp_path: Path) -> None:
    write(tmp_path, breaking("import time; time.sleep(1000)"))
    start = time.monotonic()
    outcome = check_json("model.py", "--timeout", "8", cwd=tmp_path)
    assert time.monotonic() - start < 60
    assert outcome.status == 1, outcome
    failed = the("model-failed", outcome.report)
    assert "8 s" in failed["message"]
    assert step(outcome.report, "eager")["status"] == "timeout"
    assert ("dict-output", "predicted", DICT_LINE + 1) in found(outcome.report)


@pytest.mark.torch
def test_forward_eats_memory(tmp_path: Path) -> None:
    write(tmp_path, breaking("hoard = [bytearray(b'x') * 50_000_000 for _ in range(400)]"))
    outcome = check_json("model.py", "--memory", "1500MB", cwd=tmp_path)
    assert outcome.status == 1, outcome
    failed = the("model-failed", outcome.report)
    assert "memory" in failed["message"]
    assert step(outcome.report, "eager")["status"] == "died"
    assert ("dict-output", "predicted", DICT_LINE + 1) in found(outcome.report)


@pytest.mark.torch
def test_forward_kills_its_process(tmp_path: Path) -> None:
    write(tmp_path, breaking("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"))
    outcome = check_json("model.py", "--no-convert", cwd=tmp_path)
    assert outcome.status == 1, outcome
    failed = the("model-failed", outcome.report)
    assert "SIGKILL" in failed["message"]
    assert (failed["path"], failed["line"]) == ("model.py", None)
    assert step(outcome.report, "entry")["status"] == "ok"
    assert step(outcome.report, "eager")["status"] == "died"


@pytest.mark.torch
def test_a_process_that_dies_in_one_step_leaves_the_results_of_the_others(tmp_path: Path) -> None:
    source = breaking("if x.size(2) != 16: import os; print('last words', flush=True); os._exit(7)")
    write(tmp_path, source)
    outcome = check_json("model.py", "--no-convert", cwd=tmp_path)
    assert outcome.status == 1, outcome
    failed = the("model-failed", outcome.report)
    assert "7" in failed["message"]
    assert "last words" in json.dumps(failed["evidence"])
    assert ("dict-output", "observed", DICT_LINE + 1) in found(outcome.report)
    (run,) = outcome.report["runs"]
    statuses = {step["name"]: step["status"] for step in run["steps"]}
    assert statuses["eager"] == "ok"
    assert statuses["compare"] == "died"
    assert statuses["script"] in ("ok", "failed")
    assert run["routes"]["trace"]["status"] == "refused"


@pytest.mark.torch
def test_full_output_of_a_dead_model_has_no_traceback_of_tslint(tmp_path: Path) -> None:
    write(tmp_path, breaking("import os; os.abort()"))
    outcome = tslint("check", "model.py", "--no-convert", cwd=tmp_path)
    assert outcome.status == 1, outcome
    assert "SIGABRT" in outcome.out
    assert "Traceback" not in outcome.out + outcome.err


# -- the command line itself ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--input", "1,3,x"), "1,3,x"),
        (("--select", "dict-outputs"), "dict-output"),
        (("--output-format", "xml"), "xml"),
        (("--route", "onnx"), "onnx"),
        (("--timeout", "soon"), "soon"),
        (("--no-such-option",), "--no-such-option"),
    ],
)
def test_usage_is_exit_status_2_and_names_what_is_wrong(tmp_path: Path, arguments: tuple[str, ...], named: str) -> None:
    write(tmp_path, NET)
    outcome = tslint("check", "model.py", *arguments, cwd=tmp_path)
    assert outcome.status == 2, outcome
    assert named in outcome.err
    assert "Traceback" not in outcome.err
    assert outcome.out == ""


def test_unknown_key_in_the_configuration_comes_with_a_suggestion(tmp_path: Path) -> None:
    write(tmp_path, NET)
    (tmp_path / "pyproject.toml").write_text('[tool.tslint]\nselct = ["trace"]\n', encoding="utf-8")
    outcome = tslint("check", "model.py", "--static", cwd=tmp_path)
    assert outcome.status == 2, outcome
    assert "selct" in outcome.err
    assert "select" in outcome.err


@pytest.mark.torch
def test_a_module_that_does_not_exist_is_wrong_usage(tmp_path: Path) -> None:
    outcome = check_json("no_such_module.nets:Net", cwd=tmp_path)
    assert outcome.status == 2, outcome
    assert problems(outcome) == ["no module is called `no_such_module` here"]
    assert outcome.report["diagnostics"] == []
    write(tmp_path, "import no_such_package\n")
    outcome = check_json("model:Net", cwd=tmp_path)
    assert outcome.status == 1, outcome
    assert "no_such_package" in the("model-failed", outcome.report)["message"]


# -- any bytes at all -------------------------------------------------------------------------------------------------

BYTES = {
    "nested.py": b"import torch\nx = " + b"(" * 10_000 + b"1" + b")" * 10_000 + b"\n",
    "sum.py": b"import torch\nx = " + b" + ".join([b"1"] * 10_000) + b"\n",
    "large.py": b"import torch\n" + b"x = 1\n" * 3_500_000,
    "rot.py": b"# coding: rot13\nimport torch\n",
    "klingon.py": b"# coding: klingon\nimport torch\n",
    "wide.py": "import torch\n".encode("utf-16"),
    "null.py": b"import torch\n\0\n",
    "random.py": bytes(range(256)) * 20 + b"torch",
}
FINE = {
    "feed.py": b"\x0c" + NET.encode(),
    "mark.py": b"\xef\xbb\xbf" + NET.encode(),
    "returns.py": NET.replace("\n", "\r").encode(),
    "windows.py": NET.replace("\n", "\r\n").encode(),
    "tabs.py": NET.replace("    ", "\t").encode(),
    "latin.py": b"# coding: latin-1\n# \xe9"
    + NET.partition("\n")[2].encode()
    + b"\nimport torch\nfrom torch import nn\n",
}


def test_whatever_bytes_a_file_holds_it_is_one_diagnostic_and_the_others_are_checked(tmp_path: Path) -> None:
    for name, data in {**BYTES, **FINE}.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "loop.py").symlink_to("loop.py")
    (tmp_path / "up").symlink_to(".")
    start = time.monotonic()
    outcome = check_json(".", cwd=tmp_path)
    assert time.monotonic() - start < 60
    assert outcome.status == 2, outcome
    assert "Traceback" not in outcome.err
    wrong: dict[str, list[str]] = {}
    for diagnostic in outcome.report["diagnostics"]:
        wrong.setdefault(diagnostic["path"], []).append(diagnostic["rule"])
    assert {name: rules for name, rules in wrong.items() if name in BYTES} == {
        name: ["syntax-error" if name in ("nested.py", "sum.py") else "unreadable-file"] for name in BYTES
    }
    assert [name for name in FINE if "dict-output" not in wrong.get(name, [])] == []
    assert set(wrong) == {*BYTES, *FINE}


def test_a_file_is_checked_once_however_often_it_is_named(tmp_path: Path) -> None:
    write(tmp_path, NET)
    (tmp_path / "link.py").symlink_to("model.py")
    outcome = check_json("model.py", "./model.py", "link.py", ".", tmp_path / "model.py", cwd=tmp_path)
    assert found(outcome.report) == [("dict-output", "predicted", DICT_LINE)]
    assert outcome.report["summary"]["files"] == 1


def test_nothing_was_checked(tmp_path: Path) -> None:
    outcome = tslint("check", "nowhere.py", cwd=tmp_path)
    assert outcome.out.splitlines() == ["tslint: error: nowhere.py: no such file or directory", "Nothing was checked."]
    outcome = check_json("", cwd=tmp_path)
    assert outcome.status == 2
    assert problems(outcome) == ["a target is empty: it is to be a file, a directory or `package.module:attribute`"]
