"""Functions of libraries that are not installed wherever the tests run, and that take arrays alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tslint import engine
from tslint.facts.facts import Facts
from tslint.source import Source

CALLS = {
    "an assignment": ("rows, columns = optimize.linear_sum_assignment(x.cpu(), maximize=True)\nreturn x[rows]", 7),
    "a filter": ("return x * torch.as_tensor(ndimage.gaussian_filter(x, 2.0))", 7),
    "of what no input decides": ("return x * torch.as_tensor(ndimage.gaussian_filter(self.kernel, 2.0))", None),
    "whose result is only printed": ("print(ndimage.gaussian_filter(x, 2.0))\nreturn x", None),
}


@pytest.mark.parametrize("name", CALLS)
def test_scipy_takes_the_values_of_a_tensor(name: str) -> None:
    body, wanted = CALLS[name]
    lines = "".join(f"        {line}\n" for line in body.splitlines())
    code = "import torch\nfrom scipy import ndimage, optimize\n\n\nclass Net(torch.nn.Module):\n"
    init = "    def __init__(self):\n        super().__init__()\n        self.kernel = torch.nn.Buffer(torch.ones(3))\n"
    source = Source(Path("/net.py"), f"{code}    def forward(self, x):\n{lines}{init}".encode())
    found, _ = engine.predict(Facts(source, source.parse()))
    said = [d.span.line for d in found if d.rule == "python-scalar" and d.span]
    assert said == ([wanted] if wanted else [])
