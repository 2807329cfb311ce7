"""Composition: what coremltools lacks is made of ops that it has, agrees with eager, and takes its place in the program."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("coremltools")

import torch.nn.functional as F  # noqa: E402
from converted import SCRIPT, Calls, quiet  # noqa: E402

from tslint.composites import paste  # noqa: E402
from tslint.evidence import Evidence, OpUnsupported  # noqa: E402
from tslint.probe.convert.convert import Conversion, convert  # noqa: E402
from tslint.probe.subject import Inputs, Subject  # noqa: E402
from tslint.probe.verify.verify import Verdict, verify  # noqa: E402
from tslint.request import Request  # noqa: E402

Function = Callable[..., Any]


def numbers(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(len(shape)))


X, Y, IMAGE, CUBE = numbers(5, 7), numbers(5, 7).flip(0), numbers(2, 3, 8, 8), numbers(3, 4, 4, 4, 4)


def converted(
    module: Any, *example: torch.Tensor, others: tuple[Inputs, ...] = (), script: bool = False, ranges: Any = None
) -> tuple[Conversion, Verdict | None, list[OpUnsupported], list[Evidence]]:
    """What becomes of the trace of MODULE, and of its Core ML program; the ops that are reported, and all that is said."""
    module = module if isinstance(module, torch.nn.Module) else Calls(module)
    module.eval()
    with quiet():
        program = torch.jit.script(module) if script else torch.jit.trace(module, example, check_trace=False)
    subject = Subject(0, module, Inputs("example", example), ranges=ranges or {})
    subject.others = list(others)
    said: list[Evidence] = []
    with quiet():
        conversion = convert(subject, Request("x"), program, "trace", said.append)
        verdict = None
        if conversion.status == "works":
            verdict = verify(conversion.model, subject, module, said.append, "trace")
    return conversion, verdict, [item for item in said if isinstance(item, OpUnsupported)], said


COMPOSED: dict[str, tuple[Function, tuple[torch.Tensor, ...]]] = {
    "diff": (lambda x: torch.diff(x, dim=1), (X,)),
    "new_ones": (lambda x: x.new_ones(3, 4) + x.sum(), (X,)),
    "cross_entropy_loss": (lambda x: F.cross_entropy(x, torch.tensor([1, 2, 3, 4, 0])), (X,)),
    "binary_cross_entropy_with_logits": (F.binary_cross_entropy_with_logits, (X, Y)),
    "binary_cross_entropy": (F.binary_cross_entropy, (X, Y)),
    "l1_loss": (F.l1_loss, (X, Y)),
    "smooth_l1_loss": (F.smooth_l1_loss, (X, Y)),
    "kl_div": (lambda x, y: F.kl_div(x, y, reduction="batchmean"), (X, Y)),
    "soft_margin_loss": (F.soft_margin_loss, (X, Y)),
    "margin_ranking_loss": (lambda x, y: F.margin_ranking_loss(x, y, torch.ones(5, 7)), (X, Y)),
    "diag": (torch.diag, (X,)),
    "addcmul": (lambda x, y: torch.addcmul(x, x, y, value=0.5), (X, Y)),
    "addcmul_": (lambda x, y: (x + 0).addcmul_(y, y), (X, Y)),
    "adaptive_avg_pool3d": (lambda x: F.adaptive_avg_pool3d(x, (1, 2, 3)), (CUBE,)),
    "adaptive_max_pool3d": (lambda x: F.adaptive_max_pool3d(x, (1, 2, 3)), (CUBE,)),
    "bilinear": (F.bilinear, (X, numbers(5, 3), numbers(2, 7, 3))),
    "masked_select": (lambda x: torch.masked_select(x, x > 0.5), (X,)),
    "upsample_bicubic2d": (lambda x: F.interpolate(x, scale_factor=2.0, mode="bicubic"), (IMAGE,)),
    "upsample_trilinear3d": (lambda x: F.interpolate(x, scale_factor=2.0, mode="trilinear"), (CUBE,)),
    "vdot": (lambda x: torch.vdot(x[0], x[1]), (X,)),
    "view_as": (lambda x, y: x.view_as(y), (X, numbers(7, 5))),
    "prod": (lambda x: torch.prod(x, 1), (X,)),
    "log_sigmoid": (F.logsigmoid, (X,)),
    "isinf": (lambda x: torch.isinf(x / (x > 0.5)), (X,)),
    "isposinf": (lambda x: torch.isposinf(x / (x > 0.5)), (X,)),
    "isneginf": (lambda x: torch.isneginf(-x / (x > 0.5)), (X,)),
    "isfinite": (lambda x: torch.isfinite(x / (x > 0.5)), (X,)),
    "unfold": (lambda x: x.unfold(2, 3, 2), (IMAGE,)),
    "col2im": (lambda x: F.fold(x, (9, 8), (3, 2), stride=2, padding=1), (numbers(2, 12, 25),)),
    "tensordot": (lambda x, y: torch.tensordot(x, y, 1), (X, numbers(7, 3))),
    "var_mean": (lambda x: torch.var_mean(x, 1), (X,)),
    "cdist": (torch.cdist, (X, numbers(3, 7))),
    "pdist": (torch.pdist, (X,)),
    "__or__": (lambda x: (x > 0.5).__or__(x < 0.2), (X,)),
    "unsafe_chunk": (lambda x: x.unsafe_chunk(2, 1), (X,)),
    "embedding_bag": (lambda w: F.embedding_bag(torch.tensor([[1, 2], [3, 3]]), w), (X,)),
    "histc": (lambda x: torch.histc(x, 5, 0, 1), (X,)),
    "fft_rfft2": (lambda x: torch.fft.rfft2(x).abs(), (IMAGE,)),
    "renorm": (lambda x: torch.renorm(x, 2, 0, 1.0), (X,)),
    "celu": (F.celu, (X - 0.5,)),
    "hardshrink": (F.hardshrink, (X - 0.5,)),
    "lerp": (lambda x, y: torch.lerp(x, y, 0.7), (X, Y)),
    "addr": (lambda x: torch.addr(x, x[:, 0], x[0]), (X,)),
    "linalg_inv": (lambda x: torch.inverse(x + 3 * torch.eye(4)), (numbers(3, 4, 4),)),
    "linalg_det": (lambda x: torch.det(x.flip(0)), (numbers(3, 3),)),
    "rot90": (torch.rot90, (X,)),
    "median": (lambda x: torch.median(x, 1)[0], (X,)),
    "kthvalue": (lambda x: torch.kthvalue(x, 2), (X,)),
    "erfinv": (torch.erfinv, (1.8 * X - 0.9,)),
    "channel_shuffle": (lambda x: F.channel_shuffle(x, 3), (IMAGE,)),
    # what coremltools converts in other uses
    "leaky_relu": (lambda x: F.leaky_relu(x, 1), (X - 0.5,)),
    "elu": (lambda x: F.elu(x, 1), (X - 0.5,)),
    "pad": (lambda x: F.pad(x, (-1, 1)), (X,)),
    "scatter": (lambda x: x.scatter(1, x.argmax(1, keepdim=True), 1), (X,)),
    "gather": (lambda x: x.gather(0, x[:2, :3].argsort(0)), (X,)),
    "grid_sampler": (
        lambda x, g: F.grid_sample(x, g, mode="bicubic", align_corners=False),
        (IMAGE, numbers(2, 4, 4, 2)),
    ),
    "avg_pool2d": (lambda x: F.avg_pool2d(x, 2, ceil_mode=True), (numbers(2, 5, 5),)),
    "avg_pool3d": (lambda x: F.avg_pool3d(x, 2, 1, 1), (numbers(2, 5, 5, 3),)),
    "pixel_unshuffle": (lambda x: F.pixel_unshuffle(x, 2), (IMAGE,)),
}


@pytest.mark.parametrize("op", COMPOSED)
def test_an_op_is_composed_and_agrees(op: str) -> None:
    function, example = COMPOSED[op]
    conversion, verdict, reported, _ = converted(function, *example)
    assert conversion.status == "works", conversion.message
    assert [composite.op for composite in conversion.composites] == [
        f"aten::{op.removesuffix('_') if op[0] != '_' else op}"
    ]
    assert verdict is not None and verdict.verified, verdict
    assert [item.op for item in reported] == [f"aten::{op}"]
    assert reported[0].composite == conversion.composites[0]


def test_a_logarithm_of_a_softmax_does_not_underflow() -> None:
    """As coremltools converts it by itself, the smallest probability is what float32 has least."""
    others = (Inputs("large", (X * 400,)),)
    _, verdict, _, _ = converted(lambda x: F.cross_entropy(x, torch.tensor([1, 2, 3, 4, 0])), X, others=others)
    assert verdict is not None and verdict.verified and verdict.tried == ("example", "large")


@pytest.mark.parametrize("mode", ["circular", "constant"])
def test_padding_that_core_ml_does_not_have(mode: str) -> None:
    widths = (1, 2, 0, 1) if mode == "circular" else (-1, 2, 0, -1)
    conversion, verdict, _, _ = converted(lambda x: F.pad(x, widths, mode=mode), IMAGE)
    assert [composite.op for composite in conversion.composites] == ["aten::pad"]
    assert verdict is not None and verdict.verified


def test_nothing_is_registered() -> None:
    from coremltools.converters.mil.frontend.torch.torch_op_registry import _TORCH_OPS_REGISTRY

    before = dict(_TORCH_OPS_REGISTRY.name_to_func_mapping)
    assert converted(lambda x: F.leaky_relu(torch.diff(x), 1), X)[0].status == "works"
    assert _TORCH_OPS_REGISTRY.name_to_func_mapping == before


def test_a_tensor_that_is_given_twice_is_two_parameters() -> None:
    """What the record of one use takes for the same is not the same in another."""
    conversion, verdict, _, _ = converted(lambda x, y: torch.addcmul(x, x, x) + torch.addcmul(x, y, y), X, Y)
    (function,) = conversion.composites[0].functions
    assert len(re.findall(r"\b(x|tensor1|tensor2)\b", function.text.partition("\n")[0])) == 3
    assert verdict is not None and verdict.verified


def test_one_function_serves_every_size() -> None:
    conversion, verdict, reported, _ = converted(
        lambda x, y: torch.diff(x).sum() + torch.diff(y).sum(), X, numbers(4, 9)
    )
    (function,) = conversion.composites[0].functions
    assert function.shapes == ((None, None),)
    assert sum(item.count for item in reported) == 2
    assert verdict is not None and verdict.verified


def test_sizes_that_are_free_in_the_program_stay_free() -> None:
    others = (Inputs("longer", (numbers(5, 11),)), Inputs("shorter", (numbers(5, 3),)))
    _, verdict, _, _ = converted(lambda x: torch.diff(x, dim=1), X, others=others, ranges={(0, 1): (3, 11)})
    assert verdict is not None and verdict.verified
    assert verdict.tried == ("example", "longer", "shorter")


def test_an_op_within_a_scripted_loop() -> None:
    class Loop(torch.nn.Module):
        def forward(self, x: torch.Tensor, n: torch.Tensor) -> torch.Tensor:
            i = 0
            while i < int(n):
                x = torch.cat([x, torch.diff(x, dim=1)], 1)[:, :7]
                i += 1
            return x

    others = (Inputs("more rounds", (X, torch.tensor([4]))),)
    conversion, verdict, reported, _ = converted(Loop(), X, torch.tensor([2]), others=others, script=True)
    assert [item.op for item in reported] == ["aten::diff"]
    assert conversion.status == "works"
    assert verdict is not None and verdict.verified and verdict.tried == ("example", "more rounds")


def test_what_is_random_is_not_composed() -> None:
    conversion, _, reported, _ = converted(lambda x: torch.diff(x).sum() + torch.normal(x, 1.0), X)
    assert conversion.status == "refused"
    assert {item.op: item.composite is not None for item in reported} == {"aten::diff": True, "aten::normal": False}


def test_what_cannot_be_composed_is_refused_with_its_line() -> None:
    conversion, _, reported, _ = converted(lambda x: torch.lgamma(x), X)
    assert conversion.status == "refused"
    assert [(item.op, item.composite) for item in reported] == [("aten::lgamma", None)]


def test_the_least_deployment_target_is_found_by_trying() -> None:
    _, _, reported, _ = converted(lambda x: F.pixel_unshuffle(x, 2) * 2, IMAGE)
    assert [(item.op, item.missing, item.target) for item in reported] == [("aten::pixel_unshuffle", False, "iOS16")]


def test_what_no_target_converts_has_none() -> None:
    _, _, reported, _ = converted(lambda x: F.leaky_relu(x, 1) + torch.diff(x).sum(), X)
    assert [(item.op, item.target) for item in reported] == [("aten::leaky_relu", ""), ("aten::diff", "")]


PASTED = {
    "one use": (lambda x: torch.diff(x, dim=1), ()),
    "several uses": (lambda x: torch.diff(x, dim=1).sum() + torch.diff(x, dim=0).sum(), ("elif constant(",)),
    "other uses convert": (lambda x: F.leaky_relu(x, 1) + F.leaky_relu(x, 0.25), ("known_leaky_relu(context, node)",)),
    "several outputs": (lambda x: torch.var_mean(x, 1), ()),
}


@pytest.mark.parametrize("case", PASTED)
def test_what_is_printed_runs_when_it_is_pasted(case: str, tmp_path: Path) -> None:
    """Above `ct.convert`, in a fresh process that has nothing of ours but the evaluator."""
    function, holds = PASTED[case]
    conversion, verdict, _, _ = converted(function, X - 0.5)
    assert verdict is not None and verdict.verified
    (composite,) = conversion.composites
    code = paste(composite)
    assert all(text in code for text in holds)
    with quiet():
        torch.jit.trace(Calls(function).eval(), (X - 0.5,), check_trace=False).save(str(tmp_path / "traced.pt"))
    torch.save(X - 0.5, tmp_path / "x.pt")
    script = tmp_path / "convert.py"
    script.write_text(f"{code}\n{SCRIPT}", encoding="utf-8")
    command = [sys.executable, str(script), str(tmp_path / "traced.pt"), str(tmp_path / "x.pt"), "5,7"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr[-2000:]


def test_another_use_than_those_composed_is_refused_by_the_code(tmp_path: Path) -> None:
    conversion, _, _, _ = converted(lambda x: torch.diff(x, dim=1).sum() + torch.diff(x, dim=0).sum(), X)
    code = paste(conversion.composites[0])
    assert 'raise NotImplementedError("this use of `diff` is not composed")' in code


class Scaled(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor, times: float) -> Any:
        n = x.shape[0]
        return (x.reshape(n // 2, 2) * weight * times, torch.diff(x))

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        return gradients


class ScalesTwice(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(numbers(2))

    def forward(self, x: torch.Tensor) -> Any:
        a, b = Scaled.apply(x, self.weight, 2.0)
        c, _ = Scaled.apply(x * 2, self.weight, 3.0)
        return a + c, b


def test_what_an_autograd_function_did_converts() -> None:
    """Its own call is reported, and what its forward calls that has no converter."""
    conversion, verdict, reported, _ = converted(ScalesTwice(), numbers(6))
    assert conversion.status == "works"
    assert verdict is not None and verdict.verified
    assert [composite.op for composite in conversion.composites] == ["prim::PythonOp", "aten::diff"]
    counts = {item.op: (item.count, item.composite is not None) for item in reported}
    assert counts == {"prim::PythonOp": (2, True), "aten::diff": (2, True)}
    assert "the autograd function `Scaled`" in reported[0].message


def test_the_converter_of_autograd_functions_runs_when_it_is_pasted(tmp_path: Path) -> None:
    conversion, _, _, _ = converted(ScalesTwice(), numbers(6))
    code = "\n\n\n".join(paste(composite) for composite in conversion.composites)
    source = Path(__file__).read_text(encoding="utf-8")
    classes = source[source.index("class Scaled(") : source.index("def test_what_an_autograd")]
    script = tmp_path / "convert.py"
    script.write_text(
        f"from __future__ import annotations\nfrom typing import Any\nimport coremltools as ct\n{code}\n"
        f"def numbers(n):\n    return torch.rand(n)\n\n{classes}\n"
        "traced = torch.jit.trace(ScalesTwice().eval(), torch.rand(6))\n"
        "ct.convert(traced, inputs=[ct.TensorType(shape=(6,))])\nprint('converted')\n",
        encoding="utf-8",
    )
    ran = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=120)
    assert ran.stdout.endswith("converted\n"), ran.stderr[-2000:]
