"""The ``pylint`` format: ``path:line: [rule] message``, one line a problem, as Flake8's formatter of that name. No rich."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tslint.report.content import clean
from tslint.report.machine import START, file_of, listed, span_of, told
from tslint.report.places import shown

if TYPE_CHECKING:
    from tslint.report import Options
    from tslint.report.content import Report


def render(report: Report, options: Options) -> str:
    lines = []
    for diagnostic in listed(report, options):
        path = file_of(diagnostic, report)
        where = "tslint" if path is None else clean(shown(path, report.directory))
        line = (span_of(diagnostic) or START).line
        lines.append(f"{where}:{line}: [{diagnostic.rule}] {told(diagnostic)}\n")
    return "".join(lines)
