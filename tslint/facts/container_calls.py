"""Methods of lists, dicts, tuples, strings and data, and what they leave of what they change."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from tslint.facts.arithmetic import extended
from tslint.facts.frame import Args, Frame
from tslint.facts.hidden import hidden
from tslint.facts.joins import join, join_all
from tslint.facts.kinds import (
    CONSTANT,
    NONE,
    UNKNOWN,
    Callable,
    Constant,
    Data,
    Dict,
    Kind,
    List,
    ShapeOf,
    Str,
    Tensor,
    Tuple,
    Unknown,
)

OWNERS = frozenset(["list", "dict", "str", "tuple", "shape", "data"])


def mapping(name: str, args: Args) -> Kind:
    """``dict(a=x)``, ``OrderedDict([("a", x)])``, ``dict(other, b=y)``."""
    items: dict[str, Kind] = {}
    complete = not args.opaque
    element: Kind | None = None
    for inner in args.positional:
        if isinstance(inner, Dict):
            items.update(inner.items)
            complete = complete and inner.complete
            if not isinstance(inner.element, Unknown):
                element = inner.element
        elif isinstance(inner, List) and inner.items is not None:
            for pair in inner.items:
                pair = Tuple(pair.items or ()) if isinstance(pair, List) else pair
                if (
                    isinstance(pair, Tuple)
                    and len(pair.items) == 2
                    and isinstance(pair.items[0], Str)
                    and pair.items[0].value
                ):
                    items[pair.items[0].value] = pair.items[1]
                else:
                    complete = False
        else:
            complete = False
    items.update(args.keywords)
    for kind in items.values():
        element = kind if element is None else join(element, kind)
    return Dict(tuple(items.items()), element if element is not None else UNKNOWN, complete, name)


def method(frame: Frame, node: cst.CSTNode, function_: Callable, name: str, args: Args) -> Kind:
    """A method of a list, dict, string, tuple, shape or of data."""
    owner = function_.owner
    if isinstance(owner, Dict):
        return _dict_method(owner, name, args)
    if isinstance(owner, List):
        if name == "pop":
            return owner.element
        if name == "copy":
            return owner
        if name in ("index", "count"):
            return Constant("int") if not isinstance(owner.element, Tensor) else Data(origin=node)
        return NONE
    if isinstance(owner, Str):
        if name in ("split", "rsplit", "splitlines"):
            return List(Str(), CONSTANT)
        if name in ("startswith", "endswith", "isdigit", "find", "index", "count"):
            return CONSTANT
        return Str()
    if isinstance(owner, (Tuple, ShapeOf)):
        if name == "numel":
            return hidden(node, [owner], "int")  # a torch.Size multiplies outside the graph, and without a warning
        if name == "_replace":
            return owner
        return CONSTANT
    if isinstance(owner, Data):
        return Data(origin=owner.origin)
    return UNKNOWN


def _dict_method(owner: Dict, name: str, args: Args) -> Kind:
    length = Constant("int", len(owner.items)) if owner.complete else CONSTANT
    values = tuple(k for _, k in owner.items)
    if name == "values":
        return List(owner.element, length, values if owner.complete else None, "values")
    if name == "keys":
        return List(Str(), length, None, "keys")
    if name == "items":
        pairs = tuple(Tuple((Str(key), k)) for key, k in owner.items)
        return List(Tuple((Str(), owner.element)), length, pairs if owner.complete else None, "items")
    if name in ("get", "pop", "setdefault"):
        key = args.get(0)
        found = dict(owner.items).get(key.value) if isinstance(key, Str) and key.value is not None else None
        if found is not None:
            return found
        default = args.get(1) or NONE
        return UNKNOWN if isinstance(owner.element, Unknown) else join(owner.element, default)
    if name in ("to_tuple",):
        return Tuple(values)
    return owner if name == "copy" else NONE


def list_after(owner: List, name: str, args: Args) -> Kind | None:
    """The list after a method that changes it; None where it does not."""
    first = args.get(0)
    if name in ("append", "add") and first is not None:
        return extended(owner, Tuple((first,)))
    if name == "insert" and len(args.positional) > 1:
        return extended(owner, Tuple((args.positional[1],)))
    if name == "extend" and first is not None:
        if isinstance(first, (List, Tuple)):
            return extended(owner, first)
        return List(UNKNOWN, UNKNOWN, None, owner.name)
    if name in ("pop", "remove", "clear"):
        return replace(owner, length=CONSTANT if isinstance(owner.length, Constant) else UNKNOWN, items=None)
    if name == "reverse":
        return replace(owner, items=tuple(reversed(owner.items))) if owner.items else None
    return None


def dict_after(owner: Dict, name: str, args: Args) -> Kind | None:
    if name != "update":
        return None
    other = mapping("dict", args)
    assert isinstance(other, Dict)
    items = dict(owner.items) | dict(other.items)
    return Dict(
        tuple(items.items()),
        join_all(items.values()) if items else UNKNOWN,
        owner.complete and other.complete,
        owner.name,
    )
