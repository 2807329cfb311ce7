"""`tslint server`, spoken with as an editor does."""

from __future__ import annotations

from pathlib import Path

import pytest
from editor import editor, session

NET = """\
import math

import torch
from torch import nn


class Net(nn.Module):
    def forward(self, x):
        return x / math.sqrt(x.size(2))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tslint.toml").touch()
    (tmp_path / "net.py").write_text(NET)
    return tmp_path


def test_it_answers(folder: Path) -> None:
    async def talk() -> None:
        async with editor(folder) as one:
            uri = one.open(folder / "net.py")
            print(await one.diagnostics(uri))
            print(await one.lenses(uri))

    session(talk)
    assert 0
