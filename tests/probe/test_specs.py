"""`--model` and `--input`: what they may say, and what they build."""

from __future__ import annotations

import types

import pytest
import torch
from torch import nn

from tslint.probe.entry import specs
from tslint.probe.entry.importing import NotLiteral, definitions, is_named_target, parse_call

pytestmark = pytest.mark.torch


@pytest.mark.parametrize(
    ("text", "name", "dtype", "dims"),
    [
        ("1,3,224,224", None, torch.float32, ((1, 1), (3, 3), (224, 224), (224, 224))),
        ("7", None, torch.float32, ((7, 7),)),
        ("int64[2..11]", None, torch.int64, ((2, 11),)),
        ("int64[]", None, torch.int64, ()),
        ("1, 3..5", None, torch.float32, ((1, 1), (3, 5))),
        ("image:float32[1,3,128..512,128..512]", "image", torch.float32, ((1, 1), (3, 3), (128, 512), (128, 512))),
        ("mask: bool[1,4]", "mask", torch.bool, ((1, 1), (4, 4))),
    ],
)
def test_inputs(text, name, dtype, dims):
    assert specs.parse_input(text) == specs.Wanted(name, dtype, dims)


@pytest.mark.parametrize("text", ["", "1x3", "float31[1]", "int64[5..2]", "int64[a]", "1,3,..4", "image:", "[1,2]"])
def test_inputs_that_cannot_be_read(text):
    with pytest.raises(specs.BadInput):
        specs.parse_input(text)


@pytest.mark.parametrize(("low", "high", "size"), [(2, 11, 6), (128, 512, 256), (64, 64, 64), (1, 32, 16)])
def test_a_size_inside_a_range(low, high, size):
    assert specs.inside(low, high) == size


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Net", (("Net",), [], {}, False)),
        ("Net(num_classes=21)", (("Net",), [], {"num_classes": 21}, True)),
        ("models.build('a', [1, -2], deep=None)", (("models", "build"), ["a", [1, -2]], {"deep": None}, True)),
    ],
)
def test_calls(text, expected):
    assert parse_call(text) == expected


@pytest.mark.parametrize("text", ["Net(open('x'))", "Net(*a)", "Net(**a)", "1 + 2", "Net(", "(lambda: 1)()", "a[0]"])
def test_calls_that_are_no_literals(text):
    with pytest.raises(NotLiteral):
        parse_call(text)


class Net(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.embedding = nn.Embedding(5, width)

    def forward(self, tokens, image):
        return self.embedding(tokens).sum() + image


class Config:
    def __init__(self, width=1):
        self.width = width


class Configured(nn.Module):
    config_class = Config

    def __init__(self, config):
        super().__init__()
        self.width = config.width


def namespace(**values):
    module = types.ModuleType("model")
    module.__dict__.update(values)
    return module


def test_what_is_named_is_built_or_called():
    ready = Net(7)
    here = namespace(Net=Net, build=lambda: ready, ready=ready, Configured=Configured)
    assert specs.resolve(here, "Net(width=6)").embedding.embedding_dim == 6
    assert specs.resolve(here, "build()") is ready
    assert specs.resolve(here, "ready") is ready
    assert specs.resolve(here, "Configured(width=9)").width == 9
    with pytest.raises(specs.BadInput, match="`Missing` is not in"):
        specs.resolve(here, "Missing")


def test_inputs_by_name_and_in_order_and_integers_within_the_embedding():
    wanted = [specs.parse_input("image:float32[1,2..4]"), specs.parse_input("int64[50]")]
    inputs, ranges = specs.inputs_of(wanted, Net())
    assert [tuple(item.shape) for item in inputs.args] == [(50,)]
    assert {name: tuple(item.shape) for name, item in inputs.kwargs.items()} == {"image": (1, 3)}
    assert ranges == {(1, 1): (2, 4)}
    assert int(inputs.args[0].min()) >= 0 and int(inputs.args[0].max()) < 5
    described = [(spec.name, spec.dtype, spec.shape) for spec in specs.describe_inputs(Net(), inputs)]
    assert described == [("tokens", "int64", (50,)), ("image", "float32", (1, 3))]


def test_targets_by_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert is_named_target("torchvision.models:resnet18(weights=None)")
    assert not is_named_target("model.py")
    assert not is_named_target("C:/model.py")
    (tmp_path / "a:b").write_text("")
    assert not is_named_target("a:b")


def test_definitions_stay_where_a_script_is_not_run():
    import ast

    source = "import a\nx = 1\ndef f():\n    train()\nf()\nclass C: pass\ny = 2\n"
    tree = definitions(ast.parse(source), [4, 5])
    assert ast.unparse(tree).split("\n") == [
        "import a",
        "x = 1",
        "",
        "def f():",
        "    train()",
        "",
        "class C:",
        "    pass",
    ]
