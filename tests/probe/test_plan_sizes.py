"""Which sizes a program serves, and how values, types and places are written down."""

from __future__ import annotations

import math

import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from subjects import subject_of, traced  # noqa: E402
from torch import nn  # noqa: E402

from tslint.probe.plan import code, sizes  # noqa: E402
from tslint.probe.plan.sizes import Flexible  # noqa: E402


def measured(module, *args, others):
    subject = subject_of(module, *args, others=others)
    program = traced(module, *args)
    return subject, sizes.flexible(subject, program, subject.module)


class Scaled(nn.Module):
    def forward(self, x):
        return x / math.sqrt(x.shape[2])


def test_sizes_that_a_trace_serves_are_ranges_of_what_was_tried():
    shapes = [(2, 3, 4), (4, 3, 4), (1, 3, 8), (1, 3, 2), (2, 6, 4)]
    subject, found = measured(Scaled(), torch.randn(1, 3, 4), others=[(torch.randn(*s),) for s in shapes])
    assert found == (Flexible(((0, 0),), 1, 4),)
    types = sizes.types(subject, list(subject.example.args), ["x"], found)
    assert types.types == ('ct.TensorType(name="x", shape=(ct.RangeDim(1, 4, default=1), 3, 4))',)


class Halved(nn.Module):
    """Takes even lengths alone."""

    def forward(self, x):
        return x.reshape(x.shape[0], -1, 2).sum(-1)


def test_sizes_with_refused_ones_between_are_enumerated():
    subject, found = measured(Halved(), torch.randn(1, 8), others=[(torch.randn(1, 4),), (torch.randn(1, 16),)])
    assert found == (Flexible(((0, 1),), 4, 16, stepwise=True),)
    (written,) = sizes.types(subject, list(subject.example.args), ["x"], found).types
    assert written == (
        'ct.TensorType(name="x", shape=ct.EnumeratedShapes(shapes=[(1, 8), (1, 4), (1, 16)], default=(1, 8)))'
    )


class Added(nn.Module):
    def forward(self, x, y):
        return torch.stack((x, y))


def test_sizes_that_change_together_are_one():
    pair = lambda n: (torch.randn(n), torch.randint(0, 3, (n,)))  # noqa: E731
    subject, found = measured(Added(), *pair(4), others=[pair(2), pair(9)])
    assert found == (Flexible(((0, 0), (1, 0)), 2, 9),)
    written = sizes.types(subject, list(subject.example.args), ["x", "1"], found)
    assert written.sizes == (("size", "ct.RangeDim(2, 9, default=4)"),)
    assert written.types == (
        'ct.TensorType(name="x", shape=(size,))',
        "ct.TensorType(shape=(size,), dtype=np.int32)",
    )


def test_ranges_that_are_given_are_those():
    subject = subject_of(Added(), torch.randn(4), torch.randn(4), ranges={(0, 0): (1, 7), (1, 0): (1, 7)})
    assert sizes.flexible(subject, None, subject.module) == (Flexible(((0, 0), (1, 0)), 1, 7),)


@pytest.mark.parametrize(
    "given, written",
    [
        (torch.rand(2, 3), "torch.rand(2, 3)"),
        (torch.tensor([-1.0, 4.0]), "torch.randn(2)"),
        (torch.tensor([0.0, 255.0]), "torch.rand(2) * 255"),
        (torch.zeros(2, dtype=torch.float64), "torch.zeros(2, dtype=torch.float64)"),
        (torch.tensor([3, 9]), "torch.randint(3, 10, (2,))"),
        (torch.full((2, 2), 7, dtype=torch.int32), "torch.full((2, 2), 7, dtype=torch.int32)"),
        (torch.tensor(5), "torch.full((), 5)"),
        (torch.ones(2, dtype=torch.bool), "torch.ones(2, dtype=torch.bool)"),
        (torch.tensor([True, False]), "torch.rand(2) > 0.5"),
        ((torch.ones(2), [torch.zeros(3)], None), "(torch.ones(2), [torch.zeros(3)], None)"),
        ({"a": (torch.ones(2),)}, '{"a": (torch.ones(2),)}'),
    ],
)
def test_values_are_written_with_their_shape_type_and_kind_of_numbers(given, written):
    assert code.value(given) == written
    made = eval(written, {"torch": torch})
    if isinstance(given, torch.Tensor):
        assert (made.shape, made.dtype) == (given.shape, given.dtype)


def test_a_value_that_cannot_be_written():
    with pytest.raises(code.Unwritable, match="an input is a Linear"):
        code.value(nn.Linear(1, 1))


def test_places_are_every_way_to_a_module():
    shared = nn.Linear(2, 2)
    model = nn.Module()
    model.body = nn.Sequential(shared, nn.ModuleList([nn.ReLU()]))
    model.heads = nn.ModuleDict({"a": shared})
    found = code.places(model)
    assert found[shared] == (".body[0]", '.heads["a"]')
    for module, places in found.items():
        for place in places:
            assert eval(f"model{place}", {"model": model}) is module
    assert [found[m] for m in (model, model.body[1][0])] == [("",), (".body[1][0]",)]


def test_what_a_part_is_traced_with_is_the_example_where_it_is_the_same():
    given = torch.tensor([-1.0, 1.0])
    assert code.arguments((given.clone(),), (given,)) == "example"
    assert code.arguments((given * 2,), (given,)) == "torch.randn(2)"
    assert code.arguments((given, given), (given,)) == "(torch.randn(2), torch.randn(2))"
