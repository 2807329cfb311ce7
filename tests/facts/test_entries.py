"""The outline of a file: what running it would build, trace and convert, and what stands in the way."""

from __future__ import annotations

import pytest
from support import facts_of

from tslint.facts.entries import outline
from tslint.request import Outline

NET = """
import coremltools as ct
class Part(nn.Module): ...
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.part = Part()
"""


def outlined(code: str) -> Outline:
    return outline(facts_of(NET + code))


def lines(code: str) -> list[tuple[str, str]]:
    """The call sites: function, and the text of the line."""
    facts = facts_of(NET + code)
    return [(c.function, facts.source.line(c.place.span.line).strip()) for c in outline(facts).calls]


def test_functions_classes_and_roots() -> None:
    found = outlined("def build_model():\n    return Net()\ndef main():\n    def inner(): ...\n")
    assert found.functions == ("build_model", "main")
    assert found.classes == ("Part", "Net")
    assert found.roots == ("Net",)
    assert found.calls == () and found.stop_line is None and found.side_effects == ()


def test_calls_at_module_level() -> None:
    code = "traced = torch.jit.trace(Net(), x)\nmodel = ct.convert(traced)\nmodel.save('a')"
    assert lines(code) == [
        ("torch.jit.trace", "traced = torch.jit.trace(Net(), x)"),
        ("coremltools.convert", "model = ct.convert(traced)"),
    ]
    facts = facts_of(NET + code)
    stop = outline(facts).stop_line
    assert stop is not None and facts.source.line(stop) == "model = ct.convert(traced)"


def test_calls_under_the_main_guard_and_in_with() -> None:
    code = 'if __name__ == "__main__":\n    with torch.no_grad():\n'
    code += "        t = torch.jit.script(\n            Net())\n    print(t)"
    facts = facts_of(NET + code)
    found = outline(facts)
    assert [c.function for c in found.calls] == ["torch.jit.script"]
    assert facts.source.line(found.stop_line or 0).strip() == "Net())"


def test_calls_in_functions_that_are_called() -> None:
    code = """
def export(model):
    return torch.export.export(model, ())
def main():
    export(Net())
    print()
def never():
    torch.jit.trace(Net(), x)
if __name__ == "__main__":
    main()
"""
    facts = facts_of(NET + code)
    found = outline(facts)
    assert [(c.function, c.place.symbol) for c in found.calls] == [("torch.export.export", "export")]
    assert facts.source.line(found.stop_line or 0).strip() == "main()"


METHODS = """
class Base:
    def trace(self, x):
        return torch.jit.trace(self.model, x)
class Exporter(Base):
    def __init__(self, model):
        self.model = model
        torch.jit.script(model)
    def run(self):
        self.trace(1)
        return self
    def unused(self):
        torch.export.export(self.model, ())
"""


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("Exporter(Net()).run()", ["torch.jit.script", "torch.jit.trace"]),
        (
            "def main():\n    exporter = Exporter(Net())\n    exporter.run()\nmain()",
            ["torch.jit.script", "torch.jit.trace"],
        ),
        ("Base.trace(other, 1)", ["torch.jit.trace"]),
        ("exporter = make()\nexporter.run()", []),
        ("Net().run()", []),
    ],
)
def test_calls_in_methods_that_are_called(code: str, found: list[str]) -> None:
    assert sorted(call.function for call in outlined(METHODS + code).calls) == found


def test_a_module_that_exports_itself() -> None:
    code = "class Own(nn.Module):\n    def export(self):\n        return torch.jit.trace(self, 1)\n"
    code += "net = Own().eval()\nnet.export()"
    assert [call.place.symbol for call in outlined(code).calls] == ["Own.export"]


def test_a_call_in_a_function_that_nothing_calls_is_none() -> None:
    assert lines("def main():\n    torch.jit.trace(Net(), x)") == []


def test_a_call_of_the_same_name_is_none() -> None:
    assert lines("from project import trace\ntrace(Net(), x)") == []


EFFECTS = {
    "loss.backward()": True,
    "torch.save(net, 'a')": True,
    "open('a', 'w').write('b')": True,
    "open('a', mode='ab')": True,
    "open('a')": False,
    "open('a', 'rb')": False,
    "import subprocess; subprocess.run(['ls'])": True,
    "import os; os.system('ls')": True,
    "net.push_to_hub('a')": True,
    "optimizer.step()": True,
    "opt = torch.optim.SGD([], 1); opt.step()": True,
    "solver = torch.optim.SGD([], 1); solver.step()": True,
    "scheduler.step()": False,
    "print('a')": False,
    "torch.load('a')": False,
    "import pathlib; pathlib.Path('a').write_text('b')": True,
    "trainer.fit(net)": True,
    "from torch.utils.tensorboard import SummaryWriter; w = SummaryWriter()": True,
    "import cv2; cv2.imwrite('a.png', 1)": True,
    "import os; os.makedirs('a')": False,
    "torch.onnx.export(net, x, 'a.onnx')": False,
}


@pytest.mark.parametrize("statement", EFFECTS)
def test_side_effects(statement: str) -> None:
    found = outlined(f"{statement}\ntorch.jit.trace(Net(), x)\ntorch.save(1, 'after')")
    assert [e.text for e in found.side_effects] == ([statement] if EFFECTS[statement] else [])


def test_side_effects_in_functions_that_are_called() -> None:
    code = """
def train(net):
    loss = net(1)
    loss.backward()
def unused():
    torch.save(1, 'x')
net = Net()
train(net)
torch.jit.trace(net, x)
"""
    assert [e.text for e in outlined(code).side_effects] == ["loss.backward()"]


def test_side_effects_without_a_call_site_do_not_matter() -> None:
    assert outlined("torch.save(Net(), 'a')").side_effects == ()
