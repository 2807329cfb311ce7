"""The ``concise`` format: one line a diagnostic, for people in a hurry and machines that match lines. No rich."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tslint.diagnostic import Basis
from tslint.report.content import fixable, headline, one_line, visible
from tslint.report.statistics import table

if TYPE_CHECKING:
    from tslint.report import Options
    from tslint.report.content import Report


def render(report: Report, options: Options) -> str:
    shown = visible(report.diagnostics, options.show_info, options.show_refuted)
    lines = []
    if options.statistics:
        lines += table(shown, options.fix_unsafe)
    else:
        for diagnostic in shown:
            mark = "[*] " if fixable(diagnostic, options.fix_unsafe) and diagnostic.basis != Basis.REFUTED else ""
            text = headline(diagnostic, report.directory, mark)
            if diagnostic.basis == Basis.REFUTED:
                text += " (refuted)"
            lines.append(text)
    if not options.quiet:
        lines += [f"tslint: note: {one_line(note)}" for note in (*report.notes, *report.said_of_fixes())]
    lines += [f"tslint: error: {one_line(error)}" for error in report.errors]
    return "".join(f"{line}\n" for line in lines)
