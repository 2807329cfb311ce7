"""Reports, one module a format. They turn a Report into text; they run nothing, print nothing and read no file, but for the
pages of rules that ``sarif`` and ``html`` quote, and the style and script of ``html``.

Rich is imported by ``full``, ``page`` and ``progress`` alone, and a format's module only when it is asked for.
"""

from __future__ import annotations

import importlib

from tslint.frozen import frozen
from tslint.report.content import Report

FORMATS = {
    "full": "tslint.report.full",
    "concise": "tslint.report.concise",
    "grouped": "tslint.report.grouped",
    "json": "tslint.report.json",
    "json-lines": "tslint.report.json_lines",
    "junit": "tslint.report.junit",
    "sarif": "tslint.report.sarif",
    "github": "tslint.report.github",
    "gitlab": "tslint.report.gitlab",
    "azure": "tslint.report.azure",
    "pylint": "tslint.report.pylint",
    "rdjson": "tslint.report.rdjson",
    "html": "tslint.report.html",
}
"""Format → the module whose ``render(report, options)`` returns the text, each line ended."""

WITHOUT_ERRORS = frozenset({"json-lines", "gitlab", "pylint", "rdjson"})
"""Formats that have no place for ``Report.errors``: whoever prints such a report says them elsewhere."""

STATISTICS = ("full", "concise", "json")
"""Formats that have statistics, the same ones as in Ruff."""


@frozen
class Options:
    """How a report is to look. ``width`` is in terminal columns; ``fix_unsafe`` marks what ``--unsafe-fixes`` would write.

    ``fail_on`` is the least severity that counts for the exit status, ``project`` the folder of the repository where that is
    known, which GitLab's paths start from.
    """

    show_info: bool = False
    show_refuted: bool = False
    statistics: bool = False
    quiet: bool = False
    fix_unsafe: bool = False
    color: bool = False
    width: int = 110
    fail_on: str = "warning"
    project: str | None = None


def render(report: Report, format: str, options: Options) -> str:
    """REPORT as text in FORMAT, a key of FORMATS."""
    text = importlib.import_module(FORMATS[format]).render(report, options)
    assert isinstance(text, str)
    return text


def left_out(report: Report, format: str, options: Options) -> tuple[str, ...]:
    """The errors of REPORT that its text in FORMAT does not say."""
    return report.errors if format in WITHOUT_ERRORS or (format == "json" and options.statistics) else ()
