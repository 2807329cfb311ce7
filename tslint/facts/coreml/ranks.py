"""Tensors of more than five dimensions, which Core ML does not have.

coremltools checks the finished program. A pass of its own (``expand_high_rank_reshape_and_transpose``) takes out what only leads
from five dimensions to five by views and permutations, such as the windows of a Swin transformer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import libcst as cst

from tslint.facts.coreml.uses import traced
from tslint.facts.frame import Context
from tslint.facts.kinds import Kind, List, Tensor, Tuple, options
from tslint.facts.shapes import rank_of
from tslint.facts.tree import Tree, words
from tslint.frozen import frozen

MOST = 5
REARRANGING = words("view reshape permute transpose contiguous flatten swapaxes swapdims view_as reshape_as detach")
"""Methods and functions that the pass takes out; what else makes or takes a tensor of high rank stays."""


@frozen
class HighRank:
    """An expression that makes a tensor of ``rank`` dimensions out of tensors that have no more than five."""

    node: cst.CSTNode
    rank: int


def high_ranks(contexts: Sequence[Context], tree: Tree) -> list[HighRank]:
    """Where ranks above five begin in code that tracing comes past, in source order."""
    found: dict[cst.CSTNode, HighRank] = {}
    for context in traced(contexts):
        for one in _in_context(context, tree):
            if tree.own(one.node):
                found.setdefault(one.node, one)
    return sorted(found.values(), key=lambda one: tree.index[one.node])


def _in_context(context: Context, tree: Tree) -> Iterator[HighRank]:
    makers: list[tuple[HighRank, Kind, bool]] = []
    chains = _Chains()
    if not context.callers:
        for kind, _ in context.returns.values():
            chains.keep(_high(kind))
    for added in tree.all(cst.AugAssign):
        if added.value in context.kinds and not context.blocks[added.value].untraced:
            chains.keep(high for kind in _kinds(context, added.target, added.value) for high in _high(kind))
    for node, name, taken, made in _operations(context):
        rearranges = name in REARRANGING
        high = [kind for option in taken for kind in _high(option)]
        rank = _rank(made)
        if rank and not high:
            makers.append((HighRank(node, rank), made, rearranges))
        if rank:
            chains.make(made, high if rearranges else [])
        if high and not rearranges and _is_tensor(made):
            chains.keep(high)
    kept = chains.kept()
    yield from (one for one, made, rearranges in makers if not rearranges or kept(made))


class _Chains:
    """Which tensors of high rank stay, with those that views and permutations made them of.

    A tensor is known again by its kind, the very object; one that is not (a loop joined it) may be any.
    """

    def __init__(self) -> None:
        self._sources: dict[int, list[Kind]] = {}
        self._kept: list[Kind] = []

    def make(self, made: Kind, sources: list[Kind]) -> None:
        for kind in _high(made):
            self._sources.setdefault(id(kind), [source for source in sources if source is not kind])

    def keep(self, kinds: Iterable[Kind]) -> None:
        self._kept += kinds

    def kept(self) -> Callable[[Kind], bool]:
        left, found = list(self._kept), set[int]()
        while left:
            kind = left.pop()
            if id(kind) not in self._sources:
                return lambda _: True
            if id(kind) not in found:
                found.add(id(kind))
                left += self._sources[id(kind)]
        return lambda made: any(id(kind) in found for kind in _high(made))


def _operations(context: Context) -> Iterator[tuple[cst.CSTNode, str, list[Kind], Kind]]:
    """What computes in a function: the node, the name of what is called, what it takes, and what it makes."""
    for (node, _, _), use in context.applied.items():
        if node in context.kinds and not use.block.untraced and not use.given:
            yield node, use.name.rpartition(".")[2], use.args.all, context.kinds[node]
    for node, kind in context.kinds.items():
        if context.blocks.get(node) is None or context.blocks[node].untraced:
            continue
        if isinstance(node, cst.Subscript):
            yield node, "[]", _kinds(context, node.value), kind
        elif isinstance(node, cst.BinaryOperation):
            yield node, "operator", _kinds(context, node.left, node.right), kind


def _kinds(context: Context, *nodes: cst.CSTNode) -> list[Kind]:
    return [context.kinds[node] for node in nodes if node in context.kinds]


def _high(kind: Kind) -> list[Kind]:
    """The tensors of high rank that a kind is or holds."""
    if isinstance(kind, (Tuple, List)):
        items = kind.items if isinstance(kind, Tuple) else (kind.element,)
        return [high for item in items or () for high in _high(item)]
    return [kind] if _rank(kind) else []


def _rank(kind: Kind) -> int | None:
    """The rank of a tensor that has more than five dimensions on every path, else None."""
    if isinstance(kind, (Tuple, List)):
        items = kind.items if isinstance(kind, Tuple) else (kind.element,)
        return max((rank for item in items or () if (rank := _rank(item))), default=None)
    ranks = [rank_of(option.shape) if isinstance(option, Tensor) else None for option in options(kind)]
    known = [rank for rank in ranks if rank is not None and rank > MOST]
    return max(known) if known and len(known) == len(ranks) else None


def _is_tensor(kind: Kind) -> bool:
    return any(isinstance(option, (Tensor, Tuple, List)) for option in options(kind))
