"""What the use of a parameter tells of it, where neither an annotation nor a default does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tslint import engine
from tslint.facts.facts import Facts
from tslint.source import Source

USES = {
    "called": ("return arg(x)", "`arg` is a function"),
    "counts rounds": ("for _ in range(arg):\n    x = x * 2\nreturn x", "`arg` is an int"),
    "compared with a number": ("if arg == 1:\n    return x\nreturn x * 2", "`arg` is an int"),
    "asked for its truth": ("if arg:\n    return x\nreturn x * 2", None),
    "a list that may be empty": ("if not arg:\n    return x\nreturn arg[0] + x", None),
    "another value by then": ("arg = self.make(x)\nreturn arg(x)", None),
    "a tensor": ("return x + arg", None),
}


@pytest.mark.parametrize("name", USES)
def test_what_a_parameter_must_be(name: str) -> None:
    body, wanted = USES[name]
    lines = "".join(f"        {line}\n" for line in body.splitlines())
    code = f"from torch import nn\n\n\nclass Net(nn.Module):\n    def forward(self, x, arg):\n{lines}"
    source = Source(Path("/net.py"), code.encode())
    found, _ = engine.predict(Facts(source, source.parse()))
    said = [d.message for d in found if d.rule == "untraceable-input"]
    assert [message.partition(",")[0] for message in said] == ([wanted] if wanted else [])
