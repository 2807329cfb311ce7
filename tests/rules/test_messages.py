"""What messages call the things they speak of."""

from __future__ import annotations

from pathlib import Path

import pytest

from tslint import engine
from tslint.facts import Facts
from tslint.source import Source

CODE = """\
import torch
import torch.nn as nn


class Net(nn.Module):
    def forward(self, x, given: {annotation}):
        {body}
        return x


torch.jit.script(Net())
"""
CASES = {
    "a tuple of anything": (
        "tuple",
        "x, y = given",
        "a `tuple` of untyped items is unpacked like a tuple, which TorchScript does not do",
    ),
    "a list of anything": ("list", "for y in given: x = y", "`given`: a `list` of untyped items is looped over"),
    "a tensor": ("torch.Tensor", "x, y = given", "a `Tensor` is unpacked like a tuple, which TorchScript does not do"),
}


@pytest.mark.parametrize("name", CASES)
def test_types_that_torchscript_misses_something_in(name: str) -> None:
    annotation, body, message = CASES[name]
    source = Source(Path("case.py"), CODE.format(annotation=annotation, body=body).encode())
    facts = Facts(source, source.parse())
    found, _ = engine.predict(facts)
    assert message in [diagnostic.message for diagnostic in engine.weigh(found, facts, ())]
