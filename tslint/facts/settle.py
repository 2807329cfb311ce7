"""Settles sizes: which of the dimensions that they depend on are pinned, and which inputs the others belong to."""

from __future__ import annotations

from dataclasses import replace

from tslint.facts.frame import Block, Context
from tslint.facts.joins import join_all
from tslint.facts.kinds import (
    FIXED,
    BakedSize,
    Constant,
    Dict,
    Dim,
    Dims,
    Either,
    FixedSize,
    Kind,
    List,
    ShapeOf,
    Size,
    Tensor,
    Tuple,
    Value,
)
from tslint.facts.shapes import AMBIGUOUS, dims_at, total


class Settler:
    """Answers for one file. A dimension is pinned where its own function pins it, or all callers hand in pinned ones."""

    def __init__(self) -> None:
        self._pins: dict[Block, frozenset[Dim]] = {}
        self._known: dict[tuple[Dim, Block], Dims] = {}

    def settle(self, kind: Kind, context: Context, block: Block) -> Kind:
        """KIND with its sizes settled, as it holds in BLOCK."""
        if isinstance(kind, (Size, BakedSize)):
            dims = self._open(kind.depends, context, block, ())
            if not dims:  # a baked one has left the graph, and is a number like any other that never changes
                return FixedSize(origin=kind.origin) if isinstance(kind, Size) else Constant(origin=kind.origin)
            return replace(kind, depends=dims)
        if isinstance(kind, Tuple):
            return replace(kind, items=tuple(self.settle(i, context, block) for i in kind.items))
        if isinstance(kind, List):
            items = None if kind.items is None else tuple(self.settle(i, context, block) for i in kind.items)
            length = self.settle(kind.length, context, block)
            return List(self.settle(kind.element, context, block), length, items, kind.name, kind.empty)
        if isinstance(kind, Dict):
            pairs = tuple((k, self.settle(v, context, block)) for k, v in kind.items)
            return replace(kind, items=pairs, element=self.settle(kind.element, context, block))
        if isinstance(kind, Either):
            return join_all(self.settle(o, context, block) for o in kind.options)
        return kind

    def tensor_dims(self, kind: Tensor | ShapeOf, index: int, context: Context, block: Block) -> Dims:
        """What dimension INDEX of a tensor depends on, once settled."""
        return self._open(dims_at(kind.shape, index), context, block, ())

    def _open(self, dims: Dims, context: Context, block: Block, seen: tuple[Value, ...]) -> Dims:
        result: Dims = FIXED
        for dim in dims:
            result |= self._of(dim, context, block, seen)
        return result

    def _of(self, dim: Dim, context: Context, block: Block, seen: tuple[Value, ...]) -> Dims:
        value = dim.value
        if value is AMBIGUOUS:
            return frozenset((dim,))
        key = (dim, block)
        if not seen and key in self._known:
            return self._known[key]
        result = self._trace(_canonical(dim), context, block, seen)
        if not seen:
            self._known[key] = result
        return result

    def _trace(self, dim: Dim, context: Context, block: Block, seen: tuple[Value, ...]) -> Dims:
        if self._pinned(dim, block):
            return FIXED
        owner = dim.value.context
        if not isinstance(owner, Context):
            return frozenset((dim,))
        if owner is not context and self._pinned(dim, owner.root):
            return FIXED
        if dim.value in seen:
            return FIXED
        bindings = [b for b in owner.callers if dim.value in b.shapes or dim.value in b.numbers]
        if not bindings:  # what nobody knows the shape of; callers may pin what comes back of it
            return FIXED if owner is context and self._pinned_by_callers(dim, owner) else frozenset((dim,))
        result: Dims = FIXED
        for binding in bindings:
            shape = binding.shapes.get(dim.value)
            if shape is None:
                given = binding.numbers[dim.value]
            else:
                given = total(shape) if dim.axis is None else dims_at(shape, dim.axis)
            result |= self._open(given, binding.caller, binding.block, (*seen, dim.value))
        return result

    def _pinned_by_callers(self, dim: Dim, owner: Context) -> bool:
        """Whether all callers of a function, which know nothing of what they hand in, pin what is left of it in the result.

        Nobody can tell the results of two calls in one caller apart.
        """
        callers = [binding.caller for binding in owner.callers]
        if not callers or any(caller is other for i, caller in enumerate(callers) for other in callers[:i]):
            return False
        return all(self._pinned(_canonical(dim), binding.block) for binding in owner.callers)

    def _pinned(self, dim: Dim, block: Block) -> bool:
        pins = self._all_pins(block)
        if dim in pins:
            return True
        if not isinstance(dim.axis, int):
            return False
        # x.view(x.size(0), -1) into a Linear pins what is left of the whole
        return dim.axis != 0 and Dim(dim.value, None) in pins

    def _all_pins(self, block: Block) -> frozenset[Dim]:
        known = self._pins.get(block)
        if known is None:
            found = {_canonical(dim) for dim in block.pins}
            if block.parent is not None:
                found |= self._all_pins(block.parent)
            known = self._pins[block] = frozenset(found)
        return known


def _canonical(dim: Dim) -> Dim:
    """The dimension counted from the front, where the rank is known."""
    rank = dim.value.rank
    if rank is not None and dim.axis is not None and -rank <= dim.axis < 0:
        return Dim(dim.value, dim.axis + rank)
    return dim
