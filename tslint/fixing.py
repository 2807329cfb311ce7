"""The fixes of a report, made: shown as a diff, or written to the files and checked again."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from pathlib import Path

from tslint import fixes, static
from tslint.checking import Checking
from tslint.diagnostic import Basis, Fix
from tslint.filters import silenced
from tslint.report.content import Report, fixable, shown
from tslint.source import Source, SourceError, suppressions


@dataclasses.dataclass
class Changed:
    """One file that fixes change: ``source`` as it stands, ``text`` as it would, ``count`` of the fixes between them."""

    source: Source
    text: str
    count: int


def fixed(check: Checking, targets: Sequence[str], report: Report) -> Report:
    """Writes (or shows, with ``--diff``) the fixes of REPORT, which CHECK made, then checks again: what is left counts."""
    settings = check.settings
    changed = changes(check, report)
    if settings.diff:
        named = [(each.source, each.text, shown(str(each.source.path), check.directory)) for each in changed]
        return dataclasses.replace(report, diff="".join(fixes.diff(*item) for item in named))
    errors = {each.source.path: error for each in changed if (error := fixes.save(each.source, each.text))}
    again = Checking(dataclasses.replace(settings, fix=False), check.on_evidence, check.run_all)
    left = again.report(list(targets)) if changed else report
    done = sum(each.count for each in changed if each.source.path not in errors)
    return dataclasses.replace(left, fixed=done, errors=(*left.errors, *errors.values()))


def changes(check: Checking, report: Report) -> list[Changed]:
    """What the fixes of REPORT make of each file that they change, by path; nothing is written."""
    found: list[Changed] = []
    unsafe = check.settings.unsafe_fixes
    for path in sorted({d.path for d in report.diagnostics if d.path and d.fix}):
        facts = check.load(path) if path in check.checked else None
        if facts is None or not facts.source.faithful(facts.module):
            continue
        source = facts.source
        wanted = [d for d in report.diagnostics if d.path == path and d.basis != Basis.REFUTED]
        first = [d.fix for d in wanted if d.fix and fixable(d, unsafe)]
        text, done = fixes.rounds(source.text, first, functools.partial(_more, check, source.path))
        if text != source.text:
            found.append(Changed(source, text, done))
    return found


def _more(check: Checking, path: Path, text: str) -> list[Fix] | None:
    """The fixes that a text, which is not yet in its file, still calls for; None where it is no longer Python."""
    source = Source(path, text.encode())
    try:
        found = static.predicted(static.facts_of(source, str(check.settings.root), written=False))
    except SourceError:
        return None
    unsafe, comments = check.settings.unsafe_fixes, suppressions(source)
    return [
        d.fix for d in found if d.fix and fixable(d, unsafe) and check.filters.selected(d) and not silenced(d, comments)
    ]
