"""Versions that do not work together: the table ``environment.json``, read and matched. Imports no package it speaks of."""

from __future__ import annotations

import functools
import importlib.metadata
import json
import re
from dataclasses import dataclass
from pathlib import Path

from tslint.evidence import EnvironmentWrong

_OPERATORS = {
    "<=": lambda ours, theirs: ours <= theirs,
    ">=": lambda ours, theirs: ours >= theirs,
    "==": lambda ours, theirs: ours == theirs,
    "!=": lambda ours, theirs: ours != theirs,
    "<": lambda ours, theirs: ours < theirs,
    ">": lambda ours, theirs: ours > theirs,
}


@dataclass(frozen=True)
class Pair:
    """A row: what is wrong, the versions it takes (package → ``>=2.4,<3``), a phrase it raises, and a pin that works."""

    problem: str
    packages: dict[str, str]
    phrase: str
    remedy: str

    def evidence(self, message: str) -> EnvironmentWrong:
        return EnvironmentWrong(self.problem, message, self.remedy)


@functools.lru_cache(maxsize=1)
def pairs() -> tuple[Pair, ...]:
    data = json.loads(Path(__file__).with_name("environment.json").read_text(encoding="utf-8"))
    return tuple(Pair(**row) for row in data["pairs"])


def installed(pair: Pair) -> bool:
    """Whether every package of PAIR is installed in a version that it names."""
    for name, wanted in pair.packages.items():
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            return False
        if not matches(version, wanted):
            return False
    return True


def matches(version: str, wanted: str) -> bool:
    """Whether VERSION (``2.4.1``; what follows its numbers is ignored) satisfies all of WANTED (``>=2.4,<3``)."""
    for part in wanted.split(","):
        match = re.fullmatch(r"\s*(<=|>=|==|!=|<|>)\s*([\d.]+)\s*", part)
        if not match:
            raise ValueError(f"not a version specifier: {part!r}")
        width = max(len(_numbers(version)), len(_numbers(match.group(2))))
        ours, theirs = (numbers + (0,) * (width - len(numbers)) for numbers in map(_numbers, (version, match.group(2))))
        if not _OPERATORS[match.group(1)](ours, theirs):
            return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    match = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in match.group().split(".")) if match else ()


def wrong_versions() -> list[EnvironmentWrong]:
    """What is known to be wrong with the installed versions."""
    return [pair.evidence("") for pair in pairs() if installed(pair)]


def explains(message: str) -> Pair | None:
    """The row whose phrase is in MESSAGE."""
    return next((pair for pair in pairs() if pair.phrase and pair.phrase in message), None)
