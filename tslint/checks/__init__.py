"""One module a rule: functions marked with what they want to see, which ask facts and yield findings.

What a check wants is a LibCST node type, ``Facts`` (the file as a whole), a type of evidence, or, by its code, a refusal of
TorchScript's compiler (``@on("variadic")``).

A check may ask the facts anything and may not walk the file again, read another file, or run anything. Its module is
named as its rule, with ``_`` for ``-``; nothing registers it: the package is listed.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from tslint.diagnostic import Finding
from tslint.frozen import frozen

Function = TypeVar("Function", bound=Callable[..., Iterator[Finding]])

_MARK = "__tslint_on__"
_TRACED = "__tslint_traced__"
_CALLS = "__tslint_calls__"
_NAMED = "__tslint_named__"


Subject = type | str
"""What a check is marked with: a type, or the code of a refusal."""


def on(
    *kinds: Subject, traced: bool = False, calls: tuple[str, ...] = (), named: Iterable[str] = ()
) -> Callable[[Function], Function]:
    """Marks a check with the node types, evidence types or codes of refusals it is to be called for.

    TRACED: of the nodes, with those alone that tracing comes past (``Facts.is_traced_code``), which is then asked once for
    all checks. CALLS: of the calls, with those to these functions alone, by their qualified names or with all of a package
    (``Facts.calls_to``). NAMED: of the attributes, with those of these names alone.
    """

    def mark(function: Function) -> Function:
        setattr(function, _MARK, kinds)
        setattr(function, _TRACED, traced)
        setattr(function, _CALLS, calls)
        setattr(function, _NAMED, tuple(named))
        return function

    return mark


@frozen
class Check:
    """A marked function: ``rule`` is its module's name with dashes.

    ``traced``: it wants the nodes of traced code alone; ``calls``: the calls to these functions; ``named``:
    the attributes of these names.
    """

    rule: str
    function: Callable[[Any, Any], Iterator[Finding]]
    traced: bool = False
    calls: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


@functools.cache
def checks() -> dict[Subject, tuple[Check, ...]]:
    """Every check by what it wants."""
    table: dict[Subject, list[Check]] = {}
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda info: info.name):
        if info.name.startswith("_"):
            continue
        module = importlib.import_module(f"{__name__}.{info.name}")
        for function in vars(module).values():
            if getattr(function, "__module__", None) == module.__name__:
                for kind in getattr(function, _MARK, ()):
                    wants = [getattr(function, mark) for mark in (_TRACED, _CALLS, _NAMED)]
                    table.setdefault(kind, []).append(Check(info.name.replace("_", "-"), function, *wants))
    return {kind: tuple(found) for kind, found in table.items()}
