"""Verification: finds what coremltools 9.0 converts wrongly without a word, and is silent on what it converts well."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from converted import Calls, convert, quiet, verdict

pytestmark = [pytest.mark.torch, pytest.mark.coreml]
torch = pytest.importorskip("torch")
with quiet():
    coremltools = pytest.importorskip("coremltools")

from torch import Tensor, nn  # noqa: E402

from tslint.evidence import ConversionDiffered, Evidence  # noqa: E402
from tslint.probe.evaluate import Run, read  # noqa: E402
from tslint.probe.evaluate.registry import EVALUATORS  # noqa: E402
from tslint.probe.subject import Inputs, Subject  # noqa: E402
from tslint.probe.verify.verify import Verdict, verify  # noqa: E402


def against(mlmodel: object, module: nn.Module, *example: Tensor) -> Verdict:
    """The verdict on a program and a module that it was not converted from."""
    return verify(mlmodel, Subject(0, module, Inputs("the example", example)), module, lambda _: None, "trace")


# -- silent errors ---------------------------------------------------------------------------------------------------


def add_through_view(x: Tensor) -> Tensor:
    y = x * 2
    y[:, 0].add_(5)
    return y


X = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4) / 10 + 0.1


@pytest.mark.parametrize(
    ("function", "difference"),
    [
        pytest.param(lambda x: x.std(), X.std() - X.std(unbiased=False), id="std loses its correction"),
        pytest.param(lambda x: x.var(), X.var() - X.var(unbiased=False), id="var loses its correction"),
        pytest.param(lambda x: torch.atan2(torch.zeros_like(x), -x), math.pi, id="atan2 of 0 and a negative"),
        pytest.param(lambda x: x.narrow(2, -3, 3), None, id="narrow from a negative start gives nothing"),
        pytest.param(lambda x: x.var(correction=2), X.var(correction=2) - X.var(), id="var with another correction"),
        pytest.param(add_through_view, 5.0, id="write through a view after the last output"),
    ],
)
def test_silent_error_is_found(function: Callable[[Tensor], Tensor], difference: float | None) -> None:
    emitted: list[Evidence] = []
    answer = verdict(Calls(function), X, emitted=emitted)
    assert answer.verified is False
    assert answer.tried == ("the example",)
    [found] = emitted
    assert isinstance(found, ConversionDiffered)
    assert (found.entry, found.route, found.tried, found.place) == (0, "trace", "the example", None)
    assert found.output and found.output in answer.message and found.message in answer.message
    if difference is None:
        assert (answer.difference, found.max_difference) == (None, None)
        assert found.message == "shape (2, 3, 0), eager (2, 3, 3)"
    else:
        assert answer.difference == found.max_difference == pytest.approx(float(difference), rel=1e-3)


def test_instance_norm_with_running_statistics_is_found() -> None:
    """In eval mode PyTorch normalises by the running statistics; the converted program by those of the input."""
    answer = verdict(nn.InstanceNorm2d(3, track_running_stats=True), torch.rand(1, 3, 4, 4) + 2)
    assert answer.verified is False
    assert answer.difference is not None and answer.difference > 1


class Shifted(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 4, 3)
        self.register_buffer("shift", torch.rand(4, 1, 1) + 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.convolution(x) - self.shift


@pytest.mark.parametrize(
    ("module", "inputs"),
    [
        pytest.param(Shifted(), (torch.rand(1, 3, 5, 5),), id="constant subtracted from a convolution is added"),
        pytest.param(
            Calls(lambda x: x.view(4, 4, 2, 2, 2, 2).transpose(-2, -3).reshape(4, 4, 4, 4)),
            (torch.rand(4, 4, 4, 4),),
            id="transpose of six dimensions counted from the end",
        ),
        pytest.param(
            Calls(lambda x: x[(x > 0.5).byte()].sum()),
            (torch.arange(16.0).reshape(4, 4) / 16,),
            id="mask of bytes is an index",
        ),
        pytest.param(Calls(lambda x: x.reciprocal()), (torch.tensor([0.01, 1.0]),), id="reciprocal adds 1e-4"),
    ],
)
@pytest.mark.filterwarnings("ignore:indexing with dtype torch.uint8")
def test_other_silent_error_is_found(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
    assert verdict(module, *inputs).verified is False


def test_rounding_that_the_model_magnifies_is_no_difference() -> None:
    """In float32 the small addend is lost or not, as the order of adding goes; in float64 both orders agree."""
    converted = Calls(lambda x: ((x + 3e7) + 1.0) - 3e7)
    eager = Calls(lambda x: (x + (1.0 + 3e7)) - 3e7)
    differing = Calls(lambda x: (x + (7.0 + 3e7)) - 3e7)
    mlmodel = convert(converted.eval(), (X,))
    answer = against(mlmodel, eager, X)
    assert answer.verified is True
    assert answer.difference is not None and answer.difference >= 1
    assert against(mlmodel, differing, X).verified is False


def test_message_shows_where_and_how_far() -> None:
    answer = verdict(Calls(add_through_view), torch.zeros(2, 3, 4))
    assert answer.message == "y differs on the example: 8 of 24 elements, 0 where eager has 5 at [0, 0, 0]"


# -- good conversions ------------------------------------------------------------------------------------------------


class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2))
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        logits = self.head(self.features(x).mean((2, 3)))
        return logits, logits.argmax(1)


@pytest.fixture(scope="module")
def network() -> nn.Module:
    torch.manual_seed(0)
    return Network().eval()


def test_image_input_is_fed_pixels(network: nn.Module) -> None:
    """Scale and bias stand at the top of the program: it takes pixels, eager what comes of them."""
    image = coremltools.ImageType(shape=(1, 3, 8, 8), scale=1 / (0.226 * 255), bias=[-2.118, -2.036, -1.804])
    example = torch.randn(1, 3, 8, 8)
    mlmodel = convert(network, (example,), inputs=[image])
    assert [op.op_type for op in mlmodel._mil_program.functions["main"].operations if op.op_type != "const"][:2] == [
        "mul",
        "add",
    ]
    answer = against(mlmodel, network, example)
    assert (answer.verified, answer.message) == (True, "")


def test_grey_image_with_one_bias() -> None:
    image = coremltools.ImageType(
        shape=(1, 1, 8, 8), scale=1 / 127.5, bias=-1.0, color_layout=coremltools.colorlayout.GRAYSCALE
    )
    assert verdict(nn.Conv2d(1, 2, 3), torch.randn(1, 1, 8, 8), inputs=[image]).verified is True


def test_flexible_shapes_are_tried_where_the_program_takes_them(network: nn.Module) -> None:
    shape = (coremltools.RangeDim(1, 2), 3, coremltools.RangeDim(4, 12), 8)
    answer = verdict(
        network,
        torch.randn(1, 3, 8, 8),
        others=[
            [torch.randn(2, 3, 12, 8)],
            [torch.randn(3, 3, 8, 8)],  # above the range
            [torch.randn(1, 3, 8, 10)],  # a fixed dimension
            [torch.randn(1, 3, 4, 8)],
        ],
        inputs=[coremltools.TensorType(name="x", shape=shape)],
    )
    assert (answer.verified, answer.tried) == (True, ("the example", "other 1", "other 4"))


def test_enumerated_shapes(network: nn.Module) -> None:
    shapes = coremltools.EnumeratedShapes([(1, 3, 8, 8), (1, 3, 16, 8)])
    answer = verdict(
        network,
        torch.randn(1, 3, 8, 8),
        others=[[torch.randn(1, 3, 16, 8)], [torch.randn(1, 3, 12, 8)]],
        inputs=[coremltools.TensorType(name="x", shape=shapes)],
    )
    assert (answer.verified, answer.tried) == (True, ("the example", "other 1"))


def test_values_of_every_input_are_compared(network: nn.Module) -> None:
    answer = verdict(
        network, torch.randn(1, 3, 8, 8), others=[[torch.randn(1, 3, 8, 8) * 100], [torch.zeros(1, 3, 8, 8)]]
    )
    assert (answer.verified, answer.tried) == (True, ("the example", "other 1", "other 2"))


def test_integers_of_64_bits_and_a_mask() -> None:
    class Tokens(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(11, 6)

        def forward(self, tokens: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
            vectors = self.embedding(tokens) * mask.unsqueeze(-1)
            return vectors.sum(1) / mask.sum(1, keepdim=True), tokens.max(1)[0] + 1

    assert verdict(Tokens(), torch.randint(0, 11, (2, 5)), torch.ones(2, 5)).verified is True


def test_keyword_arguments_go_to_the_inputs_of_their_names() -> None:
    class Weighted(nn.Module):
        def forward(self, x: Tensor, low: Tensor, high: Tensor) -> Tensor:
            return x + 2 * low + 3 * high

    module = Weighted().eval()
    mlmodel = convert(
        module,
        (X, X + 1, X + 2),
        inputs=[coremltools.TensorType(name=name, shape=X.shape) for name in ("x", "low_1", "high")],
    )
    swapped = Inputs("the example", (X,), {"high": X * 3, "low": X * 5})
    assert verify(mlmodel, Subject(0, module, swapped), module, lambda _: None, "trace").verified is True


def test_float16_program_is_held_to_what_its_weights_allow(network: nn.Module) -> None:
    example = torch.randn(1, 3, 8, 8)
    mlmodel = convert(network, (example,), half=True)
    answer = against(mlmodel, network, example)
    assert answer.verified is True
    assert answer.difference is not None and 1e-6 < answer.difference < 1e-2
    assert verdict(Calls(add_through_view), X, half=True).verified is False


class Completer(nn.Module):
    """Appends the likeliest next token until it is the end token."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(16, 8)
        self.head = nn.Linear(8, 16)
        self.register_buffer("end", torch.tensor([3]))

    def forward(self, tokens: Tensor) -> Tensor:
        token = tokens[-1:]
        while token != self.end and tokens.size(0) < 12:
            logits = self.head(self.embedding(tokens).mean(0))
            token = torch.argmax(logits, dim=0, keepdim=True)
            tokens = torch.cat((tokens, token), dim=0)
        return tokens


def test_scripted_loop_over_a_growing_sentence() -> None:
    torch.manual_seed(1)
    answer = verdict(
        Completer(),
        torch.tensor([1, 2, 4]),
        others=[[torch.tensor([5])], [torch.tensor([7, 8, 9, 10, 1])], [torch.tensor([2, 3])]],
        script=True,
        inputs=[coremltools.TensorType(name="tokens", shape=(coremltools.RangeDim(1, 12),), dtype=int)],
    )
    assert (answer.verified, answer.difference) == (True, 0.0)
    assert answer.tried == ("the example", "other 1", "other 2", "other 3")


class Gate(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * 2 if bool(x.sum() > 0) else x - 5


def test_scripted_branch_takes_both_ways() -> None:
    answer = verdict(Gate(), torch.ones(3), others=[[-torch.ones(3)]], script=True)
    assert (answer.verified, answer.tried) == (True, ("the example", "other 1"))


def test_recorded_branch_is_found_on_the_other_input() -> None:
    emitted: list[Evidence] = []
    answer = verdict(Gate(), torch.ones(3), others=[[-torch.ones(3)]], emitted=emitted)
    assert (answer.verified, answer.difference, answer.tried) == (False, 4.0, ("the example", "other 1"))
    [found] = emitted
    assert isinstance(found, ConversionDiffered)
    assert (found.tried, found.max_difference) == ("other 1", 4.0)


def test_program_that_fails_on_another_size_differs_there() -> None:
    """The trace holds the example's size; the program says that it takes others."""
    emitted: list[Evidence] = []
    answer = verdict(
        Calls(lambda x: x + torch.arange(int(x.size(0)))),
        torch.rand(3),
        others=[[torch.rand(5)]],
        inputs=[coremltools.TensorType(name="x", shape=(coremltools.RangeDim(1, 8),))],
        emitted=emitted,
    )
    assert answer.verified is False
    assert answer.message.startswith("on other 1 the program fails: `add` (")
    [found] = emitted
    assert isinstance(found, ConversionDiffered)
    assert (found.tried, found.output, found.max_difference) == ("other 1", "", None)


# -- ties ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("converted", "eager", "same"),
    [
        (lambda x: (x > 0.1).float(), lambda x: (x > 0.10001).float(), True),
        (lambda x: (x > 0.1).float(), lambda x: (x > 0.15).float(), True),  # nothing lies between
        (lambda x: (x > 0.1).float(), lambda x: (x > 0.25).float(), False),
        (lambda x: (x + 1e-5).round(), lambda x: (x - 1e-5).round(), True),
        (lambda x: x.round(), lambda x: (x + 0.1).round(), False),
        (lambda x: (x * 0).argmax(2), lambda x: (x * 0 + torch.arange(4) * 1e-6).argmax(2), True),
        (lambda x: x.argmax(2), lambda x: (-x).argmax(2), False),
        (lambda x: (x * 0).argsort(2), lambda x: (x * 0 + torch.arange(4) * -1e-6).argsort(2), True),
        (lambda x: x.argsort(2), lambda x: x.argsort(2, descending=True), False),
    ],
)
def test_decision_near_a_tie_is_no_difference(
    converted: Callable[[Tensor], Tensor], eager: Callable[[Tensor], Tensor], same: bool
) -> None:
    answer = against(convert(Calls(converted).eval(), (X,)), Calls(eager), X)
    assert answer.verified is same


def tried(mlmodel: Any, eager: nn.Module, example: Tensor, other: Tensor) -> tuple[bool | None, tuple[str, ...]]:
    """The verdict, and the inputs that it rests on."""
    subject = Subject(0, eager, Inputs("the example", (example,)))
    subject.others = [Inputs("another", (other,))]
    answer = verify(mlmodel, subject, eager, lambda _: None, "trace")
    return answer.verified, answer.tried


# -- inputs that cannot tell ------------------------------------------------------------------------------------------


def test_an_input_whose_equal_values_can_be_sorted_in_many_ways_decides_nothing() -> None:
    backwards = Calls(lambda x: x.flip(2).topk(3, dim=2)[1])
    mlmodel = convert(backwards.eval(), (X,))
    ahead = Calls(lambda x: (3 - x.flip(2).topk(3, dim=2)[1]) % 4 if bool((x == 0).all()) else backwards(x))
    assert tried(mlmodel, ahead, X, torch.zeros_like(X)) == (True, ("the example",))
    assert tried(mlmodel, ahead, X, X.flip(2)) == (True, ("the example", "another"))


def test_an_input_that_leads_eager_to_infinity_decides_nothing() -> None:
    mlmodel = convert(Calls(torch.log).eval(), (X,))
    assert tried(mlmodel, Calls(torch.log), X, torch.zeros_like(X)) == (True, ("the example",))
    assert verdict(Calls(torch.log), X * 0).verified is False


def test_other_inputs_show_what_an_example_cannot_tell() -> None:
    converted, eager = (
        Calls(lambda x: (x.topk(3, dim=2)[1], x * 2)),
        Calls(lambda x: (x.flip(2).topk(3, dim=2)[1], x * 3)),
    )
    mlmodel, zeros = convert(converted.eval(), (X,)), torch.zeros_like(X)
    assert tried(mlmodel, eager, zeros, X)[0] is False


class Chance(nn.Module):
    """`binary_cross_entropy` and its like take no number beyond 1, not even by its last digit."""

    def forward(self, x: Tensor) -> Tensor:
        if bool((x > 1).any()):
            raise ValueError("no probability")
        return x * 2


def test_a_model_that_takes_no_number_beyond_1_is_held_all_the_same() -> None:
    ones = torch.ones(2, 3)
    assert against(convert(Calls(lambda x: x * 3).eval(), (ones,)), Chance(), ones).verified is False


def chaotic(step: Callable[[Tensor], Tensor]) -> nn.Module:
    """What two orders of adding round differently is as large as the numbers themselves after a hundred steps."""

    def forward(x: Tensor) -> Tensor:
        for _ in range(150):
            x = step(x)
        return x

    return Calls(forward)


def test_an_input_whose_rounding_is_all_that_is_left_decides_nothing() -> None:
    mlmodel = convert(chaotic(lambda x: 3.9 * (x * (1 - x))).eval(), (X / 3,))
    answer = against(mlmodel, chaotic(lambda x: 3.9 * x - 3.9 * (x * x)), X / 3)
    assert answer.verified is None
    assert answer.message.startswith("not decided: eager itself answers as differently")
    tame = convert(chaotic(lambda x: 0.9 * (x * (1 - x))).eval(), (X / 3,))
    assert against(tame, chaotic(lambda x: 0.9 * x - 0.9 * (x * x)), X / 3).verified is True
    assert against(tame, chaotic(lambda x: 0.9 * x - 0.8 * (x * x) + 0.01), X / 3).verified is False


# -- no verdict ------------------------------------------------------------------------------------------------------


def test_op_without_evaluator_gives_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(EVALUATORS, "random_uniform")
    answer = verdict(Calls(lambda x: x + torch.rand_like(x)), X)
    assert answer.verified is None
    assert answer.difference is None
    assert answer.message.startswith("not evaluated: `random_uniform` (")


@pytest.mark.parametrize(
    "draws",
    [
        lambda x: x + torch.rand_like(x),
        lambda x: (x.exp() * torch.randn_like(x), torch.randn(3, 4)),
        lambda x: torch.multinomial(torch.softmax(x[0], -1), 1),
    ],
)
def test_numbers_drawn_in_the_same_order_are_the_same(draws: Callable[[Tensor], Tensor]) -> None:
    assert verdict(Calls(draws), X).verified is True


def test_a_wrong_use_of_drawn_numbers_is_found() -> None:
    answer = against(convert(Calls(lambda x: (torch.rand_like(x) * 2, x)).eval(), (X,)), Calls(lambda x: (x, x)), X)
    assert answer.verified is None
    answer = against(convert(Calls(lambda x: (torch.rand_like(x), x)).eval(), (X,)), Calls(lambda x: (x, 2 * x)), X)
    assert answer.verified is False


def test_what_is_drawn_in_another_order_has_no_verdict_and_the_rest_has() -> None:
    answer = verdict(Calls(lambda x: (torch.randint(0, 1000, (7, 9)), x * 2)), X)
    assert answer.verified is None
    assert "is drawn at random, in another order than eager draws it" in answer.message
    assert answer.difference == 0.0


# -- where Core ML is ------------------------------------------------------------------------------------------------


class OnMac:
    """A converted model as it is where Core ML has loaded it: NUMBER times the converted program's own answer."""

    def __init__(self, mlmodel: Any, number: float = 1.0, error: str = "") -> None:
        self.mlmodel, self.number, self.error = mlmodel, number, error
        self.__proxy__ = object()
        self.asked: list[dict[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.mlmodel, name)

    def predict(self, data: dict[str, Any]) -> dict[str, Any]:
        if self.error:
            raise RuntimeError(self.error)
        self.asked.append(data)
        graph = read(self.mlmodel)
        found = Run(graph)([torch.from_numpy(data[port.name]) for port in graph.inputs])
        return {port.name: (value * self.number).numpy() for port, value in zip(graph.outputs, found, strict=True)}


class Words(nn.Module):
    def forward(self, ids: Tensor, x: Tensor) -> Any:
        return x.sum((0, 1))[ids], x * 2


def test_core_ml_itself_is_asked_where_it_is() -> None:
    ids = torch.tensor([1, 0, 3])
    mlmodel = OnMac(convert(Words(), (ids, X)))
    assert against(mlmodel, Words(), ids, X).verified is True
    [data] = mlmodel.asked
    assert {name: value.dtype.name for name, value in data.items()} == {"ids": "int32", "x": "float32"}
    answer = against(OnMac(mlmodel.mlmodel, number=1.5), Words(), ids, X)
    assert answer.verified is False


def test_what_core_ml_refuses_is_said() -> None:
    mlmodel = OnMac(convert(Calls(lambda x: x * 2), (X,)), error="Failed to predict\nwith details")
    answer = against(mlmodel, Calls(lambda x: x * 2), X)
    assert (answer.verified, answer.message) == (None, "not evaluated: Core ML: Failed to predict")


def test_neural_network_gives_no_verdict(network: nn.Module) -> None:
    example = torch.randn(1, 3, 8, 8)
    with quiet(), torch.no_grad():
        mlmodel = coremltools.convert(
            torch.jit.trace(network, example),
            convert_to="neuralnetwork",
            inputs=[coremltools.TensorType(shape=(1, 3, 8, 8))],
        )
    assert against(mlmodel, network, example) == Verdict(None, None, "the converted model holds no ML program")


def test_example_that_the_program_does_not_take_gives_no_verdict(network: nn.Module) -> None:
    mlmodel = convert(network, (torch.randn(1, 3, 8, 8),))
    answer = against(mlmodel, network, torch.randn(1, 3, 10, 10))
    assert answer.verified is None
    assert answer.message.endswith("does not take shape (1, 3, 10, 10)")
    assert against(mlmodel, network).message == "the program takes 1 inputs, the example has 0 tensors"


def test_sizes_among_the_outputs_are_compared_too() -> None:
    assert verdict(Calls(lambda x: (x * 2, x.size(1), x.size(2))), X).verified is True


def test_another_number_of_outputs_differs(network: nn.Module) -> None:
    mlmodel = convert(Calls(lambda x: (x + 1, x * 2)), (X,))
    answer = against(mlmodel, Calls(lambda x: x + 1), X)
    assert answer == Verdict(False, None, "on the example the program has 2 outputs, eager 1", ("the example",))


# -- what is left alone ----------------------------------------------------------------------------------------------


def test_buffers_and_inputs_are_as_before() -> None:
    class Counter(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("calls", torch.zeros(1))

        def forward(self, x: Tensor) -> Tensor:
            self.calls += 1
            return x.mul_(2) + 0

    module, example = Counter(), X.clone()
    mlmodel = convert(Calls(lambda x: x * 2), (X,))
    assert against(mlmodel, module, example).verified is True
    assert torch.equal(module.calls, torch.zeros(1))
    assert torch.equal(example, X)
