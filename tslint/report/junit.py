"""The ``junit`` format: XML in which a problem is a failed test case of the suite that its file is. No rich.

What does not count for the exit status is a skipped test case, and what made that 2 an error: a server that reads the file
comes to the verdict of the command.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tslint.catalogue import UNCHECKED
from tslint.diagnostic import Diagnostic
from tslint.report.content import clean, counts, one_line
from tslint.report.machine import advice, file_of, listed, shown_by_run, span_of, told
from tslint.report.places import shown

if TYPE_CHECKING:
    from tslint.report import Options
    from tslint.report.content import Report

NO_XML = str.maketrans(dict.fromkeys("\ufffe\uffff", "\N{REPLACEMENT CHARACTER}"))
"""What may stand in no XML, besides the control characters that are left out everywhere."""


def render(report: Report, options: Options) -> str:
    suites: dict[str, list[ET.Element]] = {}
    for diagnostic in listed(report, options):
        path = file_of(diagnostic, report)
        name = "tslint" if path is None else _text(shown(path, report.directory))
        suites.setdefault(name, []).append(_case(diagnostic, name, path is not None, options))
    if report.errors:
        suites.setdefault("tslint", []).extend(map(_error, report.errors))
    if not suites:
        suites["tslint"] = [ET.Element("testcase", name="No errors found", classname="tslint")]
    every = [case for cases in suites.values() for case in cases]
    root = ET.Element("testsuites", {"name": "tslint", **_counted(every)})
    for name, cases in sorted(suites.items()):
        suite = ET.SubElement(root, "testsuite", {"name": name, **_counted(cases), "package": "org.tslint"})
        suite.extend(cases)
    ET.indent(root, "    ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _case(diagnostic: Diagnostic, name: str, in_file: bool, options: Options) -> ET.Element:
    place = {"classname": str(PurePosixPath(name).with_suffix("")) if in_file else name}
    span = span_of(diagnostic)
    where = ""
    if in_file:
        place["file"] = name
    if span is not None:
        place |= {"line": str(span.line), "column": str(span.column or 1)}
        where = f"line {span.line}, col {span.column or 1}, "
    case = ET.Element("testcase", {"name": f"org.tslint.{diagnostic.rule}", **place})
    properties = ET.SubElement(case, "properties")
    for key in ("severity", "basis", "claim"):
        ET.SubElement(properties, "property", name=key, value=getattr(diagnostic, key).value)
    failed = counts(diagnostic, options.fail_on) or diagnostic.rule in UNCHECKED
    outcome = ET.SubElement(case, "failure" if failed else "skipped", message=_text(told(diagnostic)))
    if failed:
        lines = [told(diagnostic), *shown_by_run(diagnostic), *advice(diagnostic)]
        outcome.text = where + "\n".join(map(_text, lines))
    return case


def _error(sentence: str) -> ET.Element:
    case = ET.Element("testcase", name="org.tslint", classname="tslint")
    outcome = ET.SubElement(case, "error", message=_text(one_line(sentence)))
    outcome.text = _text(one_line(sentence))
    return case


def _counted(cases: Sequence[ET.Element]) -> dict[str, str]:
    outcomes = (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))
    counts = {kind: sum(case.find(tag) is not None for case in cases) for kind, tag in outcomes}
    return {"tests": str(len(cases)), **{kind: str(count) for kind, count in counts.items()}}


def _text(text: str) -> str:
    return clean(text).translate(NO_XML)
