"""The code around a diagnostic: a gutter, the marked span, captions under it, labels beside other lines. No rich."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tslint.diagnostic import Label, Span
from tslint.frozen import frozen
from tslint.report.content import one_line
from tslint.report.layout import Code, Line, cells, marked, wrap

SPAN_LINES = 4
"""Lines of a span that are shown."""

LEAD = 16
"""Columns of code left of the span that stay in sight where a line is too long."""

GUTTER = "dim"
NARROW = 30


@frozen
class Mark:
    """Something said of a place: under its line if ``below``, else beside it."""

    span: Span
    text: str
    style: str
    below: bool = False


def snippet(
    source: Sequence[str], span: Span, caption: str, labels: Iterable[Label], width: int, style: str
) -> list[Line]:
    """The lines around SPAN with CAPTION under it, and those of LABELS, which are of the same file; nothing if SPAN is not
    in SOURCE."""
    if not 1 <= span.line <= len(source):
        return []
    marks = [Mark(span, one_line(caption), style, below=True)]
    for label in labels:
        if 1 <= label.span.line <= len(source):
            beside = label.span.line != span.line or label.span.column is None
            marks.append(Mark(label.span, one_line(label.message), "cyan", below=not beside))
    shown = _numbers(source, marks)
    number_width = len(str(max(shown)))
    room = max(width - number_width - 5, 20)
    start = _start(source, span, room)
    above = span.line - 1
    if start and above in shown and not Code(source[above - 1]).window(start, room).strip("… "):
        shown = [number for number in shown if number != above or any(mark.span.line == above for mark in marks)]
    arrows = _arrow_column(source, marks, start, room)
    lines: list[Line] = []
    previous = None
    for number in shown:
        if previous is not None and number > previous + 1:
            lines.append([(f"  {'⋮':>{number_width}}", GUTTER)])
        previous = number
        rows = _rows(source[number - 1], number, marks, start, room, arrows)
        for index, row in enumerate(rows):
            shown_number = str(number) if index == 0 else ""
            lines.append([(f"  {shown_number:>{number_width}} │", GUTTER), *([(" ", ""), *row] if row else [])])
        if number == span.line + SPAN_LINES - 1 < min(span.end_line, len(source)) and number + 1 not in shown:
            lines.append([(f"  {'⋮':>{number_width}}", GUTTER)])
            previous = None
    return lines


def _numbers(source: Sequence[str], marks: Sequence[Mark]) -> list[int]:
    """The lines to show: the marked ones, one above the first span, and what fills a gap of one line."""
    span = marks[0].span
    wanted = set(range(span.line, min(span.end_line, span.line + SPAN_LINES - 1, len(source)) + 1))
    wanted |= {mark.span.line for mark in marks}
    if span.line > 1 and source[span.line - 2].strip():
        wanted.add(span.line - 1)
    return sorted(wanted | {number + 1 for number in wanted if number + 2 in wanted})


def _start(source: Sequence[str], span: Span, room: int) -> int:
    """The column that the view of the code begins at: 0 unless the span would be out of sight."""
    code = Code(source[span.line - 1])
    first, last = _ends(code, span)
    if code.columns[-1] <= room or last < room - 1:
        return 0
    return max(min(first - LEAD, last - room + 2), 0) if last - first < room - LEAD else max(first - LEAD, 0)


def _ends(code: Code, span: Span) -> tuple[int, int]:
    """The columns of the span on its first line, from 0, the end exclusive."""
    if span.column is None:
        indent = len(code.source) - len(code.source.lstrip())
        return code.column(indent + 1), code.columns[-1]
    first = code.column(span.column)
    if span.end_line > span.line or span.end_column is None:
        return first, code.columns[-1]
    return first, code.column(span.end_column)


def _arrow_column(source: Sequence[str], marks: Sequence[Mark], start: int, room: int) -> int:
    """Where the labels beside lines begin: behind all marked lines, else behind the labelled ones; 0 if they fit nowhere."""
    beside = [mark for mark in marks if not mark.below]
    longest = max((cells(mark.text) for mark in beside), default=0)
    for group in (marks, beside):
        column = max((cells(Code(source[m.span.line - 1]).window(start, room)) for m in group), default=0) + 4
        if column + 2 + longest <= room:
            return column
    return 0


def _rows(text: str, number: int, marks: Sequence[Mark], start: int, room: int, arrows: int) -> list[Line]:
    code = Code(text)
    here = [mark for mark in marks if mark.span.line == number]
    row: Line = []
    visible = code.window(start, room)
    if here and here[0].below:
        first, last = (column - start for column in _ends(code, here[0].span))
        before, inside, after = _split(visible, first, last)
        row = [(before, ""), (inside, f"{here[0].style} underline"), (after, "")]
    elif visible:
        row = [(visible, "")]
    below = [mark for mark in here if mark.below or not arrows]
    beside = "; ".join(mark.text for mark in here if mark not in below)
    if beside:
        row += [(" " * (arrows - cells(visible)), ""), ("← ", "cyan"), *marked(beside, "cyan", "cyan")]
    return [[segment for segment in row if segment[0]], *_under(code, below, start, room)]


def _split(text: str, first: int, last: int) -> tuple[str, str, str]:
    """TEXT before, in and behind the columns FIRST to LAST."""
    columns = [0]
    for char in text:
        columns.append(columns[-1] + cells(char))
    one = next((index for index, column in enumerate(columns) if column >= first), len(text))
    other = next((index for index, column in enumerate(columns) if column >= last), len(text))
    other = max(one, other)
    return text[:one], text[one:other], text[other:]


def _under(code: Code, marks: Sequence[Mark], start: int, room: int) -> list[Line]:
    """Rows under a line of code: the rightmost mark first, the others carried down by bars."""
    placed = sorted(((max(_ends(code, mark.span)[0] - start, 0), mark) for mark in marks), key=lambda item: -item[0])
    rows: list[Line] = []
    for index, (column, mark) in enumerate(placed):
        bars = sorted({other for other, _ in placed[index + 1 :] if other < column})
        last = _ends(code, mark.span)[1] - start
        rows += _caption(mark, column, min(last, room) - column, bars, room)
    return rows


def _caption(mark: Mark, column: int, length: int, bars: Sequence[int], room: int) -> list[Line]:
    if not mark.text and mark.span.end_line > mark.span.line:
        return []
    if not mark.text:
        return [[(_bars(bars, column), mark.style), (f"╰{'─' * (length - 2)}╯" if length > 1 else "╰", mark.style)]]
    space = room - column - 3
    if cells(mark.text) <= space or (space >= NARROW and not bars):
        rows = wrap(mark.text, space, space)
        first: Line = [(_bars(bars, column), mark.style), ("╰─ ", mark.style), *marked(rows[0], mark.style, mark.style)]
        return [first, *([(" " * (column + 3), ""), *marked(row, mark.style, mark.style)] for row in rows[1:])]
    if not bars and cells(mark.text) + 3 <= column + 1:
        lead = " " * (column - cells(mark.text) - 2)
        return [[(lead, ""), *marked(mark.text, mark.style, mark.style), (" ─╯", mark.style)]]
    # There is no room beside the mark: the text stands on rows of its own, the mark above them.
    rows = wrap(mark.text, room - 4, room - 4)
    corner: Line = [(_bars(bars, column), mark.style), ("╯" if column else "╰", mark.style)]
    if column > 4:
        corner = [("    ╭" + "─" * (column - 5) + "╯", mark.style)]
    return [corner, *([("    ", ""), *marked(row, mark.style, mark.style)] for row in rows)]


def _bars(bars: Sequence[int], column: int) -> str:
    return "".join("│" if index in bars else " " for index in range(column))
