"""Signatures of operators and compiled functions, and how a call is matched against them.

The order is the compiler's: every overload as the arguments stand, then every one again with conversions (a tensor for a
number, several numbers for a list of them, a string for a device).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tslint.facts.torchscript import types
from tslint.facts.torchscript.types import Type

MISSING = object()


class Argument(NamedTuple):
    """A parameter. ``fill``: one number stands for a list of that many (``int[2]``). ``text`` is its default as written."""

    name: str
    type: Type
    default: bool = False
    keyword_only: bool = False
    fill: int = 0
    text: str = ""


class Schema(NamedTuple):
    arguments: tuple[Argument, ...]
    returns: Type
    vararg: bool = False


class Given(NamedTuple):
    """What a call hands over: its type, the literal it is (else MISSING), whether it is an empty list literal, and the empty
    list or dict without a type that it comes from."""

    type: Type
    literal: Any = MISSING
    empty: bool = False
    made: object = None


_TOKEN = re.compile(r"\s*([A-Za-z_][\w.]*|[\[\](),?]|->|\.\.\.|\d+)")


class _Reader:
    """Reads types as schemas and annotations write them: ``Tensor?[]``, ``int[2]``, ``Dict(str, t)``, ``Optional[List[int]]``."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def peek(self) -> str:
        match = _TOKEN.match(self.text, self.at)
        return match[1] if match else ""

    def take(self) -> str:
        match = _TOKEN.match(self.text, self.at)
        if not match:
            return ""
        self.at = match.end()
        return match[1]

    def type(self) -> tuple[Type, int]:
        name = self.take()
        count = 0
        if name == "(":
            items = []
            while self.peek() not in (")", ""):
                items.append(self.type()[0])
                self.name_of_return()
                if self.peek() == ",":
                    self.take()
            self.take()
            found = types.tuple_of(items)
        elif self.peek() in ("(", "[") and name in GENERIC:
            close = ")" if self.take() == "(" else "]"
            inner: list[Type] = []
            while self.peek() not in (close, ""):
                part, number = self.type()
                count = count or number
                inner.append(part)
                if self.peek() == ",":
                    self.take()
            self.take()
            found = GENERIC[name](inner)
        else:
            found = types.SIMPLE.get(name) or (
                types.variable(name) if re.fullmatch(r"t|t[KVa-z0-9]\w*", name) else types.OPAQUE
            )
        while self.peek() in ("?", "["):
            if self.take() == "?":
                found = types.optional_of(found)
                continue
            if self.peek().isdigit():
                count = int(self.take())
            self.take()
            found = types.list_of(found)
        return found, count

    def name_of_return(self) -> None:
        if re.match(r"[A-Za-z_]\w*$", self.peek() or "-"):
            self.take()


GENERIC: dict[str, Callable[[list[Type]], Type]] = {
    "Dict": lambda inner: types.dict_of(*inner[:2]),
    "List": lambda inner: types.list_of(inner[0]),
    "Optional": lambda inner: types.optional_of(inner[0]),
    "Tuple": types.tuple_of,
    "Union": types.union_of,
    "Future": lambda inner: types.future_of(inner[0]),
    "Await": lambda inner: types.OPAQUE,
    "RRef": lambda inner: types.OPAQUE,
    "(": types.tuple_of,
}


def read_type(text: str) -> Type:
    """A type of a table."""
    return _Reader(text).type()[0]


def read(text: str) -> Schema:
    """``(Tensor self, int[2] stride=[], *, bool flag=False) -> Tensor``."""
    reader = _Reader(text)
    reader.take()
    arguments: list[Argument] = []
    keyword_only = vararg = False
    while True:
        rest = text[reader.at :].lstrip()
        if rest.startswith(")"):
            reader.take()
            break
        if rest.startswith(","):
            reader.take()
            continue
        if rest.startswith("*"):
            reader.at = text.index("*", reader.at) + 1
            keyword_only = True
            continue
        if rest.startswith("..."):
            reader.take()
            vararg = True
            continue
        before = reader.at
        kind, count = reader.type()
        name = reader.take()
        if reader.at == before:
            raise ValueError(f"no signature: {text}")
        default = ""
        at = reader.at
        if text[at : at + 1] == "=":
            end = _end_of_default(text, at + 1)
            default = text[at + 1 : end]
            reader.at = end
        arguments.append(Argument(name, kind, bool(default), keyword_only, count, default))
    while reader.peek() == "->" or text[reader.at :].lstrip().startswith("->"):
        reader.at = text.index("->", reader.at) + 2
    returned = _returns(text[reader.at :].strip())
    return Schema(tuple(arguments), returned, vararg)


def _returns(text: str) -> Type:
    if text == "()":
        return types.NONE
    if text.startswith("(") and re.search(r"\w \w+[,)]", text):
        fields = tuple(re.findall(r"\w[\])?]* (\w+)[,)]", text))
        inner = _Reader(text).type()[0]
        return types.tuple_of(inner.args, "", fields) if len(fields) == len(inner.args) else inner
    found = _Reader(text).type()[0] if text and text != "..." else types.UNKNOWN
    # a single type that itself starts with a parenthesis is printed in another pair: ``((str, t)[])`` is one list
    return found.args[0] if text.startswith("(") and len(found.args) == 1 else found


def _end_of_default(text: str, at: int) -> int:
    depth = 0
    quote = ""
    for index in range(at, len(text)):
        letter = text[index]
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in "[(":
            depth += 1
        elif letter in "])":
            if depth == 0:
                return index
            depth -= 1
        elif letter == "," and depth == 0:
            return index
    return len(text)


class Mismatch(NamedTuple):
    """Why a call does not fit: the argument's name, the type wanted, the type found; or a sentence."""

    argument: str = ""
    wanted: Type | None = None
    found: Type | None = None
    why: str = ""
    place: object = None


class Match(NamedTuple):
    schema: Schema
    returns: Type


Arguments = Sequence[tuple[Given, object]]
"""The positional arguments, each with the node that it comes from."""
Keywords = dict[str, tuple[Given, object]]


def match(
    schemas: Sequence[Schema], args: Arguments, keywords: Keywords, receiver: Given | None = None
) -> Match | Mismatch:
    """The first of SCHEMAS that the call fits. RECEIVER is what a method is called on: the argument ``self``."""
    if len(schemas) == 1:
        return _try(schemas[0], args, keywords, receiver, True)
    first: Mismatch | None = None
    for conversions in (False, True):
        for schema in schemas:
            found = _try(schema, args, keywords, receiver, conversions)
            if isinstance(found, Match):
                return found
            if first is None:
                first = found
    return Mismatch(
        why="none of the overloads", found=first.found if first else None, place=first.place if first else None
    )


def _try(
    schema: Schema, args: Arguments, keywords: Keywords, receiver: Given | None, conversions: bool
) -> Match | Mismatch:
    bound: dict[str, Type] = {}
    used = 0
    taken: set[str] = set()
    waiting = receiver
    formals = schema.arguments
    for index, formal in enumerate(formals):
        given: Given
        place: object = None
        if formal.name == "self" and waiting is not None:
            given, waiting = waiting, None
        elif not formal.keyword_only and used < len(args):
            if conversions and _takes_the_rest(formals, index, formal):
                actual = args[used][0]
                listed = actual.type.kind == "List" or to_list(actual.type, types.unwrapped(formal.type))
                if not listed or (actual.type is types.UNKNOWN and len(args) - used > 1):
                    element = types.unwrapped(formal.type).args[0]
                    for one, where in args[used:]:
                        why = _fits(Argument("<varargs>", element), one, bound, conversions)
                        if why is not None:
                            return why._replace(place=where)
                    used = len(args)
                    continue
            given, place = args[used]
            used += 1
        else:
            name = _keyword(formal.name, keywords)
            if name is not None:
                if name in taken:
                    return Mismatch(why=f"argument `{name}` is given twice")
                taken.add(name)
                given, place = keywords[name]
            elif formal.default:
                continue
            else:
                return Mismatch(argument=formal.name, why=f"argument `{formal.name}` is not provided")
        why = _fits(formal, given, bound, conversions)
        if why is not None:
            return why._replace(place=place)
    if used < len(args) and not schema.vararg:
        return Mismatch(
            why=f"at most {used} positional arguments are taken, and {len(args)} given", place=args[used][1]
        )
    for name in keywords:
        if name not in taken:
            return Mismatch(why=f"there is no argument `{name}`", place=keywords[name][1])
    return Match(schema, substituted(schema.returns, bound))


def _keyword(name: str, keywords: Keywords) -> str | None:
    if name in keywords:
        return name
    return "input" if name == "self" and "input" in keywords else None


def _takes_the_rest(formals: Sequence[Argument], index: int, formal: Argument) -> bool:
    """Whether ``zeros(2, 3)`` may stand for ``zeros([2, 3])`` here."""
    last = index + 1 == len(formals) or formals[index + 1].keyword_only
    kind = formal.type
    return last and kind.kind == "List" and kind.args[0].kind != "Var" and not formal.fill


def to_list(kind: Type, wanted: Type) -> bool:
    """Whether a tuple may stand where a list is wanted."""
    if wanted.kind != "List":
        return False
    if types.is_subtype(kind, wanted):
        return True
    return kind.kind == "Tuple" and all(types.is_subtype(item, wanted.args[0]) for item in kind.args)


def _fits(formal: Argument, given: Given, bound: dict[str, Type], conversions: bool) -> Mismatch | None:
    actual, wanted = given.type, formal.type
    if actual is types.UNKNOWN or actual is wanted:
        return None
    if formal.fill:
        element = types.unwrapped(wanted)
        if element.kind == "List" and element.args[0] is actual and actual in (types.INT, types.FLOAT):
            actual = types.list_of(actual)
    if not bind(wanted, actual, bound, given.empty):
        return Mismatch(formal.name, wanted, actual)
    wanted = substituted(wanted, bound)
    converted = convert(wanted, actual, given.empty, conversions)
    if types.is_subtype(converted, wanted):
        return None
    return Mismatch(formal.name, wanted, actual)


def convert(wanted: Type, actual: Type, empty: bool, conversions: bool) -> Type:
    """The type after what the compiler converts by itself."""
    if wanted.kind == "Optional" and actual.kind not in ("Optional", "None"):
        return convert(wanted.args[0], actual, empty, conversions)
    if empty and wanted.kind == "List":
        return wanted
    if actual.kind == "Tuple":
        if to_list(actual, types.unwrapped(wanted)):
            return types.unwrapped(wanted)
        if wanted.kind == "Tuple" and len(wanted.args) == len(actual.args) and not types.is_subtype(actual, wanted):
            return types.tuple_of(
                convert(w, a, False, conversions) for w, a in zip(wanted.args, actual.args, strict=True)
            )
    if conversions:
        if actual.kind == "Tensor" and wanted in types.NUMBERS:
            return wanted
        if actual is types.NUMBER and wanted in types.NUMBERS:
            return wanted
        if actual is types.STR and wanted is types.DEVICE:
            return wanted
    return actual


def bind(formal: Type, actual: Type, bound: dict[str, Type], empty: bool) -> bool:
    """Binds the type variables of FORMAL to what ACTUAL has in their places."""
    if formal.kind == "Var":
        known = bound.get(formal.name)
        if known is None or known is types.UNKNOWN:
            bound[formal.name] = actual
            return True
        joined = types.unify(known, actual)
        fits = types.is_subtype(actual, known) or joined is known or known.kind == "Tensor"
        return joined is not None and fits
    if not formal.args or not any(part.kind == "Var" for part in types.parts(formal)):
        return True
    if actual is types.UNKNOWN:
        return True
    if formal.kind == "Optional":
        if actual is types.NONE:
            return True
        return bind(formal.args[0], types.unwrapped(actual), bound, empty)
    if formal.kind == "List" and actual.kind == "Tuple":
        joined = types.unify_all(actual.args)
        return joined is not None and bind(formal.args[0], joined, bound, empty)
    if formal.kind != actual.kind or len(formal.args) != len(actual.args):
        return False
    if formal.kind == "Dict" and not types.is_subtype(actual.args[0], formal.args[0]) and formal.args[0].kind != "Var":
        return False
    return all(bind(f, a, bound, empty) for f, a in zip(formal.args, actual.args, strict=True))


def substituted(kind: Type, bound: dict[str, Type]) -> Type:
    """KIND with its type variables replaced; UNKNOWN where one is not bound."""
    if kind.kind == "Var":
        return bound.get(kind.name, types.UNKNOWN)
    if not kind.args:
        return kind
    args = tuple(substituted(a, bound) for a in kind.args)
    if args == kind.args:
        return kind
    if kind.kind == "Optional":
        return types.optional_of(args[0])
    if kind.kind == "Tuple":
        return types.tuple_of(args, kind.name, kind.fields)
    return types._made(kind.kind, args, kind.name, kind.fields)
