"""The ops of a run: those that coremltools does not convert on their lines, with what takes their place, then all others."""

from __future__ import annotations

from tslint.report.content import Report
from tslint.report.html.findings import where
from tslint.report.html.markup import EMPTY, Markup, element, more, row, said, scrolled, table, together, words
from tslint.report.places import source_key
from tslint.report.run import Op, OpPlace, Run

MANY = 12
"""Modules that are named for one line."""


def ops(report: Report, run: Run) -> Markup:
    refused = [op for op in run.ops if not op.supported]
    known = sorted((op for op in run.ops if op.supported), key=lambda op: (-op.count, op.op))
    if not run.ops:
        return EMPTY
    rows = [row(element("code", op.op), str(op.count), said("✓", "converts", "good")) for op in known]
    title = "Ops that convert"
    listed = table(title, ["Op", "Count", "As Core ML"], rows) if rows else EMPTY
    count = element("span", str(len(known)), class_="count")
    return together(
        *(_refused(report, op) for op in refused),
        element("details", element("summary", title, " ", count), listed) if rows else EMPTY,
    )


def _refused(report: Report, op: Op) -> Markup:
    times = f"{op.count} time{'' if op.count == 1 else 's'}"
    lines: dict[str, list[OpPlace]] = {}
    for place in op.places:
        lines.setdefault(_at(report, place), []).append(place)
    places = [_line(report, at, sites) for at, sites in lines.items()]
    return element(
        "div",
        element("h4", said("✗", "does not convert:", "bad"), " ", element("code", op.op), f" {times}"),
        element("p", words(op.message)) if op.message else EMPTY,
        element("ul", *places, class_="elsewhere") if places else EMPTY,
        _composite(op),
        class_="op",
    )


def _at(report: Report, site: OpPlace) -> str:
    place = site.place or site.library
    return where(report, place.path, place.cell, place.span.line) if place is not None else "no line of the source"


def _line(report: Report, at: str, sites: list[OpPlace]) -> Markup:
    """A line of code with the modules that come to it."""
    place = sites[0].place or sites[0].library
    lines = report.sources.get(source_key(place.path, place.cell), ()) if place is not None else ()
    code = lines[place.span.line - 1].strip() if place is not None and 1 <= place.span.line <= len(lines) else ""
    modules = list(dict.fromkeys(f"`{site.module_path}`" for site in sites if site.module_path))
    left = f" and {len(modules) - MANY} more" if len(modules) > MANY else ""
    inside = together(" in ", words(", ".join(modules[:MANY]) + left)) if modules else EMPTY
    count = sum(site.count for site in sites)
    times = f", {count} times" if count > 1 else ""
    line = together(": ", element("code", code)) if code else EMPTY
    return element("li", element("span", at, class_="place"), inside, times, line)


def _composite(op: Op) -> Markup:
    if not op.composite:
        return element("p", "Nothing was found that takes its place.", class_="aside")
    code = scrolled(f"{op.op} composed", op.composite.strip("\n"))
    return more("A composite of other ops that lets it convert", code)
