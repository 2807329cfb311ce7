"""What leaves a trace as a Python value and what stays in it, measured: every row is traced and compared for real."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from running import observe

from tslint.evidence import BranchTaken, ConstantBaked, Escape, Generalises, LoopUnrolled

pytestmark = pytest.mark.torch


class Do(torch.nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *inputs):
        return self.function(*inputs)


X = torch.linspace(0.1, 2, 2 * 6 * 8).reshape(2, 6, 8)

BAKED = [
    ("math.sqrt", lambda x: x / math.sqrt(x.size(2)), "__float__", None, True),
    ("math.floor", lambda x: x + math.floor(x.size(2) / 3), "__float__", None, True),
    ("math.isqrt", lambda x: x / math.isqrt(x.size(2)), "__index__", None, False),
    ("numpy", lambda x: x * float(np.log(x.size(2))), "__array__", None, True),
    ("float", lambda x: x / float(x.size(2)), "__float__", None, True),
    ("int", lambda x: x * int(x.size(2) / 2), "__int__", None, True),
    ("numel of a shape", lambda x: x / x.shape.numel(), "__index__", None, False),
    ("pooling kernel", lambda x: F.avg_pool1d(x, x.size(2)), "argument", "avg_pool1d", False),
    ("adaptive pooling", lambda x: F.adaptive_avg_pool1d(x, x.size(2) // 2), "argument", "adaptive_avg_pool1d", False),
    ("roll", lambda x: x.roll(x.size(2) // 2, 2), "argument", "roll", False),
    ("split", lambda x: x.split(x.shape[2] // 2, 2)[0], "__int__", None, True),
    ("item", lambda x: x * x.sum().item(), "item", None, True),
    ("numpy of data", lambda x: x * float(x.numpy().sum()), "numpy", None, True),
    ("tolist", lambda x: x * x.sum(dim=(1, 2)).tolist()[0], "tolist", None, True),
    ("data", lambda x: x + x.data.mean(), "data", None, False),
    ("new", lambda x: x.new(1, 1, x.size(2)).fill_(1) + x, "argument", "new", False),
    ("format", lambda x: x + len(f"{x.size(2) * 100}"), "__format__", None, True),
]  # fmt: skip


@pytest.mark.parametrize(
    ("function", "via", "operator", "warned"), [row[1:] for row in BAKED], ids=[row[0] for row in BAKED]
)
def test_baked(function, via, operator, warned):
    seen = observe(Do(function), X)
    harmful = [escape for escape in seen.of(Escape) if escape.verdict == "harmful"]
    assert [(escape.via, escape.operator, escape.warned) for escape in harmful] == [(via, operator, warned)]
    assert harmful[0].place.span.line == function.__code__.co_firstlineno
    assert [(baked.via, baked.differs) for baked in seen.of(ConstantBaked)] == [(via, True)]
    assert seen.settled.status == "differs"


KEPT = [
    ("arithmetic", lambda x: x * (x.size(2) * 2 + 1 - x.size(1) // 2 % 3)),
    ("power", lambda x: x / x.size(2) ** 0.5),
    ("view", lambda x: x.view(x.size(0), x.size(1) * x.size(2))),
    ("reshape", lambda x: x.reshape(x.shape[0], -1, 2)),
    ("expand", lambda x: x[:, :1].expand(-1, x.size(1), -1)),
    ("slice", lambda x: x[:, : x.size(1) // 2]),
    ("select", lambda x: x[:, x.size(1) - 1]),
    ("arange", lambda x: torch.arange(x.size(2)) + x),
    ("linspace", lambda x: torch.linspace(0, 1, x.size(2)) + x),
    ("tensor of a size", lambda x: x * torch.tensor(x.size(2))),
    ("zeros", lambda x: torch.zeros(x.size(0), x.size(1))[..., None] + x),
    ("interpolate", lambda x: F.interpolate(x, size=x.size(2) * 2)),
    ("pad", lambda x: F.pad(x, (0, x.size(1)))),
    ("repeat", lambda x: x.repeat(1, x.size(1), 1)),
    ("topk", lambda x: x.topk(x.size(2) // 2)[0]),
    ("numel", lambda x: x / x.numel()),
    ("weights alone", lambda x: x * float(torch.ones(3).sum())),
]  # fmt: skip


@pytest.mark.parametrize("function", [row[1] for row in KEPT], ids=[row[0] for row in KEPT])
def test_kept(function):
    seen = observe(Do(function), X)
    assert [escape for escape in seen.of(Escape) if escape.verdict == "harmful"] == []
    assert seen.of(ConstantBaked) + seen.of(BranchTaken) + seen.of(LoopUnrolled) == []
    assert seen.settled.status == "works"
    assert True in [dimension.verdict for dimension in seen.of(Generalises)]


ROUNDS = [
    ("range", lambda x: sum(x[:, i] for i in range(x.shape[1])), 6, 3, "dimension 1 = 3"),
    ("range with a start", lambda x: sum(x[:, i] for i in range(1, x.shape[1])), 5, 2, "dimension 1 = 3"),
    ("tensor", lambda x: torch.stack([row * 2 for row in x]), 2, 3, "dimension 0 = 3"),
    ("unbind", lambda x: sum(x.unbind(1)), 6, 3, "dimension 1 = 3"),
    ("split into parts of two", lambda x: sum(x.split(2, 1)), 3, 2, "dimension 1 = 3"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("function", "count", "other", "tried"), [row[1:] for row in ROUNDS], ids=[row[0] for row in ROUNDS]
)
def test_rounds(function, count, other, tried):
    seen = observe(Do(function), X)
    found = seen.of(LoopUnrolled)
    assert (found[0].count, found[0].other, found[0].tried, found[0].differs) == (count, other, tried, True)
    assert found[0].place.span.line == function.__code__.co_firstlineno
    assert seen.of(ConstantBaked) == []


@pytest.mark.parametrize("via", ["__iter__", "__len__"])
def test_what_the_recorder_reads_itself_is_no_escape(via):
    """A loop reads `unbind` and the recorder a size; both once stood beside the loop as values that left by themselves."""
    function = {
        "__iter__": lambda x: torch.stack([row * 2 for row in x]),
        "__len__": lambda x: x * len(x),
    }[via]
    seen = observe(Do(function), X)
    assert [(escape.via, escape.operator, escape.verdict) for escape in seen.of(Escape)] == [(via, None, "harmful")]
    assert seen.of(Escape)[0].warned


class Weighted(torch.nn.Module):
    """The tracer warns of five values, and an input reaches the last of them alone, which then makes another constant."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(3))

    def forward(self, x):
        if self.weight.sum() > 0:
            x = x * float(self.weight[0]) + torch.tensor(2.0)
        for each in self.weight:
            x = x + each
        return x / torch.tensor(math.sqrt(x.size(2)))


def test_a_warning_about_what_no_input_reaches_is_harmless():
    seen = observe(Weighted(), X)
    assert [(e.via, e.origin, e.verdict, e.warned) for e in seen.of(Escape)] == [
        ("__float__", "size", "harmful", True),
        ("__bool__", "constant", "harmless", True),
        ("__float__", "constant", "harmless", True),
        ("tensor", "constant", "harmless", True),
        ("__iter__", "constant", "harmless", True),
    ]
    assert {e.note for e in seen.of(Escape) if e.origin == "constant"} == {"no input changes it"}


@pytest.mark.parametrize(
    ("scale", "found"), [(lambda x: 0.5, ["harmless"]), (lambda x: 4 / int(x.size(2)), ["harmful"])]
)
def test_a_constant_that_torch_makes_of_what_it_is_given(scale, found):
    function = lambda x: F.interpolate(x, scale_factor=scale(x), recompute_scale_factor=True)  # noqa: E731
    assert [escape.verdict for escape in observe(Do(function), X).of(Escape)] == found


def test_columns_are_those_of_the_call():
    seen = observe(Do(lambda x: x / math.sqrt(x.size(2))), X)
    span = seen.one(ConstantBaked).place.span
    text = "    seen = observe(Do(lambda x: x / math.sqrt(x.size(2))), X)"
    assert text[span.column - 1 : span.end_column - 1] == "math.sqrt(x.size(2))"


def test_columns_are_counted_in_characters():
    seen = observe(Do(lambda x: ("größe", x / math.sqrt(x.size(2)))[1]), X)
    span = seen.one(ConstantBaked).place.span
    text = '    seen = observe(Do(lambda x: ("größe", x / math.sqrt(x.size(2)))[1]), X)'
    assert text[span.column - 1 : span.end_column - 1] == "math.sqrt(x.size(2))"


def test_recording_leaves_the_program_as_it_is():
    model = Do(lambda x: x.view(x.size(0), -1)[:, : x.size(1)] / math.sqrt(x.size(2)) * F.avg_pool1d(x, 8).sum())
    plain = torch.jit.trace(model, X, check_trace=False)
    seen = observe(model, X)
    kinds = [node.kind() for node in seen.subject.traced.inlined_graph.nodes()]
    assert kinds == [node.kind() for node in plain.inlined_graph.nodes()]


def test_torch_is_as_before_afterwards():
    before = {
        name: torch.Tensor.__dict__.get(name) for name in ("__index__", "__float__", "item", "__iter__", "__len__")
    }
    observe(Do(lambda x: x / math.sqrt(x.size(2))), X)
    assert {name: torch.Tensor.__dict__.get(name) for name in before} == before


class Swish(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, n):
        return x * torch.sigmoid(x) * x.size(2)

    @staticmethod
    def backward(ctx, gradient):
        return gradient, None


def test_an_autograd_function_does_not_break_the_trace():
    seen = observe(Do(lambda x: Swish.apply(x, 3)), X)
    assert seen.subject.traced is not None
