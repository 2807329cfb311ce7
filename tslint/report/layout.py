"""Lines of styled text, laid out in terminal columns: widths, wrapping, code that is shown as it stands. No rich, no colours.

A line is a list of segments (text, style); styles are Rich's names, and only the format that prints them knows colours.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from tslint.frozen import frozen
from tslint.report.content import clean

Segment = tuple[str, str]
Line = list[Segment]

TAB = 4


def cells(text: str) -> int:
    """Terminal columns that TEXT takes: two for wide characters, none for combining ones."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def _cells(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def plain(line: Line) -> str:
    return "".join(text for text, _ in line)


def width_of(line: Line) -> int:
    return cells(plain(line))


def marked(text: str, style: str = "", code: str = "bold") -> Line:
    """TEXT with what stands in backticks in the style CODE."""
    parts = re.split(r"(`[^`]*`)", text)
    return [(part, code if part.startswith("`") else style) for part in parts if part]


def wrap(text: str, first: int, rest: int) -> list[str]:
    """TEXT in rows of at most FIRST columns for the first one and REST for the others, broken at spaces where there are any."""
    rows: list[str] = []
    row = ""
    limit = max(first, 1)
    for word in text.split():
        while True:
            joined = f"{row} {word}" if row else word
            if cells(joined) <= limit:
                row = joined
                break
            if row:
                rows.append(row)
                row = ""
            else:
                head, word = _cut(word, limit)
                rows.append(head)
            limit = max(rest, 1)
    return [*rows, row] if row or not rows else rows


def _cut(word: str, limit: int) -> tuple[str, str]:
    used = 0
    for index, char in enumerate(word):
        used += _cells(char)
        if used > limit and index:
            return word[:index], word[index:]
    return word, ""


def paragraph(start: Line, text: str, width: int, style: str = "") -> list[Line]:
    """TEXT after START, further rows indented to where it began. Lines that TEXT itself breaks are kept as they are."""
    indent = width_of(start)
    first, *others = text.strip("\n").split("\n")
    rows = [marked(clean(row), style) for row in wrap(first, width - indent, width - indent)]
    rows += [[(printable(other), style)] for other in others]
    return [(start if index == 0 else [(" " * indent, "")]) + row for index, row in enumerate(rows)]


def printable(text: str) -> str:
    """TEXT with tabs as spaces, and characters that a terminal would act on replaced."""
    return Code(text).text


@frozen
class Code:
    """A line of source as it is shown. ``columns[i]`` is the terminal column of the source's character i, from 0."""

    source: str

    @property
    def text(self) -> str:
        return "".join(shown for shown, _ in self._shown())

    @property
    def columns(self) -> list[int]:
        found = [0]
        for _, size in self._shown():
            found.append(found[-1] + size)
        return found

    def column(self, number: int) -> int:
        """The terminal column of the source's column NUMBER (from 1), which may be one past the end."""
        columns = self.columns
        return columns[min(max(number - 1, 0), len(columns) - 1)]

    def window(self, start: int, width: int) -> str:
        """What is visible of the line in WIDTH columns from START, with `…` where it is cut."""
        total = self.columns[-1]
        if start == 0 and total <= width:
            return self.text
        left = start + 1 if start else 0
        right = start + width - (1 if total > start + width else 0)
        kept = ""
        column = 0
        for shown, size in self._shown():
            if left <= column and column + size <= right:
                kept += shown
            column += size
        return ("…" if start and total else "") + kept + ("…" if total > start + width else "")

    def _shown(self) -> Iterator[tuple[str, int]]:
        column = 0
        for char in self.source:
            text = " " * (TAB - column % TAB) if char == "\t" else clean(char)
            size = cells(text)
            column += size
            yield text, size
