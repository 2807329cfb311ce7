"""TorchScript's types, how they relate, and how an error writes them.

A type is interned: two equal ones are the same object. UNKNOWN stands for whatever the source does not tell; it is a subtype of
everything and everything is a subtype of it, so that no error comes of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any


class Type:
    """``kind`` tells the types apart; ``args`` are the types it is made of; ``name`` and ``fields`` those of a named tuple
    or class, ``node`` the class's definition in the file."""

    __slots__ = ("args", "fields", "kind", "name", "node")

    def __init__(
        self, kind: str, args: tuple[Type, ...] = (), name: str = "", fields: tuple[str, ...] = (), node: Any = None
    ):
        self.kind = kind
        self.args = args
        self.name = name
        self.fields = fields
        self.node = node

    def __repr__(self) -> str:
        return written(self)


UNKNOWN = Type("unknown")
TENSOR = Type("Tensor")
INFERRED = Type("Tensor", name="inferred")
INT = Type("int")
FLOAT = Type("float")
BOOL = Type("bool")
COMPLEX = Type("complex")
STR = Type("str")
NONE = Type("None")
NUMBER = Type("number")
DEVICE = Type("Device")
ANY = Type("Any")
GENERATOR = Type("Generator")
STREAM = Type("Stream")
ANY_LIST = Type("list")
ANY_TUPLE = Type("tuple")
OPAQUE = Type("opaque")

SIMPLE = {t.kind: t for t in (TENSOR, INT, FLOAT, BOOL, COMPLEX, STR, NONE, DEVICE, ANY, GENERATOR, STREAM)} | {
    "Scalar": NUMBER, "number": NUMBER, "NoneType": NONE, "AnyListType": ANY_LIST, "AnyTupleType": ANY_TUPLE,
    "str": STR, "Storage": OPAQUE, "PackedSequence": OPAQUE, "QScheme": INT,
}  # fmt: skip
NUMBERS = frozenset((INT, FLOAT, COMPLEX, NUMBER))

_INTERNED: dict[tuple[Any, ...], Type] = {}


def _made(kind: str, args: tuple[Type, ...], name: str = "", fields: tuple[str, ...] = ()) -> Type:
    key = (kind, args, name, fields)
    found = _INTERNED.get(key)
    if found is None:
        found = _INTERNED[key] = Type(kind, args, name, fields)
    return found


def list_of(element: Type) -> Type:
    return _made("List", (element,))


def dict_of(key: Type, value: Type) -> Type:
    return _made("Dict", (key, value))


def tuple_of(items: Iterable[Type], name: str = "", fields: tuple[str, ...] = ()) -> Type:
    return _made("Tuple", tuple(items), name, fields)


def optional_of(inner: Type) -> Type:
    if inner.kind in ("Optional", "None", "Any") or inner is UNKNOWN:
        return inner
    return _made("Optional", (inner,))


def union_of(parts: Iterable[Type]) -> Type:
    flat: dict[Type, None] = {}
    for part in parts:
        for one in part.args if part.kind == "Union" else (*part.args, NONE) if part.kind == "Optional" else (part,):
            flat[one] = None
    if UNKNOWN in flat:
        return UNKNOWN
    kept = [t for t in flat if not any(t is not o and is_subtype(t, o) for o in flat)]
    if len(kept) == 1:
        return kept[0]
    if len(kept) == 2 and NONE in kept:
        return optional_of(next(t for t in kept if t is not NONE))
    return _made("Union", tuple(kept))


def future_of(inner: Type) -> Type:
    return _made("Future", (inner,))


def variable(name: str) -> Type:
    """A type variable of a schema (``t``)."""
    return _made("Var", (), name)


def class_type(name: str, node: Any) -> Type:
    """A class that is compiled with what uses it; equal to itself alone."""
    key = ("Class", node)
    found = _INTERNED.get(key)
    if found is None:
        found = Type("Class", (), name, (), node)
    return found


def written(kind: Type) -> str:
    """As the compiler's messages write it."""
    if kind is INFERRED:
        return "Tensor (inferred)"
    if kind.kind == "Tuple" and kind.name:
        return kind.name
    if kind.args:
        return f"{kind.kind}[{', '.join(written(a) for a in kind.args)}]"
    if kind is NONE:
        return "NoneType"
    if kind is NUMBER:
        return "number"
    if kind.kind == "Tuple":
        return "Tuple[()]"
    return kind.name if kind.kind in ("Class", "Var") else kind.kind


def parts(kind: Type) -> Iterator[Type]:
    """KIND and every type in it."""
    yield kind
    for arg in kind.args:
        yield from parts(arg)


def is_known(kind: Type) -> bool:
    """Whether nothing in KIND is left open."""
    return all(part is not UNKNOWN for part in parts(kind))


def is_subtype(sub: Type, sup: Type) -> bool:
    """Whether a value of type SUB may stand where SUP is wanted. Lists and dicts are invariant, tuples are not."""
    if sub is sup or sup is ANY or sub is UNKNOWN or sup is UNKNOWN:
        return True
    one, two = sub.kind, sup.kind
    if one == "Union":
        return all(is_subtype(part, sup) for part in sub.args)
    if one == "Optional":
        return is_subtype(NONE, sup) and is_subtype(sub.args[0], sup)
    if two == "Optional":
        return sub is NONE or is_subtype(sub, sup.args[0])
    if two == "Union":
        return any(is_subtype(sub, part) for part in sup.args)
    if two == "Tensor":
        return one == "Tensor"
    if sup is NUMBER:
        return sub in NUMBERS
    if sup is ANY_LIST:
        return one == "List"
    if sup is ANY_TUPLE:
        return one == "Tuple"
    if one != two:
        return False
    if one in ("List", "Dict", "Future"):
        return all(equal(a, b) for a, b in zip(sub.args, sup.args, strict=True))
    if one == "Tuple":
        if len(sub.args) != len(sup.args) or (sup.name and sub.name != sup.name):
            return False
        return all(is_subtype(a, b) for a, b in zip(sub.args, sup.args, strict=True))
    return False


def equal(one: Type, two: Type) -> bool:
    """Whether two types are the same, as far as they are known."""
    if one is two or one is UNKNOWN or two is UNKNOWN or one.kind == two.kind == "Tensor":
        return True
    if one.kind != two.kind or len(one.args) != len(two.args) or one.kind == "Class":
        return False
    return bool(one.args) and one.name == two.name and all(map(equal, one.args, two.args))


def unify(one: Type, two: Type, to_union: bool = False) -> Type | None:
    """The type of a value that has one of two types; None where TorchScript has none for it."""
    if one is UNKNOWN or two is UNKNOWN:
        return UNKNOWN
    if is_subtype(one, two):
        return two if is_known(two) or not is_known(one) else one
    if is_subtype(two, one):
        return one
    if one.kind == two.kind == "Tensor":
        return TENSOR
    if one is NONE and two.kind != "None":
        return optional_of(two)
    if two is NONE:
        return optional_of(one)
    if one.kind == "Tuple" and two.kind == "Tuple" and len(one.args) == len(two.args):
        items = [unify(a, b) for a, b in zip(one.args, two.args, strict=True)]
        return None if any(i is None for i in items) else tuple_of(i for i in items if i is not None)
    if one.kind == "Optional" and is_subtype(two, one):
        return one
    if one.kind == "Optional" or two.kind == "Optional":
        inner = unify(unwrapped(one), unwrapped(two))
        return None if inner is None else optional_of(inner)
    if to_union:
        return union_of([one, two])
    return None


def unwrapped(kind: Type) -> Type:
    return kind.args[0] if kind.kind == "Optional" else kind


def unify_all(kinds: Iterable[Type], to_union: bool = False) -> Type | None:
    result: Type | None = None
    for kind in kinds:
        if result is None:
            result = kind
            continue
        joined = unify(result, kind, to_union)
        if joined is None:
            return None
        result = joined
    return result
