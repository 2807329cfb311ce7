"""The mode of a model at the call that traces it."""

from __future__ import annotations

import pytest
from support import facts_of

NET = """
class Net(nn.Module):
    def __init__(self, a=1):
        super().__init__()
class Wrapper(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model
class Ready(nn.Module):
    def __init__(self):
        super().__init__()
        self.eval()
def make():
    return Net()
def make_ready():
    net = Net()
    net.eval()
    return net
def warm(model):
    model.eval()
"""
CASES = {
    "new": ("m = Net()", "m", "train"),
    "new in the call": ("pass", "Net()", "train"),
    "chained": ("m = Net().eval()", "m", "eval"),
    "chained in the call": ("m = Net()", "m.eval()", "eval"),
    "a statement": ("m = Net()\nm.eval()", "m", "eval"),
    "train(False)": ("m = Net()\nm.train(False)", "m", "eval"),
    "train again": ("m = Net()\nm.eval()\nm.train()", "m", "train"),
    "train(flag)": ("m = Net()\nm.train(flag)", "m", None),
    "further down the chain": ("m = Net().to('cpu').eval().float()", "m", "eval"),
    "requires_grad_ between": ("m = Net()\nm.requires_grad_(False).eval()", "m", "eval"),
    "eval without a call": ("m = Net()\nm.eval", "m", "train"),
    "assigned back": ("m = Net()\nm = m.eval()", "m", "eval"),
    "another name": ("m = Net()\nm.eval()\nn = m", "n", "eval"),
    "a wrapper of one in eval mode": ("m = Net().eval()\nw = Wrapper(m)", "w", "eval"),
    "a wrapper in eval mode": ("w = Wrapper(Net()).eval()", "w", "eval"),
    "a wrapper of one in training": ("w = Wrapper(Net())", "w", "train"),
    "a wrapper of something unknown": ("w = Wrapper(load())", "w", None),
    "loaded": ("m = torch.jit.load('x.pt')", "m", None),
    "from elsewhere": ("m = load()", "m", None),
    "from a function of the file": ("m = make()", "m", "train"),
    "from one that calls eval": ("m = make_ready()", "m", "eval"),
    "handed to one that calls eval": ("m = Net()\nwarm(m)", "m", None),
    "a class that sets its own mode": ("m = Ready()", "m", None),
    "a layer": ("pass", "nn.Linear(2, 2)", "train"),
    "a Sequential": ("m = nn.Sequential(nn.Linear(2, 2), nn.Dropout())", "m", "train"),
    "torchvision's": ("import torchvision\nm = torchvision.models.resnet18()", "m", "train"),
    "torchvision's, in eval mode": ("import torchvision\nm = torchvision.models.resnet18()\nm.eval()", "m", "eval"),
    "in a branch": ("m = Net()\nif flag:\n    m.eval()", "m", "eval"),
    "in a with": ("m = Net()\nwith torch.no_grad():\n    m.eval()", "m", "eval"),
    "weights loaded": ("m = Net()\nm.load_state_dict(torch.load('x'))", "m", "train"),
    "run once": ("m = Net()\ny = m(torch.ones(1))", "m", "train"),
    "called on the way": ("m = Net()\nm.cpu().eval()", "m", "eval"),
    "deep copy": ("import copy\nm = Net().eval()\nn = copy.deepcopy(m)", "n", "eval"),
    "one of two": ("m = Net() if flag else load()", "m", None),
    "unpacked": ("m, n = Net(), 1", "m", None),
    "never assigned": ("pass", "unknown_model", None),
}


def mode(code: str) -> str | None:
    facts = facts_of(NET + code)
    call = facts.calls_to("torch.jit.trace")[0]
    return facts.mode_of(call.args[0].value)


@pytest.mark.parametrize("name", CASES)
def test_at_module_level(name: str) -> None:
    code, expression, expected = CASES[name]
    assert mode(f"{code}\ntorch.jit.trace({expression}, x)") == expected


@pytest.mark.parametrize("name", CASES)
def test_in_a_function(name: str) -> None:
    code, expression, expected = CASES[name]
    body = "\n".join("    " + line for line in code.splitlines())
    assert mode(f"def main(flag):\n{body}\n    torch.jit.trace({expression}, x)") == expected


def test_under_the_main_guard_and_inside_with() -> None:
    code = (
        'm = Net()\nif __name__ == "__main__":\n    m.eval()\n    with torch.no_grad():\n        torch.jit.trace(m, x)'
    )
    assert mode(code) == "eval"


def test_a_variable_of_the_module_used_in_a_function() -> None:
    assert mode("m = Net()\nm.eval()\ndef main():\n    torch.jit.trace(m, x)\nmain()") == "eval"


def test_a_parameter_is_unknown() -> None:
    assert mode("def export(m):\n    torch.jit.trace(m, x)") is None
    assert mode("def export(m):\n    m.eval()\n    torch.jit.trace(m, x)") == "eval"


def test_an_attribute() -> None:
    assert mode("class A:\n    def f(self):\n        self.m = Net()\n        torch.jit.trace(self.m, x)") == "train"
    assert mode("class A:\n    def f(self):\n        torch.jit.trace(self.m, x)") is None
