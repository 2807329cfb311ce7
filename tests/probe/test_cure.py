"""Cures: what coremltools converts wrongly is converted once more with composites in its place, and held against eager again."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("coremltools")

from converted import Calls, quiet  # noqa: E402
from torch import nn  # noqa: E402

from tslint.evidence import ConversionDiffered, Evidence  # noqa: E402
from tslint.probe.convert.convert import convert  # noqa: E402
from tslint.probe.convert.remedy import NONE, Remedy  # noqa: E402
from tslint.probe.subject import Inputs, Subject  # noqa: E402
from tslint.probe.verify.cure import Held, hold  # noqa: E402
from tslint.request import Request  # noqa: E402

X = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4) / 10 + 0.1
REQUEST = Request("x")


def held(module: nn.Module, *others: torch.Tensor, example: torch.Tensor = X) -> tuple[Held, list[ConversionDiffered]]:
    """What becomes of the converted MODULE, and the evidence of what differs."""
    module = module.eval()
    with quiet():
        program = torch.jit.trace(module, example, check_trace=False)
    subject = Subject(0, module, Inputs("example", (example,)))
    subject.others = [Inputs(f"other {number}", (other,)) for number, other in enumerate(others)]
    said: list[Evidence] = []
    with quiet():
        conversion = convert(subject, REQUEST, program, "trace", said.append)
        answer = hold(conversion.model, subject, REQUEST, program, "trace", module, said.append)
    return answer, [item for item in said if isinstance(item, ConversionDiffered)]


def ops(answer: Held) -> list[str]:
    return [composite.op for composite in answer.composites]


def test_wrong_ops_are_converted_as_composites_and_verified() -> None:
    answer, said = held(Calls(lambda x: (x / x.std(), torch.atan2(x * 0, -x))), X + 1, -X)
    assert answer.verdict.verified is True
    assert answer.verdict.difference is not None and answer.verdict.difference < 1e-5
    assert ops(answer) == ["aten::std", "aten::atan2"]
    assert [item.op for item in said] == ["aten::std", "aten::atan2"]


def test_a_program_that_is_right_is_left_alone() -> None:
    answer, said = held(Calls(lambda x: x.std(dim=1)), X + 1)
    assert (answer.verdict.verified, answer.remedy, answer.composites, said) == (True, NONE, (), [])


def test_what_is_missing_is_composed_beside_what_is_wrong() -> None:
    answer, _ = held(Calls(lambda x: torch.diff(x, dim=1) / x.std()))
    assert answer.verdict.verified is True
    assert set(ops(answer)) == {"aten::diff", "aten::std"}


class TwoUses(nn.Module):
    def forward(self, x: torch.Tensor) -> Any:
        return x.var(), x.var(1, correction=2), x.var(2)


def test_one_op_wrong_in_two_ways_is_one_composite_of_two_functions() -> None:
    answer, said = held(TwoUses())
    assert answer.verdict.verified is True
    [composite] = answer.composites
    assert composite.op == "aten::var" and composite.known
    assert [dict(function.constants)[2] for function in composite.functions] == ["None", "2"]
    assert [item.op for item in said] == ["aten::var", "aten::var"]


class Hidden(nn.Module):
    """Behind what `any` takes for false nothing can be held against eager; where it is right, the other one shows."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.where(x.any(2, keepdim=True), x, torch.zeros_like(x)) / 100
        return y.reciprocal()


def test_a_wrong_op_behind_another_one_is_found_in_the_next_round() -> None:
    answer, said = held(Hidden())
    assert [item.op for item in said] == ["aten::any", "aten::reciprocal"]
    assert answer.verdict.verified is True
    assert ops(answer) == ["aten::any", "aten::reciprocal"]


class Writes(nn.Module):
    def forward(self, x: torch.Tensor) -> Any:
        y = x * 2
        y[:, 0].add_(5)
        return y, x.std()


def test_where_one_of_the_wrong_has_no_cure_the_first_verdict_stands() -> None:
    answer, said = held(Writes())
    assert (answer.verdict.verified, answer.remedy, answer.composites) == (False, NONE, ())
    assert said


def test_cures_go_from_one_process_to_the_other() -> None:
    answer, _ = held(Calls(lambda x: x / x.std()))
    again = pickle.loads(pickle.dumps(answer))
    assert again.composites == answer.composites
    [function], [before] = again.remedy.composites, answer.remedy.composites
    assert function.op == "aten::std" and function.serves(before.use)
    torch.testing.assert_close(function.compiled(X), X.std())


class Turns(nn.Module):
    """What `1 / x` is off by stays below any tolerance; the sine of three hundred times as much does not."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.sin(300 * (1 / (x + 1)))


def test_what_is_wrong_by_little_is_found_behind_what_magnifies_it() -> None:
    answer, said = held(Turns())
    assert [item.op for item in said] == ["aten::reciprocal"]
    assert answer.verdict.verified is True
    assert ops(answer) == ["aten::reciprocal"]


class TurnsAndSpreads(nn.Module):
    def forward(self, x: torch.Tensor) -> Any:
        return torch.sin(300 * (1 / (x + 1))), x.std()


def test_what_only_magnifies_is_not_blamed_beside_what_is_wrong() -> None:
    answer, said = held(TurnsAndSpreads())
    assert sorted(item.op for item in said) == ["aten::reciprocal", "aten::std"]
    assert answer.verdict.verified is True


class Subtracts(nn.Module):
    """coremltools' pass ``fuse_conv_bias`` negates in place what is subtracted from a convolution, for whoever else uses it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 5, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        bias = self.conv.weight.sum((1, 2, 3)).view(1, 5, 1, 1) + 1
        return torch.relu(self.conv(x) - bias) * 2 + bias


IMAGE = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(1))


def test_a_pass_that_changes_what_is_computed_is_named_and_left_out() -> None:
    answer, said = held(Subtracts(), -IMAGE, example=IMAGE)
    assert [(item.op, item.dropped) for item in said] == [("", "common::fuse_conv_bias")]
    assert answer.verdict.verified is True
    assert answer.remedy.without == ("common::fuse_conv_bias",)


class SubtractsOwn(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 5, 3)
        self.shift = nn.Parameter(torch.arange(5.0) + 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.conv(x) - self.shift.view(1, 5, 1, 1))


def test_the_weights_that_a_pass_writes_to_are_put_back() -> None:
    module = SubtractsOwn()
    answer, said = held(module, -IMAGE, example=IMAGE)
    assert module.shift.tolist() == [1, 2, 3, 4, 5]
    assert (answer.verdict.verified, answer.remedy, said) == (True, NONE, [])


class Both(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = Subtracts()

    def forward(self, x: torch.Tensor) -> Any:
        return self.inner(x) * 3, x.std()


def test_a_wrong_pass_beside_a_wrong_op() -> None:
    answer, said = held(Both(), example=IMAGE[:, :, :4, :4])
    assert [(item.op, item.dropped) for item in said] == [("aten::std", ""), ("", "common::fuse_conv_bias")]
    assert answer.verdict.verified is True
    assert (ops(answer), answer.remedy.without) == (["aten::std"], ("common::fuse_conv_bias",))


def test_the_users_own_pipeline_is_kept_but_for_the_pass() -> None:
    import coremltools as ct

    own = ct.PassPipeline(["common::const_elimination", "common::fuse_conv_bias"], "own")
    arguments = Remedy(without=("common::fuse_conv_bias",)).applied(ct, {"pass_pipeline": own, "inputs": []})
    assert arguments["pass_pipeline"].passes == ["common::const_elimination"]
    assert arguments["inputs"] == []
    assert NONE.applied(ct, {"inputs": []}) == {"inputs": []}
