"""Functions of libraries that are not installed wherever the tests run, and that take arrays alone."""

from __future__ import annotations

import pytest
from snippets import as_body, said

CALLS = {
    "an assignment": ("rows, columns = optimize.linear_sum_assignment(x.cpu(), maximize=True)\nreturn x[rows]", 7),
    "a filter": ("return x * torch.as_tensor(ndimage.gaussian_filter(x, 2.0))", 7),
    "of what no input decides": ("return x * torch.as_tensor(ndimage.gaussian_filter(self.kernel, 2.0))", None),
    "whose result is only printed": ("print(ndimage.gaussian_filter(x, 2.0))\nreturn x", None),
}


@pytest.mark.parametrize("name", CALLS)
def test_scipy_takes_the_values_of_a_tensor(name: str) -> None:
    body, wanted = CALLS[name]
    code = "import torch\nfrom scipy import ndimage, optimize\n\n\nclass Net(torch.nn.Module):\n"
    init = "    def __init__(self):\n        super().__init__()\n        self.kernel = torch.nn.Buffer(torch.ones(3))\n"
    found = said(f"{code}    def forward(self, x):\n{as_body(body)}{init}", "python-scalar")
    assert [finding.span.line for finding in found if finding.span] == ([wanted] if wanted else [])
