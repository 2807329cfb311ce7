"""Each finding as an article: where, what, the evidence, what to do, the fix."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from tslint import catalogue
from tslint.composites import NOTHING
from tslint.diagnostic import Basis, Diagnostic, Label, Severity
from tslint.report.content import Report, clean, fixable
from tslint.report.html.code import difference, figure
from tslint.report.html.markup import EMPTY, Markup, element, more, prose, said, scrolled, together, words
from tslint.report.places import shown, source_key
from tslint.report.routes import number

MARKS = {Severity.ERROR: ("✗", "bad"), Severity.WARNING: ("!", "warn"), Severity.INFO: ("i", "note")}
BASES = {
    Basis.OBSERVED: "seen while the model ran",
    Basis.PREDICTED: "read from the source; not run",
    Basis.REFUTED: "the model ran and it did not happen",
}
TERMS = {
    "exception": "Exception",
    "message": "In PyTorch's or coremltools' words",
    "tried": "Other input",
    "output": "Output",
    "largest": "Largest magnitude",
    "effect": "Effect",
    "max_difference": "Largest difference",
    "wrong": "How",
    "class_name": "Class",
    "count": "How often",
}
MANY = 12
FAR = 6
LONG = 60


def name_of(report: Report, diagnostic: Diagnostic) -> str:
    """What the finding's article is called in links."""
    index = next(index for index, each in enumerate(report.diagnostics, 1) if each is diagnostic)
    return f"finding-{index}"


def where(report: Report, path: str | None, cell: int | None, line: int | None) -> str:
    if path is None:
        return "no place in the source"
    text = source_key(shown(path, report.directory), cell)
    return text if line is None else f"{text}:{line}"


def place(report: Report, diagnostic: Diagnostic) -> str:
    return where(report, diagnostic.path, diagnostic.cell, diagnostic.span.line if diagnostic.span else None)


def articles(report: Report, found: Iterable[Diagnostic]) -> list[Markup]:
    return [_article(report, diagnostic) for diagnostic in found]


def _article(report: Report, diagnostic: Diagnostic) -> Markup:
    mark, kind = MARKS[diagnostic.severity]
    if diagnostic.basis == Basis.REFUTED:
        mark, kind = "✓", "good"
    name = name_of(report, diagnostic)
    symbol = element("span", " in ", element("code", diagnostic.symbol)) if diagnostic.symbol else EMPTY
    code = _code(report, diagnostic)
    changes = _changes(report, diagnostic)
    head = element(
        "p",
        said(mark, diagnostic.severity.value, kind),
        element("span", diagnostic.rule, class_="rule"),
        element("span", diagnostic.basis.value, class_="basis", title=BASES[diagnostic.basis]),
        element("span", EMPTY if code else place(report, diagnostic), symbol, class_="place"),
        class_="head",
    )
    return element(
        "article",
        head,
        element("h3", words(diagnostic.message), id=name),
        code,
        _facts(report, diagnostic),
        *(element("p", element("strong", "Note: "), words(note), class_="aside") for note in diagnostic.notes),
        _refuted(diagnostic),
        _help(diagnostic, bool(changes)),
        _fix(diagnostic, changes),
        _rule(diagnostic),
        class_=f"finding {kind}",
        aria_labelledby=name,
    )


def _code(report: Report, diagnostic: Diagnostic) -> Markup:
    lines, here = report.code(diagnostic), (diagnostic.path, diagnostic.cell)
    near = [label for label in diagnostic.labels if (label.path, label.cell) == here and lines]
    far = [label for label in diagnostic.labels if label not in near]
    _, kind = MARKS[diagnostic.severity]
    shown_code, caption = EMPTY, diagnostic.caption or ""
    if diagnostic.span is not None:
        shown_code = figure(lines, diagnostic.span, caption, near, place(report, diagnostic), kind)
    rest = element("p", words(caption), class_="caption") if caption and not shown_code else EMPTY
    return together(shown_code, rest, _elsewhere(report, far))


def _elsewhere(report: Report, labels: Sequence[Label]) -> Markup:
    """Places in other files, each with its line of code; of a deep stack the first and the last ones."""
    if not labels:
        return EMPTY
    kept = list(labels) if len(labels) <= FAR else [*labels[: FAR // 2], *labels[-FAR // 2 :]]
    items = []
    for label in kept:
        lines = report.code(label)
        code = lines[label.span.line - 1].strip() if 1 <= label.span.line <= len(lines) else ""
        at = where(report, label.path, label.cell, label.span.line)
        line = together(": ", element("code", code)) if code else EMPTY
        items.append(element("li", words(label.message), " — ", element("span", at, class_="place"), line))
    if len(labels) > len(kept):
        items.insert(FAR // 2, element("li", f"… {len(labels) - len(kept)} more places …"))
    return element("ul", *items, class_="elsewhere")


def _facts(report: Report, diagnostic: Diagnostic) -> Markup:
    """What the run observed, a row for each fact."""
    rows: list[tuple[str, Markup]] = []
    for proof in diagnostic.evidence:
        rows += [row for row in _told(proof) if row not in rows and row[1] != words(diagnostic.caption or "")]
    if not rows:
        return EMPTY
    told = (
        element("div", element("dt", term), element("dd", text), class_="long" if len(text) > LONG else None)
        for term, text in rows
    )
    return element("dl", *told, class_="facts")


def _told(proof: dict[str, Any]) -> list[tuple[str, Markup]]:
    rows: list[tuple[str, Markup]] = []
    example, other = next(
        ((proof[one], proof["other"]) for one in ("value", "truth", "count") if one in proof and "other" in proof),
        (None, None),
    )
    if other is not None:
        rows.append(("Recorded with the example", element("code", _value(example))))
        rows.append((f"Needed with {one_of(proof, 'tried')}", element("code", _value(other))))
        differs = "wrong there" if proof.get("differs") else "not wrong on the inputs tried"
        rows.append(("The outputs of the trace", Markup(differs)))
    for key, term in TERMS.items():
        value = proof.get(key)
        if value in (None, "", []) or (other is not None and key in ("tried", "count")):
            continue
        rows.append((term, words(_value(value))))
    rows += _outputs(proof.get("items"))
    modules = proof.get("modules")
    if isinstance(modules, list) and any(modules):
        names = [f"`{name}`" for name in modules[:MANY] if name]
        left = f" and {len(modules) - MANY} more" if len(modules) > MANY else ""
        rows.append(("Modules", words(", ".join(names) + left)))
    return rows


def _outputs(items: Any) -> list[tuple[str, Markup]]:
    if not isinstance(items, list):
        return []
    rows = []
    for item in items[:MANY]:
        shape = f" {item['dtype'] or ''}{item['shape']}" if item.get("shape") is not None else ""
        rows.append((f"Output {item.get('key', '')}", words(f"{item.get('type', '')}{shape}")))
    return rows


def one_of(proof: dict[str, Any], key: str) -> str:
    return str(proof.get(key) or "another input")


def _value(value: Any) -> str:
    if isinstance(value, float):
        return number(value) if value != int(value) else str(int(value))
    return str(value)


def _refuted(diagnostic: Diagnostic) -> Markup:
    if diagnostic.basis != Basis.REFUTED or not diagnostic.refuted_by:
        return EMPTY
    text = ", ".join(diagnostic.refuted_by)
    return element("p", element("strong", "Refuted by: "), words(text), class_="aside")


def _help(diagnostic: Diagnostic, fix: bool) -> Markup:
    """What to do; the code of it is left out where a FIX shows it."""
    if not diagnostic.help:
        return EMPTY
    head = element("p", "What was tried" if diagnostic.help.startswith(NOTHING) else "What to do", class_="label")
    first, _, rest = diagnostic.help.strip("\n").partition("\n")
    if fix:
        return element("div", head, element("p", words(first)), class_="help")
    if len(rest.splitlines()) <= MANY:
        return element("div", head, prose(diagnostic.help), class_="help")
    code = scrolled("code to add", _dedented(rest))
    return element("div", head, element("p", words(first)), more("The code to add", code), class_="help")


def _dedented(text: str) -> str:
    lines = text.strip("\n").split("\n")
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join(line[indent:] for line in lines)


def _changes(report: Report, diagnostic: Diagnostic) -> Markup:
    """What the fix would change; of what was refuted nothing is to be."""
    fix = diagnostic.fix
    if fix is None or diagnostic.basis == Basis.REFUTED:
        return EMPTY
    path = diagnostic.path or ""
    lines = {edit.cell: report.sources.get(source_key(path, edit.cell), ()) for edit in fix.edits}
    return difference(fix, lines, shown(path, report.directory))


def _fix(diagnostic: Diagnostic, changes: Markup) -> Markup:
    fix = diagnostic.fix
    if fix is None or diagnostic.basis == Basis.REFUTED:
        return EMPTY
    flag = "--fix" if fixable(diagnostic) else "--fix --unsafe-fixes"
    title = together(words(fix.title), " ", element("span", f"{fix.applicability.value} fix: {flag}", class_="basis"))
    if not changes:
        return element("p", element("strong", "Fix: "), title, class_="aside")
    return more(together("Fix: ", title), changes, open=True, kind="fix")


def _rule(diagnostic: Diagnostic) -> Markup:
    """Why the rule matters, from its page, and where the page is."""
    rule = catalogue.rules().get(diagnostic.rule)
    if rule is None:
        return EMPTY
    paragraphs = [element("p", words(text)) for text in _why(rule.text)]
    ways = element("code", f"tslint explain {clean(rule.name)}")
    page = element("p", "The whole page: ", ways, " or ", element("a", "online", href=rule.url, rel="noreferrer"))
    return more(f"Why {rule.name} matters", *paragraphs, page, kind="why")


def _why(page: str) -> list[str]:
    """The paragraphs of the section of a rule's page that says why it matters."""
    section = re.search(r"^## Why[^\n]*\n([\s\S]*?)(?=^(?:```|#)|\Z)", page, re.MULTILINE)
    plain = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", section[1] if section else "")
    return [text for text in re.split(r"\n\s*\n", plain.strip()) if text.strip()]
