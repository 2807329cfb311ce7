"""The values that a constructor works with."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

import libcst as cst

from tslint.facts.classes import ModuleClass


class Value:
    __slots__ = ()


class Known(Value):
    """A plain Python value: a number, a string, a bool, None, an ellipsis."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Unknown(Value):
    """Nothing but perhaps its ``type`` is known (``int``, ``float``, ``bool``, ``str``, ``number``)."""

    __slots__ = ("type",)

    def __init__(self, type: str | None = None) -> None:
        self.type = type


class Sequence(Value):
    """A list, tuple or set (``kind``). ``exact``: it has just these items; else they are some of them."""

    __slots__ = ("exact", "items", "kind")

    def __init__(self, kind: str, items: Iterable[Value] = (), exact: bool = True) -> None:
        self.kind = kind
        self.items = list(items)
        self.exact = exact


class Mapping(Value):
    """A dict. Keys are plain values; ``exact``: it has no others."""

    __slots__ = ("exact", "items", "kind")

    def __init__(self, items: dict[Any, Value] | None = None, exact: bool = True, kind: str = "dict") -> None:
        self.items = dict(items or {})
        self.exact = exact
        self.kind = kind


class TensorValue(Value):
    """``role`` is parameter, buffer or plain."""

    __slots__ = ("role",)

    def __init__(self, role: str = "plain") -> None:
        self.role = role


class Arguments:
    """What a call hands over. ``exact``: no star hides more."""

    __slots__ = ("exact", "keywords", "positional")

    def __init__(
        self, positional: Iterable[Value] = (), keywords: dict[str, Value] | None = None, exact: bool = True
    ) -> None:
        self.positional = list(positional)
        self.keywords = dict(keywords or {})
        self.exact = exact

    def get(self, index: int, name: str, default: Value | None = None) -> Value | None:
        if name in self.keywords:
            return self.keywords[name]
        if 0 <= index < len(self.positional):
            return self.positional[index]
        return default if self.exact else Unknown()


class ModuleValue(Value):
    """An ``nn.Module``. ``members`` are those of a container by name; ``hooked`` says what was put around its forward."""

    __slots__ = ("exact", "hooked", "members", "node")

    def __init__(self, node: cst.CSTNode | None = None) -> None:
        self.members: dict[str, Value] = {}
        self.exact = True
        self.hooked: str | None = None
        self.node = node

    def add(self, value: Value, name: str | None = None) -> None:
        self.members[str(len(self.members)) if name is None else name] = value


class Layer(ModuleValue):
    """A library's module, by its qualified name, with what it was constructed with."""

    __slots__ = ("arguments", "name")

    def __init__(self, name: str, arguments: Arguments, node: cst.CSTNode | None = None) -> None:
        super().__init__(node)
        self.name = name
        self.arguments = arguments

    @property
    def short(self) -> str:
        return self.name.rpartition(".")[2]


class Slot:
    """An attribute: ``certain`` where every path of the constructor sets it. ``node`` is the last statement that does."""

    __slots__ = ("certain", "node", "value")

    def __init__(self, value: Value, node: cst.CSTNode | None = None, certain: bool = True) -> None:
        self.value = value
        self.node = node
        self.certain = certain


class Built(ModuleValue):
    """An instance of a module class of the file. ``base`` is the library's layer that it is derived from, if any.

    ``dynamic``: attributes of unknown names are set too (``setattr``, ``__dict__``, an unknown base's constructor).
    """

    __slots__ = ("arguments", "attributes", "base", "cls", "dynamic")

    def __init__(self, cls: ModuleClass, arguments: Arguments, node: cst.CSTNode | None = None) -> None:
        super().__init__(node)
        self.cls = cls
        self.arguments = arguments
        self.attributes: dict[str, Slot] = {}
        self.base: Layer | None = None
        self.dynamic = False

    def take_state(self, twin: Built) -> None:
        """Becomes as TWIN is, which the same constructor made from the same arguments; their parts are the same objects."""
        self.members = dict(twin.members)
        self.exact, self.hooked, self.dynamic, self.base = twin.exact, twin.hooked, twin.dynamic, twin.base
        self.attributes = dict(twin.attributes)

    def state(self) -> Hashable:
        """Equal for instances of a class that have the very same parts; while nothing is built any more."""
        return (
            self.cls, self.exact, self.hooked, self.dynamic, id(self.base),
            tuple([(name, id(part)) for name, part in self.members.items()]),
            tuple([(name, id(slot)) for name, slot in self.attributes.items()]),
        )  # fmt: skip


class Object(Value):
    """An instance of a class that is no module: of the file (``node``), or of a library by its qualified ``name``."""

    __slots__ = ("arguments", "attributes", "name", "node")

    def __init__(self, name: str, node: cst.ClassDef | None = None, arguments: Arguments | None = None) -> None:
        self.name = name
        self.node = node
        self.arguments = arguments or Arguments()
        self.attributes: dict[str, Slot] = {}


class Function(Value):
    """A function, lambda or method of the file; ``owner`` is what it is bound to, ``closure`` the variables around it."""

    __slots__ = ("closure", "node", "owner")

    def __init__(
        self, node: cst.FunctionDef | cst.Lambda, owner: Value | None = None, closure: dict[str, Value] | None = None
    ) -> None:
        self.node = node
        self.owner = owner
        self.closure = closure


class Class(Value):
    """A class of the file."""

    __slots__ = ("node",)

    def __init__(self, node: cst.ClassDef) -> None:
        self.node = node


class Library(Value):
    """A thing of a library, by its qualified name; ``owner`` is the value whose method it is."""

    __slots__ = ("name", "owner")

    def __init__(self, name: str, owner: Value | None = None) -> None:
        self.name = name
        self.owner = owner


class Partial(Value):
    """``functools.partial(function, …)``."""

    __slots__ = ("arguments", "function")

    def __init__(self, function: Value, arguments: Arguments) -> None:
        self.function = function
        self.arguments = arguments


class Either(Value):
    """One of several values, depending on the path taken."""

    __slots__ = ("options",)

    def __init__(self, options: Iterable[Value]) -> None:
        self.options = tuple(options)


NONE = Known(None)
UNKNOWN = Unknown()
MOST_OPTIONS = 4
PLAIN = frozenset({int, float, complex, bool, str, bytes, type(None), type(...)})


def options(value: Value) -> tuple[Value, ...]:
    return value.options if type(value) is Either else (value,)


def join(one: Value, two: Value) -> Value:
    """What a variable holds that is ONE on a path and TWO on another."""
    if one is two or same(one, two):
        return one
    if type(one) is Unknown or type(two) is Unknown:
        first, second = plain_type(one), plain_type(two)
        return Unknown(first if first == second else None)
    merged = list(options(one))
    for value in options(two):
        if not any(value is known or same(value, known) for known in merged):
            merged.append(value)
    types = {plain_type(value) for value in merged}
    if len(merged) > MOST_OPTIONS or (len(types) == 1 and None not in types and len(merged) > 2):
        return Unknown(types.pop() if len(types) == 1 else None)
    return Either(merged)


def same(one: Value, two: Value) -> bool:
    """Whether two values cannot be told apart."""
    if type(one) is not type(two):
        return False
    if type(one) is Known and type(two) is Known:
        return type(one.value) is type(two.value) and one.value == two.value
    if type(one) is Library and type(two) is Library:
        return one.name == two.name and one.owner is two.owner
    if type(one) is Class and type(two) is Class:
        return one.node is two.node
    if type(one) is Function and type(two) is Function:
        return one.node is two.node and one.owner is two.owner
    if type(one) is TensorValue and type(two) is TensorValue:
        return one.role == two.role
    if type(one) is Unknown and type(two) is Unknown:
        return one.type == two.type
    if type(one) is Sequence and type(two) is Sequence:
        return (
            one.kind == two.kind
            and one.exact == two.exact
            and len(one.items) == len(two.items)
            and all(map(same, one.items, two.items))
        )
    if type(one) is Layer and type(two) is Layer:
        return (
            one.name == two.name
            and not one.members
            and not two.members
            and same_arguments(one.arguments, two.arguments)
        )
    return False


def same_arguments(one: Arguments, two: Arguments) -> bool:
    return (
        one.exact == two.exact
        and len(one.positional) == len(two.positional)
        and all(map(same, one.positional, two.positional))
        and one.keywords.keys() == two.keywords.keys()
        and all(same(value, two.keywords[name]) for name, value in one.keywords.items())
    )


def signature_of(arguments: Arguments) -> Hashable | None:
    """The same for arguments that a constructor cannot tell apart; None where one of them is an object that it may change."""
    positional = [signature(value) for value in arguments.positional]
    keywords = [(name, signature(value)) for name, value in arguments.keywords.items()]
    if None in positional or any(value is None for _, value in keywords):
        return None
    return arguments.exact, tuple(positional), tuple(keywords)


def signature(value: Value) -> Hashable | None:
    """The same for values that cannot be told apart and cannot be changed; None for all others."""
    kind = type(value)
    if kind is Known:
        plain = type(value.value)  # type: ignore[attr-defined]
        return (Known, plain, value.value) if plain in PLAIN else None  # type: ignore[attr-defined]
    if kind is Unknown:
        return (Unknown, value.type)  # type: ignore[attr-defined]
    if kind is TensorValue:
        return (TensorValue, value.role)  # type: ignore[attr-defined]
    if kind is Library and value.owner is None:  # type: ignore[attr-defined]
        return (Library, value.name)  # type: ignore[attr-defined]
    if kind is Class:
        return (Class, value.node)  # type: ignore[attr-defined]
    if kind is Function and value.owner is None and not value.closure:  # type: ignore[attr-defined]
        return (Function, value.node)  # type: ignore[attr-defined]
    if kind is Partial:
        of, given = signature(value.function), signature_of(value.arguments)  # type: ignore[attr-defined]
        return None if of is None or given is None else (Partial, of, given)
    if kind is Sequence and value.kind == "tuple":  # type: ignore[attr-defined]
        items = [signature(item) for item in value.items]  # type: ignore[attr-defined]
        return None if None in items else (Sequence, value.exact, tuple(items))  # type: ignore[attr-defined]
    return None


def plain_type(value: Value) -> str | None:
    """``int``, ``float``, ``bool``, ``str`` … of a plain value; None for anything else."""
    if type(value) is Known:
        return type(value.value).__name__
    return value.type if type(value) is Unknown else None


def truth(value: Value) -> bool | None:
    """Whether a condition holds; None where that is not known."""
    if type(value) is Known:
        return bool(value.value)
    if type(value) is Sequence:
        return bool(value.items) if value.exact else (True if value.items else None)
    if type(value) is Mapping:
        return bool(value.items) if value.exact else (True if value.items else None)
    if type(value) is Either:
        answers = {truth(option) for option in value.options}
        return answers.pop() if len(answers) == 1 else None
    if type(value) in (Function, Class, Library, Partial, Object, Layer, Built):
        return True
    return None


def joined_variables(one: dict[str, Value], two: dict[str, Value]) -> dict[str, Value]:
    if one == two:
        return one
    result = dict(one)
    for name, value in two.items():
        mine = result.get(name)
        result[name] = value if mine is None or mine is value else join(mine, value)
    return result


def joined_slots(one: dict[str, Slot], two: dict[str, Slot]) -> dict[str, Slot]:
    result: dict[str, Slot] = {}
    for name in {**one, **two}:
        a, b = one.get(name), two.get(name)
        if a is None or b is None:
            known = a or b
            assert known is not None
            result[name] = Slot(known.value, known.node, False)
        elif a is b:
            result[name] = a
        else:
            result[name] = Slot(join(a.value, b.value), b.node, a.certain and b.certain)
    return result
