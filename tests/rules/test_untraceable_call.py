"""How sure a refused call is: an error where every trace meets it, a warning where some inputs do not lead there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tslint import engine
from tslint.diagnostic import Severity
from tslint.facts.facts import Facts
from tslint.source import Source

HEADER = """\
import torch
import torch.nn.functional as F


@torch.compile
def fast(x):
    return x * 2


"""
BODIES = {
    "a scale from a size": ("return F.interpolate(x, scale_factor=x.size(2) / self.limit)", Severity.ERROR),
    "a scale that a large input alone takes from its size": (
        "scale = 1\nif x.size(2) > self.limit:\n    scale = x.size(2) / self.limit\nreturn F.interpolate(x, scale_factor=scale)",
        Severity.WARNING,
    ),
    "compiled": ("return fast(x)", Severity.ERROR),
    "compiled if the model is told so": ("if self.limit:\n    return fast(x)\nreturn x", Severity.WARNING),
    "compiled on a GPU alone": ("if x.is_cuda:\n    return fast(x)\nreturn x", None),
}


@pytest.mark.parametrize("name", BODIES)
def test_severity(name: str) -> None:
    body, wanted = BODIES[name]
    lines = "".join(f"        {line}\n" for line in body.splitlines())
    init = "class Net(torch.nn.Module):\n    def __init__(self, limit):\n        super().__init__()\n        self.limit = limit\n"
    source = Source(Path("/net.py"), f"{HEADER}{init}\n    def forward(self, x):\n{lines}".encode())
    facts = Facts(source, source.parse())
    found, _ = engine.predict(facts)
    said = [d.severity for d in engine.weigh(found, facts, ()) if d.rule == "untraceable-call"]
    assert said == ([wanted] if wanted else [])
