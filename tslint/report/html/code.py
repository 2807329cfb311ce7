"""Code as HTML: the lines around a place with what is said of them, and a fix as a difference."""

from __future__ import annotations

import difflib
import functools
import itertools
import keyword
import re
from collections.abc import Iterable, Sequence

from tslint.diagnostic import Edit, Fix, Label, Span
from tslint.fixes import apply
from tslint.frozen import frozen
from tslint.report.html.markup import EMPTY, Markup, element, escaped, hidden, scrolled, together, words

TOKEN = re.compile(
    r"(?P<comment>#[^\n]*)"
    r"|(?P<string>[rRbBfFuU]{0,2}(?:\"\"\"[\s\S]*?(?:\"\"\"|\Z)|'''[\s\S]*?(?:'''|\Z)"
    r"|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?))"
    r"|(?P<name>[^\W\d]\w*)"
    r"|(?P<number>\d[\w.]*)"
)
AROUND = 2
"""Lines shown above and below a place."""

MOST = 12
"""Lines of a span that are shown."""

Piece = tuple[int, int, str]
"""Columns from 0, the end exclusive, and the class of what stands there."""


@frozen
class Said:
    """Something said under a line of code."""

    span: Span
    text: str
    kind: str


def figure(lines: Sequence[str], span: Span, caption: str, labels: Iterable[Label], where: str, kind: str) -> Markup:
    """The code around SPAN with CAPTION and those LABELS that stand in the same LINES; nothing where the span does not."""
    if not 1 <= span.line <= len(lines):
        return EMPTY
    sayings = [Said(span, caption, kind)]
    sayings += [Said(label.span, label.message, "near") for label in labels if 1 <= label.span.line <= len(lines)]
    pieces = highlighted(tuple(lines))
    shown: list[Markup] = []
    previous = 0
    for number in _numbers(lines, sayings):
        if previous and number > previous + 1:
            shown.append(element("span", "⋮", class_="gap", aria_hidden="true"))
        previous = number
        shown += _line(lines[number - 1], number, sayings, pieces[number - 1])
    inner = scrolled(f"code of {where}", *shown)
    return element("figure", element("figcaption", where), inner, class_="code")


def _numbers(lines: Sequence[str], sayings: Sequence[Said]) -> list[int]:
    first = sayings[0].span
    last = min(first.end_line, first.line + MOST - 1)
    wanted = set(range(first.line - AROUND, last + AROUND + 1))
    wanted |= {saying.span.line for saying in sayings}
    wanted |= {number + 1 for number in wanted if number + 2 in wanted}
    numbers = sorted(number for number in wanted if 1 <= number <= len(lines))
    said = {saying.span.line for saying in sayings}
    for edge in (0, -1):
        while numbers[edge] not in said and not lines[numbers[edge] - 1].strip():
            numbers.pop(edge)
    return numbers


def _line(text: str, number: int, sayings: Sequence[Said], pieces: Sequence[Piece]) -> list[Markup]:
    marks = [
        (*columns, f"at {saying.kind}")
        for saying in sayings
        if saying.span.line <= number <= max(saying.span.end_line, saying.span.line)
        and (saying is sayings[0] or saying.span.column is not None)
        and (columns := _columns(text, number, saying.span)) is not None
    ]
    here: dict[str, list[str]] = {}
    for saying in sayings:
        if saying.span.line == number and saying.text:
            here.setdefault(saying.kind, []).append(saying.text)
    row = element(
        "span",
        element("span", str(number), class_="ln", aria_hidden="true"),
        element("span", _pieces(text, pieces, marks), "\n"),
        class_="row on" if any(saying.span.line == number for saying in sayings) else "row",
    )
    said = (
        element("span", words("; ".join(dict.fromkeys(texts))), "\n", class_=f"say {kind}")
        for kind, texts in here.items()
    )
    return [row, *said]


def _columns(text: str, number: int, span: Span) -> tuple[int, int] | None:
    """What of the line NUMBER the span covers, its indentation aside."""
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    if span.column is not None and number == span.line:
        start = span.column - 1
    if span.end_column is not None and number == span.end_line:
        end = span.end_column - 1
    return (start, end) if start < end else None


def _pieces(text: str, pieces: Sequence[Piece], marks: Sequence[Piece]) -> Markup:
    """TEXT cut wherever a piece or a mark begins or ends."""
    cuts = {0, len(text)}
    for start, end, _ in [*pieces, *marks]:
        cuts |= {min(start, len(text)), min(end, len(text))}
    found: list[tuple[str, Markup]] = []
    for start, end in itertools.pairwise(sorted(cuts)):
        kind = _at(pieces, start)
        part = element("span", text[start:end], class_=kind) if kind else escaped(text[start:end])
        found.append((_at(marks, start), part))
    groups = ((kind, [part for _, part in group]) for kind, group in itertools.groupby(found, lambda pair: pair[0]))
    return together(*(element("mark", *parts, class_=kind) if kind else together(*parts) for kind, parts in groups))


def _at(pieces: Sequence[Piece], column: int) -> str:
    """The class of the first of PIECES that COLUMN is in."""
    return next((kind for first, last, kind in pieces if first <= column < last), "")


@functools.lru_cache(maxsize=16)
def highlighted(lines: tuple[str, ...]) -> list[list[Piece]]:
    """For each line its comments, strings, numbers, keywords and the names that it defines, in their columns."""
    found: list[list[Piece]] = [[] for _ in lines]
    line, start, before = 0, 0, ""
    text = "\n".join(lines)
    for match in TOKEN.finditer(text):
        while start + len(lines[line]) < match.start():
            start += len(lines[line]) + 1
            line += 1
        kind = _kind(match, before)
        before = match.group()
        if not kind:
            continue
        here, column = line, match.start() - start
        for part in before.split("\n"):
            found[here].append((column, column + len(part), kind))
            here, column = here + 1, 0
    return found


def _kind(match: re.Match[str], before: str) -> str:
    if match.lastgroup != "name":
        return {"comment": "c", "string": "s", "number": "n"}[match.lastgroup or "comment"]
    if keyword.iskeyword(match.group()):
        return "k"
    return "d" if before in ("def", "class") else ""


def difference(fix: Fix, lines_of: dict[int | None, Sequence[str]], name: str) -> Markup:
    """What FIX changes of the lines of its file, or of each cell; nothing where these are not known."""
    cells: dict[int | None, list[Edit]] = {}
    for edit in fix.edits:
        cells.setdefault(edit.cell, []).append(edit)
    found: list[Markup] = []
    for cell, edits in cells.items():
        lines = lines_of.get(cell, ())
        if not lines or any(edit.span.end_line > len(lines) + 1 or edit.span.column is None for edit in edits):
            return EMPTY
        old = "\n".join(lines) + "\n"
        new, _ = apply(old, [Fix(fix.title, fix.applicability, tuple(edits))])
        found += _changes(old.split("\n"), new.split("\n"), "" if cell is None else f"cell {cell}, ")
    return element("figure", scrolled(f"what the fix changes in {name}", *found), class_="code diff")


def _changes(old: Sequence[str], new: Sequence[str], cell: str) -> list[Markup]:
    rows: list[Markup] = []
    for line in list(difflib.unified_diff(old, new, n=1, lineterm=""))[2:]:
        if line.startswith("@@"):
            number = re.search(r"-(\d+)", line)
            rows.append(element("span", f"{cell}line {number[1] if number else '?'}", "\n", class_="gap"))
            continue
        name, kind, spoken = {"-": ("del", "out", "removed: "), "+": ("ins", "in", "added: ")}.get(
            line[:1], ("span", "row", "")
        )
        mark = element("span", line[:1], class_="ln", aria_hidden="true")
        rows.append(element(name, mark, hidden(spoken) if spoken else "", element("span", line[1:], "\n"), class_=kind))
    return rows
