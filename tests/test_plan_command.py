"""`tslint plan`, as its users call it: the script is printed or written, runs by itself, and agrees with the model."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from commandline import EXAMPLES, Outcome, environment, tslint
from readme import README

pytestmark = [pytest.mark.torch, pytest.mark.coreml]

PROOF = """
import json, runpy, sys, warnings
warnings.simplefilter("ignore")
import coremltools as ct
import torch

convert = ct.convert
ct.convert = lambda *args, **more: convert(*args, compute_precision=ct.precision.FLOAT32, **more)
space = runpy.run_path(sys.argv[1], run_name="__main__")

from tslint.probe import values
from tslint.probe.evaluate import Run, read

name, rest = sys.argv[2], json.loads(sys.argv[3])
module = space[name]
program = space.get("traced") or space.get("scripted")
answers = []
for text in rest:
    given = eval(text, {"torch": torch})
    expected = list(values.tensors_in(module(*given)))
    actual = list(values.tensors_in(program(*given)))
    evaluated = Run(read(space["mlmodel"]))([value.float() if value.is_floating_point() else value for value in given])
    for one, two, three in zip(expected, actual, evaluated, strict=True):
        assert one.shape == two.shape == three.shape, (one.shape, two.shape, three.shape)
        assert torch.allclose(one, two, atol=1e-4), text
        assert torch.allclose(one.float(), three.float(), atol=1e-3), text
    answers.append(len(expected))
print("agree", answers)
"""


def proven(script: str, cwd: Path, model: str, *inputs: str, name: str = "convert.py") -> list[int]:
    """Runs SCRIPT as its user would, in CWD; holds its program and its Core ML program against its MODEL on INPUTS."""
    (cwd / name).write_text(script, encoding="utf-8")
    command = [sys.executable, "-c", PROOF, name, model, json.dumps(inputs)]
    done = subprocess.run(command, cwd=cwd, env=environment(), capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found: list[int] = json.loads(done.stdout.rpartition("agree ")[2])
    return found


def planned(target: str | Path, *arguments: str | Path, cwd: Path) -> str:
    """The script that is printed."""
    outcome = tslint("plan", target, *arguments, cwd=cwd)
    assert outcome.status == 0, outcome
    assert outcome.err.startswith("tslint: the script was run: its Core ML program agrees with the model on "), outcome
    assert not list(cwd.glob("*.mlpackage"))
    return outcome.out


def project(tmp_path: Path, **files: str) -> Path:
    for name, source in files.items():
        path = tmp_path / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source), encoding="utf-8")
    return tmp_path


def refused(outcome: Outcome, status: int) -> str:
    """The one sentence of a plan that comes to nothing."""
    assert (outcome.status, outcome.out) == (status, ""), outcome
    (sentence,) = [line for line in outcome.err.splitlines() if line.startswith("tslint: error: ")]
    return sentence.removeprefix("tslint: error: ")


# -- the demonstrations ----------------------------------------------------------------------------------------------


def copied(name: str, tmp_path: Path) -> Path:
    (tmp_path / name).write_bytes((EXAMPLES / name).read_bytes())
    return tmp_path / name


def test_the_segmentation_network_is_traced_behind_its_keys(tmp_path: Path) -> None:
    copied("segmentation.py", tmp_path)
    script = planned("segmentation.py", cwd=tmp_path)
    assert 'return outputs["out"], outputs["aux"]' in script
    assert "traced = torch.jit.trace(SegmentationNetOutputs(model).eval(), example)" in script
    assert "ct.ImageType(" in script
    assert "scale=1 / (255 * 0.226)" in script
    assert "torch.jit.script" not in script
    assert 'mlmodel.save("Segmentation.mlpackage")' in script
    done = subprocess.run(
        [sys.executable, "-"], input=script, cwd=tmp_path, env=environment(), capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "Segmentation.mlpackage").is_dir()


def test_the_sentence_completer_is_scripted_around_a_traced_predictor(tmp_path: Path) -> None:
    copied("sentence_completion.py", tmp_path)
    script = planned("sentence_completion.py", cwd=tmp_path)
    lines = script.splitlines()
    assert "model = SentenceCompleter(predictor).eval()" in lines
    assert "model.predictor = torch.jit.trace(model.predictor, example)" in lines
    assert "scripted = torch.jit.script(model)" in lines
    (shown,) = re.findall(r"```python\n(torch\.manual_seed.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert shown in script, "README shows how it ends"
    assert proven(script, tmp_path, "model", "(torch.arange(1, 8),)", "(torch.tensor([5]),)") == [1, 1]


# -- the smallest set of modules -------------------------------------------------------------------------------------

DEEP = """
    import torch
    from torch import nn


    class Halving(nn.Module):
        def forward(self, x):
            while bool(x.abs().max() > 1):
                x = x / 2
            return x


    class Block(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.linear = nn.Linear(width, width)
            self.halving = Halving()

        def forward(self, x, *rest):
            return x + self.linear(self.halving(x * 3))


    class Net(nn.Module):
        def __init__(self, width=6):
            super().__init__()
            self.blocks = nn.ModuleList([nn.Linear(width, width), Block(width)])

        def forward(self, x, bias):
            for block in self.blocks:
                x = block(x)
            return {"sum": x + bias, "x": (x, x * 2)}
"""


def test_one_module_deep_down_is_scripted_and_the_rest_traced(tmp_path: Path) -> None:
    project(tmp_path, nets__net=DEEP, nets____init__="")
    target = "nets.net:Net(width=4)"
    script = planned(target, "--input", "x:float32[1..3,4]", "--input", "bias:float32[1,4]", cwd=tmp_path)
    assert f"Written by `tslint plan '{target}' --input 'x:float32[1..3,4]' --input 'bias:float32[1,4]'`." in script
    assert "from nets.net import Net\n" in script
    assert "model = Net(width=4).eval()\n" in script
    assert script.count("torch.jit.script") == 1
    assert "model.blocks[1].halving = torch.jit.script(model.blocks[1].halving)\n" in script
    assert 'return outputs["sum"], outputs["x"][0], outputs["x"][1]' in script
    assert 'ct.TensorType(name="x", shape=(ct.RangeDim(1, 3, default=2), 4))' in script
    assert 'ct.TensorType(name="bias", shape=(1, 4))' in script
    inputs = ["(torch.ones(2, 4) * 90, torch.zeros(1, 4))", "(torch.full((1, 4), 0.01), torch.ones(1, 4))"]
    assert proven(script, tmp_path, "model", *inputs) == [3, 3]


LACKING = """
import torch
from torch import nn


class Rounded(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return torch.round(x)

    @staticmethod
    def backward(ctx, gradient):
        return gradient


class Net(nn.Module):
    def forward(self, x):
        return Rounded.apply(torch.diff(x, dim=1) * 4) + nn.functional.leaky_relu(x[:, 1:], 1)


def example_inputs():
    return (torch.rand(2, 5),)
"""


def test_what_coremltools_lacks_is_composed_in_the_script(tmp_path: Path) -> None:
    project(tmp_path, model=LACKING)
    script = planned("model.py", cwd=tmp_path)
    assert '@register_torch_op(torch_alias=["diff"])\n' in script
    assert '@register_torch_op(torch_alias=["pythonop"])\n' in script
    assert '@register_torch_op(torch_alias=["leaky_relu"], override=True)\n' in script
    assert proven(script, tmp_path, "model", "(torch.rand(2, 5),)") == [1]


def test_who_pastes_what_was_printed_hears_no_more_of_it(tmp_path: Path) -> None:
    """In the file itself, above its own conversion: read and run, nothing of it is reported any longer."""
    project(tmp_path, model=LACKING)
    script = planned("model.py", cwd=tmp_path)
    start, end = script.index("def convert_as("), script.index("mlmodel = ")
    imports = [line for line in script.splitlines() if line.startswith(("import ", "from coremltools"))]
    own = "\n".join([*imports, LACKING, script[start:end]])
    own += "\nnet = Net().eval()\ntraced = torch.jit.trace(net, example_inputs())\n"
    own += 'ct.convert(traced, inputs=[ct.TensorType(shape=(2, 5))], convert_to="mlprogram")\n'
    (tmp_path / "pasted.py").write_text(own, encoding="utf-8")
    for how in (("--static",), ()):
        answer = tslint("check", "pasted.py", *how, "--output-format", "concise", cwd=tmp_path)
        assert answer.status == 0, answer.out


def test_what_stops_every_way_is_named(tmp_path: Path) -> None:
    project(
        tmp_path,
        model="""
        from torch import nn


        class Stubborn(nn.Module):
            def forward(self, x, *rest):
                return x if bool(x[0, 0] > 0) else x * 2


        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.body = nn.Sequential(nn.Linear(4, 4, bias=False), Stubborn())
                nn.init.eye_(self.body[0].weight)  # the input itself decides: no draw of weights hides it

            def forward(self, x):
                return self.body(x)
        """,
    )
    sentence = refused(tslint("plan", "model.py", "-o", "convert.py", cwd=tmp_path), 1)
    assert sentence.startswith(
        "no way to Core ML was found for `Net`: `body.1` (Stubborn) can be neither traced (its trace "
    )
    assert "Compiled functions can't take variable number of arguments" in sentence
    assert not (tmp_path / "convert.py").exists()


def test_a_model_that_only_exports_is_exported_for_the_sizes_asked_for(tmp_path: Path) -> None:
    project(
        tmp_path,
        model="""
        from torch import nn


        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.linear = nn.Linear(4, 4)

            def forward(self, x, *rest):
                return {"out": self.linear(x) * round(x.shape[1] / 3)}
        """,
    )
    script = planned("model.py", "--input", "2..5,4", cwd=tmp_path)
    assert "exported = torch.export.export(model, (example,), dynamic_shapes=" in script
    assert 'ct.TensorType(name="x", shape=(ct.RangeDim(2, 5, default=3), 4))' in script


TABLE = """
import torch

class Relative(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.zeros(0)
        self.scale = torch.nn.Linear(1, 1)

    def forward(self, x):
        if self.table.numel() == 0:
            place = torch.arange(4.0)
            self.table = (place[None] - place[:, None]).abs()
        return x @ self.scale(self.table[..., None]).squeeze(-1)

net = Relative().eval()
example = torch.rand(2, 4)
"""


def test_a_model_whose_first_call_makes_a_table_is_called_before_it_is_traced(tmp_path: Path) -> None:
    (tmp_path / "relative.py").write_text(TABLE)
    script = planned("relative.py", "--model", "net", "--input", "float32[2,4]", cwd=tmp_path)
    assert "with torch.no_grad():\n    model(example)\n\ntraced = torch.jit.trace(model, example)" in script
    assert proven(script, tmp_path, "model", "(torch.rand(2, 4),)") == [1]


def test_an_archive_is_loaded_by_the_script(tmp_path: Path) -> None:
    make = "import torch; torch.jit.save(torch.jit.script(torch.nn.Sequential(torch.nn.Linear(4, 2)).eval()), 'net.pt')"
    subprocess.run([sys.executable, "-W", "ignore", "-c", make], cwd=tmp_path, env=environment(), check=True)
    script = planned("net.pt", "--input", "rows:float32[1..3,4]", cwd=tmp_path)
    assert 'model = torch.jit.load("net.pt", map_location="cpu").eval()\n' in script
    assert 'ct.TensorType(name="rows", shape=(ct.RangeDim(1, 3, default=2), 4))' in script


def test_sizes_that_the_conversion_cannot_leave_open_stay_the_examples(tmp_path: Path) -> None:
    """coremltools pools adaptively for one size alone; the trace serves others."""
    project(
        tmp_path,
        model="""
        from torch import nn


        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv2d(3, 4, 3, padding=1)
                self.pool = nn.AdaptiveAvgPool2d((2, 2))

            def forward(self, x):
                return self.pool(self.conv(x))
        """,
    )
    outcome = tslint("plan", "model.py", cwd=tmp_path)
    assert outcome.status == 0, outcome
    assert 'inputs=[ct.TensorType(name="x", shape=(1, 3, 64, 64))]' in outcome.out
    (note,) = [line for line in outcome.err.splitlines() if line.startswith("tslint: note: ")]
    assert note.startswith("tslint: note: it takes the example's sizes alone, since with others line ")


# -- inputs ----------------------------------------------------------------------------------------------------------

NAMED = """
    import torch
    from torch import nn


    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(20, 8)

        def forward(self, ids, mask=None, shift=None):
            x = self.embedding(ids)
            if mask is not None:
                x = x * mask.unsqueeze(-1)
            return x if shift is None else x + shift


    def build_model():
        return Net()


    def example_inputs():
        return {"ids": torch.randint(0, 20, (1, 7)), "shift": torch.ones(1, 7, 8)}
"""


def test_keyword_inputs_that_leave_one_between_out(tmp_path: Path) -> None:
    project(tmp_path, model=NAMED)
    script = planned("model.py", "-o", "/dev/stdout", cwd=tmp_path)
    assert "from model import build_model, example_inputs\n" in script
    assert "torch.jit.trace(model, example_kwarg_inputs=example)" in script
    assert 'ct.TensorType(name="ids", shape=' in script
    assert "dtype=np.int32)" in script


GUARDED = """
    import coremltools as ct
    import torch
    from deep import Net as Deep

    WIDTH = 5


    def convert(width, path="out.mlpackage"):
        net = Deep(width)
        given = (torch.randn(2, width), torch.ones(2, width))
        traced = torch.jit.trace(net, given)
        converted = ct.convert(traced, inputs=[ct.TensorType("a", shape=(2, width)), ct.TensorType("b", shape=(2, width))])
        converted.license = "MIT"
        converted.save(path)


    if __name__ == "__main__":
        convert(WIDTH)
"""


def test_a_function_under_the_main_guard_and_a_file_that_goes_elsewhere(tmp_path: Path) -> None:
    project(tmp_path, deep=DEEP, main=GUARDED)
    (tmp_path / "out").mkdir()
    outcome = tslint("plan", "main.py", "-o", "out/convert.py", cwd=tmp_path)
    assert (outcome.status, outcome.out) == (0, ""), outcome
    script = (tmp_path / "out" / "convert.py").read_text(encoding="utf-8")
    assert "sys.path.insert(0, str(Path(__file__).resolve().parent.parent))\n" in script
    assert "from main import WIDTH\n" in script
    assert "from deep import Net as Deep\n" in script
    assert 'width = WIDTH\npath = "out.mlpackage"\nnet = Deep(width)\nnet.eval()\n' in script
    assert "net.blocks[1].halving = torch.jit.script(net.blocks[1].halving)\n" in script
    assert 'converted.license = "MIT"\nconverted.save(path)\n' in script
    done = subprocess.run(
        [sys.executable, "out/convert.py"], cwd=tmp_path, env=environment(), capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "out.mlpackage").is_dir()


def test_a_conversion_that_stands_in_another_function_is_written_as_it_was_recorded(tmp_path: Path) -> None:
    project(
        tmp_path,
        model="""
        import coremltools as ct
        import torch
        from torch import nn


        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv2d(3, 4, 3)

            def forward(self, x):
                return {"out": self.conv(x)}


        def to_coreml(traced, size):
            image = ct.ImageType(name="image", shape=(1, 3, size, size), scale=0.5)
            return ct.convert(traced, inputs=[image], minimum_deployment_target=ct.target.iOS16)


        if __name__ == "__main__":
            net = Net()
            to_coreml(torch.jit.trace(net, torch.rand(1, 3, 32, 32), strict=False), 32).save("net.mlpackage")
        """,
    )
    script = planned("model.py", cwd=tmp_path)
    image = script.partition("ct.ImageType(")[2].partition(")\n")[0]
    assert [line.strip() for line in image.strip().splitlines()][:3] == [
        'name="image",',
        "shape=(1, 3, 32, 32),",
        "scale=0.5,",
    ]
    assert "minimum_deployment_target=ct.target.iOS16" in script
    assert 'return self.model(x)["out"]' in script


@pytest.mark.parametrize("named", ["model", "build(4)", "holder.net"])
def test_what_a_module_names_is_imported_from_it(named: str, tmp_path: Path) -> None:
    project(
        tmp_path,
        package____init__="",
        package__nets="""
        from types import SimpleNamespace

        from torch import nn


        def build(width):
            return nn.Sequential(nn.Linear(2, width), nn.ReLU())


        model = build(3)
        holder = SimpleNamespace(net=build(5))
        """,
    )
    script = planned(f"package.nets:{named}", "--input", "1,2", cwd=tmp_path)
    assert f"from package.nets import {named.partition('(')[0].partition('.')[0]}\n" in script
    assert proven(script, tmp_path, "model", "(torch.rand(2, 2),)") == [1]


# -- bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["missing.py"], "missing.py: no such file or directory"),
        (
            ["net.py:Net(3)"],
            "net.py:Net(3): no such file or directory; what is in net.py is named by itself: `net.py --model Net(3)`",
        ),
        (["."], ". is a directory: a plan is made for one file or `package.module:attribute`"),
        ([""], "the target is empty: it is to be a file or `package.module:attribute`"),
        (["net.py", "-o", "net.py"], "`-o net.py` is the model's own file: name another one"),
        (["net.py", "-o", "."], "`-o .` is a directory: name a file"),
        (["net.py", "-o", "no/a.py"], "`-o no/a.py` cannot be written: there is no directory no"),
        (
            ["net.py", "-o", "mine.py"],
            "`-o mine.py` exists and was not written by `tslint plan`: name another file, or remove it",
        ),
        (["broken.py"], "broken.py"),
        (["weights.pt"], "weights.pt"),
        (["plain.py"], "plain.py: no entry found, so nothing was run; name one with `--model Net --input 1,3,224,224`"),
        (["net.py", "--input", "a,b"], "`--input` must be"),
    ],
)
def test_what_cannot_be_planned_is_one_sentence(arguments: list[str], said: str, tmp_path: Path) -> None:
    project(tmp_path, net=DEEP, mine="x = 1\n", broken="def (:\n", plain="import torch\nx = 1\n")
    (tmp_path / "weights.pt").write_bytes(b"\x80\x02}q\x00.")
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    assert said in refused(tslint("plan", *arguments, cwd=tmp_path), 2)
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_several_models_are_named(tmp_path: Path) -> None:
    source = "from torch import nn\n\n\nclass {}(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    source += "        self.linear = nn.Linear(2, 2)\n\n    def forward(self, x):\n        return self.linear(x)\n\n\n"
    project(tmp_path, two=source.format("One") + source.format("Two"))
    sentence = refused(tslint("plan", "two.py", cwd=tmp_path), 2)
    assert sentence == "two.py has 2 models to plan for: name one with `--model` (`One`, `Two`)"


def test_a_model_that_fails_by_itself_is_its_own_fault(tmp_path: Path) -> None:
    project(
        tmp_path,
        model="""
        from torch import nn


        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                raise ValueError("no weights")

            def forward(self, x):
                return x
        """,
    )
    sentence = refused(tslint("plan", "model.py", "--model", "Net", "--input", "1,2", cwd=tmp_path), 1)
    assert sentence == "the model's own code failed: ValueError: no weights (model.py:8)"


def test_a_script_that_does_not_run_is_not_printed(tmp_path: Path) -> None:
    """What is built depends on a statement that the script has no reason to repeat."""
    project(
        tmp_path,
        model="""
        import coremltools as ct
        import torch

        SETTINGS = {}


        def settings():
            SETTINGS["width"] = 4


        class Net(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.linear = torch.nn.Linear(SETTINGS["width"], 2)

            def forward(self, x):
                return self.linear(x)


        if __name__ == "__main__":
            settings()
            net = Net()
            traced = torch.jit.trace(net, torch.rand(1, 4))
            ct.convert(traced, inputs=[ct.TensorType(shape=(1, 4))])
        """,
    )
    sentence = refused(tslint("plan", "model.py", "-o", "convert.py", cwd=tmp_path), 1)
    assert sentence.startswith("the script that was written for `Net` is not good: line ")
    assert "KeyError" in sentence
    assert not (tmp_path / "convert.py").exists()


def test_what_an_earlier_plan_wrote_is_replaced_whole(tmp_path: Path) -> None:
    project(tmp_path, model=NAMED)
    output = tmp_path / "convert.py"
    output.write_text('"""Old.\n\nWritten by `tslint plan model.py`.\n"""\n', encoding="utf-8")
    output.chmod(0o640)
    outcome = tslint("plan", "model.py", "-o", "convert.py", "--quiet", cwd=tmp_path)
    assert (outcome.status, outcome.out, outcome.err) == (0, "", ""), outcome
    text = output.read_text(encoding="utf-8")
    assert "Old." not in text
    assert "torch.jit.trace(" in text
    assert output.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix == ".py") == ["convert.py", "model.py"]


def test_without_pytorch_a_sentence_says_so(tmp_path: Path) -> None:
    project(tmp_path, model=NAMED)
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    python: Any = bare / "bin" / "python"
    sentence = refused(tslint("plan", "model.py", "--python", python, cwd=tmp_path), 2)
    assert "PyTorch" in sentence
