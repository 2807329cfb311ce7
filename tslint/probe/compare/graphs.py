"""Traced graphs held against each other: node by node, constants by value."""

from __future__ import annotations

from typing import Any

import torch

from tslint.diagnostic import Place
from tslint.probe.frames import Territory
from tslint.probe.trace.modes import place_of_node

Canonical = list[tuple[Any, Any]]
"""(what the node says, the node) in order; constants stand inside the nodes that use them."""


def canonical(program: Any) -> Canonical:
    """The graph of PROGRAM without names, types and shapes: two traces of the same path and values are alike.

    Relies on ``ScriptModule.inlined_graph`` and ``Value.toIValue`` (tried with torch 2.13).
    """
    graph = program.inlined_graph
    index: dict[int, int] = {value.unique(): -1 - i for i, value in enumerate(graph.inputs())}
    found: Canonical = []
    for node in graph.nodes():
        kind = node.kind()
        if kind == "prim::Constant":
            continue
        said = [kind]
        if kind == "prim::GetAttr":
            said.append(node.s("name"))
        for source in node.inputs():
            maker = source.node()
            if maker.kind() == "prim::Constant":
                said.append(_constant(source))
            else:
                said.append(f"%{index.get(source.unique(), 'block')}.{source.offset()}")
        for output in node.outputs():
            index[output.unique()] = len(found)
        found.append((tuple(said), node))
    return found


def _constant(value: Any) -> str:
    constant = value.toIValue()
    if isinstance(constant, torch.Tensor):
        if constant.numel() <= 16:
            return f"tensor {constant.dtype} {constant.tolist()}"
        return f"tensor {constant.dtype} {tuple(constant.shape)} {hash(tuple(constant.reshape(-1)[:1000].tolist()))}"
    return repr(constant)


def first_difference(one: Canonical, two: Canonical) -> Any | None:
    """The first node of ONE that TWO does not have in the same position, or None where the graphs are alike."""
    for (said, node), (other, _) in zip(one, two, strict=False):
        if said != other:
            return node
    if len(one) != len(two):
        longer = one if len(one) > len(two) else two
        return longer[min(len(one), len(two))][1]
    return None


def place_of_difference(one: Canonical, two: Canonical, territory: Territory) -> Place | None:
    """The user's line of the first differing node, or of what uses it where it has none of its own."""
    node = first_difference(one, two)
    for _ in range(4):
        if node is None:
            return None
        place = place_of_node(node, territory)
        uses = [use for output in node.outputs() for use in output.uses()]
        if place is not None or not uses:
            return place
        node = uses[0].user
    return None
