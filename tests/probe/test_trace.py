"""The steps eager and trace: modes, what is returned where, refused outputs and inputs, what the tracer itself raises."""

from __future__ import annotations

import inspect
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from running import observe
from torch import nn

from tslint.api import check_paths
from tslint.evidence import (
    CodeRan,
    Generalises,
    InputRefused,
    ModelFailed,
    ModeWrong,
    OutputItem,
    OutputRefused,
    SecondCallDiffered,
    StepEnded,
    TraceRefused,
)
from tslint.probe.entry.given import given
from tslint.settings import Settings

pytestmark = pytest.mark.torch
HERE = Path(__file__)
X = torch.rand(1, 3, 8, 8)


def line_of(text):
    return next(i for i, line in enumerate(HERE.read_text().splitlines(), 1) if line.strip() == text)


class Called(nn.Module):
    """Has no `forward`: what a call runs is its own."""

    def __call__(self, image, target):
        return (image - target).mean()


def test_a_module_may_have_a_call_of_its_own():
    assert given(Called(), (X, X)).example.args == (X, X)
    with pytest.raises(
        TypeError, match=r"^`example_inputs` does not fit `Called.__call__`: missing a required argument"
    ):
        given(Called(), X)
    seen = observe(Called(), X, kwargs={"target": X})
    assert seen.settled.status == "works"
    assert {dimension.input for dimension in seen.of(Generalises)} == {"image", "target"}


class Mapping(nn.Module):
    def forward(self, x):
        y = x * 2
        return {"out": y, "aux": x.sum(), "size": 3}


def test_a_mapping_is_reported_with_its_keys_and_goes_on_wrapped():
    seen = observe(Mapping(), X)
    refused = seen.one(OutputRefused)
    assert (refused.kind, refused.type, refused.wrapped) == ("mapping", "dict", True)
    assert refused.items == (
        OutputItem("out", "Tensor", (1, 3, 8, 8), "float32", '["out"]'),
        OutputItem("aux", "Tensor", (), "float32", '["aux"]'),
        OutputItem("size", "int"),
    )
    assert refused.message.startswith("Tracer cannot infer type of") or "dict at the output" in refused.message
    text = 'return {"out": y, "aux": x.sum(), "size": 3}'
    assert refused.place.span.line == line_of(text)
    assert refused.place.span.column == 9 + len("return ")
    assert refused.place.symbol == "Mapping.forward"
    assert (seen.settled.status, seen.settled.wrapped) == ("refused", "works")
    assert seen.subject.keys == ("out", "aux")
    wrapped = seen.subject.wrapped(X)
    assert [tuple(item.shape) for item in wrapped] == [(1, 3, 8, 8), ()]
    assert torch.equal(seen.subject.traced(X)[0], wrapped[0])


class Outer(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = Mapping()

    def forward(self, image):
        return self.inner(image)  # outer


def test_the_outermost_return_is_the_place():
    seen = observe(Outer(), X)
    assert seen.one(OutputRefused).place.symbol == "Outer.forward"
    assert seen.one(OutputRefused).place.span.line == line_of("return self.inner(image)  # outer")
    assert [value.debugName() for value in seen.subject.traced.graph.inputs()][1:] == ["image"]


class Nested(nn.Module):
    def forward(self, x):
        return {"a": [x, {"b": x + 1}], "c": None}


def test_keys_of_nested_outputs_are_paths():
    seen = observe(Nested(), X)
    assert seen.subject.keys == ("a.0", "a.1.b")
    assert seen.settled.wrapped == "works"


class OneKey(nn.Module):
    def forward(self, x):
        return {"out": x}


def test_one_tensor_is_answered_alone():
    seen = observe(OneKey(), X)
    assert isinstance(seen.subject.wrapped(X), torch.Tensor)


@dataclass
class Answer:
    logits: torch.Tensor
    loss: float = 0.0


class Returns(nn.Module):
    def __init__(self, what):
        super().__init__()
        self.what = what

    def forward(self, x):
        return self.what(x)


@pytest.mark.parametrize(
    ("what", "kind", "name", "wrapped"),
    [
        (lambda x: None, "none", "NoneType", None),
        (lambda x: 3, "other", "int", None),
        (lambda x: "text", "other", "str", None),
        (lambda x: (x, None), "other", "tuple", "works"),
        (lambda x: Answer(x), "other", "Answer", "works"),
    ],
)
def test_other_refused_outputs(what, kind, name, wrapped):
    seen = observe(Returns(what), X)
    refused = seen.one(OutputRefused)
    assert (refused.kind, refused.type, refused.wrapped) == (kind, name, wrapped is not None)
    assert refused.place.span.line == line_of("return self.what(x)")
    assert seen.settled.wrapped == wrapped


@pytest.mark.parametrize("what", [lambda x: (x, (x, x)), lambda x: torch.max(x, 1)])
def test_tuples_of_tensors_are_taken(what):
    seen = observe(Returns(what), X)
    assert seen.of(OutputRefused) == []
    assert seen.settled.status == "works"


class Flagged(nn.Module):
    def forward(self, x, flag):
        return x * 2 if flag else x


@pytest.mark.parametrize(("flag", "name"), [(True, "bool"), ("yes", "str"), (None, "NoneType")])
def test_an_input_that_is_no_tensor(flag, name):
    seen = observe(Flagged(), X, flag)
    refused = seen.one(InputRefused)
    assert (refused.name, refused.type) == ("flag", name)
    assert refused.message
    assert seen.settled.status == "refused"
    assert seen.of(TraceRefused) == []


class Rounds(nn.Module):
    def forward(self, x):
        return {"out": x * round(x.size(2))}


def test_what_the_tracer_raises_inside_forward_is_no_refused_output():
    seen = observe(Rounds(), X)
    refused = seen.one(TraceRefused)
    assert refused.exception == "TypeError" and "__round__" in refused.message
    assert refused.place.span.line == line_of('return {"out": x * round(x.size(2))}')
    assert seen.of(OutputRefused) == []


class Table(nn.Module):
    """Fills a table in its first call, in a submodule; counts its calls, and answers with a mapping where asked."""

    def __init__(self, named=False):
        super().__init__()
        self.named, self.calls, self.inner = named, 0, nn.Module()
        self.names, self.order, self.rows = {"table"}, OrderedDict(a=X), [X]
        self.inner.table = None
        self.inner.register_buffer("level", torch.zeros(8), persistent=False)

    def forward(self, x):
        self.calls += 1
        self.inner.level = self.inner.level.to(x)
        if self.inner.table is None:
            self.inner.table = torch.arange(8.0) / 8
        return {"out": x * self.inner.table} if self.named else x * self.inner.table


@pytest.mark.parametrize("named", [False, True])
def test_a_table_that_the_first_call_makes(named):
    seen = observe(Table(named), X)
    found = seen.one(SecondCallDiffered)
    assert found.attributes == ("inner.table", "calls")
    assert found.place.symbol == "Table" and found.settles
    assert (seen.subject.module.calls, seen.subject.module.inner.table) == (0, None), "the state is as it was"
    assert "works" in (seen.settled.status, seen.settled.wrapped)


class Seen(nn.Module):
    """What one call leaves and the next does not read otherwise: a counter, the last output, a buffer changed in place."""

    def __init__(self):
        super().__init__()
        self.calls, self.last = 0, None
        self.register_buffer("mean", torch.zeros(3))

    def forward(self, x):
        self.calls += 1
        self.mean.mul_(0.9).add_(x.mean((0, 2, 3)))
        self.last = x + self.mean[None, :, None, None]
        return self.last


def test_what_a_call_leaves_and_no_later_one_reads_is_no_difference():
    assert observe(Seen(), X).of(SecondCallDiffered) == []


def count_in_file(tmp_path, *lines):
    """How often the rule is reported for a file that builds `Table` and goes on with LINES."""
    path = tmp_path / "net.py"
    head = "from collections import OrderedDict\n\nimport torch\nfrom torch import nn\n\nX = torch.rand(1, 8)\n\n\n"
    rest = ["", "", "net = Table().eval()", "x = torch.rand(1, 8)", *lines, ""]
    path.write_text(head + inspect.getsource(Table) + "\n".join(rest))
    report = check_paths([str(path)], Settings(no_convert=True))
    assert not report.errors and "model-failed" not in [found.rule for found in report.diagnostics]
    return [found.rule for found in report.diagnostics].count("first-call-differs")


@pytest.mark.parametrize("call", ["trace(net, x)", "trace_module(net, {'forward': x})"])
@pytest.mark.parametrize(("option", "count"), [("", 1), (", check_trace=False", 0), (", check_trace=True", 1)])
def test_the_files_own_call_says_whether_it_is_checked(call, option, count, tmp_path):
    assert count_in_file(tmp_path, f"torch.jit.{call[:-1]}{option})") == count


def test_what_counts_is_what_the_model_held_when_it_was_traced(tmp_path):
    after = ["traced = torch.jit.trace(net, x)", "print(net(x) - traced(x))", "torch.jit.save(traced, 'net.pt')"]
    assert count_in_file(tmp_path, *after, "torch.jit.trace(nn.Linear(8, 1).eval(), x)") == 1
    assert count_in_file(tmp_path, "net(x)", "torch.jit.trace(net, x)") == 0


CAST = """
import torch

net = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 1), torch.nn.BatchNorm2d(2)).eval()
traced = torch.jit.trace(net, torch.rand(1, 1, 4, 4))
net.double()
torch.jit.script(torch.nn.ReLU())
"""


def test_a_model_that_is_cast_after_it_was_traced_is_taken_as_it_is_now(tmp_path):
    (tmp_path / "net.py").write_text(CAST)
    report = check_paths([str(tmp_path / "net.py")], Settings(no_convert=True))
    (failed,) = [found for found in report.diagnostics if found.rule == "model-failed"]
    assert "Input type (float) and bias type (double)" in failed.message, "as it did before, and no mixture"


class Keywords(nn.Module):
    def forward(self, x, scale=None, offset=None):
        return x * scale if offset is None else x + offset


def test_keyword_inputs():
    seen = observe(Keywords(), X, kwargs={"scale": torch.tensor(2.0)})
    assert seen.settled.status == "works"
    skipping = observe(Keywords(), kwargs={"x": X, "offset": torch.tensor(2.0)})
    assert skipping.settled.status == "works"


class Raises(nn.Module):
    def forward(self, x):
        return self.check(x)

    def check(self, x):
        raise ValueError("no such image")


def test_a_forward_that_raises_names_its_line():
    seen = observe(Raises(), X)
    failed = seen.one(ModelFailed)
    assert (failed.step, failed.exception, failed.message) == ("eager", "ValueError", "no such image")
    assert failed.place.span.line == line_of('raise ValueError("no such image")')
    assert failed.place.symbol == "Raises.check"
    assert [(s.step, s.status) for s in seen.of(StepEnded)] == [("eager", "failed")]


def test_a_wrong_shape_is_pytorchs_own_error_on_the_users_line():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(4, 4, 3)

        def forward(self, x):
            return self.conv(x)  # takes four channels

    failed = observe(Net(), X).one(ModelFailed)
    assert "expected input[1, 3, 8, 8] to have 4 channels" in failed.message
    assert failed.place.span.line == line_of("return self.conv(x)  # takes four channels")


class FunctionalDropout(nn.Module):
    def forward(self, x):
        return F.dropout(x, 0.5)  # without training


def test_dropout_that_survives_eval():
    wrong = observe(FunctionalDropout(), X).one(ModeWrong)
    assert wrong.what == "dropout"
    assert wrong.place.span.line == line_of("return F.dropout(x, 0.5)  # without training")


class SwitchesOn(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm2d(3)

    def forward(self, x):
        self.norm.train()
        return self.norm(x)  # in training mode


def test_batch_norm_switched_on_in_forward():
    wrong = observe(SwitchesOn(), X).of(ModeWrong)
    assert [(w.what, w.modules) for w in wrong if w.what == "batch-norm"] == [("batch-norm", ("norm",))]
    assert wrong[-1].place.span.line == line_of("return self.norm(x)  # in training mode")


class Noise(nn.Module):
    def forward(self, x):
        return x + torch.randn(8)  # noise


def test_random_values_differ_from_run_to_run():
    wrong = observe(Noise(), X).one(ModeWrong)
    assert wrong.what == "nondeterminism"
    assert wrong.place.span.line == line_of("return x + torch.randn(8)  # noise")


class Quiet(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = nn.Sequential(nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3), nn.Dropout(0.5))

    def forward(self, x):
        return self.block(x)


def test_modules_in_training_mode_are_put_in_eval_mode():
    seen = observe(Quiet(), X)
    assert seen.of(ModeWrong) == []
    assert seen.subject.was_training
    assert not seen.subject.module.training


def test_the_users_functions_that_ran():
    ran = observe(Outer(), X).one(CodeRan)
    assert (ran.route, ran.functions) == ("eager", {str(HERE): ("Outer.forward", "Mapping.forward")})


class Counter(nn.Module):
    def __init__(self):
        super().__init__()
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        return x * self.calls


def test_state_kept_between_calls():
    seen = observe(Counter(), X)
    assert seen.one(ModeWrong).what == "nondeterminism"
    assert seen.one(ModeWrong).effect.startswith("forward keeps state")
    found = seen.one(SecondCallDiffered)
    assert (found.attributes, found.settles) == (("calls",), False), "a call before it is traced does not help"
    assert seen.settled.status == "works"
