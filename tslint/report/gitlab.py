"""The ``gitlab`` format: a Code Quality report, which a merge request shows. No rich.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from tslint.diagnostic import Diagnostic, Severity
from tslint.report.machine import START, file_of, listed, span_of, told
from tslint.report.places import shown

if TYPE_CHECKING:
    from tslint.report import Options
    from tslint.report.content import Report

SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.INFO: "info"}


def render(report: Report, options: Options) -> str:
    taken: set[str] = set()
    found = []
    for diagnostic in listed(report, options):
        issue = _issue(diagnostic, report, options.project or report.directory)
        # GitLab keeps one issue of those that share a fingerprint.
        salt = issue["fingerprint"]
        while not salt or salt in taken:
            salt = hashlib.sha256(f"{salt}\0{json.dumps(issue)}".encode()).hexdigest()[:16]
        taken.add(salt)
        found.append({**issue, "fingerprint": salt})
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _issue(diagnostic: Diagnostic, report: Report, directory: str) -> dict[str, Any]:
    """GitLab shows the description alone, so the rule stands in it. Paths are those of the repository."""
    path = file_of(diagnostic, report) or report.directory
    span = span_of(diagnostic) or START
    return {
        "check_name": diagnostic.rule,
        "description": f"{diagnostic.rule}: {told(diagnostic)}",
        "severity": SEVERITIES[diagnostic.severity],
        "fingerprint": diagnostic.fingerprint,
        "location": {
            "path": shown(path, directory),
            "positions": {
                "begin": {"line": span.line, "column": span.column or 1},
                "end": {"line": span.end_line, "column": span.end_column or span.column or 1},
            },
        },
    }
