"""Reading kinds off snippets: ``see(expression)`` in the code marks what is asked about."""

from __future__ import annotations

import textwrap

import libcst as cst

from tslint.facts import (
    BakedSize,
    Callable,
    Constant,
    Data,
    Dict,
    Either,
    Facts,
    FixedSize,
    Instance,
    Kind,
    List,
    Module,
    NoneKind,
    ShapeOf,
    Size,
    Str,
    Tensor,
    Tuple,
)
from tslint.source import Source

HEADER = """\
import math
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from typing import List, Optional, Dict, Tuple
"""


def facts_of(code: str, header: str = HEADER) -> Facts:
    source = Source.from_text(header + textwrap.dedent(code))
    return Facts(source, source.parse())


def seen(code: str, header: str = HEADER) -> list[str]:
    """The kinds of the arguments of all ``see(...)`` calls, described, in source order."""
    facts = facts_of(code, header)
    found = []
    for call in facts.nodes(cst.Call):
        if isinstance(call.func, cst.Name) and call.func.value == "see":
            found += [describe(facts, facts.kind(arg.value), arg.value) for arg in call.args]
    return found


def forward(body: str, init: str = "pass", params: str = "x") -> list[str]:
    """``seen`` of a module whose forward has this body."""
    code = "class Net(nn.Module):\n    def __init__(self, dim, heads=8):\n        super().__init__()\n"
    code += textwrap.indent(textwrap.dedent(init).strip(), " " * 8) + "\n"
    code += f"    def forward(self, {params}):\n" + textwrap.indent(textwrap.dedent(body).strip(), " " * 8) + "\n"
    return seen(code)


def describe(facts: Facts, kind: Kind, node: cst.CSTNode | None = None) -> str:
    """A kind in a few words; sizes with the dimensions that they depend on."""
    if isinstance(kind, (Size, BakedSize)):
        depends = sorted(f"{d.value.name}.{'all' if d.axis is None else d.axis}" for d in kind.depends)
        return f"{kind.word} {' '.join(depends)}"
    if isinstance(kind, Constant):
        return "constant" if kind.value.__repr__() == "?" else f"constant {kind.value}"
    if isinstance(kind, Either):
        return " or ".join(sorted(describe(facts, option) for option in kind.options))
    if isinstance(kind, Tuple):
        return f"({', '.join(describe(facts, item) for item in kind.items)})"
    if isinstance(kind, List):
        return f"{kind.name}[{describe(facts, kind.element)}]" if not kind.empty else f"{kind.name}[]"
    if isinstance(kind, Dict):
        inner = ", ".join(f"{key}: {describe(facts, value)}" for key, value in kind.items)
        return f"{kind.name}{{{inner}{'' if kind.complete else ', ...'}}}"
    if isinstance(kind, Module):
        name = kind.cls.name if kind.cls is not None else kind.layer
        return f"module {name}"
    if isinstance(kind, Callable):
        return f"callable {kind.qualified or getattr(getattr(kind.node, 'name', None), 'value', '?')}"
    if isinstance(kind, Instance):
        return f"object {kind.name}"
    if isinstance(kind, Str):
        return "str" if kind.value is None else f"str {kind.value}"
    if isinstance(kind, (FixedSize, Tensor, Data, NoneKind, ShapeOf)):
        return kind.word
    return kind.word
