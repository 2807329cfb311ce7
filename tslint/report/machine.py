"""What the formats for machines share: which problems they list, where these stand, and what is said of them. No rich.

They list what is no problem (refuted predictions) never, and ``info`` where it was asked for. None of them knows the cells of
a notebook: there a problem stands on the first line of the file, as in Ruff's, and its text names the cell.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tslint.diagnostic import Diagnostic, Label, Span
from tslint.report.content import clean, one_line, visible
from tslint.report.places import shown, source_key

if TYPE_CHECKING:
    from tslint.report import Options
    from tslint.report.content import Report

START = Span(1, 1, 1, 1)
"""Where a problem stands that has a file and no place in it that could be named."""


def listed(report: Report, options: Options) -> list[Diagnostic]:
    """The problems, in the report's order."""
    return visible(report.diagnostics, options.show_info, refuted=False)


def span_of(place: Diagnostic | Label) -> Span | None:
    """The place in the file, None where it has none that a line of the file could name."""
    return place.span if place.cell is None else None


def file_of(diagnostic: Diagnostic, report: Report) -> str | None:
    """The path that the problem is shown at: its own, else that of the one target that was run."""
    if diagnostic.path is not None:
        return diagnostic.path
    targets = {run.target for run in report.runs}
    target = targets.pop() if len(targets) == 1 else ""
    return target if Path(target).is_absolute() else None


def told(place: Diagnostic | Label) -> str:
    """The message in one line, in a notebook with the cell."""
    text = one_line(place.message)
    if place.cell is not None:
        line = f", line {place.span.line}" if place.span is not None else ""
        text += f" (cell {place.cell}{line})"
    return text


def spot(path: str, place: Diagnostic | Label, directory: str) -> str:
    """``nets/head.py:3:17``, ``a.ipynb:cell 3:2:5``: a place of the file PATH in the words of the concise format."""
    span = place.span or START
    return f"{clean(source_key(shown(path, directory), place.cell))}:{span.line}:{span.column or 1}"


def shown_by_run(diagnostic: Diagnostic) -> list[str]:
    """What the run showed, in a line, where there is something."""
    return [one_line(diagnostic.caption)] if diagnostic.caption else []


def advice(diagnostic: Diagnostic) -> list[str]:
    """Notes and help in lines, which hold no control characters; code in them keeps its own lines."""
    lines = [f"note: {one_line(note)}" for note in diagnostic.notes]
    text = diagnostic.help or (diagnostic.fix.title if diagnostic.fix else "")
    if text:
        lines += [clean(line.expandtabs(4)) for line in f"help: {text.strip()}".split("\n")]
    return lines
