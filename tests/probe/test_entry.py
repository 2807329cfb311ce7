"""Which module is checked, on which inputs: the five ways, what they refuse, and what the user's code does on the way."""

from __future__ import annotations

import io
import sys

import pytest
import torch

from tslint.diagnostic import Place, Span
from tslint.evidence import EntryChosen, ModelFailed, NoEntry, Note, StepEnded
from tslint.probe import session
from tslint.probe.entry.devices import cpu_instead
from tslint.request import CallSite, ModelSpec, Outline, SideEffect

pytestmark = [pytest.mark.torch, pytest.mark.usefixtures("untouched")]

NET = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.linear = nn.Linear(8, width)

    def forward(self, x):
        return self.linear(x)
"""


def shapes(entry):
    return [tuple(item.shape) for item in entry.subject.example.args]


# -- (a) and (b): named -----------------------------------------------------------------------------------------------


def test_a_model_named_with_its_input(find):
    entries, seen = find(NET, specs=(ModelSpec("Net(width=2)", ("3,8",)),))
    assert shapes(entries[0]) == [(3, 8)]
    assert entries[0].subject.module.linear.out_features == 2
    chosen = seen.one(EntryChosen)
    assert (chosen.how, chosen.module) == ("--model/--input `Net(width=2)`", "Net")
    assert chosen.command.endswith("model.py --model 'Net(width=2)' --input 3,8")
    assert chosen.class_place.span == Span(6, 1, 6, 10)
    assert not entries[0].report_training


def test_a_model_of_the_configuration_says_so(find):
    _, seen = find(NET, specs=(ModelSpec("Net", ("3,8",), origin="[[tool.tslint.models]]"),))
    assert seen.one(EntryChosen).how == "[[tool.tslint.models]] `Net`"


def test_inputs_alone_take_the_files_own_model(find):
    _, seen = find(NET, specs=(ModelSpec(None, ("5,8",)),))
    assert seen.one(EntryChosen).how == "--model/--input `Net`"


def test_inputs_alone_are_not_given_to_one_of_several_models(find):
    entries, seen = find(
        NET + "\n\nclass Other(nn.Module):\n    def forward(self, x):\n        return x\n",
        specs=(ModelSpec(None, ("5,8",)),),
    )
    assert entries == []
    assert seen.one(NoEntry).reason.endswith(
        "the file defines several models: name one with `--model` (`Net`, `Other`)"
    )


def test_a_named_function_that_needs_arguments_is_told_how_to_give_them(find):
    entries, seen = find(
        NET + "\n\ndef make(width, *, deep=False):\n    return Net(width)\n", specs=(ModelSpec("make()", ()),)
    )
    assert entries == []
    assert seen.one(NoEntry).reason.endswith("name a model with its arguments, as `--model 'make(width=…)'`")


def test_a_named_model_that_needs_arguments_is_told_how_to_give_them(find):
    entries, seen = find(NET.replace("width=4", "width"), specs=(ModelSpec("Net", ()),))
    assert entries == []
    assert seen.one(NoEntry).reason == (
        "`Net` cannot be built (missing a required argument: 'width'): "
        "name a model with its arguments, as `--model 'Net(width=…)'`"
    )


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        (ModelSpec("Nothing", ("1",)), "`Nothing` is not in"),
        (ModelSpec("Net(open('x'))", ("1",)), "the arguments of `Net(open('x'))` are not all literals"),
        (ModelSpec("nn", ("1",)), "`nn` is a module, no `nn.Module`"),
        (ModelSpec("Net", ("1x8",)), "cannot read the input `1x8`"),
    ],
)
def test_what_cannot_be_named(find, spec, reason):
    entries, seen = find(NET, specs=(spec,))
    assert entries == []
    assert seen.one(NoEntry).reason.startswith(reason)
    assert seen.one(StepEnded).status == "failed"


def test_naming_a_model_does_not_run_the_script(find, capsys):
    script = NET + "print('trains')\nmodel = Net()\ntraced = torch.jit.trace(model, torch.rand(1, 8))\nprint('wrote')\n"
    entries, _ = find(script, specs=(ModelSpec("Net", ("1,8",)),))
    assert len(entries) == 1
    assert capsys.readouterr().out == "trains\n"


# -- (c): conventions -------------------------------------------------------------------------------------------------


def test_build_model_and_example_inputs(find):
    source = (
        NET
        + """
def build_model():
    return Net(3)

def example_inputs():
    return torch.rand(2, 8)

def other_inputs():
    return (torch.rand(5, 8),)
"""
    )
    entries, seen = find(source)
    assert seen.one(EntryChosen).how == "`build_model()` on `example_inputs()`"
    assert shapes(entries[0]) == [(2, 8)]
    assert [tuple(i.args[0].shape) for i in entries[0].candidates] == [(5, 8)]
    assert entries[0].report_training
    assert entries[0].subject.call_site.symbol == "build_model"


@pytest.mark.parametrize("given", ["[5]", "[[5], {}]", "[[], {'width': 5}]", "{'width': 5}"])
def test_get_inputs_and_get_init_inputs(find, given):
    source = (
        NET
        + f"""
def get_inputs():
    return [torch.rand(2, 8)]

def get_init_inputs():
    return {given}
"""
    )
    entries, seen = find(source)
    assert seen.one(EntryChosen).how == "`Net` with `get_init_inputs()` on `get_inputs()`"
    assert entries[0].subject.module.linear.out_features == 5
    assert not entries[0].report_training


@pytest.mark.parametrize("attribute", ["example_input_array", "dummy_inputs"])
def test_inputs_that_the_model_carries(find, attribute):
    value = "torch.rand(4, 8)" if attribute == "example_input_array" else "{'x': torch.rand(4, 8)}"
    source = NET.replace("        self.linear", f"        self.{attribute} = {value}\n        self.linear")
    _, seen = find(source)
    assert seen.one(EntryChosen).how == f"`Net()` on its `{attribute}`"
    assert seen.one(EntryChosen).inputs[0].shape == (4, 8)


# -- (d): the file's own calls ----------------------------------------------------------------------------------------

SCRIPT = (
    NET
    + """
model = Net()
example = torch.rand(1, 8)
traced = torch.jit.trace(model, example)
print(traced(example).shape, traced.linear.out_features)
traced.save("never.pt")
"""
)


def test_a_recorded_trace(find, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    entries, seen = find(SCRIPT)
    assert seen.one(EntryChosen).how == "the file's own torch.jit.trace call, line 16"
    assert shapes(entries[0]) == [(1, 8)]
    subject = entries[0].subject
    assert (subject.author_route, subject.author_traced, subject.was_training) == ("trace", ("",), True)
    assert subject.call_site.span == Span(16, 10, 16, 41)
    assert entries[0].report_training
    assert capsys.readouterr().out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["model.py"]


def test_the_script_goes_on_to_its_last_call_and_no_further(find, capsys):
    _, seen = find(SCRIPT + "torch.jit.script(traced)\nprint('too far')\n")
    assert capsys.readouterr().out == "torch.Size([1, 4]) 4\n"
    assert len(seen.of(EntryChosen)) == 1


def test_calls_under_the_main_guard_and_in_functions(find, capsys):
    source = (
        NET
        + """
def main():
    model = Net().eval()
    return torch.jit.trace(model, (torch.rand(1, 8),))

if __name__ == "__main__":
    print("before")
    main()
    print("after")
"""
    )
    call = CallSite("torch.jit.trace", Place("model.py", Span(16, 12, 16, 55)))
    outline = Outline("model.py", ("main",), ("Net",), ("Net",), (call,), stop_line=20)
    entries, seen = find(source, outline=outline)
    assert capsys.readouterr().out == "before\n"
    assert not entries[0].subject.was_training
    assert seen.one(EntryChosen).how == "the file's own torch.jit.trace call, line 16"


def test_keyword_inputs_of_a_trace(find):
    entries, _ = find(NET + "torch.jit.trace(Net(), example_kwarg_inputs={'x': torch.rand(2, 8)})\n")
    assert entries[0].subject.example.args == ()
    assert tuple(entries[0].subject.example.kwargs["x"].shape) == (2, 8)
    entries, _ = find(NET + "torch.jit.trace(Net(), example_inputs=torch.rand(3, 8))\n")
    assert shapes(entries[0]) == [(3, 8)]


def test_a_bound_method_and_a_function(find):
    entries, _ = find(NET + "net = Net()\ntorch.jit.trace(net.forward, torch.rand(2, 8))\n")
    assert type(entries[0].subject.module).__name__ == "Net"
    entries, _ = find(NET + "net = Net()\ntorch.jit.trace(lambda x: net(x) + 1, torch.rand(2, 8))\n")
    assert tuple(entries[0].subject.module(torch.rand(2, 8)).shape) == (2, 4)


MIXED = """
import torch
from torch import nn


class Step(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(7, 7)

    def forward(self, tokens):
        return self.embedding(tokens)


class Loop(nn.Module):
    def __init__(self, step):
        super().__init__()
        self.steps = nn.ModuleList([step])

    def forward(self, tokens):
        while tokens.size(0) < 5:
            tokens = torch.cat((tokens, self.steps[0](tokens[-1:]).argmax(-1)))
        return tokens


step = Step().eval()
traced = torch.jit.trace(step, torch.tensor([1, 2]))
scripted = torch.jit.script(Loop(traced).eval())
"""


def test_a_scripted_whole_with_a_traced_part(find):
    entries, seen = find(MIXED + "print(scripted(torch.tensor([3])))\ntorch.jit.script(torch.jit.freeze(scripted))\n")
    assert [c.module for c in seen.of(EntryChosen)] == ["Step", "Loop"]
    whole = entries[1].subject
    assert (whole.author_route, whole.author_traced, whole.author_scripted) == ("script", ("steps.0",), ("",))
    assert type(whole.module.steps[0]).__name__ == "Step"
    assert [tensor.tolist() for tensor in whole.example.args] == [[3]]
    assert not whole.was_training


@pytest.mark.coreml
def test_a_recorded_conversion(find, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    source = (
        "import coremltools as ct\nimport numpy as np\n"
        + MIXED
        + """
converted = ct.convert(
    scripted,
    inputs=[ct.TensorType(name="tokens", shape=(ct.RangeDim(1, 4),), dtype=np.int32)],
    minimum_deployment_target=ct.target.iOS17,
)
converted.short_description = "text"
converted.user_defined_metadata["com.example"] = "text"
converted.input_description["tokens"] = "text"
spec = converted.get_spec()
converted.save("never.mlpackage")
ct.convert
print("after")
last = ct.convert(scripted, inputs=[ct.TensorType(shape=(2,), dtype=np.int32)])
"""
    )
    entries, _ = find(source)
    assert [entry.converted for entry in entries] == [False, True]
    subject = entries[1].subject
    assert subject.ranges == {}
    assert sorted(subject.conversion.kwargs) == ["inputs"]
    assert 0 <= int(subject.example.args[0].min()) <= int(subject.example.args[0].max()) < 7
    assert [path.name for path in tmp_path.iterdir()] == ["model.py"]
    assert capsys.readouterr().out.endswith("after\n")


@pytest.mark.coreml
def test_ranges_of_a_recorded_conversion(find):
    source = (
        "import coremltools as ct\nimport numpy as np\n"
        + MIXED
        + ("ct.convert(scripted, inputs=[ct.TensorType(shape=(ct.RangeDim(1, 4),), dtype=np.int32)])\n")
    )
    entries, _ = find(source)
    subject = entries[1].subject
    assert subject.ranges == {(0, 0): (1, 4)}
    assert subject.example.args[0].dtype == torch.int64 and shapes(entries[1]) == [(2,)]
    assert subject.conversion.place.span.line == 31


def test_coremltools_need_not_be_installed(find, monkeypatch):
    monkeypatch.delitem(sys.modules, "coremltools", raising=False)
    real = session.importlib.import_module("importlib.util")
    find_spec = real.find_spec
    monkeypatch.setattr(real, "find_spec", lambda name, *a: None if name == "coremltools" else find_spec(name, *a))
    source = SCRIPT.replace(
        'traced.save("never.pt")',
        """
import coremltools as ct
model = ct.convert(traced, inputs=[ct.ImageType(name="x", shape=example.shape, scale=1 / 255)])
model.author = "text"
model.save("never.mlpackage")
""",
    )
    entries, seen = find(source)
    assert seen.of(Note)[0].text == "coremltools is not installed: the file ran with a stand-in for it"
    assert len(entries) == 1
    assert "coremltools" not in sys.modules


def test_a_script_that_writes_is_not_run_unasked(find, capsys):
    source = NET + "\nprint('runs')\ntorch.jit.trace(Net(), torch.rand(1, 8))\n"
    call = CallSite("torch.jit.trace", Place("model.py", Span(15, 1, 15, 44)))
    outline = Outline("model.py", (), ("Net",), ("Net",), (call,), 15, (SideEffect(14, "loss.backward()"),))
    entries, seen = find(source, outline=outline)
    assert entries == []
    assert capsys.readouterr().out == ""
    reason = seen.one(NoEntry).reason
    assert reason.startswith("running the file would run line 14, `loss.backward()`: let it run with")
    assert "`--run`" in reason and "`--model`" in reason
    entries, _ = find(source, outline=outline, run_side_effects=True)
    assert len(entries) == 1
    assert capsys.readouterr().out == "runs\n"


# -- (e): root classes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "shape", "dtype"),
    [
        ("nn.Conv2d(5, 4, 3)", (1, 5, 64, 64), "float32"),
        ("nn.Conv1d(2, 4, 3)", (1, 2, 64), "float32"),
        ("nn.Conv3d(2, 4, 3)", (1, 2, 16, 16, 16), "float32"),
        ("nn.Linear(7, 4)", (1, 7), "float32"),
        ("nn.Embedding(9, 4)", (1, 16), "int64"),
        ("nn.GRU(6, 4)", (16, 1, 6), "float32"),
        ("nn.LSTM(6, 4, batch_first=True)", (1, 16, 6), "float32"),
    ],
)  # fmt: skip
def test_inputs_are_inferred_from_the_first_layer(find, layer, shape, dtype):
    source = NET.replace("self.linear = nn.Linear(8, width)", f"self.linear = {layer}")
    _, seen = find(source)
    chosen = seen.one(EntryChosen)
    assert (chosen.inputs[0].shape, chosen.inputs[0].dtype) == (shape, dtype)
    assert chosen.how == "`Net`, which no other class of the file builds, inputs inferred from its first layers"
    dims = ",".join(map(str, shape))
    option = f"--input {dims}" if dtype == "float32" else f"--input '{dtype}[{dims}]'"
    assert chosen.command.endswith(f"model.py --model Net {option}")


def test_two_inputs_are_inferred(find):
    source = NET.replace("(self, x)", "(self, x, y)").replace("self.linear(x)", "self.linear(x) + y.sum()")
    _, seen = find(source)
    assert [item.shape for item in seen.one(EntryChosen).inputs] == [(1, 8), (1, 8)]


def test_a_root_that_needs_arguments(find):
    entries, seen = find(NET.replace("width=4", "width"))
    assert entries == []
    assert seen.one(NoEntry).reason.startswith("`Net` needs arguments (")
    assert "--model" in seen.one(NoEntry).reason


def test_roots_that_are_left_out_are_named_with_the_reason(find):
    source = (
        NET
        + """

class Other(nn.Module):
    def __init__(self, width):
        super().__init__()


class Odd(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(8, 4)

    def forward(self, x, table):
        return self.linear(x) + table["a"]
"""
    )
    _, seen = find(source)
    assert seen.one(EntryChosen).module == "Net"
    needed, odd = [item.text for item in seen.of(Note)]
    assert needed.startswith("not run: `Other` needs arguments (") and "'width'" in needed
    assert odd.startswith(
        "not run: no inputs that `Odd` accepts could be inferred (it refuses float32[1,8], float32[1,8]: "
    )


def test_a_guess_that_hangs_is_given_up(find, monkeypatch):
    monkeypatch.setattr("tslint.probe.entry.infer.SECONDS", 0.2)
    source = NET.replace("        return", "        import time; time.sleep(60)\n        return")
    entries, seen = find(source)
    assert entries == []
    assert "(it refuses float32[1,8]: no answer within 0.2 s)" in seen.one(NoEntry).reason


def test_a_file_with_no_model(find):
    entries, seen = find("x = 1\n")
    assert entries == []
    assert seen.one(NoEntry).reason.startswith("the file defines no `nn.Module`")


# -- importing --------------------------------------------------------------------------------------------------------


def test_a_file_of_a_package_is_imported_under_its_dotted_name(find, tmp_path):
    (tmp_path / "package" / "sub").mkdir(parents=True)
    (tmp_path / "package" / "__init__.py").write_text("")
    (tmp_path / "package" / "sub" / "__init__.py").write_text("")
    (tmp_path / "package" / "layers.py").write_text("WIDTH = 6\n")
    source = NET.replace("import torch\n", "import torch\nfrom ..layers import WIDTH\n").replace(
        "width=4", "width=WIDTH"
    )
    entries, _ = find(source, name="package/sub/model.py")
    module = type(entries[0].subject.module)
    assert module.__module__ == "package.sub.model"
    assert entries[0].subject.module.linear.out_features == 6


def test_the_name_is_never_main_and_argv_is_the_path(find, capsys):
    find(NET + "import sys\nprint(__name__, len(sys.argv), sys.modules[__name__].__file__ == sys.argv[0])\n")
    assert capsys.readouterr().out == "model 1 True\n"


def test_a_file_named_like_a_library_does_not_take_its_place(find):
    entries, _ = find(NET, name="json.py")
    import json

    assert hasattr(json, "loads")
    assert len(entries) == 1


@pytest.mark.parametrize(
    ("line", "exception", "message"),
    [
        ("raise ValueError('broken')", "ValueError", "broken"),
        ("import sys; sys.exit(3)", "SystemExit", "the code called `sys.exit(3)`"),
        ("import no_such_package", "ModuleNotFoundError", "No module named 'no_such_package'"),
    ],
)
def test_code_that_fails_at_import(find, line, exception, message):
    entries, seen = find(NET + line + "\n")
    assert entries == []
    failed = seen.one(ModelFailed)
    assert (failed.step, failed.exception, failed.message) == ("entry", exception, message)
    assert failed.place.span.line == 13
    assert seen.one(StepEnded).status == "failed"


def test_a_constructor_that_raises(find):
    _, seen = find(
        NET.replace("        self.linear =", "        raise RuntimeError('no weights')\n        self.linear =")
    )
    failed = seen.one(ModelFailed)
    assert (failed.exception, failed.place.span.line, failed.place.symbol) == ("RuntimeError", 9, "Net.__init__")


def test_a_constructor_whose_own_code_is_wrong_asks_for_no_arguments(find):
    _, seen = find(NET.replace("        self.linear =", "        len(3)\n        self.linear ="))
    failed = seen.one(ModelFailed)
    assert (failed.exception, failed.place.symbol) == ("TypeError", "Net.__init__")


def test_a_model_builder_that_exits(find):
    """The status 0 too: it is the code that ends the process, and the report names its line."""
    _, seen = find(
        NET + "def build_model():\n    raise SystemExit(0)\ndef example_inputs():\n    return torch.rand(1, 8)\n"
    )
    failed = seen.one(ModelFailed)
    assert (failed.exception, failed.message) == ("SystemExit", "the code called `sys.exit(0)`")
    assert (failed.place.span.line, failed.place.symbol) == (14, "build_model")


def test_what_was_recorded_before_a_failure_is_kept(find):
    source = (
        NET + "traced = torch.jit.trace(Net(), torch.rand(1, 8))\nraise ValueError('late')\ntorch.jit.script(Net())\n"
    )
    entries, seen = find(source)
    assert len(entries) == 1
    assert seen.one(ModelFailed).message == "late"


@pytest.mark.parametrize("relative", [True, False])
def test_a_guarded_script_inside_a_package(find, tmp_path, relative):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("")
    (tmp_path / "package" / "net.py").write_text(NET)
    found = "from .net import Net\nfrom . import net" if relative else "from net import Net\nimport package.net"
    source = f"""
import torch
{found}

if __name__ == "__main__":
    assert __package__ == "package"
    torch.jit.trace(Net().eval(), torch.rand(3, 8))
"""
    entries, seen = find(source, name="package/export.py")
    assert seen.of(ModelFailed) == []
    assert shapes(entries[0]) == [(3, 8)]


ARGUMENTS = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--weights", required=True)
arguments = parser.parse_args()
torch.jit.trace(Net(), torch.rand(1, 8))
"""


def test_a_script_that_wants_arguments_is_not_at_fault(find):
    entries, seen = find(NET + ARGUMENTS)
    assert (entries, seen.of(ModelFailed)) == ([], [])
    none = seen.one(NoEntry)
    assert none.reason == (
        "the script wants command-line arguments, and is given none (the following arguments are required: --weights): "
        "name the model with `--model` and its inputs with `--input`"
    )
    assert none.place.span.line == 17


def test_a_script_that_asks_for_input(find, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    _, seen = find(NET + "name = input()\ntorch.jit.trace(Net(), torch.rand(1, 8))\n")
    assert seen.one(NoEntry).reason == (
        "the script asks for input, and is given none: name the model with `--model` and its inputs with `--input`"
    )


ABSENT = {
    "file": ("torch.load('no/weights.pth', map_location='cuda')", "the file `no/weights.pth` is not there"),
    "download": (
        "import urllib.error; raise urllib.error.URLError('no route')",
        "a download failed (<urlopen error no route>)",
    ),
}


@pytest.mark.parametrize("kind", ABSENT)
def test_what_is_missing_here_is_said(find, kind):
    code, words = ABSENT[kind]
    _, seen = find(f"{NET}\ndef build():\n    {code}\n\nbuild()\ntorch.jit.trace(Net(), torch.rand(1, 8))\n")
    failed = seen.one(ModelFailed)
    assert (failed.absent, failed.message, failed.place.symbol) == (kind, words, "build")
    assert {place.path for place in failed.stack} == {failed.place.path}


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there(find):
    code = """
torch.cuda.set_device(0)
print(torch.cuda.get_device_name(0), torch.cuda.max_memory_allocated())
model = nn.DataParallel(Net().cuda())
torch.jit.trace(model.module, torch.rand(1, 8).to("cuda"))
"""
    with cpu_instead() as devices:
        entries, seen = find(NET + code)
    assert len(entries) == 1 and seen.of(ModelFailed) == []
    assert devices.asked == "`.cuda()`"
    _, seen = find(NET + "torch.cuda.init()\ntorch.jit.trace(Net(), torch.rand(1, 8))\n")
    failed = seen.one(ModelFailed)
    assert (failed.absent, failed.message) == ("gpu", "it asks for a GPU, and there is none here")


def test_a_script_with_clicks_arguments(find):
    click = """
class UsageError(Exception):
    def format_message(self):
        return "Missing argument 'PATH'."

try:
    raise UsageError
except UsageError:
    raise SystemExit(2)
torch.jit.trace(Net(), torch.rand(1, 8))
"""
    _, seen = find(NET + click)
    assert "(Missing argument 'PATH'.)" in seen.one(NoEntry).reason


@pytest.mark.parametrize("ending", ["sys.exit(main())", "raise SystemExit", "exit()"])
def test_a_script_that_ends_well_by_exiting(find, ending):
    main = "import sys\n\ndef main():\n    torch.jit.trace(Net(), torch.rand(1, 8))\n    return 0\n\n"
    call = CallSite("torch.jit.trace", Place("model.py", Span(16, 5, 16, 45)))
    last = NET.count("\n") + 7
    outline = Outline("model.py", ("main",), ("Net",), ("Net",), (call,), stop_line=last)
    started = "" if "main" in ending else "main(); "
    entries, seen = find(f"{NET}{main}{started}{ending}\n", outline=outline)
    assert len(entries) == 1 and seen.of(ModelFailed) == []
    assert seen.one(StepEnded).status == "ok"


def test_a_call_site_is_a_place(find):
    entries, _ = find(SCRIPT)
    assert isinstance(entries[0].subject.call_site, Place)
