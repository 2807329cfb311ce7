"""What one check means for the baseline: which problems it tolerates, which entries are fixed, what is to be written."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from tslint import baseline, catalogue
from tslint.baseline import Baseline, Entry
from tslint.catalogue import UNCHECKED
from tslint.diagnostic import Basis, Diagnostic, identity
from tslint.filters import Filters
from tslint.report.content import visible
from tslint.settings import Settings
from tslint.unused import NAME as UNUSED


class Tolerance:
    """BASELINE, and a check that was made.

    ``checked`` are the files whose source was checked, ``unchecked`` those of them that could not be, ``ran_on`` those that were
    run, ``foreseen`` what their source predicted. ``notes`` and ``errors`` are said in the report.
    """

    def __init__(self, settings: Settings, filters: Filters, known: Baseline) -> None:
        self.settings = settings
        self.filters = filters
        self.baseline = known
        self.checked: Collection[str] = ()
        self.unchecked: Collection[str | None] = ()
        self.ran_on: Collection[str | None] = ()
        self.anything_ran = False
        self.foreseen: Collection[object] = ()
        self.notes: list[str] = []
        self.errors: list[str] = []

    def left(self, found: list[Diagnostic], lines: Mapping[str, Sequence[str]]) -> list[Diagnostic]:
        """What was FOUND and is not in the baseline; where that is to be written, it is, and what it holds is not left."""
        compared = self.baseline.compare(found, lines, self.examined)
        if not self.settings.write_baseline:
            said = baseline.note(compared.gone)
            self.notes += [said] if said else []
            return list(compared.left)
        new = [d for d in visible(compared.left, self.settings.lists_info, refuted=False) if d.rule not in UNCHECKED]
        written = [*compared.tolerated, *new]
        try:
            self.notes.append(self.baseline.write(written, compared.gone, lines, self.only_run))
        except OSError as error:
            self.errors.append(f"the baseline {self.baseline.name} could not be written: {error.strerror or error}")
            return list(compared.left)
        done = set(map(id, written))
        return [d for d in found if id(d) not in done]

    def examined(self, entry: Entry) -> bool:
        """Whether this check would have found again what an entry is about."""
        rule = catalogue.rules().get(entry.rule)
        if rule is None:
            return True
        place = self.baseline.place(entry) if entry.path else None
        own = None if place is None else self.places.get(place)
        if not self.filters.chosen(rule.name, rule.group, own):
            return False
        if place is None:
            return self.anything_ran
        if not Path(place).exists():
            return True
        if own is None or own in self.unchecked:
            return False
        return not entry.run or own in self.ran_on

    @functools.cached_property
    def places(self) -> dict[str, str]:
        """The files that were checked, by their place as the baseline has it."""
        return {self.baseline.place_of(path): path for path in self.checked}

    def only_run(self, diagnostic: Diagnostic) -> bool:
        """Whether a check that runs nothing would not find it."""
        if diagnostic.rule == UNUSED:
            return diagnostic.path in self.ran_on
        return diagnostic.basis == Basis.OBSERVED and identity(diagnostic) not in self.foreseen
