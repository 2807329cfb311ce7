"""A list whose length TorchScript does not know, unpacked or looped over beside modules."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from tslint import rewrite
from tslint.checks import on
from tslint.diagnostic import Finding, Fix
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal

SIZES = re.compile(r"([\w.]+)\.(?:shape|size\(\))")
MOST = 4


@on("unsized-list", "unknown-length")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    yield Finding(
        refusal.node,
        {"name": facts.text(refusal.node), "what": _what(refusal, facts)},
        fix=_spelled_out(refusal, facts),
    )


def _spelled_out(refusal: Refusal, facts: Facts) -> Fix | None:
    """``*x.shape[:2]`` becomes ``x.size(0), x.size(1)``: the same where the tensor has that many dimensions."""
    node, argument = refusal.node, facts.parent(refusal.node)
    if not isinstance(node, cst.Subscript) or not isinstance(argument, cst.Arg) or argument.star != "*":
        return None
    tensor = SIZES.fullmatch(rewrite.source(node.value, facts))
    part = node.slice[0].slice if len(node.slice) == 1 else None
    if tensor is None or not isinstance(part, cst.Slice) or part.step is not None or node.lpar:
        return None
    first, last = (_number(bound, facts) if bound is not None else None for bound in (part.lower, part.upper))
    if part.lower is None and last is not None and 0 < last <= MOST:
        numbers = range(last)
    elif part.upper is None and first is not None and -MOST <= first < 0:
        numbers = range(first, 0)
    else:
        return None
    text = ", ".join(f"{tensor[1]}.size({number})" for number in numbers)
    return rewrite.unsafe(f"Write `{text}`", rewrite.replace(argument, text, facts))


def _number(node: cst.BaseExpression, facts: Facts) -> int | None:
    text = facts.text(node)
    return int(text) if re.fullmatch(r"-?\d+", text) else None


def _what(refusal: Refusal, facts: Facts) -> str:
    if refusal.code == "unknown-length":
        return "is looped over beside modules, whose number is known"
    around = facts.parent(refusal.node)
    starred = isinstance(around, cst.StarredElement) or (isinstance(around, cst.Arg) and around.star == "*")
    return "is unpacked with a star" if starred else "is made a tuple"
