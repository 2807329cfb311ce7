"""Modules on their way to other programs, in the code that traces and converts them."""

from __future__ import annotations

import libcst as cst
import pytest
from support import facts_of

from tslint.facts import CoreModel, Kind, Module, options

HEADER = """
import coremltools as ct
import torch
from torch import nn
class Net(nn.Module):
    def forward(self, x):
        return x
"""


def described(kind: Kind) -> str:
    if isinstance(kind, Module):
        name = kind.cls.name if kind.cls else kind.layer or "?"
        return " ".join([name, *(step.name.rpartition(".")[2] for step in kind.steps)])
    return kind.format or "?" if isinstance(kind, CoreModel) else kind.word


def seen(code: str) -> list[str]:
    """What the arguments of ``see(...)`` are in the calling code, alternatives sorted."""
    facts = facts_of(HEADER + code, header="")
    return [
        " or ".join(sorted(described(option) for option in options(facts.calling_kind(call.args[0].value))))
        for call in facts.nodes(cst.Call)
        if isinstance(call.func, cst.Name) and call.func.value == "see"
    ]


CODE = {
    "see(Net())": "Net",
    "see(torch.jit.trace(Net().eval(), x))": "Net trace",
    "see(torch.jit.trace(load(), x))": "? trace",
    "see(torch.jit.trace(Net().forward, x))": "Net trace",
    "see(torch.jit.load('a.pt'))": "? load",
    "see(torch.jit.freeze(torch.jit.script(Net())))": "Net script freeze",
    "model = Net()\nmodel.half()\nsee(model)": "Net half",
    "model = Net()\nmodel.eval().half()\nsee(model)": "Net half",
    "model = Net().to(torch.float16)\nsee(model)": "Net half",
    "model = Net().to('cuda', dtype=torch.half)\nsee(model)": "Net half",
    "model = Net().half().float()\nsee(model)": "Net",
    "model = Net().to('cuda')\nsee(model)": "Net",
    "model = Net()\nmodel.compile()\nsee(model)": "Net compile",
    "see(torch.compile(Net()))": "Net compile",
    "see(torch.compile(Net(), disable=True))": "Net",
    "see(torch.compile(load()))": "? compile",
    "see(torch.compile(load(), disable=True))": "unknown",
    "from torch.ao.quantization import quantize_dynamic\nsee(quantize_dynamic(load()))": "? quantize_dynamic",
    "model = Net()\nif flag:\n    model = torch.jit.script(model)\nsee(model)": "Net or Net script",
    "def convert(model):\n    see(model)\nconvert(torch.jit.script(Net()))": "Net script",
    "def convert(model):\n    see(model)\ndef main():\n    convert(Net())": "Net",
    "def convert(model):\n    see(model)": "unknown",
    "def traced():\n    return torch.jit.trace(Net(), x)\nsee(traced())": "Net trace",
    "see(ct.convert(model))": "mlprogram",
    "see(ct.convert(model, convert_to='neuralnetwork'))": "neuralnetwork",
    "see(ct.convert(model, convert_to=chosen()))": "?",
    "see(ct.convert(model, **options()))": "?",
    "see(ct.convert(model, **{'convert_to': 'neuralnetwork'}))": "neuralnetwork",
    "see(ct.convert(model, minimum_deployment_target=ct.target.iOS14))": "neuralnetwork",
    "see(ct.convert(model, minimum_deployment_target=ct.target.iOS16))": "mlprogram",
    "target = ct.target.macOS11\nsee(ct.convert(model, minimum_deployment_target=target))": "neuralnetwork",
}


@pytest.mark.parametrize("code", CODE)
def test_what_a_module_has_become(code: str) -> None:
    assert seen(code) == [CODE[code]]


def test_what_was_asked_before_changes_nothing() -> None:
    code = "def convert(model):\n    see(model)\ndef one():\n    convert(Net())\ndef two():\n    convert(torch.jit.script(Net()))"
    facts = facts_of(HEADER + code, header="")
    calls = [c for c in facts.nodes(cst.Call) if isinstance(c.func, cst.Name)]
    (first,) = [c for c in calls if facts.text(c) == "convert(Net())"]
    facts.kind(first)
    (see,) = [c for c in calls if facts.text(c) == "see(model)"]
    found = options(facts.calling_kind(see.args[0].value))
    assert sorted(described(kind) for kind in found) == ["Net", "Net script"]


def test_a_traced_part_of_a_module_is_still_followed() -> None:
    code = """
class Part(nn.Module):
    def forward(self, x):
        return x.shape[2]
class Whole(nn.Module):
    def __init__(self):
        super().__init__()
        self.part = torch.jit.trace(Part(), torch.rand(1, 2, 3))
    def forward(self, x):
        n = self.part(x)
        return n
"""
    facts = facts_of(HEADER + code, header="")
    (returned,) = [node.value for node in facts.nodes(cst.Return) if facts.text(node) == "return n"]
    assert returned is not None and facts.is_size(returned)
