"""What checks make of a run's evidence: the rule by the code at the place, the words, and the places."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from tslint import engine
from tslint.diagnostic import Claim, Diagnostic, Place, Severity, Span
from tslint.evidence import (
    BranchTaken,
    ConstantBaked,
    ConversionDiffered,
    ConversionRefused,
    EnvironmentWrong,
    Evidence,
    ExportRefused,
    InputRefused,
    LoopUnrolled,
    ModelFailed,
    ModeWrong,
    NumberAnswered,
    OpSite,
    OpUnsupported,
    OutputItem,
    OutputRefused,
    ProbeDied,
    ScriptDiffered,
    ScriptRefused,
    SecondCallDiffered,
    TraceDiffered,
    TraceRefused,
)
from tslint.facts.context import Context
from tslint.facts.facts import Facts
from tslint.source.text import Source

PATH = "/model.py"
CODE = dedent(
    """\
    import math
    import torch
    import torch.nn.functional as F
    from torch import nn


    class Net(nn.Module):
        def forward(self, x, steps):
            scale = math.sqrt(x.size(2))
            half = int(x.size(2) / 2)
            total = x.sum().item()
            count = len(x)
            if x.sum() > 3:
                x = x + 1
            while x.max() > 1:
                x = x / 2
            if x.size(0) == 1:
                x = x * 2
            for row in x:
                total = total + row
            for i in range(x.size(1)):
                total = total + i
            x = F.avg_pool1d(x, x.size(2))
            names = []
            names.append(1)
            return {"out": x * scale, "aux": x}


    def main():
        model = Net()
        return torch.jit.trace(model, torch.rand(1, 2, 3))
    """
)
SOURCE = Source.from_text(CODE, Path(PATH))
CONTEXT = Context(lambda path: Facts(SOURCE, SOURCE.parse()) if path == PATH else None)


def place(text: str, symbol: str = "Net.forward") -> Place:
    """Where TEXT stands for the first time."""
    line = next(number for number, row in enumerate(CODE.splitlines(), 1) if text in row)
    column = CODE.splitlines()[line - 1].index(text) + 1
    return Place(PATH, Span(line, column, line, column + len(text)), symbol)


def observed(*evidence: Evidence) -> Diagnostic:
    found, crashes = engine.observe(evidence, CONTEXT)
    assert not crashes
    (diagnostic,) = found
    return diagnostic


def baked(text: str, via: str, origin: str, value: object = 8.0, other: object = 6.0, **more: object) -> ConstantBaked:
    return ConstantBaked(0, place(text), via, origin, value, other, "dimension 2 = 6", True, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("evidence", "rule", "message"),
    [
        (
            baked("math.sqrt(x.size(2))", "__float__", "size"),
            "math-on-size",
            "`math.sqrt` of a size is recorded as a constant",
        ),
        (baked("int(x.size(2) / 2)", "__int__", "size"), "size-to-int", "`int` of a size is recorded as a constant"),
        (baked("x.sum().item()", "item", "data"), "python-scalar", "`.item()` of a tensor is recorded as a constant"),
        (baked("len(x)", "__len__", "size"), "python-scalar", "`len` of a tensor is recorded as a constant"),
        (
            baked("F.avg_pool1d(x, x.size(2))", "argument", "size", operator="avg_pool1d"),
            "size-as-argument",
            "a size given to `avg_pool1d` is recorded as a constant",
        ),
        (
            BranchTaken(0, place("x.sum() > 3"), "data", True, False, "zeros", True),
            "data-dependent-branch",
            "this `if` depends on the values of a tensor, and one branch is recorded",
        ),
        (
            LoopUnrolled(0, place("x.max() > 1"), "data", 3, 6, "zeros", True),
            "data-dependent-branch",
            "this `while` depends on the values of a tensor, and one branch is recorded",
        ),
        (
            BranchTaken(0, place("x.size(0) == 1"), "size", True, False, "dimension 0 = 2", True),
            "shape-dependent-branch",
            "this `if` depends on a size, and one branch is recorded",
        ),
        (
            LoopUnrolled(0, place("range(x.size(1))"), "size", 2, 4, "dimension 1 = 4", True),
            "unrolled-loop",
            "the loop over `range(x.size(1))` is recorded with a fixed number of rounds",
        ),
        (
            OutputRefused(0, "mapping", "dict", (), "Encountering a dict", place('{"out": x * scale, "aux": x}')),
            "dict-output",
            "`forward` returns a dict, which torch.jit.trace refuses",
        ),
        (
            OutputRefused(0, "other", "tuple", (OutputItem("1", "NoneType"),), "Only tensors", None),
            "untraceable-output",
            "`forward` returns `tuple`, which torch.jit.trace refuses",
        ),
        (
            InputRefused(0, "steps", "int", "Type cannot be traced", place("def forward(self, x, steps):")),
            "untraceable-input",
            "`steps` is `int`, which torch.jit.trace does not take as an input",
        ),
        (
            TraceRefused(0, "TypeError", "type Tensor doesn't define __round__ method", None),
            "untraceable-call",
            "torch.jit.trace stops here: type Tensor doesn't define __round__ method",
        ),
        (
            SecondCallDiffered(0, ("table", "mix.seen", "last"), None),
            "first-call-differs",
            "the first call leaves `table` and 2 more behind, a second is recorded otherwise, and `torch.jit.trace` refuses its "
            "own trace",
        ),
        (
            TraceDiffered(0, "dimension 0 = 3", None, 0.5),
            "unexplained-trace-difference",
            "the trace disagrees with eager on another input",
        ),
        (
            NumberAnswered(0, ("1",), None),
            "size-output",
            "`forward` returns a size, which its trace returns as a tensor",
        ),
        (
            ScriptRefused(0, "head", "Head", "\nlambda aren't supported:\n  File", None),
            "unscriptable-code",
            "torch.jit.script refuses `Head`: lambda aren't supported",
        ),
        (ScriptDiffered(0, "example", 0.25), "script-differs", "the scripted program disagrees with eager by 0.25"),
        (
            OpUnsupported(0, "trace", "aten::diff", True, "not implemented", 1, (OpSite(place("x.sum() > 3")),)),
            "unsupported-op",
            "`aten::diff` has no converter in coremltools",
        ),
        (
            OpUnsupported(0, "trace", "aten::pad", False, "negative pad is refused.", 2, (OpSite(None), OpSite(None))),
            "unsupported-use",
            "coremltools refuses this use of `aten::pad`: negative pad is refused",
        ),
        (
            OpUnsupported(
                0, "trace", "aten::view", False, "Core ML only supports tensors with rank <= 5; this has rank 6", 1, ()
            ),
            "rank-limit",
            "`aten::view` has rank 6, where Core ML allows 5",
        ),
        (
            ConversionRefused(0, "trace", "ValueError", "Number of outputs provided, 2, do not match\nmore", None),
            "conversion-failed",
            "`ct.convert` refuses the program: Number of outputs provided, 2, do not match",
        ),
        (
            ExportRefused(0, "GuardOnDataDependentSymNode", "Could not guard on data-dependent expression", None),
            "export-failed",
            "`torch.export.export` stops here: Could not guard on data-dependent expression",
        ),
        (
            ConversionDiffered(0, "trace", "example", "var_3", 0.125),
            "lowering-differs",
            "the Core ML program disagrees with eager in `var_3` by 0.125",
        ),
        (
            ModeWrong(
                0, "training", ("drop",), place("torch.jit.trace(model, torch.rand(1, 2, 3))"), "live: 1 dropout module"
            ),
            "missing-eval",
            "`model` is traced in training mode",
        ),
        (
            ModeWrong(0, "dropout", ("drop",), None),
            "training-mode",
            "dropout stays live, although the model is in eval mode",
        ),
        (
            ModelFailed(0, "eager", "RuntimeError", "mat1 and mat2 shapes cannot be multiplied", None),
            "model-failed",
            "`RuntimeError` in the eager step: mat1 and mat2 shapes cannot be multiplied",
        ),
        (
            ModelFailed(0, "entry", "FileNotFoundError", "the file `w.pth` is not there", None, absent="file"),
            "model-failed",
            "`FileNotFoundError` in the entry step: the file `w.pth` is not there",
        ),
        (
            ModelFailed(0, "entry", "SystemExit", "the code called `sys.exit(3)`", None),
            "model-failed",
            "the code called `sys.exit(3)` in the entry step",
        ),
        (
            ProbeDied(0, "eager", "timeout", "5 s"),
            "model-failed",
            "the eager step did not end within 5 s",
        ),
        (
            ProbeDied(0, "start", "timeout", "5 s"),
            "model-failed",
            "importing PyTorch alone took longer than 5 s, so nothing of the model has run",
        ),
        (
            EnvironmentWrong("NumPy 2.4 with coremltools 9.0", "only 0-dimensional", 'pip install "numpy<2.4"'),
            "environment",
            "NumPy 2.4 with coremltools 9.0",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value else "",
)
def test_evidence_becomes_a_diagnostic_of_its_rule(evidence: Evidence, rule: str, message: str) -> None:
    diagnostic = observed(evidence)
    assert (diagnostic.rule, diagnostic.message) == (rule, message)


def test_caption_shows_what_the_function_made_of_both_sizes() -> None:
    evidence = baked("math.sqrt(x.size(2))", "__float__", "size", value=224.0, other=192.0)
    assert observed(evidence).caption == "14.97 at 224; should be 13.86 at 192"


def test_caption_of_another_baked_value_names_the_input() -> None:
    evidence = baked("x.sum().item()", "item", "data", value=1.5, other=2.5)
    assert observed(evidence).caption == "1.5 with the example input; should be 2.5 with dimension 2 = 6"


def test_use_of_a_baked_value_is_a_label() -> None:
    evidence = baked("math.sqrt(x.size(2))", "__float__", "size", use=place('{"out": x * scale, "aux": x}'))
    assert [(label.span.line, label.message) for label in observed(evidence).labels] == [(26, "used here")]


def test_what_helps_depends_on_what_asks() -> None:
    branch = BranchTaken(0, place("x.sum() > 3"), "data", True, False, "zeros", True)
    loop = LoopUnrolled(0, place("x.max() > 1"), "data", 3, 6, "zeros", True)
    assert "torch.where" in (observed(branch).help or "")
    assert observed(loop).help == "script the module that has the loop, and trace what it calls"
    source = Source.from_text("import torch\n\n\ndef f(x):\n    assert x.sum() > 3\n    return x\n", Path(PATH))
    asserted = BranchTaken(0, Place(PATH, Span(5, 12, 5, 23)), "data", True, False, "zeros", True)
    (checked,), _ = engine.observe([asserted], Context(lambda path: Facts(source, source.parse())))
    assert checked.help == "check it outside of forward, or script the module that has the `assert`"


def test_caption_of_a_dict_names_the_real_keys() -> None:
    shape = (1, 21, 224, 224)
    items = tuple(OutputItem(key, "Tensor", shape, "float32", f'["{key}"]') for key in ("out", "aux"))
    at = place('{"out": x * scale, "aux": x}')
    diagnostic = observed(OutputRefused(0, "mapping", "dict", items, "", at, True, "Net", "x, steps", "x, steps"))
    assert diagnostic.caption == "keys `out` [1, 21, 224, 224] and `aux` [1, 21, 224, 224]"
    advice, _, code = (diagnostic.help or "").partition("\n")
    assert advice == (
        'trace a wrapper that returns `y["out"], y["aux"]` of `y = model(x)`: `tslint check --fix --unsafe-fixes` writes it'
    )
    assert code.splitlines() == [
        "class NetOutputs(nn.Module):",
        "    def __init__(self, model):",
        "        super().__init__()",
        "        self.model = model",
        "",
        "    def forward(self, x, steps):",
        "        outputs = self.model(x, steps)",
        '        return outputs["out"], outputs["aux"]',
    ]


def test_wrong_outputs_are_errors_and_other_graphs_warnings() -> None:
    wrong = observed(baked("len(x)", "__len__", "size"))
    other = observed(ConstantBaked(0, place("len(x)"), "__len__", "size", 1, 2, "dimension 0 = 2", False))
    assert (wrong.claim, wrong.severity) == (Claim.TRACE_DIFFERS, Severity.ERROR)
    assert (other.claim, other.severity) == (Claim.TRACE_SPECIALISES, Severity.WARNING)


def test_refused_append_is_reported_where_the_list_was_made() -> None:
    message = (
        "aten::append.t(t[](a!) self, t(c -> *) el) -> t[](a!):\nCould not match type int to t in argument 'el': "
        "Type variable 't' previously matched to type Tensor is matched to type int."
    )
    diagnostic = observed(ScriptRefused(0, "", "Net", message, place("names.append")))
    assert diagnostic.rule == "untyped-empty-list"
    assert diagnostic.span and diagnostic.span.line == place("names = []").span.line
    assert diagnostic.help == "`names: list[int] = []` says what it holds"


def test_refused_input_is_reported_at_its_parameter() -> None:
    diagnostic = observed(InputRefused(0, "steps", "int", "", place("def forward(self, x, steps):")))
    assert diagnostic.span == place("steps").span


def test_every_place_that_uses_an_op_is_shown() -> None:
    first, second = place("x.sum() > 3"), place("x.max() > 1")
    sites = (OpSite(first, None, "h.0", 2), OpSite(second, None, "h.1"))
    diagnostic = observed(OpUnsupported(0, "trace", "aten::diff", True, "", 3, sites))
    assert diagnostic.message == "`aten::diff` has no converter in coremltools, and is used 3 times"
    assert (diagnostic.span, diagnostic.caption) == (first.span, "2 times in `h.0`")
    assert [(label.span, label.message) for label in diagnostic.labels] == [(second.span, "also here in `h.1`")]


def test_a_torchvision_for_another_torch_sends_to_the_doctor() -> None:
    message = "operator torchvision::nms does not exist"
    failed = ModelFailed(0, "entry", "RuntimeError", message, None, output="loading\n")
    assert "`tslint doctor`" in (observed(failed).help or "")
    other = ModelFailed(0, "entry", "RuntimeError", "operator mine::nms does not exist", None, output="loading\n")
    assert observed(other).help == "its last line of output: loading"


def test_a_call_before_the_trace_is_advised_where_it_helps() -> None:
    assert "call the model once" in (observed(SecondCallDiffered(0, ("table",), None)).help or "")
    assert "call the model once" not in (observed(SecondCallDiffered(0, ("calls",), None, settles=False)).help or "")


def test_last_line_of_output_helps_to_understand_a_death() -> None:
    assert (
        observed(ProbeDied(0, "eager", "signal", "SIGSEGV", "loading\nboom\n")).help == "its last line of output: boom"
    )
