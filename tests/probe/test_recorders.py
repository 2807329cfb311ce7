"""What scripts do with the programs that they are handed: followed to the last call, written nowhere, blamed on nobody."""

from __future__ import annotations

import pytest
import torch

from tslint.evidence import EntryChosen, ModelFailed, Note

pytestmark = [pytest.mark.torch, pytest.mark.coreml]

HEAD = """\
import io, os
from pathlib import Path
import numpy as np
import torch
from torch import nn
import coremltools as ct


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(8, 4)

    def forward(self, x):
        return self.linear(x)


model = Net().eval()
example = torch.rand(2, 8)
types = [ct.TensorType(name="x", shape=(2, 8))]
"""
LINES = HEAD.count("\n")
LAST = "\nct.convert(program, inputs=types, minimum_deployment_target=ct.target.iOS16)\n"


@pytest.fixture
def follow(find, tmp_path, monkeypatch):
    """Runs a script after HEAD; answers with (entries, evidence). Nothing is left in its directory."""
    monkeypatch.chdir(tmp_path)

    def following(script):
        found = find(HEAD + script)
        assert [path.name for path in tmp_path.iterdir()] == ["model.py"]
        return found

    return following


def said(seen):
    """What the user is told of the script, beside its entries."""
    return [item for item in seen if isinstance(item, (ModelFailed, Note))]


SAVED = {
    "the path is converted": 'torch.jit.trace(model, example).save("m.pt"); program = "m.pt"',
    "a Path": 'p = Path("m.pt"); torch.jit.script(model).save(str(p)); program = p',
    "loaded": 'torch.jit.save(torch.jit.trace(model, example), "m.pt"); program = torch.jit.load("./m.pt").eval()',
    "an open file": """
torch.jit.trace(model, example).save("m.pt")
with open("m.pt", "rb") as file:
    program = torch.jit.load(file, map_location="cpu")
""",
    "a buffer": """
buffer = io.BytesIO()
torch.jit.save(torch.jit.trace(model, example), buffer)
program = torch.jit.load(io.BytesIO(buffer.getvalue()))
""",
    "a folder made for it": """
os.makedirs("out/deep", exist_ok=True)
Path("elsewhere").mkdir()
program = torch.jit.trace(model, example)
program.save("out/deep/m.pt")
print(os.path.getsize("out/deep/m.pt") / 1e6, Path("out/deep/m.pt").stat().st_size, os.path.exists("out/deep/m.pt"))
""",
    "exported": """
torch.export.save(torch.export.export(model, (example,)), "m.pt2")
program = torch.export.load("m.pt2").run_decompositions({})
""",
}


@pytest.mark.parametrize("script", SAVED.values(), ids=SAVED)
def test_a_program_that_is_saved_and_loaded_again(follow, script):
    entries, seen = follow(script + LAST)
    assert said(seen) == []
    (entry,) = entries
    assert entry.converted and sorted(entry.subject.conversion.kwargs) == ["inputs", "minimum_deployment_target"]
    assert tuple(entry.subject.example.args[0].shape) == (2, 8)


USED = {
    "traced": """
program = torch.jit.trace(model, example)
assert isinstance(program, torch.jit.ScriptModule) and isinstance(program, torch.jit.TopLevelTracedModule)
assert isinstance(program, nn.Module) and not isinstance(program, Net)
assert "aten::linear" in [node.kind() for node in program.inlined_graph.nodes()]
assert "def forward" in program.code and str(program.graph).startswith("graph(") and program.original_name == "Net"
assert list(program.state_dict()) == ["linear.weight", "linear.bias"] and program.linear.out_features == 4
assert len(list(program.parameters())) == 2 and [name for name, _ in program.named_children()] == ["linear"]
torch.testing.assert_close(program(example), model(example))
assert program.eval() is program and program.to("cpu") is program
program = torch.jit.freeze(program)
""",
    "scripted": """
program = torch.jit.script(model)
assert isinstance(program, torch.jit.RecursiveScriptModule) and not isinstance(program, torch.jit.TopLevelTracedModule)
assert "def forward" in program.code
""",
    "a dict is traced": """
class Dict(Net):
    def forward(self, x):
        return {"y": self.linear(x)}

program = torch.jit.trace(Dict().eval(), example)
print(program.graph, program.code)
for node in program.graph.nodes():
    print(node.kind())
""",
    "exported": """
program = torch.export.export(model, (example,))
assert isinstance(program, torch.export.ExportedProgram)
assert "linear" in program.graph_module.code and [n.op for n in program.graph.nodes][-1] == "output"
assert program.module()(example).shape == (2, 4) and list(program.state_dict) == ["linear.weight", "linear.bias"]
print(program, program.graph_signature, program.range_constraints)
program = program.run_decompositions({})
""",
    "exported to ONNX as well": """
torch.onnx.export(model, example, "m.onnx", opset_version=17, input_names=["x"])
torch.onnx.export(model, (example,), f="n.onnx")
print(os.path.getsize("m.onnx"), os.path.exists("n.onnx"))
program = torch.jit.trace(model, example)
""",
    "under other names": """
from torch import jit
from torch.jit import trace
from coremltools import convert
from coremltools.models import MLModel
program = trace(model, example)
assert isinstance(convert(jit.freeze(program), inputs=types), MLModel)
""",
    "converted": """
program = torch.jit.trace(model, example)
mlmodel = ct.convert(program, inputs=types)
assert isinstance(mlmodel, ct.models.MLModel)
mlmodel.author = mlmodel.short_description = mlmodel.version = "text"
mlmodel.input_description["x"] = mlmodel.user_defined_metadata["com.example"] = "text"
spec = mlmodel.get_spec()
name = spec.description.output[0].name
ct.utils.rename_feature(spec, name, "logits")
again = ct.models.MLModel(spec, weights_dir=mlmodel.weights_dir)
from coremltools.models.utils import save_spec
save_spec(spec, "m.mlmodel")
import coremltools.optimize.coreml as cto
small = cto.palettize_weights(mlmodel, cto.OptimizationConfig(cto.OpPalettizerConfig(nbits=4)))
small.save("small.mlpackage")
mlmodel.save("m.mlpackage")
print(ct.models.MLModel("m.mlpackage"), os.path.getsize("m.mlpackage"), f"{mlmodel.x:.3f}")
answer = mlmodel.predict({"x": example.numpy()})
first = answer[list(answer.keys())[0]]
error = np.abs(first - model(example).detach().numpy()).max()
assert error < 1e-3 and float(error) < 1e-3
for name, value in answer.items():
    print(name, np.asarray(value).shape)
""",
}


@pytest.mark.parametrize("script", USED.values(), ids=USED)
def test_what_scripts_do_with_a_program_on_the_way(follow, script):
    entries, seen = follow(script + LAST)
    assert said(seen) == []
    assert [sorted(entry.subject.conversion.kwargs) for entry in entries] == [["inputs", "minimum_deployment_target"]]


OURS = {
    "unpacked": 'height, width = answer["x"].shape',
    "one computed from it": "size = float(answer.x)\n1 / size",
    "a condition": 'if float(answer["x"]) < 0.5:\n    raise ValueError("the converted model is wrong")',
    "a file in the package": 'print(Path("m.mlpackage/Data/weights").read_bytes())',
    "in a function": "def used(result):\n    a, b, c = result\nused(answer)",
}


@pytest.mark.parametrize("script", OURS.values(), ids=OURS)
def test_an_error_that_comes_of_a_stand_in_is_not_the_scripts(follow, script):
    head = 'program = torch.jit.trace(model, example)\nmlmodel = ct.convert(program, inputs=types)\nmlmodel.save("m.mlpackage")\n'
    entries, seen = follow(f"{head}answer = mlmodel.predict({{'x': 1}})\n{script}\ntorch.jit.script(Net())\n")
    assert len(entries) == 1 and seen.of(ModelFailed) == []
    assert seen.one(Note).text.startswith("model.py was followed up to line ")


THEIRS = {
    "what is not there": ('labels = open("labels.txt")', "FileNotFoundError"),
    "a check of its own": ("assert model(example).sum() > 1e9", "AssertionError"),
    "a wrong call": ("program(torch.rand(2, 9))", "RuntimeError"),
}


@pytest.mark.parametrize(("script", "exception"), THEIRS.values(), ids=THEIRS)
def test_an_error_of_the_scripts_own_is(follow, script, exception):
    head = "program = torch.jit.trace(model, example)\nmlmodel = ct.convert(program, inputs=types)\n"
    _, seen = follow(f"{head}{script}\ntorch.jit.script(Net())\n")
    failed = seen.one(ModelFailed)
    assert failed.exception == exception
    assert LINES + 3 in [place.span.line for place in failed.stack if place.path == failed.place.path]


REFUSED = {
    "no such argument": ("ct.convert(program, input=types)", "unexpected keyword argument 'input'"),
    "no inputs": ("ct.convert(program)", 'Expected argument "inputs" for TorchScript models not provided'),
    "no such format": ("ct.convert(program, inputs=types, convert_to='mlprogam')", "mlprogam not implemented"),
    "an eager module": ("ct.convert(model, inputs=types)", "Unable to determine the type of the model"),
    "nothing": ("ct.convert(None, inputs=types)", "Unable to determine the type of the model"),
    "no such file": ("ct.convert('no.pt', inputs=types)", "no.pt does not exist"),
    "before it is decomposed": (
        "ct.convert(torch.export.export(model, (example,)))",
        "only ATEN or EDGE dialect is supported/tested. Provided Dialect: TRAINING",
    ),
    "a trace without inputs": ("torch.jit.trace(model)", "example_kwarg_inputs should be a dict"),
    "a trace's argument": ("torch.jit.trace(model, example, stric=False)", "unexpected keyword argument 'stric'"),
    "a method": ("torch.jit.trace(model.extra_repr, example)", "individual module's functions"),
    "an export of a tensor": ("torch.export.export(model, example)", "to be a tuple"),
}


@pytest.mark.parametrize(("call", "message"), REFUSED.values(), ids=REFUSED)
def test_a_call_that_raises_by_itself_raises(follow, call, message):
    entries, seen = follow(f"program = torch.jit.trace(model, example)\n{call}\n")
    failed = seen.one(ModelFailed)
    assert message in failed.message and failed.place.span.line == LINES + 2
    assert failed.stack[-1].path == failed.place.path or "coremltools" not in failed.stack[-1].path
    assert all(entry.subject.conversion is None for entry in entries)


def test_a_refused_conversion_still_says_what_the_inputs_are(follow):
    entries, _ = follow("ct.convert(model, inputs=[ct.TensorType(name='x', shape=(7, 8))])\n")
    assert tuple(entries[0].subject.example.args[0].shape) == (7, 8)


def test_a_model_that_is_traced_and_scripted_is_one_entry(follow):
    entries, seen = follow(
        "scripted = torch.jit.script(model)\ntraced = torch.jit.trace(model, example)\ntraced(torch.rand(5, 8))\n"
        "ct.convert(traced, inputs=types)\n"
    )
    chosen = seen.one(EntryChosen)
    lines = f"lines {LINES + 1} and {LINES + 2}"
    assert chosen.how == f"the file's own torch.jit.script and torch.jit.trace calls, {lines}"
    subject = entries[0].subject
    assert (subject.author_route, subject.author_traced, subject.author_scripted) == ("trace", ("",), ("",))
    assert [(item.name, tuple(item.args[0].shape)) for item in entries[0].candidates] == [
        ("the file's input 2", (5, 8))
    ]


def test_a_model_that_is_traced_twice_is_one_entry(follow):
    entries, seen = follow("torch.jit.trace(model, example)\ntorch.jit.trace(model, (torch.rand(3, 8),))\n")
    lines = f"lines {LINES + 1} and {LINES + 2}"
    assert seen.one(EntryChosen).how == f"the file's own torch.jit.trace calls, {lines}"
    assert [tuple(item.args[0].shape) for item in entries[0].candidates] == [(3, 8)]


def test_options_of_an_export_are_kept(follow):
    entries, _ = follow(
        "batch = torch.export.Dim('batch', max=8)\n"
        "torch.export.export(model, (example,), dynamic_shapes={'x': {0: batch}})\n"
    )
    assert list(entries[0].subject.export_options) == ["dynamic_shapes"]
    assert torch.is_tensor(entries[0].subject.example.args[0])
