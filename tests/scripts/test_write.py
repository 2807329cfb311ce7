"""The text of a plan's script, without PyTorch: it is Python, and what a person would have written."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tslint.evidence import PlanMade, PlannedPart
from tslint.scripts.own import CannotWrite, Own
from tslint.scripts.write import MARK, write

TYPES = ('ct.TensorType(name="x", shape=(1, ct.RangeDim(2, 9, default=4)))',)
FIXED = ('ct.TensorType(name="x", shape=(1, 4))',)


def plan(**more) -> PlanMade:
    given = {
        "entry": 0, "route": "trace", "class_name": "Net", "build": "Net(width=4)", "source": "nets.small",
        "root": "/project", "example": "torch.randn(1, 4)", "types": TYPES, "fixed": FIXED,
        "ranges": ((0, 1, 2, 9),),
    }  # fmt: skip
    return PlanMade(**{**given, **more})


def text(planned: PlanMade, own: Own | None = None, path: str = "/project/convert.py", **more) -> str:
    return write(planned, own, "tslint plan net.py", Path(path), "/project", **more).text


def test_a_trace():
    written = write(plan(), None, "tslint plan net.py", Path("/project/convert.py"), "/project")
    assert (
        written.text
        == '''"""Convert Net to Core ML: traced.

Written by `tslint plan net.py`.
"""

import coremltools as ct
import torch

from nets.small import Net

model = Net(width=4).eval()
example = torch.randn(1, 4)

traced = torch.jit.trace(model, example)

mlmodel = ct.convert(
    traced,
    inputs=[ct.TensorType(name="x", shape=(1, ct.RangeDim(2, 9, default=4)))],
)
mlmodel.save("Net.mlpackage")
'''
    )
    assert (written.model, written.example, written.wrapper) == ("model", "example", "")
    assert written.text.splitlines()[written.built - 1] == "example = torch.randn(1, 4)"
    assert written.ranges == ((0, 1, 2, 9),)
    assert MARK in written.text


@pytest.mark.parametrize(
    ("inputs", "call"),
    [("tensor", "model(example)"), ("sequence", "model(*example)"), ("keywords", "model(**example)")],
)
def test_a_call_before_the_trace(inputs, call):
    lines = text(plan(inputs=inputs), warm=True).splitlines()
    at = next(index for index, line in enumerate(lines) if line.startswith("traced = "))
    assert lines[at - 4].startswith("# ")
    assert lines[at - 3 : at] == ["with torch.no_grad():", f"    {call}", ""]


def test_without_flexible_sizes():
    written = write(plan(), None, "tslint plan net.py", Path("/project/convert.py"), "", flexible=False)
    assert FIXED[0] in written.text
    assert "RangeDim" not in written.text
    assert written.ranges == ()


def test_parts_are_scripted_and_traced_in_their_places():
    parts = (
        PlannedPart((".body.first", ".tied"), "trace", "Body", "example"),
        PlannedPart((".body",), "script", "Loop", "", ((".body", ("most",)),)),
    )
    written = text(plan(route="mixed", parts=parts))
    assert (
        """
model.body.first = model.tied = torch.jit.trace(model.body.first, example)
model.body.__constants__ = ["most"]  # coremltools reads no plain attributes
model.body = torch.jit.script(model.body)
traced = torch.jit.trace(model, example)
"""
        in written
    )


def test_a_whole_that_is_scripted_needs_no_example():
    written = write(
        plan(route="script", parts=(PlannedPart(("",), "script", "Net"),)), None, "c", Path("/project/c.py"), ""
    )
    assert "scripted = torch.jit.script(model)\n" in written.text
    assert "example" not in written.text
    assert written.example == "torch.randn(1, 4)"


def test_a_wrapper_with_real_keys_around_what_is_scripted():
    planned = plan(
        route="mixed", parts=(PlannedPart(("",), "script", "Net"),), frozen=True, parameters="x, y=None",
        arguments="x, y", accesses=('["out"]', '["aux"][0]'), example="(torch.randn(1, 4), torch.ones(2))", inputs="sequence",
    )  # fmt: skip
    written = write(planned, None, "c", Path("/project/c.py"), "")
    assert written.wrapper == "NetOutputs"
    assert (
        """

class NetOutputs(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x, y=None):
        outputs = self.model(x, y)
        return outputs["out"], outputs["aux"][0]


model = Net(width=4).eval()
"""
        in written.text
    )
    assert (
        "traced = torch.jit.freeze(torch.jit.trace(NetOutputs(scripted).eval(), example), optimize_numerics=False)"
        in (written.text)
    )


@pytest.mark.parametrize(
    "path, line",
    [
        ("/project/convert.py", ""),
        ("/project/out/deep/convert.py", "sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))"),
        ("/elsewhere/convert.py", 'sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "project"))'),
    ],
)
def test_a_script_elsewhere_says_where_its_imports_are(path, line):
    lines = text(plan(), path=path).splitlines()
    assert [found for found in lines if found.startswith("sys.path")] == ([line] if line else [])


def test_inputs_of_an_export():
    one = text(plan(route="export", dynamic='{"x": {1: torch.export.Dim.AUTO}}'))
    assert (
        "exported = torch.export.export(model, (example,), "
        'dynamic_shapes={"x": {1: torch.export.Dim.AUTO}}).run_decompositions({})\n'
    ) in one
    apart = text(plan(route="export", decomposed=("aten.diff.default", "aten.l1_loss.default")))
    assert "    torch.ops.aten.diff.default,\n    torch.ops.aten.l1_loss.default,\n" in apart
    assert ".run_decompositions({op: decompositions[op] for op in apart})\n" in apart
    named = text(plan(route="export", example='{"x": torch.randn(1, 4)}', inputs="keywords"))
    assert "torch.export.export(model, (), example).run_decompositions({})" in named


def test_a_pass_that_is_left_out():
    lines = 'pipeline = ct.PassPipeline.DEFAULT\npipeline.remove_passes({"common::fuse_conv_bias"})'
    written = text(plan(dropped=("common::fuse_conv_bias",)))
    assert f"\n\n{lines}" in written and "pass_pipeline=pipeline" in written.partition("ct.convert(")[2]
    own = text(plan(dropped=("common::fuse_conv_bias",)), own=own_of())
    assert "import coremltools as ct\n" in own and lines in own
    assert ", pass_pipeline=pipeline,\n    inputs=[],\n)" in own
    theirs = own_of(conversion=("coremltools.convert(", ", pass_pipeline=passes)"))
    with pytest.raises(CannotWrite, match="leave common::fuse_conv_bias out of that"):
        text(plan(dropped=("common::fuse_conv_bias",)), own=theirs)


def test_shared_sizes_stand_before_the_conversion():
    written = text(plan(sizes=(("size", "ct.RangeDim(2, 9, default=4)"),)))
    assert "\n\nsize = ct.RangeDim(2, 9, default=4)\nmlmodel = ct.convert(" in written


def own_of(**more) -> Own:
    given = {
        "imports": ["import coremltools", "import torch"], "before": ["net = Net(4)", "\nx = torch.rand(1, 4)"],
        "conversion": ("coremltools.convert(\n    ", ",\n    inputs=[],\n)"), "result": "converted",
        "after": ['converted.author = "a"'], "taken": {"Net"},
    }  # fmt: skip
    return Own("net", "x", **{**given, **more})


def test_the_files_own_statements_and_conversion():
    written = write(plan(build=""), own_of(), "tslint plan net.py", Path("/project/c.py"), "/project")
    assert (
        written.text.partition('"""\n\n')[2]
        == """import coremltools
import torch

from nets.small import Net

net = Net(4)
net.eval()

x = torch.rand(1, 4)

traced = torch.jit.trace(net, x)

converted = coremltools.convert(
    traced,
    inputs=[],
)
converted.author = "a"
converted.save("Net.mlpackage")
"""
    )
    assert (written.model, written.example) == ("net", "x")


def test_future_imports_stand_first():
    own = own_of(imports=["import json", "from __future__ import annotations", "import torch", "import coremltools"])
    assert '"""\n\nfrom __future__ import annotations\n\nimport json\n\nimport coremltools\n' in text(
        plan(build=""), own
    )


def test_empty_lines_of_a_text_are_the_users():
    own = own_of(before=['TEXT = """a\n\n\n\nb"""', "class Net:\n    pass", "net = Net()", "x = 1"])
    written = text(plan(build=""), own)
    assert 'TEXT = """a\n\n\n\nb"""\n\n\nclass Net:\n    pass\n\n\nnet = Net()\n' in written


def test_a_model_that_is_in_eval_mode_is_not_put_there_again():
    assert "net.eval()" not in text(plan(build=""), own_of(before=["net = Net(4).eval()", "x = 1"]))
    assert text(plan(build=""), own_of(before=["net = Net(4)", "x = 1", "net.eval()"])).count("net.eval()") == 1


def test_names_that_the_file_has_taken_are_left_alone():
    own = own_of(before=["model = 1", "example = 2"])
    own.model, own.example = "Net(model)", "(example,)"
    written = write(plan(build=""), own, "c", Path("/project/c.py"), "")
    assert (written.model, written.example) == ("model_to_convert", "example_to_convert")
    assert "model_to_convert = Net(model).eval()\nexample_to_convert = (example,)\n" in written.text


def test_a_command_with_quotes_stays_within_the_docstring():
    command = 'tslint plan \'a:N("""\\n")\''
    written = write(plan(), None, command, Path("/project/c.py"), "").text
    assert command.removeprefix("tslint") in (ast.get_docstring(ast.parse(written)) or "")


def test_what_is_installed_is_imported_beside_the_rest():
    written = write(plan(source="timm", build="create_model()", root=""), None, "c", Path("/project/c.py"), "").text
    assert (
        "import coremltools as ct\nimport torch\nfrom timm import create_model\n\nmodel = create_model().eval()\n"
        in written
    )


def test_long_calls_have_an_argument_a_line():
    build = f"Net(Net.config_class({', '.join(f'number_{n}={n}' for n in range(9))}), width=4)"
    written = text(plan(build=build))
    assert "\nmodel = Net(\n    Net.config_class(\n        number_0=0,\n" in written
    assert "        number_8=8,\n    ),\n    width=4,\n).eval()\n" in written


def test_long_lists_have_an_item_a_line():
    shapes = ", ".join(f"(1, 3, {n}, {n})" for n in range(100, 108))
    code = f'ct.TensorType(name="x", shape=ct.EnumeratedShapes(shapes=[{shapes}], default=(1, 3, 100, 100)))'
    written = text(plan(types=(code,)))
    assert (
        "            shape=ct.EnumeratedShapes(\n                shapes=[\n                    (1, 3, 100, 100),\n"
        in written
    )
    assert "                default=(1, 3, 100, 100),\n            ),\n        ),\n    ],\n)\n" in written


def test_a_model_that_nobody_says_how_to_build():
    with pytest.raises(CannotWrite, match="how it is built"):
        text(plan(build=""))
