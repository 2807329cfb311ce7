"""Autograd functions written in Python: the trace holds what their forward did, and it can stand where they are called.

Relies on the attribute ``Subgraph`` that `torch.jit.trace` gives a ``prim::PythonOp``, and on ``Graph.createClone`` (private;
tried with torch 2.13).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tslint.evidence import Composite
from tslint.probe.script.torchscript import nodes

OP = "prim::PythonOp"

COMPOSITE = Composite(OP, ())
"""It has no function of its own: the converter takes each trace as it is."""


@dataclass(frozen=True)
class Inlined:
    """A call of the autograd function ``name`` whose forward stands in its place; ``number`` counts those of its source range."""

    graph: Any
    """The graph that ``node`` belongs to, a copy from before; a node lives no longer than its graph."""
    node: Any
    name: str
    number: int
    op: str = OP


def inline(graph: Any) -> Iterator[Inlined]:
    """Puts into GRAPH, in the place of every call of an autograd function, what its forward did.

    A function without a recorded forward is left.
    """
    original = graph.copy()
    calls = [node for node in nodes(original) if node.kind() == OP]
    seen: dict[str, int] = {}
    for node, ours in zip(calls, [node for node in nodes(graph) if node.kind() == OP], strict=True):
        text = node.sourceRange()
        number = seen.get(text, 0)
        seen[text] = number + 1
        if _replaced(graph, ours):
            yield Inlined(original, node, node.pyname().lstrip("^"), number)


def _replaced(graph: Any, node: Any) -> bool:
    if "Subgraph" not in node.attributeNames():
        return False
    body = node.g("Subgraph")
    several = len(list(body.outputs())) > 1
    if several and any(use.user.kind() != "prim::TupleUnpack" for use in node.output().uses()):
        return False
    known = dict(zip((value.debugName() for value in body.inputs()), node.inputs(), strict=True))

    def replacement(value: Any) -> Any:
        return known[value.debugName()]

    for inner in body.nodes():
        clone = graph.createClone(inner, replacement)
        clone.insertBefore(node)
        known.update(zip((value.debugName() for value in inner.outputs()), clone.outputs(), strict=True))
    answers = [replacement(value) for value in body.outputs()]
    if len(answers) == 1:
        node.output().replaceAllUsesWith(answers[0])
    else:
        for user in [use.user for use in node.output().uses()]:
            for old, new in zip(user.outputs(), answers, strict=True):
                old.replaceAllUsesWith(new)
            user.destroy()
    node.destroy()
    return True
