"""The type checker for TorchScript's subset, held against its cases, and the cases against PyTorch."""

from __future__ import annotations

import importlib.util
import re
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
from support import facts_of

CASES = Path(__file__).parent / "torchscript.txt"
HEADER = """\
import math
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from typing import Any, Callable, Dict, Final, Iterable, List, Literal, Optional, Sequence, Set, Tuple, Type, Union
"""
AT_RUN_TIME = {"tensor-to-number", "none-parameter", "format-ignored", "format-refused"}
"""Codes of what compiles and does something else."""


def cases() -> list[Any]:
    found: list[Any] = []
    for block in re.split(r"^== ?", CASES.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        codes, _, code = block.partition("\n")
        found.append(pytest.param(codes.split(), code.strip() + "\n", id=f"{len(found)}-{codes or 'compiles'}"))
    return found


def subject(code: str) -> str:
    """The name of the last definition."""
    return re.findall(r"^(?:def|class) (\w+)", code, flags=re.MULTILINE)[-1]


@pytest.mark.parametrize(("codes", "code"), cases())
def test_source_tells_what_is_refused(codes: list[str], code: str) -> None:
    facts = facts_of(code + f"\n\ntorch.jit.script({subject(code)})\n", HEADER)
    assert [refusal.code for refusal in facts.refusals] == codes


@pytest.mark.torch
@pytest.mark.parametrize(("codes", "code"), cases())
def test_torchscript_refuses_it(codes: list[str], code: str, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    path = tmp_path / "case.py"
    path.write_text(HEADER + code, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(f"case_{abs(hash(code))}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    torch.jit._recursive.concrete_type_store = torch.jit._recursive.ConcreteTypeStore()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        spec.loader.exec_module(module)
        thing = getattr(module, subject(code))
        if isinstance(thing, type):
            thing = thing()
        try:
            torch.jit.script(thing)
        except Exception as error:  # whatever the compiler raises
            assert set(codes) - AT_RUN_TIME, f"{type(error).__name__}: {error}"
        else:
            assert not set(codes) - AT_RUN_TIME
