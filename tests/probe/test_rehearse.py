"""A written script is run as it stands, in a process of its own, and what it makes is held against its model."""

from __future__ import annotations

import textwrap

import pytest

pytestmark = [pytest.mark.torch, pytest.mark.coreml]
torch = pytest.importorskip("torch")
pytest.importorskip("coremltools")

from running import run_child  # noqa: E402

from tslint.evidence import ProbeDied, ScriptRan, StepEnded  # noqa: E402
from tslint.request import Request, Written  # noqa: E402

BUILT = """
import coremltools as ct
import torch


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(4, 4)

    def forward(self, x):
        return self.linear(x) * 2


model = Net().eval()
example = torch.randn(1, 4)
"""

REST = """
traced = torch.jit.trace(model, example)
mlmodel = ct.convert(traced, inputs=[ct.TensorType(name="x", shape=(ct.RangeDim(1, 6, default=1), 4))])
mlmodel.save("Net.mlpackage")
"""


def rehearsed(tmp_path, rest, built=BUILT, **more):
    text = f"{built.strip()}\n{textwrap.dedent(rest)}"
    written = Written(
        str(tmp_path / "convert.py"),
        text,
        built.strip().count("\n") + 1,
        "model",
        more.pop("example", "example"),
        **more,
    )
    seen, done = run_child(Request(written.path, written=written), tmp_path)
    assert not list(tmp_path.glob("*.mlpackage")), "what it saves does not stay"
    return seen, done


def problem(tmp_path, rest, **more) -> ScriptRan:
    seen, _ = rehearsed(tmp_path, rest, **more)
    ran = seen.one(ScriptRan)
    assert ran.problem
    assert seen.one(StepEnded).status == "failed"
    return ran


def test_a_script_that_is_good(tmp_path):
    seen, done = rehearsed(tmp_path, REST, ranges=((0, 0, 1, 6),))
    ran = seen.one(ScriptRan)
    assert (ran.problem, ran.line) == ("", None)
    assert "dimension 0 = 6" in ran.tried
    assert "other values" in ran.tried
    assert ran.difference is not None and ran.difference < 1e-4
    assert seen.one(StepEnded).status == "ok"
    assert done.returncode == 0


def test_a_model_that_cannot_be_copied_is_built_twice(tmp_path):
    built = BUILT.replace("\n    def forward", "        self.lock = threading.Lock()\n\n    def forward")
    built = built.replace("import torch\n", "import threading\n\nimport torch\n", 1)
    seen, _ = rehearsed(tmp_path, REST, built=built)
    assert seen.one(ScriptRan).problem == ""
    assert seen.one(ScriptRan).difference is not None


def test_a_script_that_raises_is_named_by_its_line(tmp_path):
    ran = problem(tmp_path, REST.replace("example)", "(example, example))"))
    assert ran.line == BUILT.strip().count("\n") + 3
    assert ran.problem.startswith(f"line {ran.line}: TypeError: ")


def test_a_program_that_differs_is_wrong(tmp_path):
    text = "torch.nn.init.zeros_(model.linear.weight)" + REST
    assert problem(tmp_path, text).problem.startswith("its Core ML program is wrong: ")


def test_a_branch_that_was_traced_is_seen(tmp_path):
    built = BUILT.replace("self.linear(x) * 2", "self.linear(x) if x.sum() > 0 else x").replace(
        "torch.randn(1, 4)", "torch.ones(1, 4)"
    )
    ran = problem(tmp_path, REST, built=built.replace("torch.ones(1, 4)", "torch.tensor([[1.0, -2.0, 3.0, 0.5]])"))
    assert "wrong" in ran.problem


def test_a_script_that_converts_nothing(tmp_path):
    assert problem(tmp_path, "traced = torch.jit.trace(model, example)").problem == "it converts nothing"


def test_a_script_that_ends_its_process(tmp_path):
    seen, _ = rehearsed(tmp_path, "import os\nos._exit(3)")
    assert not seen.of(ScriptRan)


def test_a_script_that_calls_exit(tmp_path):
    assert "SystemExit" in problem(tmp_path, "raise SystemExit(2)").problem


def test_a_wrapper_of_the_script_is_what_counts(tmp_path):
    built = BUILT.replace("return self.linear(x) * 2", 'return {"out": self.linear(x) * 2}').replace(
        "\n\nmodel =",
        """

class Outputs(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x):
        return self.model(x)["out"]


model =""",
    )
    rest = REST.replace("trace(model", "trace(Outputs(model).eval()")
    seen, _ = rehearsed(tmp_path, rest, built=built, wrapper="Outputs")
    assert seen.one(ScriptRan).problem == ""


def test_scripted_classes_are_found_in_a_file_that_is_not_there(tmp_path):
    seen, _ = rehearsed(tmp_path, REST.replace("torch.jit.trace(model, example)", "torch.jit.script(model)"))
    assert not (tmp_path / "convert.py").exists()
    assert seen.one(ScriptRan).problem == ""


def test_an_example_may_be_code(tmp_path):
    seen, _ = rehearsed(tmp_path, REST.replace("example)", "torch.zeros(1, 4))"), example="torch.randn(1, 4)")
    assert seen.one(ScriptRan).problem == ""
    assert not seen.of(ProbeDied)
