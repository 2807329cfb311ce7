"""The ``rdjson`` format: what reviewdog reads, with the fixes as suggestions. No rich.

https://github.com/reviewdog/reviewdog/blob/master/proto/rdf/reviewdog.proto, whose columns are bytes of UTF-8, from 1.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tslint.catalogue import HOME
from tslint.diagnostic import Diagnostic, Severity, Span
from tslint.report.content import fixable
from tslint.report.edits import joined
from tslint.report.machine import advice, file_of, listed, shown_by_run, span_of, told
from tslint.report.places import shown

if TYPE_CHECKING:
    from tslint.report import Options
    from tslint.report.content import Report

SEVERITIES = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.INFO: "INFO"}


def render(report: Report, options: Options) -> str:
    found = [_diagnostic(diagnostic, report, options) for diagnostic in listed(report, options)]
    data = {"source": {"name": "tslint", "url": HOME}, "diagnostics": found}
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _diagnostic(diagnostic: Diagnostic, report: Report, options: Options) -> dict[str, Any]:
    data: dict[str, Any] = {"message": "\n".join([told(diagnostic), *shown_by_run(diagnostic), *advice(diagnostic)])}
    data["location"] = _location(file_of(diagnostic, report) or report.directory, span_of(diagnostic), report)
    data["severity"] = SEVERITIES[diagnostic.severity]
    data["code"] = {"value": diagnostic.rule, **({"url": diagnostic.url} if diagnostic.url else {})}
    suggestions = _suggestions(diagnostic, report, options)
    if suggestions:
        data["suggestions"] = suggestions
    labels = [
        {"message": told(label), "location": _location(label.path, span_of(label), report)}
        for label in diagnostic.labels
    ]
    return {**data, "related_locations": labels} if labels else data


def _suggestions(diagnostic: Diagnostic, report: Report, options: Options) -> list[dict[str, Any]]:
    """What ``--fix`` would write. Each suggestion is taken or left by itself, so a fix of several edits is one."""
    source = report.sources.get(diagnostic.path or "", ())
    if diagnostic.fix is None or not fixable(diagnostic, options.fix_unsafe) or span_of(diagnostic) is None:
        return []
    edit = joined(diagnostic.fix.edits, source)
    return [] if edit is None else [{"range": _range(edit.span, source), "text": edit.text}]


def _location(path: str, span: Span | None, report: Report) -> dict[str, Any]:
    data: dict[str, Any] = {"path": shown(path, report.directory)}
    return data if span is None else {**data, "range": _range(span, report.sources.get(path, ()))}


def _range(span: Span, source: Sequence[str]) -> dict[str, Any]:
    if span.column is None or span.end_column is None:
        return {"start": {"line": span.line}, "end": {"line": span.end_line}}
    return {
        "start": {"line": span.line, "column": _byte(source, span.line, span.column)},
        "end": {"line": span.end_line, "column": _byte(source, span.end_line, span.end_column)},
    }


def _byte(source: Sequence[str], line: int, column: int) -> int:
    """COLUMN in bytes; where the line is not known, as it is."""
    before = source[line - 1][: column - 1] if 1 <= line <= len(source) else ""
    return column + len(before.encode("utf-8", "surrogatepass")) - len(before)
