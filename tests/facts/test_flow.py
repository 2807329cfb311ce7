"""Which values reach the output, which containers start empty, and how loops are counted."""

from __future__ import annotations

import libcst as cst
import pytest
from support import describe, facts_of

CASES = {
    "returned": ("n = math.sqrt(x.size(1))\nreturn x / n", True),
    "returned directly": ("return math.sqrt(x.size(1))", True),
    "through other names": ("n = math.sqrt(x.size(1))\nm = n + 1\ny = x * m\nreturn y", True),
    "never used": ("n = math.sqrt(x.size(1))\nreturn x", False),
    "printed": ("print(math.sqrt(x.size(1)))\nreturn x", False),
    "printed later": ("n = math.sqrt(x.size(1))\nprint(n)\nreturn x", False),
    "in a message": ("if x is None:\n    raise ValueError(f'{math.sqrt(x.size(1))}')\nreturn x", False),
    "asserted": ("assert math.sqrt(x.size(1)) > 1\nreturn x", False),
    "a condition that guards an error": ("if math.sqrt(x.size(1)) > 1:\n    raise ValueError\nreturn x", False),
    "a condition that chooses": ("if math.sqrt(x.size(1)) > 1:\n    x = x + 1\nreturn x", True),
    "a condition that returns": ("if math.sqrt(x.size(1)) > 1:\n    return x\nreturn x + 1", True),
    "a loop's count": ("for i in range(math.isqrt(x.size(1))):\n    x = x + 1\nreturn x", True),
    "a loop that prints": ("for i in range(math.isqrt(x.size(1))):\n    print(i)\nreturn x", False),
    "written into a tensor": ("y = x.clone()\ny[0] = math.sqrt(x.size(1))\nreturn y", True),
    "written into one that is dropped": ("y = x.clone()\ny[0] = math.sqrt(x.size(1))\nreturn x", False),
    "written into a part": ("y = x * 2\nv = y[0]\nv[1] = math.sqrt(x.size(1))\nreturn y", True),
    "written into a view in place": ("y = x * 2\nv = y.view(-1)\nv.mul_(math.sqrt(x.size(1)))\nreturn y", True),
    "written into one of several parts": ("y = x * 2\na, b = y.chunk(2)\na *= math.sqrt(x.size(1))\nreturn y", True),
    "written into a view of a view": ("y = x * 2\nv = y[0]\nw = v.t()\nw += math.sqrt(x.size(1))\nreturn y", True),
    "written into another name": ("y = x * 2\nz = y\nz.mul_(math.sqrt(x.size(1)))\nreturn y", True),
    "written into a copy": ("y = x * 2\nv = y[0].clone()\nv[1] = math.sqrt(x.size(1))\nreturn y", False),
    "of the name of a method": ("view = math.sqrt(x.size(1))\nreturn x.view(-1)", False),
    "of the name of an argument": ("dim = math.sqrt(x.size(1))\nreturn x.sum(dim=1)", False),
    "state": ("self.n = math.sqrt(x.size(1))\nreturn x", True),
    "in place": ("x.mul_(math.sqrt(x.size(1)))\nreturn x", True),
    "appended": ("ys = []\nys.append(math.sqrt(x.size(1)))\nreturn ys", True),
    "replaced": ("n = math.sqrt(x.size(1))\nn = 2\nreturn x * n", False),
    "replaced by one of several": ("n = math.sqrt(x.size(1))\nn, (m, *k) = x.shape\nreturn x * n", False),
    "replaced in a tuple that reads it": ("n = math.sqrt(x.size(1))\nn, m = 2, n\nreturn x * n * m", True),
    "an index where another is replaced": ("n = math.isqrt(x.size(1))\ny = {}\ny[n], n = x, 2\nreturn y, n", True),
    "replaced where it is always traced": (
        "n = math.sqrt(x.size(1))\nif torch.jit.is_tracing():\n    n = 2\nreturn x * n",
        False,
    ),
    "replaced where it may be": ("n = math.sqrt(x.size(1))\nif self.small:\n    n = 2\nreturn x * n", True),
    "replaced by what is made of it": ("n = math.sqrt(x.size(1))\nn = n + 1\nreturn x * n", True),
    "replaced after it was read": ("n = math.sqrt(x.size(1))\nx = x * n\nn = 2\nreturn x * n", True),
    "replaced after a function read it": (
        "def f():\n    return n\nn = math.sqrt(x.size(1))\nx = x * f()\nn = 2\nreturn x * n",
        True,
    ),
    "replaced in rounds": ("n = 1\nfor _ in range(2):\n    x = x * n\n    n = math.sqrt(x.size(1))\nreturn x", True),
    "replaced only beside tracing": (
        "n = math.sqrt(x.size(1))\nif not torch.jit.is_tracing():\n    n = 2\nreturn x * n",
        True,
    ),
    "an argument of a call": ("return self.f(x, math.sqrt(x.size(1)))", True),
}


@pytest.mark.parametrize("name", CASES)
def test_reaches_output(name: str) -> None:
    body, expected = CASES[name]
    text = "\n".join("        " + line for line in body.splitlines())
    facts = facts_of(f"class Net(nn.Module):\n    def forward(self, x):\n{text}\n")
    call = (facts.calls_to("math.sqrt") + facts.calls_to("math.isqrt"))[0]
    assert facts.reaches_output(call) is expected


ROUNDS = {
    "layers": ("self.layers", "constant"),
    "a constant range": ("range(3)", "constant 3"),
    "a range of a size": ("range(x.size(1))", "size x.1"),
    "a range from one": ("range(1, x.size(1))", "size x.1"),
    "a range of a fixed size": ("range(self.fc(x).size(-1))", "fixed size"),
    "a tensor": ("x", "size x.0"),
    "an enumerated tensor": ("enumerate(x)", "size x.0"),
    "unbind": ("x.unbind(1)", "size x.1"),
    "split": ("x.split(1, dim=2)", "size x.2"),
    "chunk": ("x.chunk(2)", "constant 2"),
    "a range of data": ("range(int(x.max()))", "data"),
    "zip with layers": ("zip(self.layers, x)", "constant"),
    "zip of tensors": ("zip(x.unbind(1), x.unbind(2))", "size x.1 x.2"),
    "a list": ("[x, x]", "constant 2"),
    "something unknown": ("helper(x)", "unknown"),
    "a range of a baked size": ("range(int(x.size(1) / 2))", "baked size x.1"),
}


@pytest.mark.parametrize("name", ROUNDS)
def test_rounds(name: str) -> None:
    iterable, expected = ROUNDS[name]
    facts = facts_of(f"""
    class Net(nn.Module):
        def __init__(self, dim):
            super().__init__()
            self.fc = nn.Linear(dim, dim)
            self.layers = nn.ModuleList([nn.Linear(dim, dim) for _ in range(dim)])
        def forward(self, x):
            for a in {iterable}:
                y = x + 1
            return y
    """)
    loop = facts.nodes(cst.For)[0]
    assert describe(facts, facts.rounds(loop.iter)) == expected


def test_returns() -> None:
    facts = facts_of("""
    class Net(nn.Module):
        def forward(self, x, mask=None):
            if self.training:
                return {"loss": x}
            if mask is None:
                return x
            elif self.flag:
                return x, 1
    """)
    found = facts.returns(facts.nodes(cst.FunctionDef)[0])
    assert [(n is None, describe(facts, k)) for n, k in found] == [
        (False, "tensor"),
        (False, "(tensor, constant 1)"),
        (True, "None"),
    ]


def test_origin_and_dependencies() -> None:
    facts = facts_of("""
    class Net(nn.Module):
        def forward(self, image):
            n = image.size(2)
            m = n * 2 + 1
            y = image + 1
            return y * math.sqrt(m)
    """)
    argument = facts.calls_to("math.sqrt")[0].args[0].value
    origin = facts.origin(argument)
    assert origin is not None and facts.text(origin) == "image.size(2)"
    assert facts.depends_on(argument) == (("image", 2),)
    assert facts.is_size(argument) and facts.certain(argument)
