"""Code that works, about which nothing is said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tslint import engine
from tslint.diagnostic import Severity
from tslint.facts import Facts
from tslint.source import Source

CASES = Path(__file__).parent / "quiet.txt"
HEADER = """\
import math
import torch
import torch.nn as nn
import torch.nn.functional as F
from typing import Callable, Dict, List, Optional, Tuple, Union
"""


def cases() -> list[object]:
    blocks = re.split(r"^== ", CASES.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return [pytest.param(code, id=title) for title, _, code in (block.partition("\n") for block in blocks)]


@pytest.mark.parametrize("code", cases())
def test_says_nothing(code: str) -> None:
    source = Source(Path("case.py"), (HEADER + code).encode())
    facts = Facts(source, source.parse())
    found, crashes = engine.predict(facts)
    loud = [d for d in engine.weigh(found, facts, ()) if d.severity != Severity.INFO]
    assert [(d.rule, d.span and d.span.line, d.message) for d in loud] == []
    assert crashes == []
