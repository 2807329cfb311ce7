"""Lines whose numbers float16 cannot hold: found, tried one by one, and true of the program that coremltools makes in float16."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from converted import Calls, quiet

torch = pytest.importorskip("torch")
with quiet():
    coremltools = pytest.importorskip("coremltools")

from torch import Tensor, nn  # noqa: E402

from tslint.evidence import Evidence, HalfOverflowed  # noqa: E402
from tslint.probe import half  # noqa: E402
from tslint.probe.evaluate import Run, read  # noqa: E402
from tslint.probe.state import remember  # noqa: E402
from tslint.probe.subject import Inputs, RecordedConversion, Subject  # noqa: E402

pytestmark = [pytest.mark.torch, pytest.mark.coreml]

X = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
LOST: dict[str, Callable[[Tensor], Any]] = {
    "squares": lambda x: ((x * 300) ** 2).sum().sqrt(),
    "a sum": lambda x: (x * 20000).sum(-1) / 20000,
    "clamped afterwards": lambda x: (x * 1e5).clamp(max=2e5) / 1e5,
    "in place": lambda x: x.clone().mul_(1e5).mul_(1e-5),
    "a quotient of infinities": lambda x: (x * 1e6) / (x * 1e6 + 1),
}
KEPT: dict[str, Callable[[Tensor], Any]] = {
    "a mask": lambda x: x.masked_fill(x > 3, torch.finfo(torch.float32).min).softmax(-1),
    "saturated": lambda x: torch.sigmoid(x * 1e5),
    "small": lambda x: (x * 10) ** 2,
    "views": lambda x: x.t()[1:].reshape(-1).expand(2, 2) * 1,
}


def found(module: nn.Module, **conversion: Any) -> list[HalfOverflowed]:
    said: list[Evidence] = []
    recorded = RecordedConversion(conversion, None) if conversion else None
    subject = Subject(0, module, Inputs("example", (X.clone(),)), conversion=recorded, user_files=(__file__,))
    half.overflows(subject, module, said.append)
    assert all(isinstance(item, HalfOverflowed) for item in said)
    return said  # type: ignore[return-value]


def in_float16(function: Callable[[Tensor], Any]) -> Tensor:
    """What the program answers that coremltools makes by default, each of its float16 values held as such."""
    with quiet():
        traced = torch.jit.trace(Calls(function), X, check_trace=False)
        model = coremltools.convert(traced, inputs=[coremltools.TensorType(shape=X.shape)])
        run = Run(read(model))
    run.held = {**run.held, "fp16": torch.float16}
    (answer,) = run([X.clone()])
    return answer.float()


@pytest.mark.parametrize("name", LOST)
def test_what_float16_loses(name: str) -> None:
    (overflow,) = found(Calls(LOST[name]))
    assert overflow.largest > 65504
    assert overflow.place is not None and overflow.place.path == __file__
    answer = in_float16(LOST[name])
    assert not torch.allclose(answer, LOST[name](X).float(), rtol=1e-2), "coremltools' own program loses it as well"


@pytest.mark.parametrize("name", KEPT)
def test_what_float16_keeps(name: str) -> None:
    assert found(Calls(KEPT[name])) == []
    answer = in_float16(KEPT[name])
    assert torch.allclose(answer, KEPT[name](X).float(), rtol=1e-2)


def test_numbers_that_are_no_floats_and_infinity_itself_are_left_alone() -> None:
    assert found(Calls(lambda x: (x.long() * 100000) // 100000)) == []
    assert found(Calls(lambda x: (x / 0.0).clamp(max=5))) == []


def test_a_mask_over_everything_is_lost() -> None:
    (overflow,) = found(Calls(lambda x: x.masked_fill(x > 0, -1e9).softmax(-1)))
    assert (overflow.operator, overflow.largest) == ("aten::masked_fill", 1e9)


def test_the_line_that_matters_is_named_and_no_other() -> None:
    def forward(x: Tensor) -> Tensor:
        scores = x.masked_fill(x > 3, -1e9).softmax(-1)
        large = x * 1e5
        return large * 1e-5 + scores

    (overflow,) = found(Calls(forward))
    assert overflow.place is not None and overflow.place.span.line == forward.__code__.co_firstlineno + 2
    assert overflow.operator == "aten::mul"
    assert not [place.path for place in overflow.stack if "site-packages" in place.path]
    assert overflow.effect == "4 of 4 numbers of the answer become infinite or NaN"


def test_the_module_stays_as_it_is() -> None:
    class Counting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(2, 2)
            self.register_buffer("total", torch.zeros(2))

        def forward(self, x: Tensor) -> Tensor:
            self.total += x.sum(0)
            return (self.linear(x).abs() + 1) * 1e6 + self.total

    module = Counting().eval()
    remember(module)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    assert len(found(module)) == 1
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


def test_a_conversion_with_a_precision_of_its_own_is_left_alone() -> None:
    module = Calls(LOST["squares"])
    assert found(module, compute_precision=coremltools.precision.FLOAT32) == []
    assert found(module, convert_to="neuralnetwork") == []
    assert len(found(module, convert_to="mlprogram")) == 1


def test_a_module_that_refuses_rounded_numbers_says_nothing() -> None:
    def forward(x: Tensor) -> Tensor:
        large = x * 1e6
        assert bool(torch.isfinite(large).all())
        return large

    assert found(Calls(forward)) == []
