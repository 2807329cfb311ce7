"""Dimensions of tensors: what an operator leaves of them, and which sizes they give."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from tslint.facts.kinds import (
    FIXED,
    BakedSize,
    Constant,
    Dim,
    Dims,
    FixedSize,
    Kind,
    List,
    Shape,
    ShapeOf,
    Size,
    StandIn,
    Tensor,
    Tuple,
    Value,
    depends_of,
)

AMBIGUOUS = StandIn("?")
"""Stands for a dimension that the source does not tell: no input's, never pinned."""
PARAMETER = StandIn("parameter")
"""Stands for the dimensions of a parameter or buffer of the module: the same in every call."""
OPEN: Dims = frozenset((Dim(AMBIGUOUS, None),))


def rank_of(shape: Shape) -> int | None:
    if shape.rank is not None:
        return shape.rank
    return shape.base.rank if shape.base is not None else None


def dims_at(shape: Shape, index: int) -> Dims:
    """What dimension INDEX depends on; FIXED where nothing can change it, OPEN where nothing is known."""
    rank = rank_of(shape)
    if rank is not None and -rank <= index < rank:
        index %= rank
    opposite: Dims = FIXED
    clash = False
    for known, dims in shape.known:
        where = known % rank if rank is not None and -rank <= known < rank else known
        if where == index:
            return dims
        if (where < 0) != (index < 0):
            clash = True
            opposite |= dims
    if clash:
        return OPEN | opposite
    if shape.base is None:
        return OPEN
    if shape.base is PARAMETER:
        return FIXED
    if shape.rank is not None and shape.base.rank not in (None, shape.rank):
        return OPEN
    return frozenset((Dim(shape.base, index),))


def all_dims(shape: Shape) -> list[Dims] | None:
    """The dimensions in order, where their number is known."""
    rank = rank_of(shape)
    return None if rank is None else [dims_at(shape, i) for i in range(rank)]


def total(shape: Shape) -> Dims:
    """What the number of elements depends on."""
    dims = all_dims(shape)
    if dims is not None:
        return frozenset().union(*dims)
    if shape.base is PARAMETER:
        return FIXED.union(*(d for _, d in shape.known))
    rest = frozenset((Dim(shape.base, None),)) if shape.base is not None else OPEN
    return rest.union(*(d for _, d in shape.known))


def is_lasting(shape: Shape) -> bool:
    """Whether this is the shape of a parameter or buffer, or made of nothing else: the same in every call."""
    return shape.base is PARAMETER and not any(dims for _, dims in shape.known)


def of(dims: Iterable[Dims], base: Value | None = None) -> Shape:
    """A shape whose dimensions are all known."""
    listed = tuple(enumerate(dims))
    return Shape(base, len(listed), listed)


def changed(shape: Shape, index: int, dims: Dims) -> Shape:
    """SHAPE with one dimension replaced."""
    rank = rank_of(shape)
    if rank is not None and -rank <= index < rank:
        index %= rank
    known = dict(shape.known)
    if rank is not None:
        known = {i % rank if -rank <= i < rank else i: d for i, d in known.items()}
    known[index] = dims
    return Shape(shape.base, rank, tuple(sorted(known.items())))


def exchanged(shape: Shape, first: int, second: int) -> Shape:
    """SHAPE with two dimensions exchanged."""
    a, b = dims_at(shape, first), dims_at(shape, second)
    return changed(changed(shape, first, b), second, a)


def permuted(shape: Shape, order: list[int]) -> Shape:
    if shape.base is not None and shape.rank is None:
        shape.base.learn_rank(len(order))
    if rank_of(shape) is None:
        shape = Shape(shape.base, len(order), shape.known)  # an order names every dimension
    return of(dims_at(shape, i) for i in order)


def inserted(shape: Shape, index: int, dims: Dims = FIXED) -> Shape | None:
    """SHAPE with one dimension more; None where that cannot be said."""
    found = all_dims(shape)
    if found is not None:
        place = index if index >= 0 else index + len(found) + 1
        if 0 <= place <= len(found):
            return of([*found[:place], dims, *found[place:]])
    return None


def lengthened(shape: Shape, fresh: Shape) -> Shape:
    """SHAPE, of which no rank is known, with a dimension of 1 behind the others; FRESH stands for those between."""
    return changed(changed(fresh, 0, dims_at(shape, 0)), -1, FIXED)


def removed(shape: Shape, indices: Iterable[int]) -> Shape | None:
    found = all_dims(shape)
    if found is None:
        return None
    gone = {i % len(found) if found else 0 for i in indices}
    return of(d for i, d in enumerate(found) if i not in gone)


def broadcast(first: Shape, second: Shape) -> Shape | None:
    """The shape of an elementwise operation of two tensors; None where that cannot be said."""
    if first == second:
        return first
    a, b = all_dims(first), all_dims(second)
    if a is not None and b is not None:
        longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
        padded = [None] * (len(longer) - len(shorter)) + list(shorter)
        return of(_wider(x, y) for x, y in zip(longer, padded, strict=True))
    if not first.known and first.base is not None and first.base is second.base:
        return first
    if a == [] or b == []:
        return second if a == [] else first
    return None


def _wider(first: Dims, second: Dims | None) -> Dims:
    """One of two broadcast dimensions may be 1: a fixed one gives way, as ``x * weight`` with a weight of 1 shows."""
    if second is None or not second:
        return first
    return second if not first else first | second


def size(dims: Dims, origin: cst.CSTNode | None) -> Kind:
    """The kind of a number that is one dimension."""
    return Size(dims, origin=origin) if dims else FixedSize(origin=origin)


def shape_kind(shape: Shape, origin: cst.CSTNode) -> Kind:
    """The kind of ``x.shape``."""
    dims = all_dims(shape)
    if dims is None:
        return ShapeOf(shape, origin=origin)
    return Tuple(tuple(size(d, origin) for d in dims), is_shape=True, origin=origin)


def as_dims(kind: Kind) -> Dims:
    """The dimensions that a number given as a size brings with it; -1 and what is unknown are OPEN."""
    if isinstance(kind, (Size, BakedSize)):
        return kind.depends
    if isinstance(kind, FixedSize) or (isinstance(kind, Constant) and kind.value != -1):
        return FIXED
    return OPEN


def is_minus_one(kind: Kind) -> bool:
    return isinstance(kind, Constant) and kind.value == -1


def as_tuple(kind: Kind) -> Kind:
    """``[2, n]`` as a shape."""
    if (
        isinstance(kind, List)
        and kind.items
        and isinstance(kind.length, Constant)
        and kind.length.value == len(kind.items)
    ):
        return Tuple(kind.items)
    return kind


def flat_sizes(args: Iterable[Kind]) -> list[Kind] | None:
    """The numbers given as ``f(2, 3)``, ``f((2, 3))`` or ``f(x.shape)``; a ShapeOf stays whole, None for anything else."""
    found: list[Kind] = []
    for arg in args:
        if isinstance(arg, Tuple):
            found += arg.items
        elif isinstance(arg, (Constant, Size, FixedSize, BakedSize, ShapeOf)):
            found.append(arg)
        else:
            return None
    return found


def from_sizes(sizes: list[Kind], whole: Dims | None = None) -> Shape | None:
    """The shape made of SIZES; -1 takes what is left of WHOLE (or is open). A ShapeOf in front copies its dimensions."""
    splices = [i for i, s in enumerate(sizes) if isinstance(s, ShapeOf)]
    if not splices:
        rest = _rest(sizes, whole)
        return of(rest if is_minus_one(s) else as_dims(s) for s in sizes)
    spliced = sizes[splices[0]]
    if len(splices) > 1 or splices[0] != 0 or not isinstance(spliced, ShapeOf) or spliced.start != 0:
        return None
    after = sizes[1:]
    rest = _rest(sizes, whole)
    dims = [rest if is_minus_one(s) else as_dims(s) for s in after]
    source = spliced.shape
    rank = rank_of(source)
    if rank is not None:
        stop = rank if spliced.stop is None else spliced.stop % (rank + 1) if spliced.stop >= 0 else rank + spliced.stop
        return of([*(dims_at(source, i) for i in range(stop)), *dims])
    if spliced.stop is None and not after:
        return source
    kept = spliced.stop is not None and spliced.stop < 0 and -spliced.stop == len(after)
    if not kept:
        return Shape(None, None, tuple((i - len(dims), d) for i, d in enumerate(dims)))
    shape = source
    for i, d in enumerate(dims):
        shape = changed(shape, i - len(dims), d)
    return shape


def _rest(sizes: list[Kind], whole: Dims | None) -> Dims:
    """What -1 stands for: the whole without what is given, as a set of dimensions."""
    if whole is None:
        return OPEN
    given: Dims = frozenset().union(*(depends_of(s) for s in sizes))
    return whole - given


def tensor(shape: Shape | None, fresh: Value, origin: cst.CSTNode | None = None) -> Tensor:
    """A tensor of SHAPE, or one of which only its being FRESH is known."""
    return Tensor(shape if shape is not None else Shape(fresh), origin=origin)
