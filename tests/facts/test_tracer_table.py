"""What the facts say the tracer keeps or bakes of a size, against the tracer itself."""

from __future__ import annotations

import math
import warnings

import pytest
from support import forward

LIVE = [
    "n + 1", "n - 1", "n * 2", "n // 2", "n % 3", "n ** 2", "n >> 1", "n << 1",
    "-n", "~n", "pow(n, 2)", "abs(n)", "min(n, 80)", "max(n, 2)",
    "sum(x.shape)", "x.numel()", "math.prod(x.shape)", "n > 4", "n / 2", "n ** 0.5", "x.size(2) * x.size(1)",
]  # fmt: skip
BAKED = [
    "math.sqrt(n)", "math.floor(n / 2)", "math.ceil(n / 2)", "math.log(n)", "math.isqrt(n)", "np.sqrt(n)", "float(n)",
    "int(n / 2)",
    "int(n)", "len(x.transpose(0, 2))", "x.shape.numel()", "bool(n - 6) + 0", "math.sqrt(n) + 1",
]  # fmt: skip


def traced_differs(expression: str) -> bool:
    """Whether a trace taken at size 6 is wrong at size 9."""
    import numpy as np
    import torch

    function = eval(f"lambda x, n: {expression}", {"math": math, "np": np, "torch": torch})

    class Net(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.sum() * 0 + function(x, x.size(2))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(Net(), torch.ones(2, 3, 6), check_trace=False)
        other = torch.ones(2, 3, 9)
        return not torch.allclose(traced(other).double(), Net()(other).double())


@pytest.mark.torch
@pytest.mark.parametrize("expression", LIVE)
def test_what_is_kept(expression: str) -> None:
    assert forward(f"n = x.size(2)\nb, c, _ = x.shape\nsee({expression})")[0].startswith("size")
    assert not traced_differs(expression)


@pytest.mark.torch
@pytest.mark.parametrize("expression", BAKED)
def test_what_is_baked(expression: str) -> None:
    assert forward(f"n = x.size(2)\nb, c, _ = x.shape\nsee({expression})")[0].startswith("baked size")
    assert traced_differs(expression)
