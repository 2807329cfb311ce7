"""The ``azure`` format: a logging command a problem, which Azure Pipelines lists among the issues of the job. No rich."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tslint.diagnostic import Diagnostic, Severity
from tslint.report.content import clean, one_line
from tslint.report.machine import START, listed, span_of, told

if TYPE_CHECKING:
    from tslint.report import Options
    from tslint.report.content import Report

LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "warning"}
"""The agent knows these two."""

DATA = str.maketrans({"%": "%AZP25", "\r": "%0D", "\n": "%0A"})
PROPERTY = str.maketrans({"%": "%AZP25", "\r": "%0D", "\n": "%0A", "]": "%5D", ";": "%3B"})
"""What the agent turns back: https://github.com/microsoft/azure-pipelines-agent/blob/master/docs/design/percentEncoding.md"""


def render(report: Report, options: Options) -> str:
    lines = [_issue({"type": "error"}, one_line(error)) for error in report.errors]
    return "".join([*lines, *map(_diagnostic, listed(report, options))])


def _diagnostic(diagnostic: Diagnostic) -> str:
    properties = {"type": LEVELS[diagnostic.severity]}
    if diagnostic.path is not None:
        # The agent makes an absolute path one of the repository.
        properties["sourcepath"] = diagnostic.path
        span = span_of(diagnostic) or (START if diagnostic.span is not None else None)
        if span is not None:
            properties |= {"linenumber": str(span.line), "columnnumber": str(span.column or 1)}
    return _issue({**properties, "code": diagnostic.rule}, told(diagnostic))


def _issue(properties: dict[str, str], text: str) -> str:
    words = "".join(f"{name}={clean(value.translate(PROPERTY))};" for name, value in properties.items())
    return f"##vso[task.logissue {words}]{text.translate(DATA)}\n"
