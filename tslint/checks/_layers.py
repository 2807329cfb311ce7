"""Which layers a module holds, as far as the source tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tslint.facts.facts import Facts
from tslint.facts.kinds import Kind, Module, Unknown, options

Judge = Callable[[str, Module], bool | None]


def holds(kind: Kind, facts: Facts, judge: Judge) -> bool | None:
    """Whether a module holds a layer for which JUDGE says True; None where some are unknown, or JUDGE says None."""
    answers = set(_answers(kind, facts, judge, frozenset()))
    return True if True in answers else None if None in answers else False


def _answers(kind: Kind, facts: Facts, judge: Judge, seen: frozenset[object]) -> Iterator[bool | None]:
    if not isinstance(kind, Module):
        yield None
    elif kind.cls is not None:
        if kind.cls not in seen:
            yield from _of_class(kind, facts, judge, seen | {kind.cls})
    elif kind.items:
        for item in kind.items:
            for option in options(item):
                yield from _answers(option, facts, judge, seen)
    else:
        yield judge(kind.layer, kind) if kind.layer is not None else None


def _of_class(kind: Module, facts: Facts, judge: Judge, seen: frozenset[object]) -> Iterator[bool | None]:
    cls = kind.cls
    if cls.inherits_library:
        yield None
    for base in cls.lineage:
        for attribute in facts.analysis.noted(base).attributes.values():
            for option in options(attribute.kind):
                if isinstance(option, Module) or attribute.registered:
                    yield from _answers(option, facts, judge, seen)
                elif isinstance(option, Unknown):
                    yield None
    for item in facts.analysis.container_items(cls):
        yield from _answers(item, facts, judge, seen)


def is_literally(kind: Module, facts: Facts, index: int, name: str, wanted: str) -> bool:
    """Whether the layer's constructor is given the argument NAME as the literal WANTED."""
    given = facts.argument(kind.call, index, name) if kind.call is not None else None
    return given is not None and facts.text(given) == wanted
