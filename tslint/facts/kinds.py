"""The kinds of values that expressions have: frozen, hashable, with a join.

What is in here says nothing about where a value is used. Sizes name the dimensions of values that they depend on
(:class:`Dim`); whether one is pinned is decided by whoever knows the whole function, never here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple, TypeVar

import libcst as cst

from tslint.frozen import field, frozen

K = TypeVar("K", bound="Kind")


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


class StandIn(Value):
    """A value that stands for any of several: what a use tells of one of them it does not tell of the others."""

    __slots__ = ()

    def learn_rank(self, rank: int) -> None:
        pass


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


MAX_NESTING = 8
"""Containers within one another that are told apart. Each holds what it holds twice, as items and as their join, so that whoever
walks through N of them makes 2 ** N steps."""


def nested(cls: type[K]) -> type[K]:
    """A kind that holds others: what it holds is unknown where it would be nested more deeply than MAX_NESTING."""
    plain = cls.__init__
    level = 0 if cls.__name__ == "Either" else 1

    def init(self: K, *args: Any, **named: Any) -> None:
        plain(self, *args, **named)
        held = self.__dict__
        depth = level
        for kind in _parts(held):
            if "depth" in kind.__dict__ and level + kind.__dict__["depth"] > depth:
                depth = level + kind.__dict__["depth"]
        if depth > MAX_NESTING:
            held.update({name: _unknown(value) for name, value in held.items() if name in ("element", "items")})
            depth = level
        held["depth"] = depth

    cls.__init__ = init  # type: ignore[method-assign,assignment]  # as the fields are frozen, this is the place
    return cls


def _parts(held: dict[str, Any]) -> list[Kind]:
    found = [item[1] if type(item) is tuple else item for item in held.get("options") or held.get("items") or ()]
    if "element" in held:
        found.append(held["element"])
    return found


def _unknown(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple((item[0], Unknown()) if type(item) is tuple else Unknown() for item in value)
    return None if value is None else Unknown()


@nested
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


@nested
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


@nested
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


@nested
@frozen
class Either(Kind):
    """One of several kinds, depending on the path taken; Tensor-or-None among them."""

    word: ClassVar[str] = "either"
    options: tuple[Kind, ...] = ()


UNKNOWN = Unknown()
NONE = NoneKind()
CONSTANT = Constant()


def options(kind: Kind) -> tuple[Kind, ...]:
    """The alternatives of KIND: itself, where it is one."""
    return kind.options if type(kind) is Either else (kind,)


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
