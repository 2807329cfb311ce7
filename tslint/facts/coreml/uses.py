"""The calls of a file that the table says coremltools cannot convert."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import libcst as cst

from tslint.facts.coreml.table import Condition, Row, rows
from tslint.facts.frame import Applied, Context
from tslint.facts.kinds import (
    Constant,
    Data,
    FixedSize,
    Kind,
    List,
    NoneKind,
    Size,
    Str,
    Tensor,
    Tuple,
    options,
)
from tslint.facts.names import Names
from tslint.facts.shapes import rank_of
from tslint.facts.tree import Tree
from tslint.frozen import frozen

REGISTER = "register_torch_op"
ABSENT = "-"


@frozen
class Unconvertible:
    """A use that tracing records and coremltools does not convert; ``maker`` is the call that made the layer."""

    node: cst.CSTNode
    row: Row
    maker: cst.Call | None


def unconvertible(contexts: Iterable[Context], tree: Tree, names: Names) -> list[Unconvertible]:
    """The uses in code that tracing comes past, in source order, each op once a call."""
    registered = registered_ops(tree, names)
    found: dict[tuple[cst.CSTNode, str], Unconvertible] = {}
    for context in contexts:
        if traced(context, frozenset()):
            for one in _in_context(context, registered):
                if one.node in tree.index and not _read_out(one.node, context, tree):
                    found.setdefault((one.node, one.row.op), one)
    return sorted(found.values(), key=lambda one: tree.index[one.node])


def _in_context(context: Context, registered: frozenset[str]) -> Iterator[Unconvertible]:
    """The uses in one function. A call of one thing or another is one where none of them converts."""
    failing: dict[cst.CSTNode, list[Unconvertible]] = {}
    for (node, name, maker), use in context.applied.items():
        if use.block.untraced or use.given:
            continue
        for row in rows().get(name, ()):
            if canonical(row.op) not in registered and all(holds(c, use) for c in row.conditions):
                failing.setdefault(node, []).append(Unconvertible(node, row, maker))
                break
    for node, several in failing.items():
        if len(several) >= context.choices.get(node, 1):
            yield from several


def _read_out(node: cst.CSTNode, context: Context, tree: Tree) -> bool:
    """Whether a result becomes a Python value at once (``torch.prod(x).item()``): the trace then holds that value alone."""
    around = tree.parent.get(node)
    while isinstance(around, (cst.Attribute, cst.Arg)):
        around = tree.parent.get(around)
    return isinstance(around, cst.Call) and isinstance(context.kinds.get(around), Data)


def traced(context: Context, busy: frozenset[Context]) -> bool:
    """Whether some forward comes to a function with the arguments that it needs alone."""
    if not context.callers or context in busy:
        return not context.callers
    return any(
        not binding.block.untraced and not binding.given and traced(binding.caller, busy | {context})
        for binding in context.callers
    )


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
    return all(token(option) in condition.values for option in options(given))


def _rank(kind: Kind) -> int | None:
    return rank_of(kind.shape) if isinstance(kind, Tensor) else None


def token(kind: Kind) -> str | None:
    """A kind in the words of the table; None where the source does not tell."""
    if isinstance(kind, NoneKind):
        return "None"
    if isinstance(kind, Constant):
        if kind.type == "bool":
            return repr(kind.value) if isinstance(kind.value, bool) else None
        return kind.type if isinstance(kind.value, (int, float)) else None
    if isinstance(kind, Str):
        return None if kind.value is None else repr(kind.value)
    if isinstance(kind, (Size, FixedSize)):
        return "int"
    if isinstance(kind, Tensor):
        return "tensor"
    return "tuple" if isinstance(kind, (Tuple, List)) else None


# -- what the file adds to coremltools -----------------------------------------------------------------------------------------


def canonical(op: str) -> str:
    """An op as coremltools looks it up: without namespace, overload, double underscores and the mark of the in-place one."""
    name = op.rpartition("::")[2].partition(".")[0].lower()
    if name.startswith("__") and name.endswith("__"):
        return name[2:-2]
    return name.removesuffix("_")


def registered_ops(tree: Tree, names: Names) -> frozenset[str]:
    """The ops for which the file registers converters of its own: ``@register_torch_op``, with its ``torch_alias``."""
    found: set[str] = set()
    for function in tree.all(cst.FunctionDef):
        for decorator in function.decorators:
            call = decorator.decorator
            maker = call.func if isinstance(call, cst.Call) else call
            if _is_register(maker, names):
                found.add(canonical(function.name.value))
                found.update(_aliases(call) if isinstance(call, cst.Call) else ())
    return frozenset(found)


def _is_register(maker: cst.BaseExpression, names: Names) -> bool:
    """Whether a decorator is coremltools' own; one that came with a star import has no other name."""
    qualified = names.qualified(maker)
    if qualified is not None:
        return qualified.startswith("coremltools.") and qualified.endswith(f".{REGISTER}")
    return isinstance(maker, cst.Name) and maker.value == REGISTER and names.definition(maker) is None


def _aliases(call: cst.Call) -> Iterator[str]:
    for arg in call.args:
        if (
            arg.keyword is not None
            and arg.keyword.value == "torch_alias"
            and isinstance(arg.value, (cst.List, cst.Tuple))
        ):
            for element in arg.value.elements:
                if isinstance(element.value, cst.SimpleString):
                    yield canonical(str(element.value.evaluated_value))
