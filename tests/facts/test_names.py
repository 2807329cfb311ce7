"""What names stand for: resolved through imports, never by spelling."""

from __future__ import annotations

import libcst as cst
import pytest
from support import facts_of

from tslint.facts.facts import Facts
from tslint.source import Source

CASES = {
    "import a.b as c": ("import torch.nn.functional as F\nmark(F.dropout)", "torch.nn.functional.dropout"),
    "from import": ("from torch import nn\nmark(nn.Linear)", "torch.nn.Linear"),
    "from import as": ("from math import sqrt as s\nmark(s)", "math.sqrt"),
    "import of the top": ("import torch.nn\nmark(torch.nn.functional.relu)", "torch.nn.functional.relu"),
    "an alias of a module": ("import torch\nfn = torch.nn.functional\nmark(fn.relu)", "torch.nn.functional.relu"),
    "an alias of a function": ("import math\nroot = math.sqrt\nmark(root)", "math.sqrt"),
    "the long way round": ("from torch.nn.modules.linear import Linear\nmark(Linear)", "torch.nn.Linear"),
    "an import in a function": ("def f():\n    import math as m\n    mark(m.sqrt)", "math.sqrt"),
    "a builtin": ("mark(len)", "builtins.len"),
    "a star import": ("from math import *\nmark(sqrt)", "math.sqrt"),
    "an import that may fail": (
        "try:\n    import numpy as np\nexcept ImportError:\n    np = None\nmark(np.sqrt)",
        "numpy.sqrt",
    ),
    "a relative import": ("from .layers import Conv\nmark(Conv)", ".layers.Conv"),
    "a parameter of that name": ("import math\ndef f(math):\n    mark(math.sqrt)", None),
    "a variable of that name": ("import math\ndef f():\n    math = 3\n    mark(math.sqrt)", None),
    "a function of that name": ("from math import sqrt\ndef sqrt(n):\n    return n\nmark(sqrt)", None),
    "a builtin that is hidden": ("def len(x):\n    return 1\nmark(len)", None),
    "a loop variable": ("import math\ndef f(xs):\n    for math in xs:\n        mark(math.sqrt)", None),
    "a comprehension's variable": ("import math\n[mark(math.sqrt) for math in []]", None),
    "a method of an object": ("class A:\n    def f(self):\n        mark(self.sqrt)", None),
    "a class body's name is not a method's": (
        "from math import sqrt\nclass A:\n    sqrt = 3\n    def f(self):\n        mark(sqrt)",
        "math.sqrt",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_qualified(name: str) -> None:
    code, expected = CASES[name]
    facts = facts_of(code, header="")
    call = next(c for c in facts.nodes(cst.Call) if isinstance(c.func, cst.Name) and c.func.value == "mark")
    assert facts.qualified(call.args[0].value) == expected


@pytest.mark.parametrize(
    ("function", "expected"),
    [("math.sqrt", True), ("np.exp", True), ("int", True), ("round", True), ("math.prod", False), ("min", False),
     ("len", False), ("torch.sqrt", False), ("math.pi", False), ("sqrt", False)],
)  # fmt: skip
def test_library_functions(function: str, expected: bool) -> None:
    facts = facts_of(f"mark({function})")
    call = facts.nodes(cst.Call)[-1]
    assert facts.is_library_function(call.args[0].value) is expected


def test_calls_to_are_found_by_import() -> None:
    facts = facts_of("""
    from torch.jit import trace as t, script
    a = t(1)
    b = torch.jit.trace(2)
    def trace(x): ...
    trace(3)
    script(4)
    """)
    assert [facts.text(c) for c in facts.calls_to("torch.jit.trace")] == ["t(1)", "torch.jit.trace(2)"]
    assert [facts.text(c) for c in facts.calls_to("torch.jit.trace", "torch.jit.script")][-1] == "script(4)"


def test_places_and_symbols() -> None:
    facts = facts_of("class A:\n    def f(self):\n        return g(\n            1)\n", header="")
    call = facts.nodes(cst.Call)[0]
    span = facts.span(call)
    assert (span.line, span.column, span.end_line, span.end_column) == (3, 16, 4, 15)
    assert facts.symbol(call) == "A.f"
    assert facts.text(call) == "g(1)"
    assert facts.label(call, "here").span == span
    assert facts.source.slice(span) == "g(\n            1)"


def test_places_are_those_of_libcst_wherever_they_are_asked_for() -> None:
    from libcst.metadata import MetadataWrapper, PositionProvider

    code = '''
    """A docstring
    over lines."""
    # a comment

    a = 1; b = 2; """text"""
    @first(1)
    # between
    @second
    class A(  # é
        object,
    ):
        x = "é", y

        def f(self):
            return [
                1,
            ]
    if a: b = (3)
    else:
        pass

    async def g(): return 'end'
    '''
    facts = facts_of(code)
    ranges = MetadataWrapper(facts.module, unsafe_skip_copy=True).resolve(PositionProvider)
    for node in (n for group in facts.tree.by_type.values() for n in group):
        found, wanted = facts.span(node), ranges[node]
        assert (found.line, found.column) == (wanted.start.line, wanted.start.column + 1)
        assert (found.end_line, found.end_column) == (wanted.end.line, wanted.end.column + 1)


def test_places_in_deep_nesting() -> None:
    code = f"x = {'(' * 300}y{')' * 300}\n"  # more than Python itself takes: handed to the parser directly
    facts = Facts(Source.from_text(code), cst.parse_module(code))
    name = facts.nodes(cst.Name)[-1]
    assert facts.span(name).line == 1
