"""The kinds of values that expressions have: frozen, hashable, with a join.

What is in here says nothing about where a value is used. Sizes name the dimensions of values that they depend on
(:class:`Dim`); whether one is pinned is decided by whoever knows the whole function, never here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar, NamedTuple

import libcst as cst

from tslint.frozen import field, frozen


class Value:
    """Something that has a shape: an input of a function, or a tensor that an expression made. Equal to itself alone.

    ``rank`` is the number of its dimensions once some use of it tells. ``context`` is the analysis that it is an
    input of, None for tensors made on the way.
    """

    __slots__ = ("context", "name", "rank", "ranks")

    def __init__(self, name: str, context: Any = None, rank: int | None = None) -> None:
        self.name = name
        self.context = context
        self.rank = rank
        self.ranks: set[int] = set()

    def learn_rank(self, rank: int) -> None:
        """Some use needs RANK dimensions; uses that contradict each other leave the rank open."""
        self.ranks.add(rank)
        self.rank = rank if len(self.ranks) == 1 else None

    def __repr__(self) -> str:
        return self.name


class Dim(NamedTuple):
    """Dimension ``axis`` of a value (negative: counted from the end); None for all of it, or for a plain number handed in."""

    value: Value
    axis: int | None


Dims = frozenset[Dim]
"""The dimensions that a size depends on; empty where nothing can change it."""

FIXED: Dims = frozenset()


@frozen
class Shape:
    """What is known of a tensor's dimensions: those in ``known``, else those of ``base`` with the same index."""

    base: Value | None = None
    rank: int | None = None
    known: tuple[tuple[int, Dims], ...] = ()


@frozen
class Kind:
    """Base of all kinds. ``origin`` is the expression that a size or a datum was read at."""

    word: ClassVar[str] = "value"
    origin: cst.CSTNode | None = field(default=None, compare=False, repr=False, kw_only=True)


class _Missing:
    def __repr__(self) -> str:
        return "?"


MISSING = _Missing()
"""The value of a constant that the source does not tell (a constructor's argument)."""


@frozen
class Unknown(Kind):
    """Nothing is known; never raises a finding."""

    word: ClassVar[str] = "unknown"


@frozen
class Constant(Kind):
    """The same in every call: a literal, a constructor's argument, an attribute set in ``__init__``.

    ``type`` is ``int``, ``float``, ``bool`` … where it is known; ``value`` the literal, else MISSING. ``argument``:
    handed in from outside (to the constructor, or a parameter of forward that is no tensor).
    """

    word: ClassVar[str] = "constant"
    type: str | None = None
    value: Any = MISSING
    argument: bool = False


@frozen
class Str(Kind):
    word: ClassVar[str] = "str"
    value: str | None = None


@frozen
class NoneKind(Kind):
    word: ClassVar[str] = "None"


@frozen
class Tensor(Kind):
    """``role`` is value, parameter, buffer, plain (an attribute that was never registered), untraced or constant.

    Untraced is what the tracer does not follow, though an input decides it (``x.data``); constant, what operators make of such
    tensors alone: the graph holds it, and it is the same for every input.
    """

    word: ClassVar[str] = "tensor"
    shape: Shape = Shape()
    role: str = "value"


@frozen
class Size(Kind):
    """A number from a tensor's shape, live under tracing; ``depends`` names the dimensions that can change it."""

    word: ClassVar[str] = "size"
    depends: Dims = FIXED


@frozen
class FixedSize(Kind):
    """A size that a layer or a literal pins for every input that eager accepts."""

    word: ClassVar[str] = "fixed size"


@frozen
class BakedSize(Kind):
    """A size after something that the tracer cannot see: a constant in the trace. ``by`` is that call."""

    word: ClassVar[str] = "baked size"
    depends: Dims = FIXED
    by: cst.CSTNode | None = field(default=None, compare=False, repr=False)


@frozen
class Data(Kind):
    """A Python value read out of a tensor (``.item()``, ``.tolist()``, ``float(tensor)``, ``.numpy()``)."""

    word: ClassVar[str] = "data"


@frozen
class List(Kind):
    """A list, or what behaves like one when iterated. ``length`` is Constant, FixedSize, Size, BakedSize, Data or Unknown.

    ``items`` are the elements in order of appearance where the source shows them (appended in a loop: once).
    ``name`` is list, set, range, generator … . ``empty``: it is empty so far.
    """

    word: ClassVar[str] = "list"
    element: Kind = Unknown()
    length: Kind = Unknown()
    items: tuple[Kind, ...] | None = None
    name: str = "list"
    empty: bool = False


@frozen
class Tuple(Kind):
    """``name`` is the class of a named tuple; ``is_shape``: a ``torch.Size``, or a slice of one."""

    word: ClassVar[str] = "tuple"
    items: tuple[Kind, ...] = ()
    name: str | None = None
    is_shape: bool = False


@frozen
class ShapeOf(Kind):
    """``x.shape[start:]``: a tuple of sizes whose number is not known yet."""

    word: ClassVar[str] = "shape"
    shape: Shape = Shape()
    start: int = 0
    stop: int | None = None


@frozen
class Dict(Kind):
    """``items`` are the literal keys in order, with their values' kinds; ``complete``: it has no other keys.

    ``name`` is dict, OrderedDict, or the class of a ``ModelOutput``.
    """

    word: ClassVar[str] = "dict"
    items: tuple[tuple[str, Kind], ...] = ()
    element: Kind = Unknown()
    complete: bool = True
    name: str = "dict"

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(key for key, _ in self.items)


@frozen
class Step:
    """Something that was done to a module on its way to another program: ``name`` is the function's or method's.

    ``call`` is where.
    """

    name: str
    call: cst.CSTNode | None = field(default=None, compare=False, repr=False)


@frozen
class Module(Kind):
    """An ``nn.Module``: of class ``cls`` of the file, or the library's ``layer`` (``torch.nn.Linear``), or neither known.

    ``items`` are the members of a container in order of appearance; ``keys`` those of a ModuleDict. ``call`` is the
    constructor's call. ``steps``: what has been done to it since, in order (``half``, ``torch.jit.trace``).
    """

    word: ClassVar[str] = "module"
    cls: Any = None
    layer: str | None = None
    items: tuple[Kind, ...] = ()
    keys: tuple[str, ...] = ()
    call: cst.Call | None = field(default=None, compare=False, repr=False)
    steps: tuple[Step, ...] = ()

    def step(self, *names: str) -> Step | None:
        """The first of the steps that has one of these names."""
        return next((step for step in self.steps if step.name in names), None)


@frozen
class CoreModel(Kind):
    """What ``ct.convert`` answers with. ``format`` is mlprogram or neuralnetwork, None where the source does not tell."""

    word: ClassVar[str] = "Core ML model"
    format: str | None = None


@frozen
class Callable(Kind):
    """A function or class: ``node`` of the file, or the ``qualified`` name of a library's; ``owner`` what it is bound to."""

    word: ClassVar[str] = "callable"
    node: cst.CSTNode | None = None
    qualified: str | None = None
    owner: Kind | None = None


@frozen
class Instance(Kind):
    """An object of class ``name`` that is no module (a dataclass of the file, ``torch.device``, an array)."""

    word: ClassVar[str] = "object"
    name: str = ""
    node: cst.ClassDef | None = field(default=None, compare=False, repr=False)


@frozen
class Either(Kind):
    """One of several kinds, depending on the path taken; Tensor-or-None among them."""

    word: ClassVar[str] = "either"
    options: tuple[Kind, ...] = ()


UNKNOWN = Unknown()
NONE = NoneKind()
CONSTANT = Constant()
MAX_OPTIONS = 4


def options(kind: Kind) -> tuple[Kind, ...]:
    """The alternatives of KIND: itself, where it is one."""
    return kind.options if isinstance(kind, Either) else (kind,)


def join(first: Kind, second: Kind) -> Kind:
    """The kind of a value that is FIRST on one path and SECOND on another."""
    if first is second or first == second:
        return first
    if isinstance(first, Unknown) or isinstance(second, Unknown):
        return UNKNOWN
    merged: list[Kind] = list(options(first))
    for kind in options(second):
        for index, other in enumerate(merged):
            same = _join_alike(other, kind)
            if same is not None:
                merged[index] = same
                break
        else:
            merged.append(kind)
    if len(merged) == 1:
        return merged[0]
    return UNKNOWN if len(merged) > MAX_OPTIONS else Either(tuple(merged))


def join_all(kinds: Any) -> Kind:
    """The join of an iterable of kinds; Unknown of none."""
    result: Kind | None = None
    for kind in kinds:
        result = kind if result is None else join(result, kind)
    return UNKNOWN if result is None else result


def _join_alike(first: Kind, second: Kind) -> Kind | None:
    """The join of two kinds that fit into one, else None."""
    if first == second:
        return first
    if isinstance(first, (Size, FixedSize)) and isinstance(second, (Size, FixedSize)):
        return Size(depends_of(first) | depends_of(second), origin=first.origin or second.origin)
    if isinstance(first, (Size, FixedSize, BakedSize)) and isinstance(second, (Size, FixedSize, BakedSize)):
        baked = first if isinstance(first, BakedSize) else second
        by = baked.by if isinstance(baked, BakedSize) else None
        return BakedSize(depends_of(first) | depends_of(second), by, origin=baked.origin)
    if type(first) is not type(second):
        return None
    if isinstance(first, Constant) and isinstance(second, Constant):
        return Constant(first.type if first.type == second.type else None, argument=first.argument or second.argument)
    if isinstance(first, Str):
        return Str()
    if isinstance(first, Tensor) and isinstance(second, Tensor):
        return Tensor(join_shapes(first.shape, second.shape), first.role if first.role == second.role else "value")
    if isinstance(first, List) and isinstance(second, List):
        return _join_lists(first, second)
    if isinstance(first, Tuple) and isinstance(second, Tuple):
        if len(first.items) != len(second.items):
            return None
        items = tuple(join(a, b) for a, b in zip(first.items, second.items, strict=True))
        return Tuple(items, first.name if first.name == second.name else None, first.is_shape and second.is_shape)
    if isinstance(first, Dict) and isinstance(second, Dict):
        return _join_dicts(first, second)
    if isinstance(first, Data):
        return first
    return None


def _join_lists(first: List, second: List) -> List:
    if first.empty or second.empty:
        full = second if first.empty else first
        return replace(full, length=UNKNOWN) if first.empty != second.empty else full
    same = first.items is not None and second.items is not None and len(first.items) == len(second.items)
    items = tuple(map(join, first.items or (), second.items or ())) if same else None
    if items is None and first.items is not None and second.items is not None:
        longer, shorter = sorted((first.items, second.items), key=len, reverse=True)
        items = longer if longer[: len(shorter)] == shorter else None
    name = first.name if first.name == second.name else "list"
    length = first.length if first.length == second.length else UNKNOWN
    return List(join(first.element, second.element), length, items, name)


def _join_dicts(first: Dict, second: Dict) -> Dict:
    left, right = dict(first.items), dict(second.items)
    items = {
        key: join(left[key], right[key]) if key in left and key in right else kind
        for key, kind in (left | right).items()
    }
    same = left.keys() == right.keys()
    name = first.name if first.name == second.name else "dict"
    return Dict(
        tuple(items.items()), join(first.element, second.element), first.complete and second.complete and same, name
    )


def join_shapes(first: Shape, second: Shape) -> Shape:
    """What holds of a tensor that has one of two shapes."""
    if first == second:
        return first
    rank = first.rank if first.rank == second.rank else None
    base = first.base if first.base is second.base else None
    left, right = dict(first.known), dict(second.known)
    known: dict[int, Dims] = {}
    for index in left.keys() | right.keys():
        a, b = _at(first, left, index), _at(second, right, index)
        if a is not None and b is not None:
            known[index] = a | b
    return Shape(base, rank, tuple(sorted(known.items())))


def _at(shape: Shape, known: dict[int, Dims], index: int) -> Dims | None:
    if index in known:
        return known[index]
    if shape.rank is not None and not -shape.rank <= index < shape.rank:
        return FIXED  # on that path there is no such dimension, and whoever asks for it is not there
    return None if shape.base is None else frozenset((Dim(shape.base, index),))


def depends_of(kind: Kind) -> Dims:
    """The dimensions that a number depends on; none for what is fixed."""
    return kind.depends if isinstance(kind, (Size, BakedSize)) else FIXED


def sizes_in(kind: Kind) -> Iterator[Size | BakedSize]:
    """The sizes that a value of this kind is or holds in lists and tuples."""
    for option in options(kind):
        if isinstance(option, Tuple):
            for item in option.items:
                yield from sizes_in(item)
        elif isinstance(option, List):
            yield from sizes_in(option.element)
        elif isinstance(option, ShapeOf):
            base = option.shape.base
            if base is not None and base.context is not None:  # else a parameter's, the same in every call
                yield Size(frozenset((Dim(base, None),)), origin=option.origin)
        elif isinstance(option, (Size, BakedSize)):
            yield option


def present(kind: Kind) -> tuple[Kind, ...]:
    """The alternatives of KIND that can be used at all: None has no attributes, items or elements."""
    if not isinstance(kind, Either):
        return (kind,)
    return tuple(o for o in kind.options if not isinstance(o, NoneKind)) or kind.options
