"""Whether Python alone reads what is drawn: what the source tells, and what the graph of the trace holds."""

from __future__ import annotations

import textwrap

import libcst as cst
import pytest
from support import facts_of

from tslint import engine

CLASS = """
import numpy
import torch
from dataclasses import dataclass
from torch import nn
def seen_by(net):
    return net.seen
@dataclass
class Made:
    value: torch.Tensor
    chance: torch.Tensor
    def sum(self):
        return self.value + self.chance
class Scale(nn.Module):
    def forward(self, x, start, shift=None):
        return x * 2 if shift is None else x + shift
class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = Scale()
    def forward(self, x, start=None, shift=None):
        return self.scale(x, start, shift=shift)
class Same(nn.Module):
    def forward(self, x):
        return x
class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.same = Same()
    def forward(self, x):
        return self.same(x)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList([Block(), Block()])
        self.twice = Twice()
        self.layers = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2)])
"""
READ = {
    "a number": "x + torch.rand(1).item()",
    "a number of what was computed with it": "x + torch.exp(torch.empty(1).uniform_(0.5, 1.0)).item()",
    "a condition": "x.sum() if torch.rand(1) < 0.5 else x",
    "a condition on a variable": """
        chance = torch.rand(2)
        if chance[0] < 0.5:
            x = x + 1
        return x
    """,
    "one of what a helper returns": """
        order, chance = self.choose()
        if chance < 0.5:
            x = x + order
        return x

    def choose(self):
        return 2, torch.rand(())
    """,
    "rounds that only ask": """
        for index in torch.randperm(2):
            if index == 0:
                x = x + 1
        return x
    """,
    "the index of a list": """
        for index in torch.randperm(2):
            x = self.layers[index](x)
        return x
    """,
    "a number of a variable that shadows nothing": """
        first = second = torch.rand(1)
        return x * float(first) + int(second)
    """,
    "numbers for NumPy": "x * float(numpy.asarray(torch.rand(2, 2)).sum())",
    "numbers for NumPy, of what a helper computes": """
        cost = self.cost(torch.rand(2, 2), scale=2)
        return x + int(numpy.asarray(cost).argmax())

    def cost(self, drawn, scale):
        return drawn.exp() * scale
    """,
    "numbers for NumPy, in a comprehension whose variables others share": """
        costs = torch.rand(2, 2)
        best = [int(numpy.asarray(c[:, i]).argmax()) for i, c in enumerate(costs.split([1, 1]))]
        return sum([c + i for i, c in zip(best, [x, x])])
    """,
    "handed from module to module to one that leaves it": """
        start = torch.cat([x.new_zeros(1), torch.rand(3).cumsum(0)])
        for block in self.blocks:
            x = block(x, start=start)
        return x
    """,
    "handed on in training alone": """
        start = torch.rand(1)
        if self.training:
            x = self.blocks[0](x, shift=start)
        return x
    """,
    "a condition on what a module returns": """
        chance = self.twice(torch.rand(1))
        if chance < 2:
            x = x + 1
        return x
    """,
    "a field of an object that nothing asks for": """
        return self.made(x).value

    def made(self, x):
        return Made(value=x, chance=torch.rand(1))
    """,
    "kept in an attribute": """
        self.last = torch.rand(1)
        return x
    """,
    "kept in an attribute that only the next call reads": """
        if self.training:
            x = x + self.last
        self.last = torch.rand(1).expand(2)
        return x
    """,
    "gathered in a list that is kept": """
        drawn = []
        for layer in self.layers:
            drawn.append(torch.rand(2))
        self.last = torch.stack(drawn)
        return x
    """,
    "a condition on what was changed in place": """
        chance = torch.rand(1)
        chance *= 2
        return x if chance < 3 else x.sum()
    """,
}
KEPT = {
    "handed from module to module to one that adds it": """
        for block in self.blocks:
            x = block(x, shift=torch.rand(2))
        return x
    """,
    "returned by a module that is called twice": """
        drawn = torch.rand(1)
        if self.twice(drawn) < 2:
            x = x + 1
        return x + self.twice(drawn)
    """,
    "a field of an object that is asked for": """
        made = self.made(x)
        return made.value + made.chance

    def made(self, x):
        return Made(value=x, chance=torch.rand(1))
    """,
    "an object with a field, asked by a method": """
        made = Made(value=x, chance=torch.rand(1))
        return made.sum()
    """,
    "an object with a field, in a function of Python": """
        made = Made(value=x, chance=torch.rand(1))
        return sum(vars(made).values())
    """,
    "kept in an attribute that is returned": """
        self.last = torch.rand(1)
        return x + self.last
    """,
    "kept in an attribute that a helper returns": """
        self.last = torch.rand(1)
        return x + self.kept()

    def kept(self):
        return self.last
    """,
    "kept in an attribute that a function returns, whoever calls it": """
        self.seen = torch.rand(1)
        return x + globals()["seen_by"](self)
    """,
    "kept in an attribute that the next round reads": """
        self.last = x
        for layer in self.layers:
            x = layer(x) + self.last
            self.last = torch.rand(1)
        return x
    """,
    "gathered in a list that is returned": """
        drawn = [x]
        drawn.append(torch.rand(2, 2))
        return torch.stack(drawn)
    """,
    "changed in place and returned": """
        chance = torch.rand(1)
        chance *= 2
        return x + chance
    """,
    "returned by a helper": """
        return x + self.cost(2, torch.rand(2, 2))

    def cost(self, scale, drawn):
        return drawn.exp() * scale
    """,
    "read by a helper that also returns it": """
        cost, best = self.cost(torch.rand(2, 2))
        return x * best + cost

    def cost(self, drawn):
        return drawn.exp(), int(numpy.asarray(drawn).argmax())
    """,
    "added": "x + torch.rand(1)",
    "added later": """
        noise = torch.rand(1)
        if noise < 2:
            x = x + noise
        return x
    """,
    "the other one of what a helper returns": """
        noise, chance = self.choose()
        if chance < 0.5:
            x = x + 1
        return x + noise

    def choose(self):
        return torch.rand(()), 0.25
    """,
    "what a helper returns that is called under two names": """
        pick = self.choose
        if self.choose() < 0.5:
            x = x + 1
        return x + pick()

    def choose(self):
        return torch.rand(())
    """,
    "written into what is returned": """
        noise = torch.zeros(1)
        noise.uniform_(0.5, 1.0).item()
        return x + noise
    """,
    "the index of a tensor": "x[torch.randint(2, (1,))]",
    "handed to a layer": "self.layers[0](torch.rand(2, 2)) + x",
    "summed in rounds": """
        for share in torch.rand(2):
            x = x + share
        return x
    """,
}
CASES = [
    *(pytest.param(body, True, id=name) for name, body in READ.items()),
    *(pytest.param(body, False, id=name) for name, body in KEPT.items()),
]
DRAWING = ("rand", "uniform_", "randperm", "randint")


def written(body: str) -> str:
    """A module whose forward is BODY: an expression, or statements and perhaps a helper method."""
    forward, _, helper = body.partition("\n    def ")
    forward = textwrap.dedent(forward).strip() if "return" in body else f"return {body}"
    methods = f"def forward(self, x):\n{textwrap.indent(forward, '    ')}\n"
    if helper:
        methods += textwrap.dedent(f"    def {helper}")
    return CLASS + textwrap.indent(methods, "    ")


def drawing(code: str) -> tuple[bool, list[str]]:
    """Whether the one call that draws is only read, and the rules that speak of it."""
    facts = facts_of(code, header="")
    calls = [
        call
        for call in facts.nodes(cst.Call)
        if isinstance(call.func, cst.Attribute) and call.func.attr.value in DRAWING
    ]
    found, crashes = engine.predict(facts)
    assert crashes == []
    (call,) = calls
    return facts.only_read(call), [d.rule for d in found]


@pytest.mark.parametrize(("body", "read"), CASES)
def test_readings(body: str, read: bool) -> None:
    answer, rules = drawing(written(body))
    assert answer == read
    assert ("random-in-forward" in rules) == (not read)


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("body", "read"), CASES)
def test_the_trace_holds_what_is_not_only_read(body: str, read: bool) -> None:
    torch = pytest.importorskip("torch")
    space: dict[str, object] = {}
    exec(written(body), space)
    net = space["Net"]().eval()  # type: ignore[operator]
    graph = str(torch.jit.trace(net, torch.rand(2, 2), check_trace=False).inlined_graph)
    assert any(f"aten::{name}(" in graph for name in DRAWING) == (not read)


def test_a_write_into_what_is_returned_is_more_than_its_own_result() -> None:
    body = """
        known = x + 1
        written = known.add_(torch.rand(2))
        return known if written.sum() < 4 else x
    """
    answer, _ = drawing(written(body))
    assert not answer


@pytest.mark.parametrize(
    ("calls", "given"),
    [
        ("self.pick(x, self.layers[0].bias)", ["self.layers[0].bias"]),
        ("self.pick(x, self.layers[0].bias) + self.pick(x, chance=x)", ["self.layers[0].bias", "x"]),
        ("self.pick(x, *self.layers)", []),
        ("self.pick(x)", []),
        ("self.taken(x, x)", []),
    ],
)
def test_what_is_handed_in(calls: str, given: list[str]) -> None:
    code = f"""
        return {calls}

    def pick(self, x, chance=0):
        return x if chance < 1 else x + 1

    def taken(self, x, chance):
        chance = chance * 2
        return x if chance < 1 else x + 1
    """
    facts = facts_of(written(code), header="")
    names = [comparison.left for comparison in facts.nodes(cst.Comparison)][-2:]
    asked = names["taken" in calls]
    assert isinstance(asked, cst.Name)
    assert [facts.text(value) for value in facts.handed_in(asked)] == given


def test_a_helper_that_one_call_hands_an_input_is_decided_by_that() -> None:
    code = written("""
        return self.pick(x, self.layers[0].bias[0]) + self.pick(x, x[0, 0])

    def pick(self, x, chance):
        return x if chance < 1 else x + 1
    """)
    assert "data-dependent-branch" in [d.rule for d in engine.predict(facts_of(code, header=""))[0]]
    learned = code.replace("x[0, 0]", "self.layers[1].bias[0]")
    assert "data-dependent-branch" not in [d.rule for d in engine.predict(facts_of(learned, header=""))[0]]
