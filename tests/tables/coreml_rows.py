"""What the trials of one callable have in common: the rows of the table, found by comparing samples that differ in one argument.

A condition is taken only where every trial that meets it fails, and some pair of trials shows that it decides: alike in
everything else, one converts and the other does not.
"""

from __future__ import annotations

import collections
from collections.abc import Iterator
from typing import Any, NamedTuple

RANK = "rank"
TELLING = 2
"""Trials that a condition on the rank has to explain, and those that have to show that a flag decides."""


class Seen(NamedTuple):
    """A trial: what the arguments were (``rank`` among them), and what became of it."""

    arguments: dict[str, str]
    outcome: str
    ops: tuple[str, ...]


class Condition(NamedTuple):
    parameter: str
    values: frozenset[str]

    def holds(self, seen: Seen) -> bool:
        return seen.arguments.get(self.parameter) in self.values


def rows(main: str, trials: list[dict[str, Any]], defaults: dict[str, str]) -> list[str]:
    """The lines of one callable and of the other names of its op. These were tried on a few samples: its conditions are theirs.

    DEFAULTS tells what its parameters are where they are left out.
    """
    positions: dict[str, set[int]] = {}
    by_name: dict[str, list[Seen]] = {main: []}
    for trial in trials:
        for parameter, (position, _) in trial["arguments"].items():
            positions.setdefault(parameter, set()).add(position)
        if trial["outcome"] != "untold":
            by_name.setdefault(trial["name"], []).append(_seen(trial))
    conditions = [
        (outcome, condition)
        for outcome in ("missing", "refused")
        for condition in _explaining(_of(by_name[main], outcome), _otherwise(by_name[main], outcome))
        if condition.parameter == RANK or len(positions[condition.parameter]) == 1
    ]
    found = []
    for name, seen in by_name.items():
        missing = _of(seen, "missing")
        if missing and not _otherwise(seen, "missing"):
            found.append(_line(name, missing, None, positions, defaults))
            continue
        for outcome, condition in conditions:
            bad = [one for one in _of(seen, outcome) if condition.holds(one) and one.ops]
            if bad and not any(condition.holds(one) for one in _otherwise(seen, outcome)):
                for part in _by_op(condition, bad):
                    found += _exceptions(name, _met(part, bad), part, positions) if outcome == "missing" else []
                    found.append(_line(name, bad, part, positions, defaults))
    return found


def _of(seen: list[Seen], outcome: str) -> list[Seen]:
    return [one for one in seen if one.outcome == outcome]


def _otherwise(seen: list[Seen], outcome: str) -> list[Seen]:
    """The trials that speak against an outcome: those that convert; against missing, also those refused for a known op."""
    missing = {op for one in _of(seen, "missing") for op in one.ops}
    known = [one for one in _of(seen, "refused") if one.ops and not missing & set(one.ops)]
    return _of(seen, "ok") + (known if outcome == "missing" else [])


def _seen(trial: dict[str, Any]) -> Seen:
    arguments = {parameter: word for parameter, (_, word) in trial["arguments"].items()}
    return Seen({**arguments, RANK: str(trial["rank"])}, trial["outcome"], tuple(trial["ops"]))


def _explaining(bad: list[Seen], good: list[Seen]) -> Iterator[Condition]:
    """The conditions on one argument each, those that explain most first, until what is left has none."""
    left = list(bad)
    while left:
        candidates = [c for parameter in _parameters(left) if (c := _condition(parameter, left, bad, good))]
        best = max(candidates, key=lambda one: (len(_met(one, left)), -len(one.values)), default=None)
        if best is None:
            return
        yield best
        left = [one for one in left if not best.holds(one)]


def _condition(parameter: str, left: list[Seen], bad: list[Seen], good: list[Seen]) -> Condition | None:
    """Every value of a parameter that decides by itself. The rank is about the one tensor, where there is one."""
    if parameter == RANK and any(list(one.arguments.values()).count("tensor") > 1 for one in bad + good):
        return None
    needed = TELLING if parameter == RANK else 1
    values = frozenset(
        value
        for value in {one.arguments[parameter] for one in left if parameter in one.arguments} - {"object"}
        if len(_met(Condition(parameter, frozenset([value])), bad)) >= needed
        and not _met(Condition(parameter, frozenset([value])), good)
        and _decides(parameter, value, bad, good)
    )
    return Condition(parameter, values) if values else None


def _met(condition: Condition, trials: list[Seen]) -> list[Seen]:
    return [one for one in trials if condition.holds(one)]


def _parameters(trials: list[Seen]) -> list[str]:
    return list(dict.fromkeys(p for one in trials for p in one.arguments))


def _decides(parameter: str, value: str, bad: list[Seen], good: list[Seen]) -> bool:
    """Whether some trial that fails with VALUE would convert if this parameter alone were another; of a flag, two trials."""
    deciding = [
        one
        for one in bad
        if one.arguments.get(parameter) == value
        and any(
            other.arguments.keys() == one.arguments.keys()
            and all(other.arguments[p] == v for p, v in one.arguments.items() if p != parameter)
            for other in good
        )
    ]
    return len(deciding) >= (TELLING if value in ("True", "False") else 1)


def _by_op(condition: Condition, bad: list[Seen]) -> list[Condition]:
    """A condition for each op that its values lead to."""
    values: dict[str, set[str]] = {}
    for value in sorted(condition.values):
        met = _met(Condition(condition.parameter, frozenset([value])), bad)
        if met:
            values.setdefault(_op(met), set()).add(value)
    return [Condition(condition.parameter, frozenset(several)) for several in values.values()]


def _exceptions(name: str, met: list[Seen], part: Condition, positions: dict[str, set[int]]) -> Iterator[str]:
    """The lines of the other ops that a condition leads to where another argument has a certain value, too."""
    for op in sorted({one.ops[0] for one in met} - {_op(met)}):
        others = [one for one in met if one.ops[0] != op]
        for parameter in _parameters(met):
            values = {one.arguments.get(parameter) for one in met} - {one.arguments.get(parameter) for one in others}
            value = next(iter(values)) if len(values) == 1 else None
            if value is not None and (parameter == RANK or len(positions[parameter]) == 1):
                conditions = "\t".join(_written(c, positions) for c in (part, Condition(parameter, frozenset([value]))))
                yield f"{name}\t{met[0].outcome} {op}\t{conditions}"
                break


def _written(condition: Condition, positions: dict[str, set[int]], left_out: bool = False) -> str:
    place = "" if condition.parameter == RANK else f"@{min(positions[condition.parameter])}"
    values = sorted(condition.values) + (["-"] if left_out else [])
    return f"{condition.parameter}{place}={'|'.join(values)}"


def _op(explained: list[Seen]) -> str:
    return collections.Counter(op for one in explained for op in one.ops[:1]).most_common(1)[0][0]


def _line(
    name: str, bad: list[Seen], condition: Condition | None, positions: dict[str, set[int]], defaults: dict[str, str]
) -> str:
    explained = bad if condition is None else _met(condition, bad)
    op = _op(explained)
    line = f"{name}\t{explained[0].outcome} {op}"
    if condition is None:
        return line
    return f"{line}\t{_written(condition, positions, defaults.get(condition.parameter) in condition.values)}"
