"""What a name or expression of TorchScript can stand for: first-class values, and all that is none (modules, functions …)."""

from __future__ import annotations

from typing import Any

import libcst as cst

from tslint.facts.building.values import Built, Layer
from tslint.facts.torchscript import types
from tslint.facts.torchscript.schemas import MISSING
from tslint.facts.torchscript.tables import Library
from tslint.facts.torchscript.types import Type


class Sugared:
    """Whatever stands behind a name. ``kind`` is the compiler's word for it."""

    __slots__ = ()
    kind = "value"


class Simple(Sugared):
    """A first-class value. ``literal``: the constant that it is; ``empty``: a list literal without items; ``made``: the
    empty list or dict without a type that it comes from."""

    __slots__ = ("empty", "literal", "made", "type")

    def __init__(
        self, type: Type, literal: Any = MISSING, empty: bool = False, made: cst.CSTNode | None = None
    ) -> None:
        self.type = type
        self.literal = literal
        self.empty = empty
        self.made = made


class Open(Sugared):
    """Nothing is known; whatever is done with it is right."""

    __slots__ = ()


class ModuleS(Sugared):
    """A module: the instance that a constructor built."""

    __slots__ = ("value",)
    kind = "module"

    def __init__(self, value: Built | Layer) -> None:
        self.value = value


class MethodS(Sugared):
    """A method of a module of the file."""

    __slots__ = ("node", "owner")
    kind = "method"

    def __init__(self, node: cst.FunctionDef, owner: Built) -> None:
        self.node = node
        self.owner = owner


class FunctionS(Sugared):
    """A function of the file, compiled on its own."""

    __slots__ = ("node",)
    kind = "function"

    def __init__(self, node: cst.FunctionDef) -> None:
        self.node = node


class OperatorS(Sugared):
    """An operator; ``receiver`` is the value whose method it is."""

    __slots__ = ("name", "receiver")
    kind = "builtin"

    def __init__(self, name: str, receiver: Simple | None = None) -> None:
        self.name = name
        self.receiver = receiver


class LibraryS(Sugared):
    """A function of PyTorch that is compiled with what uses it."""

    __slots__ = ("library", "name")
    kind = "function"

    def __init__(self, name: str, library: Library) -> None:
        self.name = name
        self.library = library


class SpecialS(Sugared):
    """A form with rules of its own: ``range``, ``zip``, ``isinstance``, ``annotate`` …"""

    __slots__ = ("form", "receiver")
    kind = "special form"

    def __init__(self, form: str, receiver: Sugared | None = None) -> None:
        self.form = form
        self.receiver = receiver


class CastS(Sugared):
    """``int``, ``float``, ``bool``, ``str``, ``x.float()`` …"""

    __slots__ = ("operator", "receiver", "type")
    kind = "builtin"

    def __init__(self, type: Type, operator: str, receiver: Simple | None = None) -> None:
        self.type = type
        self.operator = operator
        self.receiver = receiver


class PythonS(Sugared):
    """A Python object that TorchScript has no value for. ``what`` is its Python type, ``reason`` which rule speaks of it."""

    __slots__ = ("kind", "name", "reason", "what")

    def __init__(self, what: str, reason: str, name: str = "", kind: str = "") -> None:
        self.what = what
        self.reason = reason
        self.name = name
        self.kind = kind or f"python value of type '{what}'"


class PythonModuleS(Sugared):
    """A Python module, by its qualified name."""

    __slots__ = ("name",)
    kind = "python module"

    def __init__(self, name: str) -> None:
        self.name = name


class ClassS(Sugared):
    """A class of the file, or a library's by its qualified name. ``is_module``: an ``nn.Module``."""

    __slots__ = ("is_module", "name", "node")
    kind = "Python type"

    def __init__(self, name: str, node: cst.ClassDef | None = None, is_module: bool = False) -> None:
        self.name = name
        self.node = node
        self.is_module = is_module


class ExceptionS(Sugared):
    __slots__ = ()
    kind = "Python exception"


class TupleS(Sugared):
    """Several values that are no first-class tuple: the members of a container, the parts of ``zip`` and ``enumerate``.

    ``exact``: these are all; else some of them (a container whose size the source does not tell).
    """

    __slots__ = ("exact", "items")
    kind = "Tuple"

    def __init__(self, items: list[Sugared], exact: bool = True) -> None:
        self.items = items
        self.exact = exact


class RangeS(Sugared):
    """``range(…)``, and the counter of ``enumerate``. ``static`` is the length of what it runs beside."""

    __slots__ = ("static",)
    kind = "range"

    def __init__(self, static: int | None = None) -> None:
        self.static = static


class TreeS(Sugared):
    """``zip`` and ``enumerate``: several iterables side by side. ``static``: the rounds, where the loop is unrolled."""

    __slots__ = ("children", "static")
    kind = "iterabletree"

    def __init__(self) -> None:
        self.children: list[Sugared] = []
        self.static: int | None = None


class IteratorS(Sugared):
    """``module.items`` and its like: called without arguments, it is the iterable."""

    __slots__ = ("iterable",)
    kind = "builtin"

    def __init__(self, iterable: Sugared) -> None:
        self.iterable = iterable


class NothingS(Sugared):
    """What ``print`` returns."""

    __slots__ = ()
    kind = "None"


OPEN = Open()
OPEN_VALUE = Simple(types.UNKNOWN)
TENSOR_VALUE = Simple(types.TENSOR)


def simple(kind: Type) -> Simple:
    """A value of this type that is no constant."""
    return TENSOR_VALUE if kind is types.TENSOR else Simple(kind)
