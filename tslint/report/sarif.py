"""The ``sarif`` format: a SARIF 2.1.0 log, which code scanning on GitHub and many editors read. No rich.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html, and what GitHub asks for beyond it:
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning.
It reads the pages of the rules that it lists.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tslint import __version__, catalogue
from tslint.diagnostic import Applicability, Diagnostic, Label, Severity, Span
from tslint.report.content import RANK, one_line
from tslint.report.edits import code_at
from tslint.report.machine import START, advice, file_of, listed, shown_by_run, span_of, told
from tslint.report.places import shown

if TYPE_CHECKING:
    from tslint.report import Options
    from tslint.report.content import Report

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT = "%SRCROOT%"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
WEIGHTS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}
"""GitHub's words for the severity of a rule."""

LONGEST = 1000
"""Characters of a rule's description that GitHub takes."""

CALLS, DEEPER, USE = "called here", "which ends up here", "used here"
"""What the labels say that are steps of the program: before the problem's own place, and behind it."""

LINK = re.compile(r"\[[^\[\]]*\]\(")
WHY = re.compile(r"^## Why it matters\n+(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


def render(report: Report, options: Options) -> str:
    found = listed(report, options)
    rules = sorted({each.rule for each in found})
    run = {
        "tool": {
            "driver": {
                "name": "tslint",
                "version": __version__,
                "informationUri": catalogue.HOME,
                "rules": [_rule(rule, [each for each in found if each.rule == rule]) for rule in rules],
            }
        },
        "invocations": [_invocation(report)],
        "originalUriBaseIds": {ROOT: {"uri": _uri(Path(report.directory).as_posix() + "/")}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, rules.index(each.rule), report) for each in found],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _invocation(report: Report) -> dict[str, Any]:
    """How the check went. What is wrong with the model is no failure of it."""
    data: dict[str, Any] = {"executionSuccessful": report.exit_status() != 2}
    if report.errors:
        data["toolExecutionNotifications"] = [
            {"level": "error", "message": _message(one_line(error))} for error in report.errors
        ]
    return data


def _rule(name: str, found: list[Diagnostic]) -> dict[str, Any]:
    worst = max((each.severity for each in found), key=RANK.__getitem__)
    properties = {"tags": [found[0].group], "problem.severity": WEIGHTS[worst]}
    known = catalogue.rules().get(name)
    if known is None:
        return {"id": name, "properties": properties}
    from tslint.report import Options, page

    why = WHY.search(known.text)
    return {
        "id": name,
        "shortDescription": {"text": known.summary},
        "fullDescription": {"text": _shortened(why[1] if why else known.summary)},
        "help": {"text": f"{known.summary}\n{known.url}", "markdown": page.render(known, Options())},
        "helpUri": known.url,
        "properties": properties,
    }


def _shortened(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= LONGEST else words[: LONGEST - 2].rsplit(" ", 1)[0] + " …"


def _result(diagnostic: Diagnostic, index: int, report: Report) -> dict[str, Any]:
    steps = [label for label in diagnostic.labels if label.message in (CALLS, DEEPER, USE)]
    others = [label for label in diagnostic.labels if label not in steps]
    data: dict[str, Any] = {
        "ruleId": diagnostic.rule,
        "ruleIndex": index,
        "level": LEVELS[diagnostic.severity],
        "message": _message("\n".join([told(diagnostic), *shown_by_run(diagnostic), *advice(diagnostic)])),
        "locations": [_own_place(diagnostic, report)],
    }
    if others:
        data["relatedLocations"] = [{"id": n, **_labelled(label, report)} for n, label in enumerate(others, 1)]
    if steps:
        data["codeFlows"] = [{"threadFlows": [{"locations": _flow(diagnostic, steps, report)}]}]
    if diagnostic.fix is not None and span_of(diagnostic) is not None:
        data["fixes"] = [_fix(diagnostic, report)]
    if diagnostic.fingerprint:
        data["partialFingerprints"] = {"tslint/v1": diagnostic.fingerprint}
    return {**data, "properties": {"basis": diagnostic.basis.value, "claim": diagnostic.claim.value}}


def _own_place(diagnostic: Diagnostic, report: Report) -> dict[str, Any]:
    """GitHub refuses a log in which a result has no place: what has none stands at the target, else at the root."""
    span = span_of(diagnostic)
    data = _place(file_of(diagnostic, report) or report.directory, span or START, report)
    snippet = code_at(span, report.sources.get(diagnostic.path or "", ())) if span is not None else None
    if snippet is not None:
        data["physicalLocation"]["region"]["snippet"] = {"text": snippet}
    if diagnostic.symbol:
        data["logicalLocations"] = [{"fullyQualifiedName": diagnostic.symbol, "kind": "function"}]
    return data


def _flow(diagnostic: Diagnostic, steps: Iterable[Label], report: Report) -> list[dict[str, Any]]:
    """The way of the program through the problem's place, from the outermost call to where the value is used."""
    own = {**_own_place(diagnostic, report), "message": _message(told(diagnostic))}
    before = [_labelled(label, report) for label in steps if label.message == CALLS]
    behind = [_labelled(label, report) for label in steps if label.message != CALLS]
    return [{"location": place} for place in (*before, own, *behind)]


def _labelled(label: Label, report: Report) -> dict[str, Any]:
    return {**_place(label.path, span_of(label) or START, report), "message": _message(told(label))}


def _place(path: str, span: Span, report: Report) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": _artifact(path, report), "region": _region(span)}}


def _fix(diagnostic: Diagnostic, report: Report) -> dict[str, Any]:
    assert diagnostic.fix is not None and diagnostic.path is not None
    unsafe = " (can change what the code does)" if diagnostic.fix.applicability == Applicability.UNSAFE else ""
    replacements = [
        {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}} for edit in diagnostic.fix.edits
    ]
    change = {"artifactLocation": _artifact(diagnostic.path, report), "replacements": replacements}
    return {"description": _message(one_line(diagnostic.fix.title) + unsafe), "artifactChanges": [change]}


def _region(span: Span) -> dict[str, Any]:
    if span.column is None or span.end_column is None:
        return {"startLine": span.line, "endLine": span.end_line}
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _artifact(path: str, report: Report) -> dict[str, str]:
    name = shown(path, report.directory)
    if Path(name).is_absolute():
        return {"uri": _uri(name)}
    return {"uri": _quoted(name), "uriBaseId": ROOT}


def _uri(path: str) -> str:
    return f"file://{'' if path.startswith('/') else '/'}{_quoted(path)}"


def _quoted(path: str) -> str:
    return quote(path, errors="surrogateescape")


def _message(text: str) -> dict[str, str]:
    """In a text of SARIF, ``[x](y)`` is a link unless its bracket is escaped."""
    return {"text": LINK.sub(lambda link: "\\" + link[0].replace("]", "\\]"), text)}
