"""TorchScript graphs before inlining: every node with the calls that lead to it. Reads graphs, changes none.

Relies on ``Node.sourceRange``, ``ScriptModule._c._get_method`` and ``torch.jit._state._python_cu`` (private; tried with
torch 2.13).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from tslint.probe.sites import frames, is_user, scripted_frames, symbol_at


@dataclass(frozen=True)
class Use:
    """A node as it is used once: the source ranges of the node and of the calls around it, innermost first."""

    ranges: tuple[str, ...]
    module_path: str


def nodes(block: Any) -> Iterator[Any]:
    """Every node of a graph or block, with those in nested blocks, in order."""
    for node in block.nodes():
        yield node
        for inner in node.blocks():
            yield from nodes(inner)


def uses(program: Any, graph: Any) -> dict[tuple[str, str], list[Use]]:
    """(kind, source range) → the uses of such nodes in the order in which inlining GRAPH, PROGRAM's own, lays them out."""
    found: dict[tuple[str, str], list[Use]] = defaultdict(list)
    for kind, use in _walk(program, graph, "", (), 0):
        found[kind, use.ranges[0]].append(use)
    return found


def _walk(
    program: Any, graph: Any, path: str, above: tuple[str, ...], depth: int, attributes: bool = False
) -> Iterator[tuple[str, Use]]:
    """Every node with its use; with ATTRIBUTES, the reading of a plain attribute too, its name for a range."""
    inputs = list(graph.inputs())
    owners: dict[str, tuple[str, Any]] = {inputs[0].debugName(): (path, program)} if program is not None else {}
    if depth > 100:
        return
    for node in nodes(graph):
        kind = node.kind()
        if kind == "prim::GetAttr":
            owner = owners.get(node.input().debugName())
            child = getattr(owner[1], node.s("name"), None) if owner else None
            if owner and isinstance(child, torch.jit.ScriptModule):
                owners[node.output().debugName()] = (f"{owner[0]}.{node.s('name')}".lstrip("."), child)
            elif attributes and node.output().type().kind() in ("IntType", "FloatType", "BoolType", "StringType"):
                yield kind, Use((node.s("name"),), path)
            continue
        ranges = (node.sourceRange(), *above)
        if kind == "prim::CallMethod":
            owner = owners.get(next(node.inputs()).debugName())
            if owner is not None:
                callee = owner[1]._c._get_method(node.s("name")).graph
                yield from _walk(owner[1], callee, owner[0], ranges, depth + 1, attributes)
                continue
        elif kind == "prim::CallFunction":
            called = torch.jit._state._python_cu.find_function(next(node.inputs()).type().annotation_str)
            if called is not None:
                yield from _walk(None, called.graph, path, ranges, depth + 1, attributes)
                continue
        yield kind, Use(ranges, path)


def functions_of(program: Any, roots: Sequence[str]) -> dict[str, set[str]]:
    """The user's functions that PROGRAM was compiled from: path → names like ``Class.method``."""
    found: dict[str, set[str]] = defaultdict(set)
    if not program._c._has_method("forward"):
        return {}
    for _, use in _walk(program, program.forward.graph, "", (), 0):
        for text in use.ranges:
            for frame in scripted_frames(text) if text.lstrip().startswith('File "') else ():
                name = symbol_at(frame.path, frame.line) if is_user(frame.path, roots) else None
                if name:
                    found[frame.path].add(name)
    return dict(found)


def plain_attributes(program: Any) -> set[str]:
    """Names of the Python numbers, flags and strings that PROGRAM reads from its modules when it runs."""
    found: set[str] = set()
    for kind, use in _walk(program, program.forward.graph, "", (), 0, attributes=True):
        if kind == "prim::GetAttr":
            found.add(use.ranges[0])
    return found


def stack_of(use: Use) -> list[Any]:
    """The frames of a use, innermost first; those of a traced node hold the whole stack already."""
    return [frame for text in use.ranges for frame in frames(text)]
