"""Reports, one module a format. They turn a Report into text; they read no file, run nothing and print nothing.

Rich is imported by ``full``, ``page`` and ``progress`` alone, and a format's module only when it is asked for.
"""

from __future__ import annotations

import importlib

from tslint.frozen import frozen
from tslint.report.content import Report

FORMATS = {
    "full": "tslint.report.full",
    "concise": "tslint.report.concise",
    "json": "tslint.report.json",
}
"""Format → the module whose ``render(report, options)`` returns the text, each line ended."""


@frozen
class Options:
    """How a report is to look. ``width`` is in terminal columns; ``fix_unsafe`` marks what ``--unsafe-fixes`` would write."""

    show_info: bool = False
    show_refuted: bool = False
    statistics: bool = False
    quiet: bool = False
    fix_unsafe: bool = False
    color: bool = False
    width: int = 110


def render(report: Report, format: str, options: Options) -> str:
    """REPORT as text in FORMAT, a key of FORMATS."""
    text = importlib.import_module(FORMATS[format]).render(report, options)
    assert isinstance(text, str)
    return text
