"""One run of the interpreter over one function: its variables, what it has pinned, and what it noted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import libcst as cst

from tslint.facts.joins import join
from tslint.facts.kinds import (
    Dim,
    Dims,
    Either,
    Kind,
    NoneKind,
    Shape,
    Tensor,
    Unknown,
    Value,
    options,
)
from tslint.facts.shapes import AMBIGUOUS, dims_at, rank_of

if TYPE_CHECKING:
    from tslint.facts.classes import ModuleClass
    from tslint.facts.infer import Analysis

Env = dict[str, Kind]


@dataclass(eq=False)
class Block:
    """A run of statements that are executed together; ``pins`` are those that hold at its end.

    ``untraced``: tracing never comes here (``if self.training``, ``if torch.jit.is_scripting()``).
    """

    parent: Block | None
    untraced: bool = False
    pins: set[Dim] = field(default_factory=set)


@dataclass(eq=False)
class Binding:
    """How a caller's values arrive at a context's inputs: shapes of tensors, dimensions of numbers.

    ``given``: the call is made only where the caller was given an argument that it can do without.
    """

    caller: Context
    block: Block
    shapes: dict[Value, Shape]
    numbers: dict[Value, Dims]
    given: bool = False


@dataclass(eq=False)
class Applied:
    """One use of a library's function, method (``Tensor.diag``) or layer, by its qualified name, in block ``block``.

    ``given``: only where forward was given an argument that it can do without.

    ``built`` are the arguments that the layer was constructed with by ``maker``, None of anything else and where they are not
    known.
    """

    name: str
    block: Block
    args: Args
    built: Args | None = None
    maker: cst.Call | None = None
    given: bool = False


@dataclass(eq=False)
class Context:
    """One analysis of a function with parameters of certain kinds.

    ``kinds`` holds each expression's kind, ``blocks`` where it stands, ``returns`` the return statements reached,
    ``applied`` what it uses of libraries, by the call, the name and the call that made the layer; ``choices`` how many things a
    call may be a call of.
    ``callers`` is empty for a root: a forward that nothing else in the file calls.
    """

    function: cst.CSTNode
    cls: ModuleClass | None
    params: Env = field(default_factory=dict)
    outer: Env = field(default_factory=dict)
    kinds: dict[cst.CSTNode, Kind] = field(default_factory=dict)
    blocks: dict[cst.CSTNode, Block] = field(default_factory=dict)
    returns: dict[cst.Return | None, tuple[Kind, Block]] = field(default_factory=dict)
    applied: dict[tuple[cst.CSTNode, str, cst.Call | None], Applied] = field(default_factory=dict)
    choices: dict[cst.CSTNode, int] = field(default_factory=dict)
    callers: list[Binding] = field(default_factory=list)
    root: Block = field(default_factory=lambda: Block(None))
    result: Kind | None = None
    in_forward: bool = False
    busy: bool = False


class Frame:
    """The state at one point of one function. ``env`` is None where the code is not reached."""

    def __init__(self, analysis: Analysis, context: Context, env: Env) -> None:
        self.analysis = analysis
        self.context = context
        self.env: Env = env
        self.pins: set[Dim] = set()
        self.joined: dict[Value, list[tuple[Value, int]]] = {}
        self.dead = False
        self.block = context.root
        self.exits: list[set[Dim]] = []
        self.loops: list[list[tuple[Env, set[Dim]]]] = []
        self.depth = 0

    # -- values -----------------------------------------------------------------------------------------------------

    def fresh(self, node: cst.CSTNode | None, tag: str = "") -> Value:
        """A value of its own for what NODE makes; the same one whenever the same code is run again."""
        return self.analysis.fresh(self.context, node, tag)

    def unknown_tensor(self, node: cst.CSTNode | None, tag: str = "") -> Tensor:
        return Tensor(Shape(self.fresh(node, tag)))

    def record(self, node: cst.CSTNode, kind: Kind) -> Kind:
        self.context.kinds[node] = kind
        self.context.blocks[node] = self.block
        return kind

    def apply(
        self, node: cst.CSTNode, name: str, args: Args, built: Args | None = None, maker: cst.Call | None = None
    ) -> None:
        """Notes that NODE uses something of a library; what the last run of the same code says holds."""
        self.context.applied[node, name, maker] = Applied(name, self.block, args, built, maker, self.given())

    def given(self) -> bool:
        """Whether code here runs only where an argument is given that is None by default: ``if target is not None``."""
        for name, kind in self.context.params.items():
            now = self.env.get(name)
            if (
                isinstance(kind, Either)
                and isinstance(now, Tensor)
                and any(isinstance(o, NoneKind) for o in kind.options)
            ):
                base = now.shape.base
                if base is not None and base.context is self.context and base.name == name:
                    return True
        return False

    # -- pins -------------------------------------------------------------------------------------------------------

    def pin(self, dims: Dims) -> None:
        """From here on, eager accepts no other DIMS than those that the code was written for."""
        for dim in dims:
            if dim.value is not AMBIGUOUS:
                self.pins.add(dim)
                self.pins.update(
                    Dim(other, dim.axis) for other, along in self.joined.get(dim.value, ()) if _differ(dim, along)
                )

    def join(self, tensors: Sequence[Tensor], along: int) -> None:
        """Eager joins tensors that agree in all dimensions but ALONG: what pins one of the first pins those of the others."""
        first, *others = [None if tensor.shape.known else tensor.shape.base for tensor in tensors]
        if first is not None:
            self.joined.setdefault(first, []).extend((other, along) for other in others if other is not None)

    def pin_dimension(self, kind: Kind, index: int) -> None:
        for option in options(kind):
            if isinstance(option, Tensor):
                self.pin(dims_at(option.shape, index))

    def learn_rank(self, kind: Kind, rank: int) -> None:
        """Some use of a tensor accepts RANK dimensions only."""
        if isinstance(kind, Tensor) and rank_of(kind.shape) is None and kind.shape.base is not None:
            kind.shape.base.learn_rank(rank)

    # -- branches ---------------------------------------------------------------------------------------------------

    def save(self) -> tuple[Env, set[Dim], bool]:
        return dict(self.env), set(self.pins), self.dead

    def restore(self, state: tuple[Env, set[Dim], bool]) -> None:
        env, pins, self.dead = state
        self.env, self.pins = dict(env), set(pins)

    def merge(self, states: list[tuple[Env, set[Dim], bool]]) -> None:
        """Goes on from wherever any of STATES is."""
        alive = [s for s in states if not s[2]]
        if not alive:
            self.dead = True
            return
        self.dead = False
        self.env, self.pins = dict(alive[0][0]), set(alive[0][1])
        for env, pins, _ in alive[1:]:
            self.env = join_envs(self.env, env)
            self.pins &= pins

    @contextmanager
    def inside(self, untraced: bool = False) -> Iterator[Block]:
        """A block of its own; what it pins is noted at its end."""
        outer = self.block
        self.block = Block(outer, untraced or outer.untraced)
        try:
            yield self.block
        finally:
            self.block.pins |= self.pins
            self.block = outer

    def lookup(self, name: str) -> Kind | None:
        found = self.env.get(name)
        return found if found is not None else self.context.outer.get(name)


def join_envs(first: Env, second: Env) -> Env:
    """The variables after two paths; one that only a single path sets keeps its kind."""
    if first is second:
        return first
    result = dict(first)
    for name, kind in second.items():
        mine = result.get(name)
        if mine is None:
            result[name] = kind
        elif mine is not kind:
            result[name] = join(mine, kind)
    return result


def without(kind: Kind, *gone: type[Kind]) -> Kind | None:
    """KIND without the alternatives of these types; None where nothing is left."""
    if not isinstance(kind, Either):
        return None if isinstance(kind, gone) else kind
    left = [o for o in kind.options if not isinstance(o, gone)]
    return _either(left)


def only(kind: Kind, *kept: type[Kind]) -> Kind | None:
    """The alternatives of KIND that have these types; Unknown may be any of them."""
    if isinstance(kind, Unknown):
        return kind
    return _either([o for o in options(kind) if isinstance(o, kept)])


def _either(kinds: list[Kind]) -> Kind | None:
    if not kinds:
        return None
    result = kinds[0]
    for kind in kinds[1:]:
        result = join(result, kind)
    return result


class Args:
    """The arguments of a call: kinds and nodes, by position and by keyword.

    ``opaque``: a star hides how many there are, so that what is missing here may be given all the same.
    """

    def __init__(self) -> None:
        self.positional: list[Kind] = []
        self.nodes: list[cst.BaseExpression | None] = []
        self.keywords: dict[str, Kind] = {}
        self.keyword_nodes: dict[str, cst.BaseExpression] = {}
        self.opaque = False
        self.starred: tuple[Kind, ...] = ()

    def get(self, index: int, *names: str) -> Kind | None:
        """The argument at position INDEX, or with one of these keywords."""
        if 0 <= index < len(self.positional):
            return self.positional[index]
        for name in names:
            if name in self.keywords:
                return self.keywords[name]
        return None

    def literal(self, index: int, name: str, default: Any = None) -> Any:
        """The literal value of an argument; DEFAULT where it is left out, None where the source does not tell it."""
        from tslint.facts.kinds import MISSING, Constant

        found = self.get(index, name)
        if found is None:
            return None if self.opaque else default
        if isinstance(found, Constant) and found.value is not MISSING:
            return found.value
        return None

    def shifted(self, first: Kind, node: cst.BaseExpression | None = None) -> Args:
        """The same arguments with one before them (``self``)."""
        result = Args()
        result.positional = [first, *self.positional]
        result.nodes = [node, *self.nodes]
        result.keywords, result.keyword_nodes = self.keywords, self.keyword_nodes
        result.opaque, result.starred = self.opaque, self.starred
        return result

    @property
    def all(self) -> list[Kind]:
        return [*self.positional, *self.keywords.values()]


def _differ(dim: Dim, along: int) -> bool:
    """Whether a dimension is surely another one than ALONG."""
    if dim.axis is None:
        return False
    if dim.value.rank is not None:
        return dim.axis % dim.value.rank != along % dim.value.rank
    return dim.axis != along and (dim.axis < 0) == (along < 0)
