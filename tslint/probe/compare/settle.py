"""Escapes held against escapes: what changed from one input to another, and whether that is what makes the trace wrong.

An escape that changed on an input for which the trace is wrong need not be the reason. So it is tried: the other input is
traced once more with this one value forced to what the example gave. If that trace is wrong there too, the escape alone
does it; if it is right, the escape is harmless.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from tslint.diagnostic import Place
from tslint.probe.compare.graphs import Canonical, canonical, first_difference, place_of_difference
from tslint.probe.frames import Territory, context_of, range_arguments
from tslint.probe.subject import Inputs
from tslint.probe.trace.modes import place_of_node
from tslint.probe.trace.moment import Key, Moment, Occasion
from tslint.probe.trace.tracing import Tracing, record
from tslint.probe.values import answer, difference

Positions = dict[Key, list[Moment]]
Pair = tuple[Moment, Moment]


@dataclass
class Trial:
    """One further input, after eager accepted it: what eager answers, and whether the example's trace agrees.

    ``place`` is the line at which the trace raised.
    """

    inputs: Inputs
    axes: tuple[tuple[int, int], ...]
    expected: Any
    right: bool
    apart: float | None
    why: str
    positions: Positions = field(default_factory=dict)
    program: Any = None
    place: Place | None = None


@dataclass
class Change:
    """One position whose value another input changed: ``kind`` is baked, branch or rounds; values of both inputs."""

    key: Key
    moment: Moment
    kind: str
    value: Any
    other: Any


@dataclass
class Verdict:
    """What is known of one position: ``harmful`` and ``specialised`` hold the trial that showed it, and where it is used.

    ``moments`` are the example's own; ``pairs`` holds for each trial those that both traces came to. On the trials of
    ``innocent_on`` the trace is wrong, and not for this value.
    """

    moments: list[Moment]
    pairs: dict[str, list[Pair]] = field(default_factory=dict)
    harmful: tuple[Change, Trial, Place | None] | None = None
    specialised: tuple[Change, Trial, Place | None] | None = None
    harmless_on: list[str] = field(default_factory=list)
    innocent_on: list[str] = field(default_factory=list)
    unexplained_on: list[str] = field(default_factory=list)
    joint: bool = False
    live_seen: bool = False
    sizes_changed: bool = False

    def changed_on(self, name: str) -> bool:
        """Whether the value was another one on the trial NAME, on any occasion."""
        return any(not same(one.mark, two.mark) for one, two in self.pairs.get(name, ()))

    def values(self) -> dict[str, Any]:
        """The value with each input tried, on the first occasion on which any of them changed it."""
        changed = (one for pairs in self.pairs.values() for one, two in pairs if not same(one.mark, two.mark))
        moment = next(changed, self.moments[0])
        found = {name: two.value for name, pairs in self.pairs.items() for one, two in pairs if one is moment}
        return {"example": moment.value, **found}


def positions(moments: Sequence[Moment]) -> Positions:
    """Moments by their position in the program, in order of occurrence."""
    found: Positions = {}
    for moment in moments:
        found.setdefault(moment.key, []).append(moment)
    return found


def same(one: Any, two: Any) -> bool:
    """Whether two marks are of the same value."""
    return bool(one == two) or (one != one and two != two)


def by_occasion(moments: Iterable[Moment]) -> dict[Occasion, list[Moment]]:
    """Moments of one position by the calls that lead to them, each in the order of a loop's rounds."""
    found: dict[Occasion, list[Moment]] = {}
    for moment in moments:
        found.setdefault(moment.occasion, []).append(moment)
    return found


def aligned(ours: list[Moment], theirs: list[Moment]) -> list[Pair]:
    """The moments of one position that both traces came to.

    A branch or a loop may leave one of them out of a call, or out of some rounds: only the same call, in the same round, is
    the same moment.
    """
    other = by_occasion(theirs)
    return [
        pair
        for occasion, moments in by_occasion(ours).items()
        for pair in zip(moments, other.get(occasion, ()), strict=False)
    ]


def change_at(key: Key, ours: list[Moment], theirs: list[Moment]) -> Change | None:
    """How THEIRS differs from OURS at one position, or None. A value that the graph kept has not changed."""
    first = ours[0]
    context = context_of(first.place) if first.place is not None else ""
    if first.via == "__bool__" and context == "while":
        other = by_occasion(theirs)
        for occasion, moments in by_occasion(ours).items():
            counts = [sum(1 for m in side if m.value is True) for side in (moments, other.get(occasion, ()))]
            if occasion in other and counts[0] != counts[1]:
                return Change(key, moments[0], "rounds", *counts)
        return None
    for one, two in aligned(ours, theirs):
        if (one.live and two.live) or same(one.mark, two.mark):
            continue
        if one.via == "__bool__":
            return Change(key, one, "branch", bool(one.value), bool(two.value))
        if one.via == "__iter__":
            return Change(key, one, "rounds", int(one.value), int(two.value))
        if context == "range":
            ours_rounds, theirs_rounds = _rounds(one), _rounds(two)
            if ours_rounds is not None and theirs_rounds is not None:
                return Change(key, one, "rounds", ours_rounds, theirs_rounds)
        return Change(key, one, "baked", one.value, two.value)
    return None


def _whole(constants: Iterable[Any]) -> Iterator[int]:
    """The whole numbers among CONSTANTS, some of which may be tensors."""
    for constant in constants:
        if type(constant) is int:
            yield constant
        elif isinstance(constant, torch.Tensor) and constant.numel() == 1 and not constant.is_complex():
            number = float(constant)
            if number.is_integer():
                yield int(number)


def _rounds(moment: Moment) -> int | None:
    """How often the loop over ``range`` that takes this value runs, as far as its other arguments are literal.

    None where the value is no argument of the ``range``, but a part of one.
    """
    arguments = range_arguments(moment.place) if moment.place is not None else ()
    if arguments.count(None) != 1:
        return int(moment.value) if moment.via == "__index__" else None
    return len(range(*(int(moment.value) if a is None else a for a in arguments)))


def changes(ours: Positions, theirs: Positions) -> list[Change]:
    """Every position whose value or number of rounds differs."""
    found = []
    for key, moments in ours.items():
        if key in theirs:
            change = change_at(key, moments, theirs[key])
            if change is not None:
                found.append(change)
    return found


@dataclass
class Settler:
    """Works on one subject's trace. ``module`` is what was traced, ``base`` its positions, ``graph`` its nodes.

    ``tries`` is how many forced traces may still be made.
    """

    module: Any
    program: Any
    base: Positions
    territory: Territory
    tries: int = 40

    def __post_init__(self) -> None:
        self.graph: Canonical = canonical(self.program)
        self.verdicts = {key: Verdict(moments) for key, moments in self.base.items()}

    def curious(self) -> bool:
        """Whether an input on which the trace is right could still say something: about a value that may change."""
        return any(
            not verdict.harmless_on
            and verdict.harmful is None
            and not all(m.quiet for m in verdict.moments)
            and not verdict.live_seen
            for verdict in self.verdicts.values()
        )

    def boundaries(self) -> tuple[int, ...]:
        """Sizes at which a value that did not change with the sizes it comes from may: 1, and around each number in it."""
        found: dict[int, None] = {}
        for verdict in self.verdicts.values():
            settled = verdict.harmful or verdict.harmless_on or verdict.innocent_on or verdict.live_seen
            if verdict.sizes_changed and not settled and not all(m.quiet for m in verdict.moments):
                for number in (0, *(n for moment in verdict.moments for n in _whole(moment.numbers))):
                    found.update(dict.fromkeys((number + 1, number, number - 1)))
        return tuple(sorted(n for n in found if n > 0))

    def settle(self, trial: Trial) -> bool:
        """Takes one trial into account; the answer is whether the escapes explain a trace that is wrong there."""
        changed = changes(self.base, trial.positions)
        for key, moments in trial.positions.items():
            if key in self.verdicts:
                verdict = self.verdicts[key]
                pairs = verdict.pairs[trial.inputs.name] = aligned(verdict.moments, moments)
                verdict.sizes_changed |= any(one.sizes != two.sizes for one, two in pairs)
                live = all(m.live for m in moments) and any(one.mark != two.mark for one, two in pairs)
                verdict.live_seen |= trial.right and live
        return self._right(trial, changed) if trial.right else self._wrong(trial, changed)

    def _right(self, trial: Trial, changed: list[Change]) -> bool:
        theirs = canonical(trial.program) if trial.program is not None and changed else None
        alike = theirs is None or first_difference(self.graph, theirs) is None
        for change in changed:
            verdict = self.verdicts[change.key]
            verdict.harmless_on.append(trial.inputs.name)
            if alike or theirs is None or verdict.specialised or verdict.harmful:
                continue
            use = (
                self._reaches(change, trial, theirs)
                if len(changed) > 1
                else (place_of_difference(self.graph, theirs, self.territory),)
            )
            if use is not None:
                verdict.specialised = (change, trial, use[0])
        return True

    def _reaches(self, change: Change, trial: Trial, theirs: Canonical) -> tuple[Place | None] | None:
        """Where the escape alone changes the graph, in a tuple; None where it does not, or could not be tried."""
        tracing = self._forced([change.key], trial)
        if tracing is None or tracing.program is None:
            return None
        ours = canonical(tracing.program)
        if first_difference(ours, theirs) is None:
            return None
        return (place_of_difference(ours, theirs, self.territory),)

    def _wrong(self, trial: Trial, changed: list[Change]) -> bool:
        if not changed:
            return False
        guilty: list[tuple[Change, Place | None]] = []
        innocent: set[Key] = set()
        guilty += [(c, None) for c in changed if self.verdicts[c.key].harmful is not None]
        known = {change.key for change, _ in guilty}
        forcible = [c for c in changed if c.moment.via != "__iter__" and c.key not in known]
        tried = True
        for change in forcible:
            if known and self.verdicts[change.key].harmless_on:
                continue
            outcome = self._alone(change, trial)
            if outcome is None:
                tried = False
            elif outcome[0]:
                guilty.append((change, outcome[1]))
            else:
                innocent.add(change.key)
        known = {change.key for change, _ in guilty}
        loops = [c for c in changed if c.moment.via == "__iter__" and c.key not in known]
        guilty += [(c, None) for c in self._by_themselves([c for c in loops if self._unpacked(c)], known, trial)]
        if not guilty:
            guilty = [(c, None) for c in loops]
        if not guilty and (not tried or self._together(trial)):
            guilty = [(c, None) for c in forcible]
            for change in forcible:
                self.verdicts[change.key].joint = True
        keys = {change.key for change, _ in guilty}
        for change in changed:
            if change.key not in keys:
                verdict = self.verdicts[change.key]
                (verdict.innocent_on if change.key in innocent else verdict.unexplained_on).append(trial.inputs.name)
        for change, use in guilty:
            verdict = self.verdicts[change.key]
            if verdict.harmful is None:
                verdict.harmful = (change, trial, use)
        return bool(guilty)

    def _by_themselves(self, loops: list[Change], known: set[Key], trial: Trial) -> list[Change]:
        """Those of LOOPS whose rounds change though the values at KNOWN do not: the others only follow from these."""
        tracing = self._forced(list(known), trial) if loops else None
        if tracing is None:
            return loops
        found = positions(tracing.moments)
        return [c for c in loops if c.key not in found or change_at(c.key, self.base[c.key], found[c.key])]

    def _unpacked(self, change: Change) -> bool:
        """Whether a loop's tensors are taken out of a list of fixed length in the graph: it raises for any other length.

        A trace keeps such a ``prim::ListUnpack`` where an output depends on one of its tensors (tried with torch 2.13).
        """
        place = change.moment.place
        if change.moment.via != "__iter__" or place is None or context_of(place) != "for":
            return False
        makers = (node.input().node() for (said, node) in self.graph if said[0] == "prim::ListUnpack")
        found = (place_of_node(node, self.territory) for node in makers)
        return any(at is not None and at.path == place.path and place.span.contains(at.span) for at in found)

    def _alone(self, change: Change, trial: Trial) -> tuple[bool, Place | None] | None:
        """(wrong, where the value is used) of the trial's own trace with CHANGE alone forced; None if it was not tried."""
        tracing = self._forced([change.key], trial)
        if tracing is None:
            return None
        wrong = self._is_wrong(tracing, trial)
        use = None
        if wrong and tracing.program is not None and trial.program is not None:
            use = place_of_difference(canonical(tracing.program), canonical(trial.program), self.territory)
        return wrong, use

    def _together(self, trial: Trial) -> bool:
        """Whether the trial's own trace is wrong with every escape forced: then the escapes explain it, whichever."""
        tracing = self._forced(list(self.base), trial)
        return tracing is not None and self._is_wrong(tracing, trial)

    def _forced(self, keys: list[Key], trial: Trial) -> Tracing | None:
        if self.tries <= 0 or not keys:
            return None
        self.tries -= 1
        forced = {
            occasion: [moment.raw for moment in moments]
            for key in keys
            if not all(m.live for m in self.base[key])
            for occasion, moments in by_occasion(self.base[key]).items()
        }
        return record(self.module, trial.inputs, self.territory, forced)

    def _is_wrong(self, tracing: Tracing, trial: Trial) -> bool:
        """A forced trace that cannot even be made is as wrong as one that answers otherwise."""
        if tracing.program is None:
            return True
        try:
            return not difference(trial.expected, answer(tracing.program, trial.inputs, self.module), numbers=True)[0]
        except Exception:
            return True
