"""Conversion: everything that stops it in one run, on its line; what the user passed unchanged; nothing left patched."""

from __future__ import annotations

import functools

import pytest

pytestmark = [pytest.mark.torch, pytest.mark.coreml]
torch = pytest.importorskip("torch")

from subjects import Report, line_of, subject_of, traced  # noqa: E402

from tslint.probe.convert import coreml  # noqa: E402

ct = coreml.load()
if ct is None:
    pytest.skip("coremltools is not installed", allow_module_level=True)

from torch import nn  # noqa: E402

from tslint.evidence import ConversionRefused, EnvironmentWrong, OpsCounted, OpUnsupported  # noqa: E402
from tslint.probe import installed  # noqa: E402
from tslint.probe.convert import environment  # noqa: E402
from tslint.probe.convert.convert import Conversion, convert  # noqa: E402
from tslint.probe.convert.recover import Recovery  # noqa: E402
from tslint.probe.script import compiler  # noqa: E402
from tslint.probe.subject import RecordedConversion, Subject  # noqa: E402
from tslint.request import Request  # noqa: E402

line = functools.partial(line_of, __file__)


def attempt(subject: Subject, program=None, request: Request | None = None) -> tuple[Conversion, Report]:
    report = Report()
    program = program if program is not None else traced(subject.module, *subject.example.args)
    return convert(subject, request or Request("test"), program, "trace", report), report


def listed(report: Report) -> list[tuple[str, bool, int, list[tuple[int, str, int]]]]:
    """(op, missing, count, [(line, module path, count)])"""
    return [
        (e.op, e.missing, e.count, [(s.place.span.line, s.module_path, s.count) for s in e.sites])
        for e in report.of(OpUnsupported)
    ]


class Part(nn.Module):
    def forward(self, x):
        return torch.diff(x, dim=-1)  # diff


class TwoOps(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = Part()
        self.second = nn.Sequential(nn.ReLU(), Part())

    def forward(self, x):
        x = self.first(x) + self.second(x)
        y = torch.prod(x, dim=-1, keepdim=True)  # prod
        return y * 2


def test_two_missing_ops_and_a_repeated_one_in_one_run():
    conversion, report = attempt(subject_of(TwoOps(), torch.randn(1, 4, 8)))
    assert conversion.status == "works"
    assert [composite.op for composite in conversion.composites] == ["aten::diff", "aten::prod"]
    assert listed(report) == [
        ("aten::diff", True, 2, [(line("diff"), "first", 1), (line("diff"), "second.1", 1)]),
        ("aten::prod", True, 1, [(line("prod"), "", 1)]),
    ]
    diff = report.of(OpUnsupported)[0]
    assert diff.message == "PyTorch convert function for op 'diff' not implemented."
    assert diff.sites[0].place.symbol == "Part.forward"


class Looping(nn.Module):
    def __init__(self):
        super().__init__()
        self.part = Part()

    def forward(self, x):
        count = 0
        while count < 3:  # while count
            x = self.called(x)  # loop
            count += 1
        return x

    def called(self, x):
        return x + torch.prod(x, dim=-1, keepdim=True) + self.part(x).sum()  # in the loop


def test_ops_inside_a_scripted_loop_are_found_with_the_users_line():
    subject = subject_of(Looping(), torch.randn(1, 4))
    conversion, report = attempt(subject, compiler.script(subject.module))
    assert conversion.status == "refused"
    assert (
        conversion.message == "unsupported: prim::Loop"
    )  # what composites do not cure: a counter that is a Python number
    assert listed(report) == [
        ("aten::prod", True, 1, [(line("in the loop"), "", 1)]),
        ("aten::diff", True, 1, [(line("diff"), "part", 1)]),
        ("prim::Loop", False, 1, [(line("while count"), "", 1)]),
    ]
    assert report.of(OpUnsupported)[0].sites[0].place.span.column == 20


class Functional(nn.Module):
    def forward(self, x):
        return torch.nn.functional.adaptive_avg_pool3d(x, 2)  # functional


def test_the_users_line_stands_above_the_librarys():
    module = Functional()
    for program in (traced(module, torch.randn(1, 2, 4, 4, 4)), compiler.script(module)):
        _, report = attempt(subject_of(module, torch.randn(1, 2, 4, 4, 4)), program)
        assert report.of(OpUnsupported)[-1].op == "aten::adaptive_avg_pool3d"
        for unsupported in report.of(OpUnsupported):  # scripted, its checks of the sizes have no converter either
            (site,) = unsupported.sites
            assert site.place.span.line == line("functional")
        assert site.library is not None and site.library.path.endswith("functional.py")


class Refused(nn.Module):
    def forward(self, x):
        x = nn.functional.pad(x, (-2, 1))  # negative pad
        x = nn.functional.pad(x, (1, 1), mode="circular")  # circular
        return x.relu()


def test_a_use_that_is_refused_is_not_a_missing_op():
    _, report = attempt(subject_of(Refused(), torch.randn(1, 4, 8)))
    assert [(op, missing, places) for op, missing, _, places in listed(report)] == [
        ("aten::pad", False, [(line("negative pad"), "", 1)]),
        ("aten::pad", False, [(line("circular"), "", 1)]),
    ]
    first, second = report.of(OpUnsupported)
    assert first.message == "pad must be non-negative integer, got -2 at index 4"
    assert second.message == "Pad mode should be one of {'constant', 'reflect', 'replicate'}"


class HighRank(nn.Module):
    def forward(self, x):
        y = x.view(1, 2, 2, 2, 2, 2)  # rank 6
        y = y * 2
        return y.sum(dim=(1, 2)).relu()


def test_rank_six_is_reported_where_it_begins():
    conversion, report = attempt(subject_of(HighRank(), torch.randn(1, 32)))
    assert conversion.status == "refused"
    assert listed(report) == [("aten::view", False, 1, [(line("rank 6"), "", 1)])]
    assert "rank <= 5" in report.of(OpUnsupported)[0].message


class WritesThrough(nn.Module):
    def forward(self, x):
        y = x * 2
        y.transpose(0, 1).copy_(x.t())  # copy
        return torch.diff(y)  # after the copy


def test_a_failing_pass_is_recovered_from_as_well():
    _, report = attempt(subject_of(WritesThrough(), torch.randn(3, 3)))
    assert listed(report) == [
        ("aten::copy_", False, 1, [(line("copy"), "", 1)]),
        ("aten::diff", True, 1, [(line("after the copy"), "", 1)]),
    ]


class Custom(torch.autograd.Function):
    @staticmethod
    def forward(context, x):
        return x * 2

    @staticmethod
    def backward(context, gradient):
        return gradient * 2


class UsesCustom(nn.Module):
    def forward(self, x):
        return Custom.apply(x)  # autograd


def test_an_autograd_function_is_named():
    _, report = attempt(subject_of(UsesCustom(), torch.randn(3)))
    assert listed(report) == [("prim::PythonOp", True, 1, [(line("autograd"), "", 1)])]
    assert report.of(OpUnsupported)[0].message.endswith("(the autograd function `Custom`)")


class Chunked(nn.Module):
    def forward(self, x):
        first, second = x.chunk(2, dim=-1)
        return first + second


def test_what_coremltools_lowers_first_is_not_missing():
    conversion, report = attempt(subject_of(Chunked(), torch.randn(1, 4)))
    assert conversion.status == "works"
    assert report.of(OpUnsupported) == []
    (counted,) = report.of(OpsCounted)
    assert counted.ops == {"aten::add": 1, "prim::ConstantChunk": 1}


def table() -> dict[str, object]:
    from coremltools.converters.mil.frontend.torch.torch_op_registry import _TORCH_OPS_REGISTRY

    return dict(_TORCH_OPS_REGISTRY.name_to_func_mapping)


def patched() -> list[object]:
    from coremltools.converters.mil.frontend.torch import converter, internal_graph, ops

    return [
        ops.convert_single_node,
        internal_graph._expand_and_optimize_ir,
        internal_graph._TORCH_OPS_REGISTRY,
        vars(internal_graph.InternalTorchIRNode)["from_exir_node"],
        converter.transform_inplace_ops,
        converter.generate_tensor_assignment_ops,
    ]


def raises_as_before(module: nn.Module, *args: torch.Tensor) -> None:
    with coreml.calm(), pytest.raises(NotImplementedError, match="op 'diff' not implemented"):
        ct.convert(traced(module, *args), inputs=[ct.TensorType(shape=a.shape) for a in args])


def test_nothing_stays_registered_or_patched():
    before = table(), patched()
    attempt(subject_of(TwoOps(), torch.randn(1, 4, 8)))
    assert (table(), patched()) == before
    raises_as_before(TwoOps(), torch.randn(1, 4, 8))


@pytest.mark.parametrize("error", [RuntimeError("a fault"), KeyboardInterrupt()])
def test_nothing_stays_patched_after_an_exception(error):
    before = table(), patched()
    with pytest.raises(type(error)), Recovery(lambda graph: None).watching():
        assert patched() != before[1]
        raise error
    assert (table(), patched()) == before
    raises_as_before(Part(), torch.randn(1, 4))


def test_an_op_that_the_user_registered_is_known():
    from coremltools.converters.mil import Builder as mb
    from coremltools.converters.mil import register_torch_op
    from coremltools.converters.mil.frontend.torch.ops import _get_inputs
    from coremltools.converters.mil.frontend.torch.torch_op_registry import _TORCH_OPS_REGISTRY

    @register_torch_op
    def diff(context, node):
        x = _get_inputs(context, node)[0]
        size = x.shape[-1]
        later = mb.slice_by_size(x=x, begin=[0] * (x.rank - 1) + [1], size=[*x.shape[:-1], size - 1])
        sooner = mb.slice_by_size(x=x, begin=[0] * x.rank, size=[*x.shape[:-1], size - 1])
        context.add(mb.sub(x=later, y=sooner, name=node.name))

    try:
        assert attempt(subject_of(Part(), torch.randn(2, 4)))[0].status == "works"
        _, report = attempt(subject_of(TwoOps(), torch.randn(1, 4, 8)))
        assert [op for op, *_ in listed(report)] == ["aten::prod"]
    finally:
        del _TORCH_OPS_REGISTRY.name_to_func_mapping["diff"]


class Counted(nn.Module):
    def forward(self, x):
        return nn.functional.relu(x) + 1


def test_a_conversion_without_failures_is_one_conversion(monkeypatch):
    calls = []
    original = ct.convert
    monkeypatch.setattr(ct, "convert", lambda *args, **kwargs: calls.append(kwargs) or original(*args, **kwargs))
    assert attempt(subject_of(Counted(), torch.randn(1, 4)))[0].status == "works"
    assert len(calls) == 1
    assert calls[0]["compute_precision"] == ct.precision.FLOAT32
    attempt(subject_of(Counted(), torch.randn(1, 4)), request=Request("test", verify=False))
    assert "compute_precision" not in calls[1]


def converted_with(subject: Subject, monkeypatch, request: Request | None = None) -> dict[str, object]:
    given: list[dict[str, object]] = []
    original = ct.convert
    monkeypatch.setattr(ct, "convert", lambda *args, **kwargs: given.append(kwargs) or original(*args, **kwargs))
    assert attempt(subject, request=request)[0].status == "works"
    return given[0]


def test_the_users_arguments_are_used_unchanged(monkeypatch):
    image = ct.ImageType(name="image", shape=(1, 3, 8, 8), scale=1 / 255, bias=[-0.5, -0.4, -0.3])
    recorded = {
        "inputs": [image],
        "outputs": [ct.TensorType(name="answer")],
        "minimum_deployment_target": ct.target.iOS16,
        "package_dir": "somewhere.mlpackage",
    }
    subject = subject_of(Counted(), torch.rand(1, 3, 8, 8), conversion=RecordedConversion(recorded, None))
    given = converted_with(subject, monkeypatch)
    assert set(given) == {"inputs", "outputs", "minimum_deployment_target", "compute_precision"}
    (ours,) = given["inputs"]
    assert (ours.scale, ours.bias, ours.name) == (1 / 255, [-0.5, -0.4, -0.3], "image")
    assert given["minimum_deployment_target"] == ct.target.iOS16
    assert ours is not image and image.channel_first is None


def test_inputs_come_from_the_example(monkeypatch):
    from coremltools.converters.mil.mil.types import builtin_to_string

    class Mixed(nn.Module):
        def forward(self, tokens, scale):
            return tokens.float() * scale

    subject = subject_of(
        Mixed(),
        torch.ones(1, 5, dtype=torch.int64),
        torch.ones(1, 5, dtype=torch.float64),
        ranges={(0, 1): (2, 9), (1, 1): (2, 9)},
    )
    given = converted_with(subject, monkeypatch, Request("test", deployment_target="iOS17"))
    tokens, scale = given["inputs"]
    assert [builtin_to_string(value.dtype) for value in (tokens, scale)] == ["int32", "fp32"]
    dimension = tokens.shape.shape[1]
    assert (dimension.lower_bound, dimension.upper_bound, dimension.default) == (2, 9, 5)
    assert given["minimum_deployment_target"] == ct.target.iOS17


def test_an_error_outside_any_op_keeps_its_words():
    recorded = {"inputs": [ct.TensorType(shape=(1, 4)), ct.TensorType(shape=(1, 4))]}
    subject = subject_of(Counted(), torch.randn(1, 4), conversion=RecordedConversion(recorded, None))
    conversion, report = attempt(subject)
    (refused,) = report.of(ConversionRefused)
    assert conversion.status == "refused"
    assert (refused.exception, refused.message) == (
        "ValueError",
        "Number of TorchScript inputs (1) must match the user provided inputs (2).",
    )


def test_versions_that_do_not_work_together_are_no_failure_of_an_op(monkeypatch):
    from coremltools.converters.mil.frontend.torch.torch_op_registry import _TORCH_OPS_REGISTRY

    def broken(context, node):
        raise TypeError("only 0-dimensional arrays can be converted to Python scalars")

    monkeypatch.setitem(_TORCH_OPS_REGISTRY.name_to_func_mapping, "relu", broken)
    conversion, report = attempt(subject_of(Counted(), torch.randn(1, 4)))
    (wrong,) = report.of(EnvironmentWrong)
    assert wrong.remedy == 'pip install "numpy<2.4"'
    assert (conversion.status, conversion.message) == ("refused", wrong.problem)
    assert report.of(OpUnsupported) == []


@pytest.mark.parametrize(
    ("version", "wanted", "answer"),
    [
        ("2.4.0", ">=2.4", True),
        ("2.3.5", ">=2.4", False),
        ("2.10", ">=2.4", True),
        ("9.0", "<=9.0", True),
        ("9.0.0", "<=9.0", True),
        ("9.1", "<=9.0", False),
        ("2.4.0rc1", ">=2.4,<3", True),
        ("3.0", ">=2.4,<3", False),
        ("2.13.0+cpu", "==2.13", True),
    ],
)
def test_version_specifiers(version, wanted, answer):
    assert installed.matches(version, wanted) is answer


def test_every_row_of_the_table_is_whole():
    for pair in installed.pairs():
        assert pair.problem and pair.remedy and pair.packages
        assert all(installed.matches("0", wanted) in (True, False) for wanted in pair.packages.values())
        assert environment.explains(f"TypeError: {pair.phrase}") == pair
    assert environment.explains("something else") is None
