"""The calls of a file that the table says coremltools cannot convert."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import libcst as cst

from tslint.facts.coreml.registered import canonical
from tslint.facts.coreml.table import Condition, Row
from tslint.facts.frame import Applied, Args, Context
from tslint.facts.kinds import Constant, Kind, List, NoneKind, Str, Tensor, Tuple, options
from tslint.facts.shapes import rank_of
from tslint.facts.tree import Tree
from tslint.frozen import frozen

ABSENT = "-"

TURNED = re.compile(r"-(\w+)@(\d+)")
"""``-length@3``: the number of another argument with its sign turned."""

Table = Mapping[str, tuple[Row, ...]]
"""Qualified name → ways of calling it."""


@frozen
class Unconvertible:
    """A use that tracing records and coremltools does not convert; ``maker`` is the call that made the layer."""

    node: cst.CSTNode
    row: Row
    maker: cst.Call | None


def unconvertible(
    contexts: Sequence[Context], tree: Tree, registered: frozenset[str], table: Table
) -> list[Unconvertible]:
    """The uses in code that tracing comes past, in source order, each op once a call; not of the ops that are REGISTERED.

    TABLE has the ways of calling something that are meant.
    """
    found: dict[tuple[cst.CSTNode, str], Unconvertible] = {}
    for context in traced(contexts):
        for one in _in_context(context, registered, table):
            if tree.own(one.node):
                found.setdefault((one.node, one.row.op), one)
    return sorted(found.values(), key=lambda one: tree.index[one.node])


def _in_context(context: Context, registered: frozenset[str], table: Table) -> Iterator[Unconvertible]:
    """The uses in one function. A call of one thing or another is one where none of them converts."""
    failing: dict[cst.CSTNode, list[Unconvertible]] = {}
    for (node, name, maker), use in context.applied.items():
        if use.block.untraced or use.given:
            continue
        for row in table.get(name, ()):
            if canonical(row.op) not in registered and all(holds(c, use) for c in row.conditions):
                failing.setdefault(node, []).append(Unconvertible(node, row, maker))
                break
    for node, several in failing.items():
        if len(several) >= context.choices.get(node, 1):
            yield from several


def traced(contexts: Sequence[Context]) -> list[Context]:
    """The analyses of functions to which some forward comes with the arguments that it needs alone."""
    reached: set[Context] = set()
    size = -1
    while len(reached) != size:
        size = len(reached)
        for context in contexts:
            if not context.callers or any(
                not binding.block.untraced and not binding.given and binding.caller in reached
                for binding in context.callers
            ):
                reached.add(context)
    return [context for context in contexts if context in reached]


def holds(condition: Condition, use: Applied) -> bool:
    """Whether a condition of a row is known to hold of a use."""
    if condition.position is None:
        return any(str(_rank(kind)) in condition.values for kind in use.args.positional[:1])
    layer = use.name.startswith("torch.nn.") and use.name.rpartition(".")[2][:1].isupper()
    args = use.built if layer else use.args
    if args is None:
        return False
    given = args.get(condition.position, condition.parameter)
    if given is None:
        return ABSENT in condition.values and not args.opaque
    return all(token(option) in condition.values or _number(option, condition, args) for option in options(given))


def _number(kind: Kind, condition: Condition, args: Args) -> bool:
    """Whether a whole number in the source is as large as a condition says, or another argument's with its sign turned."""
    number = _whole(kind)
    if number is None:
        return False
    for value in condition.values:
        if value.startswith(">=") and number >= int(value[2:]):
            return True
        turned = TURNED.fullmatch(value)
        other = _whole(args.get(int(turned[2]), turned[1])) if turned else None
        if other is not None and number == -other:
            return True
    return False


def _whole(kind: Kind | None) -> int | None:
    if not isinstance(kind, Constant) or isinstance(kind.value, bool) or not isinstance(kind.value, int):
        return None
    return kind.value


def _rank(kind: Kind) -> int | None:
    return rank_of(kind.shape) if isinstance(kind, Tensor) else None


def token(kind: Kind) -> str | None:
    """A kind in the words of the table; None where the source does not tell, and of sizes: tracing makes tensors of them."""
    if isinstance(kind, NoneKind):
        return "None"
    if isinstance(kind, Constant):
        if kind.type == "bool":
            return repr(kind.value) if isinstance(kind.value, bool) else None
        return kind.type if isinstance(kind.value, (int, float)) else None
    if isinstance(kind, Str):
        return None if kind.value is None else repr(kind.value)
    if isinstance(kind, Tensor):
        return "tensor"
    return "tuple" if isinstance(kind, (Tuple, List)) else None
