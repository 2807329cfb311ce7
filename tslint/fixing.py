"""The fixes of a report, made: proven by running the fixed files before they are written, shown as a diff, or written.

What can be run is run as the fixes leave it, in a child as always, while the files still are what they were. A fix that
makes something worse is found by halving, and is not written.
"""

from __future__ import annotations

import dataclasses
import functools
import tempfile
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tslint import fixes, proof, static
from tslint.checking import Checking
from tslint.diagnostic import Basis, Diagnostic, Fix, Severity
from tslint.filters import silenced
from tslint.report.content import Report, fixable, headline
from tslint.report.located import in_cell
from tslint.report.places import shown
from tslint.report.proofs import Proof
from tslint.runs import OnEvidence
from tslint.settings import Settings
from tslint.source import Source, SourceError, suppressions

MOST_TRIALS = 12
"""Runs of the fixed files, at most: four bad fixes among fifty take about as many."""

UNTRIED = f"what the fixes lose was not pinned down in {MOST_TRIALS} runs"

Key = tuple[str, str, str, str]
"""What tells one fix from another while lines move: file, rule, class and method, and what is written."""


@dataclass
class Changed:
    """One file that fixes change: ``source`` as it stands, ``text`` as it would, ``count`` of the fixes between them."""

    source: Source
    text: str
    count: int

    @property
    def path(self) -> str:
        return str(self.source.path)

    @property
    def data(self) -> bytes:
        return self.source.with_text(self.text)


@dataclass
class Tried:
    """Some fixes, run: the files that they change, the report of the fixed files, and what it says of each model."""

    changed: list[Changed]
    report: Report
    compared: list[proof.Compared]

    @property
    def lost(self) -> list[str]:
        return [word for each in self.compared if each.lost for word in each.worse]


def check_and_fix(
    targets: Sequence[str], settings: Settings, on_evidence: OnEvidence | None, run_all: bool = False
) -> Report:
    """Checks TARGETS, and writes (or shows, with ``--diff``) the fixes of what was found: the report is of what is left."""
    with tempfile.TemporaryDirectory(prefix="tslint-") as answers:
        check = Checking(settings, on_evidence, run_all, answers="" if settings.static else answers)
        return _Fixing(check, list(targets), check.report(list(targets))).fixed()


def changes(check: Checking, report: Report) -> list[Changed]:
    """What the fixes of REPORT, which CHECK made, leave of each file that they change; nothing is run or written."""
    fixing = _Fixing(check, [], report)
    return fixing.changes(fixing.offered(), ())


class _Fixing:
    """The fixes of one REPORT, which CHECK made of TARGETS."""

    def __init__(self, check: Checking, targets: list[str], report: Report) -> None:
        self.check = check
        self.targets = targets
        self.report = report
        self.settings = check.settings
        self.trials = 0

    def fixed(self) -> Report:
        found = self.offered()
        changed = self.changes(found, ())
        if not changed:
            return dataclasses.replace(self.report, diff="" if self.settings.diff else None)
        tried: Tried | None = None
        refused: list[tuple[Diagnostic, str]] = []
        if any(each.path in self.check.ran_on for each in changed):
            tried, refused = self._proven(found)
            changed = tried.changed if tried is not None else []
        withheld = tuple(self._withheld(diagnostic, why) for diagnostic, why in refused)
        if self.settings.diff:
            named = [(each.source, each.text, shown(each.path, self.check.reading.directory)) for each in changed]
            text = "".join(fixes.diff(*item) for item in named)
            return dataclasses.replace(self.report, diff=text, withheld=withheld, proofs=self._proofs(tried))
        errors = {each.path: error for each in changed if (error := fixes.save(each.source, each.data))}
        written = [each for each in changed if each.path not in errors]
        if not written:
            left = self.report
        elif tried is not None and not errors and not self.settings.save and not self.settings.repro:
            left = tried.report
        else:
            left = self._checked_again({}, "")
        return dataclasses.replace(
            left,
            fixed=sum(each.count for each in written),
            proofs=() if errors else self._proofs(tried),
            withheld=withheld,
            errors=(*left.errors, *errors.values()),
        )

    # -- what the fixes change ----------------------------------------------------------------------------------------

    def offered(self) -> list[Diagnostic]:
        return [d for d in self.report.diagnostics if self._is_offered(d)]

    def _is_offered(self, diagnostic: Diagnostic) -> bool:
        fits = diagnostic.basis != Basis.REFUTED and diagnostic.path in self.check.reading.checked
        source = self.check.reading.source(diagnostic.path or "") if fits and self._is_wanted(diagnostic) else None
        return source is not None and diagnostic.fix is not None and source.allows(diagnostic.fix)

    def _is_wanted(self, diagnostic: Diagnostic) -> bool:
        """Whether its fix is asked for; what is not shown is not changed."""
        listed = diagnostic.severity is not Severity.INFO or self.settings.show_info
        return listed and fixable(diagnostic, self.settings.unsafe_fixes)

    def changes(self, wanted: Sequence[Diagnostic], refused: Collection[Key]) -> list[Changed]:
        """What the fixes of WANTED, and what calls for one after them but REFUSED, make of each file; nothing is written."""
        found: list[Changed] = []
        for path in sorted({d.path for d in wanted if d.path}):
            facts = self.check.reading.load(path)
            if facts is None or not facts.source.faithful(facts.module):
                continue
            own = [d for d in wanted if d.path == path]
            changed = Changed(facts.source, facts.source.text, 0)
            first = [d.fix for d in own if d.fix]
            more = functools.partial(self._more, changed, refused)
            changed.text, changed.count = fixes.rounds(facts.source.text, first, more)
            if changed.text != facts.source.text:
                found.append(changed)
        return found

    def _more(self, changed: Changed, refused: Collection[Key], text: str) -> list[Fix] | None:
        """The fixes that a text, which is not yet in its file, still calls for; None where it is no longer Python."""
        from tslint import engine

        try:
            source = changed.source.revised(text)
            facts = static.facts_of(source, self.check.reading.root(changed.path), written=False)
            found = engine.weigh(static.predicted(facts), facts, self.check.reading.near(changed.path).route)
        except (SourceError, ValueError):
            return None
        comments = suppressions(source)
        filters = self.check.filters
        heard = [filters.weighed(d) for d in found if filters.selected(d) and not silenced(d, comments)]
        left = [
            d
            for d in self.check.new(heard, source)
            if d.fix and source.allows(d.fix) and self._is_wanted(d) and _key(d) not in refused
        ]
        return [d.fix for d in left if d.fix]

    # -- what running them proves -------------------------------------------------------------------------------------

    def _proven(self, found: Sequence[Diagnostic]) -> tuple[Tried | None, list[tuple[Diagnostic, str]]]:
        """The most of the fixes of FOUND that lose nothing, as they were run, and those refused, with what they lose."""
        kept: list[Diagnostic] = []
        refused: list[tuple[Diagnostic, str]] = []
        best: Tried | None = None

        def add(more: Sequence[Diagnostic]) -> None:
            nonlocal best
            if self.trials == MOST_TRIALS:
                refused.extend((diagnostic, UNTRIED) for diagnostic in more)
                return
            left_out = {_key(d) for d in found if d not in kept and d not in more}
            tried = self._try([*kept, *more], left_out)
            if not tried.lost:
                kept.extend(more)
                best = tried
            elif len(more) == 1:
                refused.append((more[0], f"with it, {tried.lost[0]}"))
            else:
                half = len(more) // 2
                add(more[:half])
                add(more[half:])

        add(_in_order(found))
        return best, refused

    def _try(self, wanted: Sequence[Diagnostic], refused: Collection[Key]) -> Tried:
        """Runs the targets as the fixes of WANTED leave them."""
        self.trials += 1
        changed = self.changes(wanted, refused)
        report = self._checked_again({each.path: each.data for each in changed}, self.check.answers)
        return Tried(changed, report, proof.compare(self.report, report))

    def _checked_again(self, texts: dict[str, bytes], answers: str) -> Report:
        trial = {"save": None, "repro": None} if texts else {}
        settings = dataclasses.replace(self.settings, fix=False, diff=False, **trial)  # type: ignore[arg-type]
        check = Checking(settings, self.check.on_evidence, self.check.run_all, texts, answers)
        return check.report(self.targets)

    def _proofs(self, tried: Tried | None) -> tuple[Proof, ...]:
        if tried is None:
            return ()
        counts = {each.path: each.count for each in tried.changed}
        runs = [(run, str(Path(run.target).absolute())) for run in tried.report.runs]
        proofs = [proof.proved(run, path, counts[path]) for run, path in runs if path in counts]
        before = {str(Path(run.target).absolute()) for run in self.report.runs}
        silent = [path for path in counts if path in before and path not in {name for _, name in runs}]
        return (*proofs, *(proof.unproven(path, counts[path]) for path in silent))

    def _withheld(self, diagnostic: Diagnostic, why: str) -> str:
        placed = in_cell(diagnostic, self.report.notebooks)
        where = headline(placed, self.check.reading.directory).partition(f": {placed.severity.value}[")[0] + ":"
        return f"{where} the fix of {diagnostic.rule} was not written: {why}"


def _key(diagnostic: Diagnostic) -> Key:
    written = "\0".join(edit.text for edit in diagnostic.fix.edits) if diagnostic.fix else ""
    return diagnostic.path or "", diagnostic.rule, diagnostic.symbol or "", written


def _in_order(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    return sorted(found, key=lambda d: (d.path or "", d.rule))
