"""Branches on what buffers and constants decide are the same for every input; those on what is drawn are not."""

from __future__ import annotations

import textwrap

import pytest
from snippets import said

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
        return x + self.chosen(torch.rand(1), x)

{helper}
"""
CONDITIONS = {
    "torch.rand(1) < self.rate": True,
    "self.rate > torch.rand(())": True,
    "torch.empty(1).uniform_() < self.limit[0]": True,
    "self.limit[0] > self.rate": False,
    "self.limit.sum() * 2 > 1": False,
    "x.sum() > self.rate": True,
}


HELPERS = {
    "def chosen(self, drawn, x):\n    if drawn < self.rate:\n        return x\n    return x * 2": True,
    "def chosen(self, drawn, x):\n    return x * drawn": False,
    "def chosen(self, drawn, x):\n    if x.sum() > 4:\n        self.error(x)\n    return x\n\n"
    "def error(self, x):\n    x += 1": True,
    "def chosen(self, drawn, x):\n    if x.sum() > 4:\n        self.logger.error('large')\n    return x": False,
}
"""What a helper does with a number that was drawn, and with methods that only sound as if they spoke."""


@pytest.mark.parametrize("condition", CONDITIONS)
def test_which_conditions_are_recorded(condition: str) -> None:
    code = NET.format(condition=condition, helper="    def chosen(self, drawn, x):\n        return x\n")
    assert bool(said(code, "data-dependent-branch")) == CONDITIONS[condition]


@pytest.mark.parametrize("helper", HELPERS)
def test_what_a_helper_asks(helper: str) -> None:
    code = NET.format(condition="self.rate", helper=textwrap.indent(helper, "    ") + "\n")
    assert bool(said(code, "data-dependent-branch")) == HELPERS[helper]
