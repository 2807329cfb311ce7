"""Frozen data: what ``dataclass(frozen=True)`` gives, at a fifth of what it costs at import.

The standard decorator compiles six methods for every class, 0.4 ms each time; a hook that reads one small file spends more
on that than on the file. Here the fields are still the standard library's (``dataclasses.fields`` and ``replace`` work),
one method is compiled, and the others are shared. Imports nothing but the standard library.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

T = TypeVar("T")

__all__ = ["field", "frozen"]

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform

    @dataclass_transform(frozen_default=True, field_specifiers=(field,))
    def frozen(cls: type[T]) -> type[T]:
        """A class decorator: equal and hashed by fields, and no field can be set after ``__init__``."""

else:

    def frozen(cls: type[T]) -> type[T]:
        made = dataclass(init=False, repr=False, eq=False)(cls)
        own = dataclasses.fields(made)
        compared = [item.name for item in own if item.compare]
        values: Callable[[Any], Any] = attrgetter(*compared) if compared else lambda _: ()
        made.__init__ = _initialiser(own)
        made.__setattr__ = _refuse
        made.__delattr__ = _refuse
        made.__repr__ = vars(cls).get("__repr__", _repr)
        made.__eq__ = lambda self, other: (
            values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented
        )
        made.__hash__ = lambda self: hash(values(self))
        return made


def _initialiser(fields: tuple[dataclasses.Field[Any], ...]) -> Any:
    """``__init__`` with the defaults of FIELDS; the values go straight into the instance's dictionary."""
    names: dict[str, Any] = {}
    positional: list[str] = []
    named: list[str] = []
    made: list[str] = []
    for item in fields:
        default = ""
        value = item.name
        if item.default is not MISSING:
            names[f"_{item.name}"] = item.default
            default = f"=_{item.name}"
        elif item.default_factory is not MISSING:
            names["_MISSING"] = MISSING
            names[f"_{item.name}"] = item.default_factory
            default = "=_MISSING"
            value = f"_{item.name}() if {item.name} is _MISSING else {item.name}"
        (named if item.kw_only else positional).append(f"{item.name}{default}")
        made.append(f"{item.name!r}: {value}")
    parameters = ["self", *positional, *(["*", *named] if named else [])]
    # The names are those of a class body, so they can be put into code.
    code = f"def __init__({', '.join(parameters)}):\n self.__dict__.update({{{', '.join(made)}}})"
    exec(code, names)
    return names["__init__"]


def _refuse(self: Any, name: str, *value: Any) -> None:
    raise FrozenInstanceError(f"`{name}` of a {type(self).__name__} cannot be changed")


def _repr(self: Any) -> str:
    shown = (f"{item.name}={getattr(self, item.name)!r}" for item in dataclasses.fields(self) if item.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"
