"""The ``html`` format: one file that holds all of a report, for people who would rather look at it than read it.

It asks nothing of a network, works without its script, and holds no text that was not escaped. Its look and its script are
the files ``page.css`` and ``page.js`` of this package; the policy in its head lets a browser run and load nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from tslint.diagnostic import Basis, Diagnostic, Severity
from tslint.frozen import frozen
from tslint.report.assemble import shapes
from tslint.report.content import Report, fixable
from tslint.report.html import tables
from tslint.report.html.answer import Answer, answer, chosen, remedies, standing, static_answer
from tslint.report.html.findings import articles, name_of, place
from tslint.report.html.markup import EMPTY, Markup, command, element, said, together, words
from tslint.report.html.modules import tree
from tslint.report.html.ops import ops
from tslint.report.places import shown
from tslint.report.run import Run

if TYPE_CHECKING:
    from tslint.report import Options

STYLE, SCRIPT = (
    Markup("\n" + (Path(__file__).parent / name).read_text(encoding="utf-8")) for name in ("page.css", "page.js")
)
MARKS = {"yes": "✓", "almost": "!", "no": "✗", "unknown": "?"}
FIRST = 8
"""Findings that the answer lists."""
MOST_NAMED = 5
"""Files that a command of the answer names; of more it names the folder that holds them."""

THEMES = (("auto", "As the system"), ("light", "Light"), ("dark", "Dark"))


@frozen
class Section:
    """``name`` is what links call it; ``parts`` are the names and titles of what its own headings divide it into."""

    name: str
    title: str
    inner: Markup
    parts: tuple[tuple[str, str], ...] = ()


def render(report: Report, options: Options) -> str:
    title = _title(report)
    sections = _sections(report, options)
    body = together(
        element("a", "Skip to the answer", href="#answer", class_="skip"),
        _header(report, title),
        element("div", _contents(sections), element("main", *(_section(each) for each in sections)), class_="page"),
        _footer(report),
    )
    return _document(f"{title} — tslint", body)


def _document(title: str, body: Markup) -> str:
    policy = f"default-src 'none'; style-src '{_hash(STYLE)}'; script-src '{_hash(SCRIPT)}'; base-uri 'none'; form-action 'none'"
    head = together(
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", STYLE),
    )
    page = element("html", element("head", head), "\n", element("body", body, element("script", SCRIPT)), lang="en")
    return f"<!DOCTYPE html>\n{page}\n"


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _title(report: Report) -> str:
    names = list(dict.fromkeys(shown(run.target, report.directory) for run in report.runs))
    names = names or list(
        dict.fromkeys(shown(d.path, report.directory) for d in report.diagnostics if d.path is not None)
    )
    count = len(names) if report.runs else max(len(names), report.summary.files)
    if count == 1 and names:
        return names[0]
    return f"{count} file{'s' * (count != 1)}" if count else "Report"


def _header(report: Report, title: str) -> Markup:
    radios = []
    for value, label in THEMES:
        box = element("input", type="radio", name="theme", id=f"theme-{value}", checked=value == "auto")
        radios.append(together(box, element("label", label, for_=f"theme-{value}")))
    choice = element("fieldset", element("legend", "Colours"), *radios, class_="theme")
    head = element("div", element("p", "tslint report", class_="eyebrow"), element("h1", title))
    return element("header", head, choice)


def _contents(sections: list[Section]) -> Markup:
    items = []
    for section in sections:
        below = [element("li", _link(name, title)) for name, title in section.parts]
        items.append(element("li", _link(section.name, section.title), element("ul", *below) if below else EMPTY))
    return element("nav", element("ul", *items), aria_label="Contents")


def _link(name: str, title: str) -> Markup:
    return element("a", words(title), href=f"#{name}")


def _section(section: Section) -> Markup:
    head = element("h2", words(section.title), id=section.name, tabindex="-1")
    return element("section", head, section.inner, aria_labelledby=section.name)


def _sections(report: Report, options: Options) -> list[Section]:
    """The sections that have something to say."""
    found = [Section("answer", "Does it become a Core ML model?", _answers(report))]
    found.append(Section("findings", "Findings", _findings(report, options)))
    found += [_run(report, run, f"run-{index}") for index, run in enumerate(report.runs, 1)]
    if report.notes or report.errors or report.said_of_fixes():
        found.append(Section("notes", "Notes", _notes(report)))
    return found


def _answers(report: Report) -> Markup:
    if not report.runs:
        return together(_card(report, static_answer(report), standing(report), None), _counts(report))
    cards = [_card(report, answer(report, run), standing(report, run), run) for run in report.runs]
    return together(*cards, _counts(report))


def _card(report: Report, said_: Answer, found: list[Diagnostic], run: Run | None) -> Markup:
    mark = element("span", MARKS[said_.mark], class_="big", aria_hidden="true")
    head = element("p", mark, element("strong", f"{said_.word}. "), words(said_.title), class_="verdict")
    qualities = (
        element("ul", *(element("li", words(text)) for text in said_.more), class_="qualities") if said_.more else EMPTY
    )
    entry = EMPTY
    if run is not None and run.how:
        what = f" on {shapes(run.example)}" if run.example else ""
        entry = element("p", "Checked: ", words(run.how), element("span", what), class_="aside")
    return element("div", head, qualities, _stops(report, found, said_), _next(report, found, run), entry,
                   class_=f"card {said_.mark}")  # fmt: skip


def _stops(report: Report, found: list[Diagnostic], said_: Answer) -> Markup:
    if not found:
        return EMPTY
    stops = said_.mark in ("no", "almost") and all(d.severity == Severity.ERROR for d in found)
    title = "What stops it, and what to do" if stops else "What was found, and what to do"
    items = []
    for diagnostic, remedy in remedies(found)[:FIRST]:
        link = element("a", words(diagnostic.message), href=f"#{name_of(report, diagnostic)}")
        at = element("span", place(report, diagnostic), class_="place")
        todo = element("span", words(remedy), class_="todo") if remedy else EMPTY
        items.append(element("li", link, " ", at, " ", todo))
    rest = (
        element("p", element("a", f"and {len(found) - FIRST} more", href="#findings")) if len(found) > FIRST else EMPTY
    )
    return together(element("h3", title), element("ol", *items, class_="stops"), rest)


def _next(report: Report, found: list[Diagnostic], run: Run | None) -> Markup:
    """The command lines that go on from here."""
    fixes = [d for d in found if d.fix is not None]
    paths = [run.target] if run is not None else list(dict.fromkeys(d.path for d in (fixes or found) if d.path))
    if len(paths) > MOST_NAMED:
        paths = [os.path.commonpath(paths)]
    names = shlex.join(shown(path, report.directory) for path in paths)
    lines: list[Markup] = []
    safe = [d for d in fixes if fixable(d)]
    if safe:
        lines.append(_try(f"Writes {_fixes(len(safe))}.", f"tslint check --fix {names}"))
    if len(fixes) > len(safe):
        text = f"Writes {_fixes(len(fixes))}, those that can change behaviour, too; read them first."
        lines.append(_try(text, f"tslint check --fix --unsafe-fixes {names}"))
    route = chosen(run) if run is not None else None
    if route is not None and route.converts == "works" and not paths[0].endswith(".ipynb"):
        lines.append(_try("Writes the script that converts it this way.", f"tslint plan {names}"))
    if run is None and paths:
        several = "" if len({d.path for d in found}) == 1 else "--run "
        lines.append(
            _try("Runs the model, which settles what the source leaves open.", f"tslint check {several}{names}")
        )
    return together(element("h3", "Commands"), *lines) if lines else EMPTY


def _fixes(count: int) -> str:
    return f"{count} {'fix' if count == 1 else 'fixes'}"


def _try(text: str, line: str) -> Markup:
    return element("div", element("p", text), command(line), class_="try")


def _counts(report: Report) -> Markup:
    counts = report.summary
    shown_of = (
        ("error", counts.error, "bad"), ("warning", counts.warning, "warn"), ("info", counts.info, "note"),
        ("refuted", counts.refuted, "good"), ("suppressed", counts.suppressed, "none"),
        ("in the baseline", counts.baselined, "none"), ("fixable", counts.fixable, "none"), ("file", counts.files, "none"),
    )  # fmt: skip
    items = (
        element("div", element("dt", _plural(name, count)), element("dd", str(count)), class_=kind if count else "none")
        for name, count, kind in shown_of
        if count or kind in ("bad", "warn")
    )
    return element("dl", *items, class_="counts")


def _plural(name: str, count: int) -> str:
    return f"{name}s" if count != 1 and name in ("error", "warning", "file") else name


def _findings(report: Report, options: Options) -> Markup:
    found = standing(report)
    info = [d for d in report.diagnostics if d.severity == Severity.INFO and d.basis != Basis.REFUTED]
    refuted = [d for d in report.diagnostics if d.basis == Basis.REFUTED]
    parts = articles(report, found) or [element("p", said("✓", "No problems were found.", "good"))]
    return together(
        *parts,
        _aside(report, info, "True, but on a route nobody takes here, or advice", options.show_info),
        _aside(report, refuted, "Predicted from the source and refuted by the run", options.show_refuted),
    )


def _aside(report: Report, found: list[Diagnostic], title: str, open: bool) -> Markup:
    if not found:
        return EMPTY
    summary = element("summary", title, " ", element("span", str(len(found)), class_="count"))
    return element("details", summary, *articles(report, found), open=open)


def _run(report: Report, run: Run, name: str) -> Section:
    every = (
        ("ways", "Ways to Core ML", tables.routes(run)),
        ("sizes", "Sizes that the trace serves", tables.dimensions(run)),
        ("modules", "Modules", tree(report, run, name)),
        ("ops", "Ops", ops(report, run)),
        ("differences", "Differences", tables.differences(report, run)),
        (
            "more",
            "What was run",
            together(tables.inputs(run), tables.escapes(report, run), tables.steps(run), _again(run)),
        ),
    )
    parts = tuple((f"{name}-{key}", title, inner) for key, title, inner in every if inner)
    inside = together(*(together(element("h3", title, id=key), inner) for key, title, inner in parts))
    title = f"The run of `{run.module or shown(run.target, report.directory)}`"
    return Section(name, title, inside, tuple((key, part) for key, part, _ in parts))


def _again(run: Run) -> Markup:
    return _try("The same run again:", run.command) if run.command else EMPTY


def _notes(report: Report) -> Markup:
    errors = (element("li", said("✗", "error:", "bad"), " ", words(text)) for text in report.errors)
    fixes = (element("li", said("i", "fixes:", "note"), " ", words(text)) for text in report.said_of_fixes())
    notes = (element("li", words(text)) for text in report.notes)
    return element("ul", *errors, *fixes, *notes, class_="notes")


def _footer(report: Report) -> Markup:
    from tslint import __version__

    return element(
        "footer", element("p", f"Written by tslint {__version__}. This file loads nothing and sends nothing.")
    )
