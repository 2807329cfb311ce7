"""The ``github`` format: a workflow command a problem, which GitHub Actions shows as an annotation. No rich.

GitHub shows ten annotations of a level and a step, so the worst and the best proven come first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tslint.diagnostic import Basis, Diagnostic, Severity
from tslint.report.content import RANK, clean, one_line
from tslint.report.machine import START, advice, listed, shown_by_run, span_of, spot

if TYPE_CHECKING:
    from tslint.report import Options
    from tslint.report.content import Report

LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}

DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})
"""What the runner turns back: https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts"""


def render(report: Report, options: Options) -> str:
    lines = [f"::error title=tslint::{one_line(error).translate(DATA)}\n" for error in report.errors]
    found = sorted(listed(report, options), key=lambda each: (-RANK[each.severity], each.basis != Basis.OBSERVED))
    return "".join([*lines, *(f"{_command(each, report.directory)}\n" for each in found)])


def _command(diagnostic: Diagnostic, directory: str) -> str:
    properties = {"title": f"tslint ({diagnostic.rule})"}
    if diagnostic.path is not None:
        # The runner makes an absolute path one of the repository, wherever in it the step works.
        properties |= {"file": diagnostic.path, **_range(diagnostic)}
    words = ",".join(f"{name}={clean(value.translate(PROPERTY))}" for name, value in properties.items())
    return f"::{LEVELS[diagnostic.severity]} {words}::{_message(diagnostic, directory).translate(DATA)}"


def _range(diagnostic: Diagnostic) -> dict[str, str]:
    """GitHub takes no columns where the lines differ."""
    span = span_of(diagnostic) or START
    if span.line != span.end_line or span.column is None or span.end_column is None:
        return {"line": str(span.line), "endLine": str(span.end_line)}
    columns = {"line": span.line, "col": span.column, "endLine": span.end_line, "endColumn": span.end_column}
    return {name: str(number) for name, number in columns.items()}


def _message(diagnostic: Diagnostic, directory: str) -> str:
    where = "" if diagnostic.path is None else f"{spot(diagnostic.path, diagnostic, directory)}: "
    lines = shown_by_run(diagnostic)
    lines += [f"{spot(label.path, label, directory)}: {one_line(label.message)}" for label in diagnostic.labels]
    lines += advice(diagnostic)
    return "\n  ".join([f"{where}{diagnostic.rule}: {one_line(diagnostic.message)}", *lines])
