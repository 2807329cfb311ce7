"""The ``full`` format: the run, each diagnostic with the code around it, the routes, a summary line. Rich colours it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tslint.diagnostic import Basis, Diagnostic, Label, Severity
from tslint.report.assemble import shapes
from tslint.report.content import Report, clean, fixable, one_line, visible
from tslint.report.layout import Line, cells, marked, paragraph, plain, width_of, wrap
from tslint.report.places import shown, source_key
from tslint.report.routes import generalisation, harmless_warnings, route_table
from tslint.report.run import Run, Step
from tslint.report.snippet import snippet
from tslint.report.statistics import table

if TYPE_CHECKING:
    from tslint.report import Options

BASIS_COLUMN = 92
"""Where the basis of a diagnostic ends, on a terminal that is wide enough."""

LABELS = 6
"""Labels that are shown; of a deep stack the ends say enough."""

STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "bold cyan"}
BASIS_STYLES = {Basis.PREDICTED: "dim", Basis.OBSERVED: "bold", Basis.REFUTED: "green"}
MARKS = {"ok": ("✓", "green"), "skipped": ("-", "dim")}
WORDS = {"died": "died", "timeout": "out of time", "skipped": "skipped"}


def render(report: Report, options: Options) -> str:
    lines = lines_of(report, options)
    if not options.color:
        return "".join(f"{plain(line).rstrip()}\n" for line in lines)
    return _colored(lines)


def lines_of(report: Report, options: Options) -> list[Line]:
    """The report in styled lines; nothing in them acts on a terminal."""
    return [[(clean(text), style) for text, style in line] for line in _lines(report, options)]


def _colored(lines: Sequence[Line]) -> str:
    from rich.console import Console
    from rich.text import Text

    console = Console(force_terminal=True, color_system="standard", width=10**6, legacy_windows=False)
    with console.capture() as capture:
        for line in lines:
            # Text takes no markup: what the user's code holds in brackets stays as it is.
            console.print(Text.assemble(*line), soft_wrap=True, highlight=False)
    return capture.get()


def _lines(report: Report, options: Options) -> list[Line]:
    found = visible(report.diagnostics, options.show_info, options.show_refuted)
    blocks: list[list[Line]] = []
    if not options.quiet:
        blocks += [_head(run, report, options.width) for run in report.runs]
    if options.statistics:
        blocks.append([[(row, "")] for row in table(found, options.fix_unsafe)])
    else:
        blocks += [_diagnostic(diagnostic, report, options) for diagnostic in found]
    if not options.quiet:
        blocks += [_routes(run, report, options.width) for run in report.runs[:-1]]
    blocks.append(_end(report, options))
    lines: list[Line] = []
    for block in blocks:
        if block:
            lines += [[], *block] if lines else block
    return lines


def _head(run: Run, report: Report, width: int) -> list[Line]:
    """The target with its entry, and the line of steps."""
    start: Line = [(shown(run.target, report.directory), "bold")]
    lines: list[Line] = [start]
    if run.how:
        inputs = f" (inputs {shapes(run.example)})" if run.example else ""
        text = f"entry: {one_line(run.how)}{inputs}"
        if width_of(start) + 2 + cells(text) <= width:
            lines = [[*start, ("  ", ""), *marked(text)]]
        else:
            lines += paragraph([("  ", "")], text, width)
    steps = [_step(step) for step in run.steps if step.name != "entry" or step.status != "ok"]
    row: Line = []
    for step in steps:
        if row and width_of(row) + 3 + width_of(step) > width:
            lines.append(row)
            row = []
        row = [*row, ("   ", ""), *step] if row else step
    return [*lines, row] if row else lines


def _step(step: Step) -> Line:
    mark = MARKS.get(step.status, ("✗", "red"))
    seconds = f"{step.seconds:.1f} s" if step.seconds >= 0.05 else ""
    more = one_line(step.detail) or WORDS.get(step.status) or seconds
    return [mark, (f" {step.name}", ""), (f" {more}" if more else "", "")]


def _diagnostic(diagnostic: Diagnostic, report: Report, options: Options) -> list[Line]:
    style = STYLES[diagnostic.severity]
    width = options.width
    lines = _title(diagnostic, style, width)
    if diagnostic.path is not None:
        lines.append([(f"  {_where(diagnostic, report.directory)}", "cyan")])
    source = report.code(diagnostic)
    here = (diagnostic.path, diagnostic.cell)
    near = [label for label in diagnostic.labels if (label.path, label.cell) == here and source]
    near, left_out = _limited(near)
    if diagnostic.span is not None:
        lines += snippet(source, diagnostic.span, diagnostic.caption or "", near, width, style)
    if diagnostic.caption and (diagnostic.span is None or not source):
        lines += paragraph([("  ", "")], diagnostic.caption, width)
    far, more = _limited([label for label in diagnostic.labels if (label.path, label.cell) != here or not source])
    for label in far:
        lines += _elsewhere(label, report, width)
    if left_out + more:
        lines.append([(f"  … and {left_out + more} more places", "dim")])
    for note in diagnostic.notes:
        lines += paragraph([("  note: ", "bold")], note, width)
    if diagnostic.basis == Basis.REFUTED and diagnostic.refuted_by:
        lines += paragraph([("  refuted by: ", "bold")], ", ".join(diagnostic.refuted_by), width)
    return lines + _help(diagnostic, options)


def _title(diagnostic: Diagnostic, style: str, width: int) -> list[Line]:
    """``severity[rule] message``, wrapped, the basis at the right end of its first row."""
    start: Line = [(f"{diagnostic.severity.value}[{diagnostic.rule}] ", style)]
    basis = diagnostic.basis.value
    end = min(BASIS_COLUMN, width)
    message = one_line(diagnostic.message)
    if end < cells(message) + width_of(start) + 2 + len(basis) <= width:
        end = width
    room = end - width_of(start) - len(basis) - 2
    if cells(message.partition(" ")[0]) <= room:
        rows = wrap(message, room, width - 4)
    else:
        rows = ["", *wrap(message, width - 4, width - 4)]
        start = [(plain(start).rstrip(), style)]
    first = [*start, *marked(rows[0])]
    padding = " " * max(end - width_of(first) - len(basis), 1)
    return [
        [*first, (padding, ""), (basis, BASIS_STYLES[diagnostic.basis])],
        *([("    ", ""), *marked(row)] for row in rows[1:]),
    ]


def _where(diagnostic: Diagnostic, directory: str) -> str:
    where = source_key(shown(diagnostic.path or "", directory), diagnostic.cell)
    if diagnostic.span is not None:
        where += f":{diagnostic.span.line}"
        if diagnostic.span.column is not None:
            where += f":{diagnostic.span.column}"
    return where


def _limited(labels: list[Label]) -> tuple[list[Label], int]:
    if len(labels) <= LABELS:
        return labels, 0
    half = LABELS // 2
    return [*labels[:half], *labels[-half:]], len(labels) - 2 * half


def _elsewhere(label: Label, report: Report, width: int) -> list[Line]:
    """A label in another file or cell: its place and message, and the line of code where that is known."""
    place = f"  {source_key(shown(label.path, report.directory), label.cell)}:{label.span.line}"
    lines = paragraph([(place, "cyan"), ("  ", "")], label.message, width)
    if cells(place) > width // 2:
        lines = [[(place, "cyan")], *paragraph([("    ", "")], label.message, width)]
    source = report.code(label)
    if 1 <= label.span.line <= len(source):
        end = label.span.end_column if label.span.end_line == label.span.line else None
        alone = dataclasses.replace(label.span, end_line=label.span.line, end_column=end)
        before = [""] * (label.span.line - 1)  # no line above is to be shown
        code = snippet([*before, source[label.span.line - 1]], alone, "", (), width, "cyan")
        lines += code[:1]
    return lines


def _help(diagnostic: Diagnostic, options: Options) -> list[Line]:
    text = diagnostic.help or (diagnostic.fix.title if diagnostic.fix else "")
    if not text:
        return []
    if fixable(diagnostic, options.fix_unsafe) and diagnostic.basis != Basis.REFUTED:
        first, newline, rest = text.partition("\n")
        text = f"{first} [*]{newline}{rest}"
    return paragraph([("  help: ", "bold green")], text, options.width)


def _routes(run: Run, report: Report, width: int) -> list[Line]:
    several = len(report.runs) > 1
    title = f"routes of {run.module or shown(run.target, report.directory)}" if several else "routes"
    lines = route_table(run, title, width)
    rows = generalisation(run, width) + harmless_warnings(run, report.directory, width)
    return lines + [marked(row) for row in rows]


def _end(report: Report, options: Options) -> list[Line]:
    """The last run's routes, notes, errors, and the summary line."""
    lines: list[Line] = []
    if not options.quiet:
        if report.runs:
            lines += _routes(report.runs[-1], report, options.width)
        for note in report.notes:
            lines += paragraph([("note: ", "bold")], one_line(note), options.width)
        for sentence in report.said_of_fixes():
            lines += paragraph([("fixes: ", "bold")], one_line(sentence), options.width)
    for error in report.errors:
        lines += paragraph([("tslint: error: ", "bold red")], one_line(error), options.width)
    nothing = report.errors and not (report.summary.files or report.diagnostics or report.runs)
    if nothing and not options.quiet:
        lines.append([("Nothing was checked.", "bold")])
    elif not options.quiet:
        last = summary(report, options)
        fits = width_of(last) <= options.width
        lines += [last] if fits else [marked(row) for row in wrap(plain(last), options.width, options.width)]
    return lines


def summary(report: Report, options: Options) -> Line:
    """``Found 2 errors, 0 warnings (1 refuted hidden). [*] 1 fixable with --fix.``"""
    counts = report.summary
    found = [_count(counts.error, "error"), _count(counts.warning, "warning")]
    if options.show_info and counts.info:
        found.append(f"{counts.info} info")
    if options.show_refuted and counts.refuted:
        found.append(f"{counts.refuted} refuted")
    clean = counts.error == counts.warning == 0 and len(found) == 2 and not report.errors
    text = "Found no problems" if clean else f"Found {', '.join(found)}"
    hidden = [f"{counts.refuted} refuted"] if counts.refuted and not options.show_refuted else []
    hidden += [f"{counts.info} info"] if counts.info and not options.show_info else []
    aside = [", ".join(hidden) + " hidden"] if hidden else []
    aside += [f"{counts.suppressed} suppressed"] if counts.suppressed else []
    aside += [f"{counts.baselined} in the baseline"] if counts.baselined else []
    text += f" ({', '.join(aside)})." if aside else "."
    line: Line = [(text, "bold green" if clean else "bold")]
    if report.fixed:
        line = [(f"Fixed {_count(report.fixed, 'problem')}. ", "bold green"), *line]
    return [*line, *_fixes(report, options)]


def _fixes(report: Report, options: Options) -> Line:
    listed = visible(report.diagnostics, options.show_info, refuted=False)
    standing = [d for d in listed if d.fix is not None]
    safe = sum(fixable(d) for d in standing)
    unsafe = len(standing) - safe
    flags = "--fix --unsafe-fixes" if options.fix_unsafe and unsafe else "--fix"
    marked_ones = len(standing) if options.fix_unsafe else safe
    if marked_ones:
        return [(f" [*] {marked_ones} fixable with {flags}.", "")]
    return [(f" {unsafe} fixable with --fix --unsafe-fixes.", "")] if unsafe else []


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
