"""``frozen`` gives what ``dataclass(frozen=True)`` gives."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import pytest

from tslint.frozen import field, frozen


@frozen
class Base:
    word: ClassVar[str] = "base"
    origin: object = field(default=None, compare=False, repr=False, kw_only=True)


@frozen
class Point(Base):
    """A point."""

    x: int
    y: int = 2
    tags: list[str] = field(default_factory=list, compare=False)


@frozen
class Other(Base):
    x: int
    y: int = 2


def test_fields_defaults_and_keywords() -> None:
    point = Point(1)
    assert (point.x, point.y, point.tags, point.origin, point.word) == (1, 2, [], None, "base")
    assert Point(1, y=3, origin="o").origin == "o"
    assert Point(1).tags is not Point(1).tags
    assert [item.name for item in dataclasses.fields(Point)] == ["origin", "x", "y", "tags"]


def test_wrong_arguments_are_refused() -> None:
    for arguments in ((), (1, 2, [], "origin"), ()):
        with pytest.raises(TypeError):
            Point(*arguments)
    with pytest.raises(TypeError):
        Point(1, z=3)  # type: ignore[call-arg]


def test_equality_and_hash_go_by_the_fields_that_are_compared() -> None:
    assert Point(1, 2, ["a"], origin=1) == Point(1, 2, ["b"], origin=2)
    assert hash(Point(1, 2, ["a"])) == hash(Point(1, 2))
    assert Point(1) != Point(2)
    assert Point(1) != Other(1)
    assert Base() == Base(origin=3)


def test_nothing_can_be_set_or_deleted() -> None:
    point = Point(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        del point.x
    assert point.x == 1


def test_replace_and_repr() -> None:
    assert dataclasses.replace(Point(1, 2), y=5) == Point(1, 5)
    assert repr(Point(1, origin=3)) == "Point(x=1, y=2, tags=[])"
