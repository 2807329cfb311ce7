"""How loud unrolled-loop is where the rounds may be the same for every input, and where they only look so."""

from __future__ import annotations

import pytest
from snippets import as_body, said

STEP = """
def step(key, value):
    length = key.shape[1]
    state = 0
    for i in range(length):
        state = state + key[:, i] * value[:, i]
    return state


class Net(nn.Module):
    def __init__(self, mix):
        super().__init__()
        self.mix = mix

    def forward(self, x, cache=None):
        length = x.shape[1]
        key, value = self.mix(x).chunk(2, -1)
"""
NET = """
class Net(nn.Module):
    def __init__(self, heads):
        super().__init__()
        self.body = nn.Conv1d(4, 4, 3)
        self.heads = nn.ModuleList([nn.Linear(4, 2) for _ in range(heads)])

    def forward(self, x{annotation}):
"""
CASES = {
    "called for one alone": (
        STEP,
        "if cache is not None and length == 1:\n    return step(key, value)\nreturn key",
        "info",
    ),
    "called for several": (
        STEP,
        "if cache is not None and length > 1:\n    return step(key, value)\nreturn key",
        "warning",
    ),
    "called for one, or all": (
        STEP,
        "if length == 1:\n    return step(key, value)\nreturn step(value, key)",
        "warning",
    ),
    "called for all but one": (STEP, "if length == 1:\n    return key\nreturn step(key, value)", "warning"),
    "called by whoever is handed it": (
        STEP,
        "if length == 1:\n    return step(key, value)\nreturn self.mix(step)",
        "warning",
    ),
    "heads over the width of an image": (
        NET,
        "x = self.body(x)\nreturn sum(self.heads[i](x[:, :, i]) for i in range(x.shape[2]))",
        "error",
    ),
    "heads over a tensor": (
        NET.replace("{annotation}", ": torch.Tensor"),
        "xs = [self.heads[i](row) for i, row in enumerate(x)]\nreturn torch.stack(xs)",
        "error",
    ),
    "the rest of what is taken apart": (
        NET,
        "first, *rest = (row * 2 for row in x + 1)\nreturn first + sum(rest)",
        "error",
    ),
    "as many as are taken apart": (NET, "first, last = (row * 2 for row in x + 1)\nreturn first + last", None),
}


@pytest.mark.parametrize("name", CASES)
def test_severity(name: str) -> None:
    head, body, wanted = CASES[name]
    code = "import torch\nfrom torch import nn\n" + head.replace("{annotation}", "") + as_body(body)
    assert [finding.severity.value for finding in said(code, "unrolled-loop")] == ([wanted] if wanted else [])
