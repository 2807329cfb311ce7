"""Calls of Python's own functions, of its number libraries, and of methods of lists, dicts and strings."""

from __future__ import annotations

from collections.abc import Callable as Function
from dataclasses import replace

import libcst as cst

from tslint.facts import shapes
from tslint.facts.arithmetic import numbers, numbers_or_unknown
from tslint.facts.container_calls import mapping
from tslint.facts.frame import Args, Frame
from tslint.facts.hidden import hidden, inner_kinds
from tslint.facts.joins import join, join_all
from tslint.facts.kinds import (
    CONSTANT,
    MISSING,
    NONE,
    UNKNOWN,
    BakedSize,
    Constant,
    Data,
    FixedSize,
    Instance,
    Kind,
    List,
    Module,
    NoneKind,
    Shape,
    ShapeOf,
    Size,
    Str,
    Tensor,
    Tuple,
    Unknown,
    options,
)
from tslint.facts.ops_base import counted, elementwise

Apply = Function[[Frame, cst.CSTNode, Kind, Args], Kind]


def function(frame: Frame, node: cst.CSTNode, name: str, args: Args, apply: Apply) -> Kind:
    """A function of ``builtins``, ``math``, ``numpy`` …"""
    head, _, last = name.rpartition(".")
    if head == "builtins":
        room = BUILTIN.get(last)
        if room is not None:
            return room(frame, node, last, args, apply)
        return UNKNOWN
    if name == "math.prod":
        return _sum(frame, node, last, args, apply)
    if head == "operator" and last in ("add", "sub", "mul", "floordiv", "truediv", "mod", "pow", "neg"):
        return numbers(None, args.positional[0], args.positional[-1]) if args.positional else UNKNOWN
    if name.startswith("numpy.random"):
        return Constant()
    if name in ("numpy.shape", "numpy.ndim") and isinstance(given := args.get(0, "a"), Tensor):
        rank = shapes.rank_of(given.shape)
        asked = (
            shapes.shape_kind(given.shape, node)
            if last == "shape"
            else Constant("int", MISSING if rank is None else rank)
        )
        return counted(node, asked, given)
    return hidden(node, args.all, "float" if head == "math" else None)


def _convert(frame: Frame, node: cst.CSTNode, name: str, args: Args, apply: Apply) -> Kind:
    if not args.all:
        return Constant(name, 0 if name == "int" else MISSING)
    return hidden(node, args.all[:1], name)


def _text(frame: Frame, node: cst.CSTNode, name: str, args: Args, apply: Apply) -> Kind:
    return Str()


def _len(frame: Frame, node: cst.CSTNode, name: str, args: Args, apply: Apply) -> Kind:
    from tslint.facts.expressions import length_of

    value = args.get(0)
    if value is None:
        return UNKNOWN
    kinds: list[Kind] = []
    for option in options(value):
        if isinstance(option, Tensor):
            dims = shapes.dims_at(option.shape, 0)
            kinds.append(BakedSize(dims, node, origin=node) if dims else FixedSize(origin=node))
        elif isinstance(option, NoneKind):
            continue
        else:
            length = length_of(option, node)
            kinds.append(BakedSize(length.depends, node, origin=length.origin) if isinstance(length, Size) else length)
    return join_all(kinds)


def _range(frame: Frame, node: cst.CSTNode, name: str, args: Args, apply: Apply) -> Kind:
    length: Kind | None = None
    for kind in args.positional:
        length = kind if length is None else numbers_or_unknown(length, kind)
    if length is None or isinstance(length, Tensor):
        length = Data(origin=node) if isinstance(length, Tensor) else UNKNOWN
    if any(isinstance(k, Tensor) for k in args.positional):
        length = Data(origin=node)
    element = hidden(node, list(args.positional), "int") if args.positional else UNKNOWN
    if isinstance(element, Constant):
        element = Constant("int")
        if len(args.positional) != 1:
            length = Constant("int")
    return List(element, length, None, "range")


def _enumerate(frame: Frame, node: cst.CSTNode, name: str, args: Args, apply: Apply) -> Kind:
    from tslint.facts.expressions import element_of, length_of

    inner = args.get(0, "iterable") or UNKNOWN
    return List(Tuple((Constant("int"), element_of(frame, inner, node))), length_of(inner, node), None, "enumerate")


def _zip(frame: Frame, node: cst.CSTNode, name: str, args: Args, apply: Apply) -> Kind:
    from tslint.facts.expressions import element_of, length_of

    if args.opaque or not args.positional:
        return List(UNKNOWN, UNKNOWN, None, "zip")
    element = Tuple(tuple(element_of(frame, k, node) for k in args.positional))
    lengths = [length_of(k, node) for k in args.positional]
    constant = [length for length in lengths if isinstance(length, (Constant, FixedSize))]
    return List(element, constant[0] if constant else join_all(lengths), None, "zip")


def _sequence(frame: Frame, node: cst.CSTNode, name: str, args: Args, apply: Apply) -> Kind:
    from tslint.facts.expressions import element_of, length_of

    inner = args.get(0)
    word = {"reversed": "list", "sorted": "list", "iter": "list", "frozenset": "set"}.get(name, name)
    if inner is None:
        return Tuple() if word == "tuple" else List(length=Constant("int", 0), items=(), name=word, empty=True)
    if word == "tuple" and isinstance(inner, (Tuple, ShapeOf)):
        return inner
    if word == "tuple" and isinstance(inner, List) and inner.items is not None and isinstance(inner.length, Constant):
        if inner.length.value == len(inner.items):
            return Tuple(inner.items)
        return List(inner.element, inner.length, inner.items, "tuple")
    if word == "list" and isinstance(inner, Tuple):
        items = tuple(reversed(inner.items)) if name == "reversed" else inner.items
        return List(join_all(items), Constant("int", len(items)), items if name != "sorted" else None, empty=not items)
    if isinstance(inner, List):
        return replace(inner, name=word, items=None if name in ("reversed", "sorted") else inner.items)
    if isinstance(inner, (Unknown, Constant)):
        return UNKNOWN if isinstance(inner, Unknown) else Constant(argument=inner.argument)
    if isinstance(inner, Module):
        return List(element_of(frame, inner, node), CONSTANT, inner.items or None, word)
    return List(element_of(frame, inner, node), length_of(inner, node), None, word)


def _map(frame: Frame, node: cst.CSTNode, name: str, args: Args, apply: Apply) -> Kind:
    from tslint.facts.expressions import element_of, length_of

    if len(args.positional) < 2:
        return UNKNOWN
    one = Args()
    one.positional = [element_of(frame, k, node) for k in args.positional[1:]]
    one.nodes = [None] * len(one.positional)
    length = length_of(args.positional[1], node)
    if name == "filter":
        return List(one.positional[0], UNKNOWN, None, "generator")
    inner = args.positional[1]
    result = apply(frame, node, args.positional[0], one)
    known = isinstance(inner, Tuple)
    return List(
        result, length, (result,) * len(inner.items) if isinstance(inner, Tuple) and known else None, "generator"
    )


def _extreme(frame: Frame, node: cst.CSTNode, name: str, args: Args, apply: Apply) -> Kind:
    kinds = list(args.positional)
    if len(kinds) == 1:
        kinds = list(inner_kinds(kinds[0]))
    if not kinds:
        return UNKNOWN
    if any(isinstance(k, Tensor) for k in kinds):
        return elementwise(frame, node, kinds)
    result = kinds[0]
    for kind in kinds[1:]:
        result = numbers_or_unknown(result, kind)
    return Constant(result.type) if isinstance(result, Constant) else result


def _sum(frame: Frame, node: cst.CSTNode, name: str, args: Args, apply: Apply) -> Kind:
    inner = args.get(0, "iterable")
    if inner is None:
        return UNKNOWN
    if isinstance(inner, Tensor):
        return frame.unknown_tensor(node)
    return _extreme(frame, node, name, args, apply)


def _absolute(frame: Frame, node: cst.CSTNode, name: str, args: Args, apply: Apply) -> Kind:
    first = args.get(0, "base")
    if first is None:
        return UNKNOWN
    if name == "pow" and len(args.positional) > 1:
        from tslint.facts.arithmetic import binary

        return binary(frame, node, cst.Power(), first, args.positional[1])
    if isinstance(first, Constant):
        return Constant(first.type)
    return first if isinstance(first, (Tensor, Size, FixedSize, BakedSize, Data)) else UNKNOWN


def _question(frame: Frame, node: cst.CSTNode, name: str, args: Args, apply: Apply) -> Kind:
    if name == "isinstance" and isinstance(node, cst.Call) and len(node.args) == 2 and args.positional:
        from tslint.facts.narrowing import isinstance_answer

        answer = isinstance_answer(frame, args.positional[0], node.args[1].value)
        if answer is not None:
            return Constant("bool", answer)
    return Constant("bool")


def _any(frame: Frame, node: cst.CSTNode, name: str, args: Args, apply: Apply) -> Kind:
    inner = args.get(0)
    if inner is None:
        return UNKNOWN
    return hidden(node, [inner], "bool")


def _getattr(frame: Frame, node: cst.CSTNode, name: str, args: Args, apply: Apply) -> Kind:
    from tslint.facts.attributes import attribute_of

    owner, key = args.get(0), args.get(1)
    if owner is None or not isinstance(key, Str) or key.value is None:
        return UNKNOWN
    found = join_all(attribute_of(frame, node, o, key.value) for o in options(owner))
    default = args.get(2)
    return found if default is None or isinstance(found, Unknown) else join(found, default)


def _setattr(frame: Frame, node: cst.CSTNode, name: str, args: Args, apply: Apply) -> Kind:
    owner, key, value = args.get(0), args.get(1), args.get(2)
    if (
        isinstance(owner, Module)
        and owner.cls is not None
        and isinstance(key, Str)
        and key.value is not None
        and value is not None
    ):
        frame.analysis.note_attribute(frame, owner.cls, key.value, node, None, value)
    return NONE


def _dict(frame: Frame, node: cst.CSTNode, name: str, args: Args, apply: Apply) -> Kind:
    return mapping("dict", args)


def _next(frame: Frame, node: cst.CSTNode, name: str, args: Args, apply: Apply) -> Kind:
    from tslint.facts.expressions import element_of

    return element_of(frame, args.get(0) or UNKNOWN, node)


def _type(frame: Frame, node: cst.CSTNode, name: str, args: Args, apply: Apply) -> Kind:
    return Instance("type")


def _none(frame: Frame, node: cst.CSTNode, name: str, args: Args, apply: Apply) -> Kind:
    return NONE


def _divmod(frame: Frame, node: cst.CSTNode, name: str, args: Args, apply: Apply) -> Kind:
    each = hidden(node, args.all)
    return Tuple((each, each))


BUILTIN: dict[str, Function[[Frame, cst.CSTNode, str, Args, Apply], Kind]] = {
    **dict.fromkeys(("int", "float", "bool", "complex", "round", "ord", "hash", "id"), _convert),
    **dict.fromkeys(("str", "repr", "format", "hex", "bin", "oct", "chr", "ascii"), _text),
    **dict.fromkeys(("list", "tuple", "set", "frozenset", "reversed", "sorted", "iter"), _sequence),
    **dict.fromkeys(("min", "max"), _extreme),
    **dict.fromkeys(("abs", "pow"), _absolute),
    **dict.fromkeys(("isinstance", "hasattr", "callable", "issubclass"), _question),
    **dict.fromkeys(("any", "all"), _any),
    **dict.fromkeys(("map", "filter"), _map),
    "len": _len,
    "range": _range,
    "enumerate": _enumerate,
    "zip": _zip,
    "sum": _sum,
    "getattr": _getattr,
    "setattr": _setattr,
    "dict": _dict,
    "next": _next,
    "type": _type,
    "print": _none,
    "divmod": _divmod,
    "slice": _type,
}


def as_parameter(tensor: Tensor, role: str) -> Tensor:
    """A tensor that belongs to the module: its dimensions are the same in every call."""
    rank = shapes.rank_of(tensor.shape)
    return Tensor(Shape(shapes.PARAMETER, rank), role, origin=tensor.origin)
