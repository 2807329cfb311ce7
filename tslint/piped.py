"""A check of source that stands in no file: what an editor or a hook hands over, read only."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from tslint import fixes, fixing
from tslint.checking import Checking
from tslint.reading import Reading
from tslint.report.content import Report
from tslint.report.places import shown
from tslint.settings import Settings
from tslint.source import excluded


def check_source(path: Path, data: bytes, settings: Settings) -> tuple[Report, bytes]:
    """The report on DATA as the source of PATH, and what ``--fix`` makes of it; nothing is run, and no file is written.

    What ``exclude`` leaves out is not checked.
    """
    settings = dataclasses.replace(settings, static=True)
    if excluded(path, Reading(settings).excluding):
        note = f"{path} was not checked: `exclude` leaves it out"
        return Report(notes=(note,), diff="" if settings.diff else None), data
    report, fixed = _fixed(path, data, settings)
    if report.notebooks:
        from tslint.report.located import located

        report = located(report)
    return report, fixed


def _fixed(path: Path, data: bytes, settings: Settings) -> tuple[Report, bytes]:
    report, check = _checked(path, data, settings)
    if not (settings.fix or settings.diff):
        return report, data
    changed = fixing.changes(check, report)
    if settings.diff:
        name = shown(str(path.absolute()), check.reading.directory)
        diffs = [fixes.diff(each.source, each.text, name) for each in changed]
        return dataclasses.replace(report, diff="".join(diffs)), data
    for each in changed:
        data = each.data
        report, _ = _checked(path, data, settings)
        report = dataclasses.replace(report, fixed=each.count)
    return report, data


def _checked(path: Path, data: bytes, settings: Settings) -> tuple[Report, Checking]:
    check = Checking(settings, None)
    check.foresee(check.reading.given(path, data))
    return check.finished(), check
