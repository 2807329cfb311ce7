"""The tables that the facts read are those of the installed PyTorch."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from make import FOLDER, TABLES, text  # noqa: E402 - it imports torch


@pytest.mark.parametrize("name", TABLES)
def test_table_is_current(name: str) -> None:
    written = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    made = written.partition("\n")[0].removeprefix("# torch ")
    if torch.__version__.partition("+")[0] != made:
        pytest.skip(f"the tables are those of torch {made}")
    assert text(name) == written
