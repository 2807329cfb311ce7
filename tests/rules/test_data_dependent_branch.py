"""Branches on what buffers and constants decide are the same for every input; those on what is drawn are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tslint import engine
from tslint.facts.facts import Facts
from tslint.source import Source

NET = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, rate=0.5):
        super().__init__()
        self.rate = rate
        self.register_buffer("limit", torch.ones(3))

    def forward(self, x):
        if {condition}:
            x = x + 1
        return x
"""
CONDITIONS = {
    "torch.rand(1) < self.rate": True,
    "self.rate > torch.rand(())": True,
    "torch.empty(1).uniform_() < self.limit[0]": True,
    "self.limit[0] > self.rate": False,
    "self.limit.sum() * 2 > 1": False,
    "x.sum() > self.rate": True,
}


@pytest.mark.parametrize("condition", CONDITIONS)
def test_which_conditions_are_recorded(condition: str) -> None:
    source = Source.from_text(NET.format(condition=condition), Path("net.py"))
    found, crashes = engine.predict(Facts(source, source.parse()))
    assert crashes == []
    assert ("data-dependent-branch" in {d.rule for d in found}) == CONDITIONS[condition]
