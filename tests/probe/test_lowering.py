"""Blame: where a converted program disagrees with eager, the op whose translation is wrong is named, with its line."""

from __future__ import annotations

import functools
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
ct = pytest.importorskip("coremltools")

import numpy as np  # noqa: E402
from converted import SCRIPT, Calls, quiet  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from tslint.composites import paste  # noqa: E402
from tslint.evidence import ConversionDiffered, Evidence  # noqa: E402
from tslint.facts.coreml.advisories import Advisory, advisories  # noqa: E402
from tslint.probe import installed  # noqa: E402
from tslint.probe.subject import Inputs, RecordedConversion, Subject  # noqa: E402
from tslint.probe.verify.lowering import blamed  # noqa: E402
from tslint.probe.verify.verify import Verdict, verify  # noqa: E402
from tslint.request import Request  # noqa: E402

X = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4) / 10 + 0.1


def line_of(words: str) -> int:
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if f"# {words}" in line)


def differences(
    module: nn.Module,
    *example: Tensor,
    script: bool = False,
    others: tuple[Inputs, ...] = (),
    inputs: list[Any] | None = None,
) -> tuple[Verdict, list[ConversionDiffered]]:
    """The verdict on the converted MODULE, and the evidence of what differs."""
    from tslint.probe.convert.convert import convert

    module = module.eval()
    with quiet():
        program = torch.jit.script(module) if script else torch.jit.trace(module, example, check_trace=False)
    subject = Subject(0, module, Inputs("example", example), user_files=[__file__])
    subject.others = list(others)
    if inputs is not None:
        subject.conversion = RecordedConversion({"inputs": inputs}, None)
    request = Request("x")
    said: list[Evidence] = []
    with quiet():
        conversion = convert(subject, request, program, "trace", said.append)
        assert conversion.status == "works", conversion.message
        blame = functools.partial(blamed, subject, request, program, ())
        verdict = verify(conversion.model, subject, module, said.append, "trace", blame)
    return verdict, [item for item in said if isinstance(item, ConversionDiffered)]


class Wrongs(nn.Module):
    def forward(self, x: Tensor) -> Any:
        y = torch.relu(x) + 1
        deviation = y.std()  # std
        angle = torch.atan2(torch.zeros_like(x), -y)  # atan2
        part = y.narrow(2, -3, 3)  # narrow
        spread = y.var(correction=2)  # var
        return y / deviation, angle * 2, part, spread


def test_every_op_that_is_wrong_is_named_with_its_line_and_both_values() -> None:
    verdict, found = differences(Wrongs(), X)
    assert verdict.verified is False
    y = X + 1
    assert [(item.op, item.place.span.line, item.wrong) for item in found if item.place] == [
        ("aten::std", line_of("std"), f"1 of 1 elements, {y.std(unbiased=False):.6g} where eager has {y.std():.6g}"),
        ("aten::atan2", line_of("atan2"), f"24 of 24 elements, 0 where eager has {math.pi:.6g} at [0, 0, 0]"),
        ("aten::narrow", line_of("narrow"), "shape (2, 3, 0), eager (2, 3, 3)"),
        ("aten::var", line_of("var"), f"1 of 1 elements, {y.var():.6g} where eager has {y.var(correction=2):.6g}"),
    ]


class Writes(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        y = x * 2
        y[:, 0].add_(5)  # the write
        return y


def test_a_write_that_is_dropped_is_named() -> None:
    verdict, [found] = differences(Writes(), X)
    assert verdict.verified is False
    assert (found.op, found.wrong) == ("aten::add_", "the write is not in the program")
    assert found.place is not None and found.place.span.line == line_of("the write")


class Reads(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        y = x * 2
        left = y[:, :2]
        left[:, :, 1:] = left[:, :, :3] + 0
        return y[:, 1:] * 3  # the read


def test_a_read_of_what_was_written_through_a_view_is_named_once() -> None:
    verdict, [found] = differences(Reads(), X)
    assert verdict.verified is False
    assert found.op == "aten::slice" and found.composite is None
    assert found.wrong.endswith("it reads what was written to in place, and the write is not in the program")
    assert found.place is not None and found.place.span.line == line_of("the read")


class Counts(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        n = 0
        while bool(x.sum() < 100):
            x = x * 2
            n += 1
        return torch.full((1,), n)  # the count


def test_a_number_that_a_scripted_loop_counted() -> None:
    verdict, [found] = differences(Counts(), torch.ones(3), script=True)
    assert verdict.verified is False
    assert found.op == "aten::full"
    assert found.place is not None and found.place.span.line == line_of("the count")


def test_what_follows_a_wrong_op_is_not_blamed() -> None:
    _, found = differences(Calls(lambda x: (x / x.std()).relu().sum()), X)
    assert [item.op for item in found] == ["aten::std"]


def test_an_infinite_constant_is_not_blamed_for_another_op() -> None:
    """coremltools writes 3.4e38 for it, which `softmax` takes for the same."""

    def masked(x: Tensor) -> Tensor:
        mask = torch.triu(torch.full((3, 4), float("-inf")), diagonal=1)
        return torch.softmax(x + mask, -1) * x.std()

    _, found = differences(Calls(masked), X)
    assert [item.op for item in found] == ["aten::std"]


def test_an_infinite_constant_that_is_answered_is() -> None:
    _, found = differences(Calls(lambda x: torch.triu(torch.full((4, 4), float("-inf")), 1) + 0 * x[0, 0]), X)
    assert [item.op for item in found] == ["aten::full"]


def test_the_input_that_shows_it_is_told() -> None:
    """The example is right: the start is counted from the front where it is not negative."""
    others = (Inputs("negative", (-X,)),)
    verdict, found = differences(Calls(lambda x: torch.atan2(torch.zeros_like(x), x)), X, others=others)
    assert verdict.tried == ("example", "negative")
    assert [(item.op, item.tried) for item in found] == [("aten::atan2", "negative")]


def test_the_scale_of_an_image_is_no_matter() -> None:
    image = ct.ImageType(shape=(1, 3, 4, 4), scale=1 / 255, bias=[-0.5, -0.5, -0.5])
    _, found = differences(Calls(lambda x: x / x.std()), torch.rand(1, 3, 4, 4), inputs=[image])
    assert [item.op for item in found] == ["aten::std"]


def test_nothing_is_blamed_where_nothing_differs() -> None:
    asked: list[Callable[..., Any]] = []
    verdict, found = differences(Calls(lambda x: (x - x.mean()).relu()), X)
    assert verdict.verified is True and not found and not asked


CURED = [
    pytest.param(lambda x: x.std(), "aten::std", id="std"),
    pytest.param(lambda x: x.var(1, correction=2), "aten::var", id="var"),
    pytest.param(lambda x: x.narrow(2, -1, 1), "aten::narrow", id="narrow"),
    pytest.param(lambda x: torch.atan2(x * 0, -x), "aten::atan2", id="atan2"),
    pytest.param(lambda x: (x / 100).reciprocal(), "aten::reciprocal", id="reciprocal"),
    pytest.param(lambda x: (x * 2).argmax(), "aten::argmax", id="argmax"),
    pytest.param(lambda x: x.any(-1), "aten::any", id="any"),
    pytest.param(lambda x: torch.log_softmax(x * 400, -1), "aten::log_softmax", id="log_softmax"),
]


@pytest.mark.parametrize(("function", "op"), CURED)
def test_a_composite_computes_what_the_op_should(function: Callable[[Tensor], Tensor], op: str, tmp_path: Path) -> None:
    """In a process of its own, above `ct.convert`: the whole program agrees then."""
    _, [found] = differences(Calls(function), X)
    assert found.op == op
    assert found.composite is not None
    with quiet():
        torch.jit.trace(Calls(function).eval(), (X,), check_trace=False).save(str(tmp_path / "traced.pt"))
    torch.save(X, tmp_path / "x.pt")
    script = tmp_path / "convert.py"
    script.write_text(f"{paste(found.composite)}\n{SCRIPT}", encoding="utf-8")
    command = [sys.executable, str(script), str(tmp_path / "traced.pt"), str(tmp_path / "x.pt"), "2,3,4"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr[-2000:]


def test_a_graph_that_cannot_be_compared_is_blamed_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The difference is told all the same, without an op."""
    from tslint.probe.verify import lowering

    def broken(*_: Any) -> Any:
        raise RuntimeError("no")

    monkeypatch.setattr(lowering, "_converted", broken)
    verdict, [found] = differences(Calls(lambda x: x.std()), X)
    assert verdict.verified is False
    assert (found.op, found.place) == ("", None)
    assert np.isfinite(found.max_difference)


KNOWN = [
    pytest.param(advisory, expression, id=f"{advisory.name}: {expression}")
    for advisory in advisories()
    for expression in (*advisory.examples, *advisory.right)
]


@pytest.mark.parametrize(("advisory", "expression"), KNOWN)
def test_what_is_known_to_go_wrong_does_with_the_installed_version(advisory: Advisory, expression: str) -> None:
    """A row that a newer coremltools no longer confirms has its versions to be narrowed."""
    affected = installed.matches(ct.__version__, advisory.coremltools)
    torch.manual_seed(0)
    verdict, found = differences(Calls(eval(f"lambda x: {expression}", {"torch": torch})), X)
    assert verdict.verified is not (expression in advisory.examples and affected)
    assert {item.op for item in found} <= set(advisory.ops)
