"""How sure a refused call is: an error where every trace meets it, a warning where some inputs do not lead there."""

from __future__ import annotations

import pytest
from snippets import as_body, said

from tslint.diagnostic import Severity

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
    init = "class Net(torch.nn.Module):\n    def __init__(self, limit):\n        super().__init__()\n        self.limit = limit\n"
    found = said(f"{HEADER}{init}\n    def forward(self, x):\n{as_body(body)}", "untraceable-call")
    assert [finding.severity for finding in found] == ([wanted] if wanted else [])
