"""The ``grouped`` format: the problems of each file below its name, and a summary line. No rich."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tslint.diagnostic import Basis, Diagnostic
from tslint.report.content import clean, fixable, one_line, visible
from tslint.report.full import summary
from tslint.report.layout import plain
from tslint.report.places import shown

if TYPE_CHECKING:
    from tslint.report import Options
    from tslint.report.content import Report


def render(report: Report, options: Options) -> str:
    files: dict[str, list[Diagnostic]] = {}
    for diagnostic in visible(report.diagnostics, options.show_info, options.show_refuted):
        name = "tslint" if diagnostic.path is None else clean(shown(diagnostic.path, report.directory))
        files.setdefault(name, []).append(diagnostic)
    lines: list[str] = []
    for name, found in files.items():
        lines += [f"{name}:", *_rows(found, options), ""]
    if not options.quiet:
        lines += [f"tslint: note: {one_line(note)}" for note in (*report.notes, *report.said_of_fixes())]
    lines += [f"tslint: error: {one_line(error)}" for error in report.errors]
    nothing = report.errors and not (report.summary.files or report.diagnostics or report.runs)
    if not options.quiet:
        lines.append("Nothing was checked." if nothing else plain(summary(report, options)))
    return "".join(f"{line}\n" for line in lines)


def _rows(found: list[Diagnostic], options: Options) -> list[str]:
    """Lines and columns in columns of their own."""
    places = [(str(d.span.line), str(d.span.column or 1)) if d.span is not None else ("", "") for d in found]
    lines, columns = (max(len(place[index]) for place in places) for index in (0, 1))
    rows = []
    for diagnostic, (line, column) in zip(found, places, strict=True):
        cell = f"cell {diagnostic.cell}:" if diagnostic.cell is not None else ""
        place = f"{cell}{line:>{lines}}:{column:<{columns}} " if line else ""
        refuted = diagnostic.basis == Basis.REFUTED
        mark = "[*] " if fixable(diagnostic, options.fix_unsafe) and not refuted else ""
        text = f"{diagnostic.severity.value}[{diagnostic.rule}] {mark}{one_line(diagnostic.message)}"
        rows.append(f"  {place}{text}{' (refuted)' if refuted else ''}")
    return rows
