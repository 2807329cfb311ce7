"""Escapes settled by other inputs: harmful, harmless, not exercised; several of them told apart; what nothing explains."""

from __future__ import annotations

import contextlib
import math
import time

import pytest
import torch
from running import observe
from subjects import Asserting, line_of
from torch import nn

from tslint.evidence import (
    BranchTaken,
    ConstantBaked,
    Escape,
    Generalises,
    LoopUnrolled,
    Note,
    NumberAnswered,
    TraceDiffered,
    Variations,
)
from tslint.probe.compare import compare
from tslint.probe.subject import Inputs

pytestmark = pytest.mark.torch


def verdicts(seen):
    return [(escape.via, escape.verdict) for escape in seen.of(Escape)]


def generalises(seen):
    return [(g.input, g.dimension, g.verdict) for g in seen.of(Generalises)]


class Scaled(nn.Module):
    def forward(self, x):
        return x / math.sqrt(x.size(2)), x * float(x.size(1))


def test_both_values_and_which_input_needs_the_other():
    baked = observe(Scaled(), torch.rand(2, 6, 8)).of(ConstantBaked)
    assert [(b.via, b.value, b.other, b.tried, b.differs) for b in baked] == [
        ("__float__", 8.0, 4.0, "dimension 2 = 4", True),
        ("__float__", 6.0, 3.0, "dimension 1 = 3", True),
    ]
    assert [b.place.symbol for b in baked] == ["Scaled.forward"] * 2
    assert [b.use.span.line for b in baked] == [b.place.span.line for b in baked]


def test_generalises_over_what_no_escape_stops():
    seen = observe(Scaled(), torch.rand(2, 6, 8))
    assert generalises(seen) == [("x", 0, True), ("x", 1, False), ("x", 2, False)]
    stops = [[place.span.column for place in g.stopped_by] for g in seen.of(Generalises)]
    assert stops == [[], [46], [20]]


class Both(nn.Module):
    """Two values change together on every input: only one of them matters."""

    def forward(self, x):
        used = math.sqrt(x.size(2))
        checked = int(x.size(2))
        if checked < 0:
            raise ValueError("no such size")
        return x / used


def test_what_changed_and_does_not_matter_is_not_blamed():
    seen = observe(Both(), torch.rand(2, 6, 8))
    assert [baked.via for baked in seen.of(ConstantBaked)] == ["__float__"]
    by_via = {escape.via: escape for escape in seen.of(Escape)}
    assert by_via["__float__"].verdict == "harmful"
    assert by_via["__int__"].verdict == "harmless"
    assert by_via["__int__"].note == "the trace is wrong on dimension 2 = 4, and not for this value"


class Harmless(nn.Module):
    def forward(self, x, y):
        z = x[:, : y.size(1)]
        print(f"{x.size(2)} wide")
        return z[:, :, : min(x.size(2), 2 * z.size(2))] % x.size(2)


def test_harmless_only_where_the_value_changed_and_the_trace_was_right(capsys):
    seen = observe(Harmless(), torch.rand(2, 6, 8), torch.rand(2, 3, 8))
    assert seen.settled.status == "works"
    found = {(escape.via, escape.verdict) for escape in seen.of(Escape)}
    assert ("__format__", "harmless") in found
    assert ("__index__", "harmless") in found
    assert ("__bool__", "not exercised") in found
    formatted = next(escape for escape in seen.of(Escape) if escape.via == "__format__")
    assert formatted.values["example"] == "8" and "4" in formatted.values.values()


class Linear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(8, 16)

    def forward(self, x):
        y = self.linear(x)
        return y / math.sqrt(y.size(-1))


def test_a_size_that_eager_pins_is_harmless():
    seen = observe(Linear(), torch.rand(2, 6, 8))
    assert verdicts(seen) == [("__float__", "harmless")]
    assert seen.of(Escape)[0].note.startswith("the sizes it comes from are the same on every input")
    assert generalises(seen) == [("x", 0, True), ("x", 1, True), ("x", 2, None)]
    assert list(seen.one(Variations).refused) == ["dimension 2"]
    assert "mat1 and mat2" in seen.one(Variations).refused["dimension 2"]


class Threshold(nn.Module):
    def forward(self, x):
        return x * 2 if x.shape[1] > 1000 else x / (1 + int(x.shape[0] / 50 / 50))


def test_a_threshold_is_read_off_the_graph():
    seen = observe(Threshold(), torch.rand(2, 6))
    taken = seen.one(BranchTaken)
    assert (taken.truth, taken.other, taken.tried, taken.differs) == (False, True, "dimension 1 = 1001", True)


def test_a_size_that_changed_without_changing_the_value_says_nothing():
    seen = observe(Threshold(), torch.rand(2, 6))
    rounded = next(escape for escape in seen.of(Escape) if escape.via == "__int__")
    assert rounded.verdict == "not exercised"
    assert rounded.note == "no input that the eager model accepts changed it"


class Guarded(nn.Module):
    """Conditions on which nothing but an error or a warning depends, in the model's own lines and in torch's."""

    def forward(self, x, y):
        if x.size(0) % 2 != 0 and x.size(1) > 1:
            raise ValueError("odd")
        return torch.nn.functional.mse_loss(x, y)


@pytest.mark.parametrize(
    ("model", "inputs", "guards"),
    [
        (Asserting(), (torch.rand(2, 6),), 2),
        (Guarded(), (torch.rand(2, 6), torch.rand(2, 6)), 1),
        (nn.Sequential(nn.InstanceNorm2d(3)), (torch.rand(2, 3, 4, 4),), 1),
    ],
    ids=["assert", "raise and warn", "torch's own"],
)
def test_a_guard_is_harmless(model, inputs, guards):
    found = observe(model, *inputs).of(Escape)
    assert {escape.verdict for escape in found} == {"harmless"}
    assert len([e for e in found if e.note == "it decides only whether the eager model raises or warns"]) == guards


class Caught(nn.Module):
    def forward(self, x):
        try:
            if x.isnan().any():
                raise ValueError("not a number")
        except ValueError:
            return x * 0
        return x


class Said(nn.Module):
    def forward(self, x):
        if x.isnan().any():
            print("not a number")
        else:
            x = x + 1
        return x


@pytest.mark.parametrize("kind", [Caught, Said])
def test_what_leads_elsewhere_is_no_guard(kind):
    (escape,) = observe(kind(), torch.rand(2, 6)).of(Escape)
    assert escape.verdict == "not exercised"


class Causal(nn.Module):
    def forward(self, x):
        square = x @ x.transpose(1, 2)
        return torch.tril(square) if x.shape[1] > 1 else square


def test_one_is_a_size_worth_trying():
    seen = observe(Causal(), torch.rand(2, 6, 4))
    assert verdicts(seen) == [("__bool__", "harmless")]
    assert seen.one(BranchTaken).tried == "dimension 1 = 1"
    assert seen.one(BranchTaken).differs is False


class Branch(nn.Module):
    def forward(self, x):
        if x.sum() > 0:
            return x + 1
        return x - 1


def test_a_branch_on_values_is_flipped():
    seen = observe(Branch(), torch.rand(2, 3) + 0.5)
    taken = seen.one(BranchTaken)
    assert (taken.origin, taken.truth, taken.other, taken.differs) == ("data", True, False, True)
    assert taken.tried == "negated values"
    assert seen.settled.control_flow == ("",)
    assert generalises(seen) == [("x", 0, True), ("x", 1, True)]


class Whole(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.inner = nn.Sequential(Branch())

    def forward(self, x):
        return self.inner(self.first(x))


def test_control_flow_names_the_module_that_has_it():
    torch.manual_seed(0)
    seen = observe(Whole(), torch.randn(4, 4) * 3)
    assert seen.one(BranchTaken).differs
    assert seen.settled.control_flow == ("inner.0",)


class ShapeBranch(nn.Module):
    def forward(self, x):
        return x * 2 if x.shape[1] > 4 else x


def test_a_branch_on_a_size():
    taken = observe(ShapeBranch(), torch.rand(2, 6)).one(BranchTaken)
    assert (taken.origin, taken.truth, taken.other, taken.tried) == ("size", True, False, "dimension 1 = 3")


class Same(nn.Module):
    """Both ways give the same answer: the path is recorded all the same."""

    def forward(self, x):
        return x * 2 if x.shape[1] > 4 else x + x


def test_a_path_that_makes_no_difference_specialises():
    seen = observe(Same(), torch.rand(2, 6))
    assert seen.one(BranchTaken).differs is False
    assert verdicts(seen) == [("__bool__", "harmless")]
    assert seen.settled.status == "works"


class Until(nn.Module):
    def forward(self, x):
        while x.max() < 10:
            x = x + 3
        return x


def test_a_while_loop_counts_its_rounds():
    seen = observe(Until(), torch.ones(2, 3))
    loop = seen.one(LoopUnrolled)
    assert (loop.origin, loop.count, loop.differs) == ("data", 3, True)
    assert loop.other != 3
    assert seen.of(BranchTaken) == []
    assert seen.settled.control_flow == ("",)


class Two(nn.Module):
    def forward(self, q, k):
        return (q @ k.transpose(1, 2)) / math.sqrt(k.size(2))


def test_dimensions_that_must_agree_are_varied_together():
    seen = observe(Two(), torch.rand(2, 3, 8), torch.rand(2, 5, 8))
    assert generalises(seen) == [
        ("q", 0, True), ("q", 1, True), ("q", 2, False),
        ("k", 0, True), ("k", 1, True), ("k", 2, False),
    ]  # fmt: skip
    assert seen.one(ConstantBaked).tried == "dimension 2 of `q`, `k` = 4"


def test_a_range_is_varied_within_its_ends():
    seen = observe(Scaled(), torch.rand(1, 2, 6), ranges={(0, 2): (4, 8)})
    assert {"dimension 2 = 4", "dimension 2 = 8"} <= set(seen.one(Variations).tried)
    assert not {"dimension 2 = 3", "dimension 2 = 12"} & set(seen.one(Variations).tried)


def test_other_inputs_of_the_user_come_first():
    other = Inputs("other_inputs()", (torch.rand(2, 6, 5),))
    seen = observe(Scaled(), torch.rand(2, 6, 8), others=(other,))
    assert next(iter(seen.one(Variations).tried)) == "other_inputs()"
    assert seen.of(ConstantBaked)[0].tried == "other_inputs()"
    assert seen.of(ConstantBaked)[0].other == 5.0


class Embedded(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(10, 4)

    def forward(self, tokens):
        return self.embedding(tokens) * len(tokens)


def test_integers_stay_within_the_examples_own():
    seen = observe(Embedded(), torch.tensor([1, 9, 3]))
    assert "other values" in seen.one(Variations).tried
    assert seen.one(Variations).refused == {}
    assert seen.one(ConstantBaked).via == "__len__"


class Border(nn.Module):
    """The value written is expanded to the size seen while tracing; nothing becomes a Python value."""

    def forward(self, x):
        y = x * 1
        y[:, 0:1] = torch.zeros(1)
        return y


def test_a_difference_that_no_escape_explains_names_its_line():
    seen = observe(Border(), torch.rand(2, 6))
    differed = seen.of(TraceDiffered)
    if seen.settled.status == "works":
        pytest.skip("this torch keeps the size of a value that is written through a slice")
    assert differed[0].place.symbol is None and differed[0].place.span.line


class Draws(nn.Module):
    """The first draw becomes a number and leaves the program; the second then draws what the first should have."""

    def forward(self, x):
        scale = int(torch.rand([]) * 0 + 2)
        return x * scale + torch.randint(0, x.shape[1], ())  # drawn second


def test_draws_that_shift_are_placed_on_the_first_that_is_left():
    seen = observe(Draws(), torch.rand(2, 1))
    differed = seen.of(TraceDiffered)
    assert {item.place.span.line for item in differed} == {line_of(__file__, "drawn second")}


class Counts(nn.Module):
    def forward(self, x):
        return x + 1, x.size(1)


def test_a_size_that_is_returned_differs_in_its_type_alone():
    seen = observe(Counts(), torch.rand(2, 6))
    assert seen.of(TraceDiffered) == []
    assert (seen.settled.status, seen.settled.differs_in_type) == ("differs", True)
    assert seen.settled.message == "answers with a tensor for a Python number"
    assert seen.one(NumberAnswered).keys == ("1",)
    assert generalises(seen) == [("x", 0, True), ("x", 1, True)]


class Writes(nn.Module):
    """With gradients its trace raises from the second call on, as plain PyTorch's does; without them it is right."""

    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(4)
        self.first = nn.Linear(4, 4)
        self.act = nn.ReLU(inplace=True)
        self.second = nn.Linear(4, 4)

    def forward(self, x):
        return x + self.second(self.act(self.first(self.norm(x))))


def test_a_program_is_asked_without_gradients():
    model = Writes().eval()
    plain = torch.jit.trace(model, torch.rand(2, 3, 4), check_trace=False)
    plain(torch.rand(2, 3, 4))
    with pytest.raises(RuntimeError, match="is being used in an in-place operation"):
        plain(torch.rand(2, 3, 4))
    assert observe(model, torch.rand(2, 3, 4)).settled.status == "works"


class Cached(nn.Module):
    def __init__(self):
        super().__init__()
        self.cache = None

    def forward(self, x):
        if self.cache is None or self.cache.shape[0] != x.shape[1]:
            self.cache = torch.arange(x.shape[1])
        return x + self.cache


def test_a_cache_filled_by_one_call_does_not_reach_the_next():
    seen = observe(Cached(), torch.rand(2, 6))
    assert seen.settled.status == "works"
    assert seen.subject.module.cache is None


def test_no_answer_keeps_the_activations_of_its_call(monkeypatch):
    """Each would hold what a training step holds: of a large model, every input tried would cost as much as the weights."""
    kept = []
    monkeypatch.setattr(compare, "_report", lambda run, emit: kept.append(run))
    observe(nn.Linear(4, 3), torch.rand(2, 4))
    assert len(kept[0].trials) > 2
    assert not any(trial.expected.requires_grad for trial in kept[0].trials)


class Scale(nn.Module):
    def forward(self, x):
        return x / math.sqrt(x.size(2))


class Skips(nn.Module):
    """The branch leaves out the first of two calls: the second must not be taken for it."""

    def __init__(self):
        super().__init__()
        self.scale = Scale()

    def forward(self, x):
        if x.size(1) > 4:
            x = x + self.scale(x[:, :, :2]).mean()
        return self.scale(x)


def test_the_same_call_is_the_same_moment():
    seen = observe(Skips(), torch.rand(1, 8, 6), ranges={(0, 1): (3, 9)})
    escape = next(escape for escape in seen.of(Escape) if escape.via == "__float__")
    assert (escape.values["example"], escape.values["dimension 1 = 3"]) == (6.0, 6.0)
    baked = seen.one(ConstantBaked)
    assert (baked.value, baked.tried.partition(" = ")[0]) == (6.0, "dimension 2")


class Loops(nn.Module):
    def forward(self, x):
        s = torch.tensor(0.0)
        for row in x:  # row
            s = s + row.sum()
        for part in x.unbind(1):  # unbind
            s = s - part.max()
        for part in x.split(2, dim=2):  # split
            s = s + part.min()
        for i in range(len(x)):  # len
            s = s + x[i].std()
        return s


def test_loops_over_tensors_show_both_counts_though_others_change_with_them():
    found = {
        (loop.place.span.line, loop.count, loop.other, loop.tried)
        for loop in observe(Loops(), torch.rand(2, 3, 8)).of(LoopUnrolled)
    }
    lines = {marker: line_of(__file__, marker) for marker in ("row", "unbind", "split", "len")}
    assert found == {
        (lines["row"], 2, 3, "dimension 0 = 3"),
        (lines["unbind"], 3, 4, "dimension 1 = 4"),
        (lines["split"], 4, 2, "dimension 2 = 4"),
        (lines["len"], 2, 3, "dimension 0 = 3"),
    }  # fmt: skip


def test_a_loop_over_a_tensor_is_placed_on_what_it_runs_over():
    loops = observe(Loops(), torch.rand(2, 3, 8)).of(LoopUnrolled)
    columns = {loop.place.span.column: loop.place.span.end_column for loop in loops if loop.count == 2}
    assert columns == {20: 21, 24: 30}
    assert all("functional.py" not in frame.path for loop in loops for frame in loop.stack)


class Tied(nn.Module):
    def forward(self, x, y):
        return torch.cat([x, y], 1)


def test_a_dimension_that_only_changes_with_another_one_is_not_known_by_itself():
    seen = observe(Tied(), torch.rand(2, 3), torch.rand(2, 5))
    assert generalises(seen) == [("x", 0, None), ("x", 1, True), ("y", 0, None), ("y", 1, True)]
    both = (("x", 0), ("y", 0))
    assert [g.together for g in seen.of(Generalises)] == [both, (), both, ()]


class Free(nn.Module):
    def forward(self, x, y):
        return x.mean(0) + y.mean(0) / math.sqrt(y.size(0))


def test_dimensions_of_one_size_are_also_changed_alone():
    assert generalises(observe(Free(), torch.rand(6), torch.rand(6))) == [("x", 0, True), ("y", 0, False)]


def test_the_users_own_inputs_count_for_the_dimensions_that_they_change():
    other = Inputs("other_inputs()", (torch.rand(5, 3), torch.rand(5, 5)))
    seen = observe(Tied(), torch.rand(2, 3), torch.rand(2, 5), others=(other,))
    assert seen.of(Generalises)[0].together == (("x", 0), ("y", 0))


class Detector(nn.Module):
    """As many answers as there are images: a wrapper for two of them does not serve three."""

    def forward(self, images):
        return [{"scores": image * 2} for image in images]


def test_a_wrapper_that_answers_for_the_example_alone_is_wrong():
    seen = observe(Detector(), torch.rand(2, 3))
    assert seen.settled.wrapped == "differs"
    assert generalises(seen) == [("images", 0, False), ("images", 1, True)]


class Padded(nn.Module):
    """Even sizes take one way, odd sizes the other."""

    def forward(self, x):
        low = nn.functional.max_pool2d(x, 2)
        up = nn.functional.interpolate(low, scale_factor=2.0)
        if up.size(2) != x.size(2) or up.size(3) != x.size(3):
            up = nn.functional.pad(up, [0, x.size(3) - up.size(3), 0, x.size(2) - up.size(2)])
        return x + up


def test_what_is_wrong_together_is_tried_alone():
    seen = observe(Padded(), torch.rand(1, 2, 8, 8))
    assert generalises(seen) == [("x", 0, True), ("x", 1, True), ("x", 2, False), ("x", 3, False)]


class Decoded(nn.Module):
    """Its rounds follow the lengths' values, not how many there are."""

    def forward(self, x, lengths):
        total = x.sum() * 0
        for step in range(int(lengths.max())):
            total = total + x[:, step].sum()
        return total + lengths.sum()


def test_a_dimension_is_not_blamed_for_values_that_are_random_where_it_changes():
    seen = observe(Decoded(), torch.rand(2, 6), torch.tensor([6, 3]))
    assert seen.one(LoopUnrolled).differs
    verdicts = {(g.input, g.dimension): g.verdict for g in seen.of(Generalises)}
    assert verdicts["lengths", 0] is True and verdicts["x", 0] is True


class Counting(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("count", torch.zeros(()))

    def forward(self, x):
        self.count += 1
        return x / self.count


def test_a_trace_starts_from_the_state_that_eager_starts_from():
    seen = observe(Counting(), torch.rand(2, 3))
    assert (seen.settled.status, seen.of(TraceDiffered)) == ("works", [])


class Slow(nn.Module):
    """Hangs on every size of dimension 1 but the example's, whatever it catches."""

    def forward(self, x):
        while x.size(1) != 6:
            with contextlib.suppress(Exception):
                time.sleep(60)
        return x * 2


def test_an_input_that_the_model_hangs_on_costs_a_moment(monkeypatch):
    monkeypatch.setattr(compare, "PATIENCE", 0.3)
    start = time.monotonic()
    seen = observe(Slow(), torch.rand(4, 6))
    assert time.monotonic() - start < 20
    assert generalises(seen) == [("x", 0, True), ("x", 1, None)]
    assert seen.settled.status == "works"
    assert seen.one(Note).text == (
        "no answer within 0.3 s on `dimension 1 = 3 (float32[4,3])`, made up for the comparison: others were tried"
    )
    assert seen.of(Variations)[0].refused == {"dimension 1": "no answer within 0.3 s"}


class SlowOnAnything(nn.Module):
    def forward(self, x):
        if x.shape != (4, 6, 5, 7):
            time.sleep(60)
        return x * 2


def test_after_two_such_inputs_no_other_is_tried(monkeypatch):
    monkeypatch.setattr(compare, "PATIENCE", 0.3)
    seen = observe(SlowOnAnything(), torch.rand(4, 6, 5, 7))
    assert seen.one(Note).text.count("float32[") == compare.HANGS
    assert list(seen.of(Variations)[0].tried) == ["other values"]
