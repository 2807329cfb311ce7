"""The text that a client has open, and positions in the units that it counts in. Pure; knows lines as Python does.

Not pygls' own documents: their lines end at form feeds and Unicode separators, too, where neither Python's nor the protocol's do.
"""

from __future__ import annotations

import itertools
import urllib.parse
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

from lsprotocol import types
from pygls.uris import to_fs_path

from tslint.diagnostic import Edit, Span
from tslint.source.text import NEWLINE

UTF8, UTF16 = "utf-8", "utf-16"


class Document:
    """An open text; every change makes another one. ``encoding`` is that of positions: utf-8, utf-16 or utf-32."""

    def __init__(self, uri: str, path: Path, text: str, version: int, encoding: str = UTF16) -> None:
        self.uri = uri
        self.path = path
        self.text = text
        self.version = version
        self.encoding = encoding

    @cached_property
    def lines(self) -> list[str]:
        return NEWLINE.split(self.text)

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in NEWLINE.finditer(self.text))]

    @cached_property
    def newline(self) -> str:
        """How its lines end: as the first one does."""
        found = NEWLINE.search(self.text)
        return found.group() if found else "\n"

    def changed(self, changes: Iterable[types.TextDocumentContentChangeEvent], version: int) -> Document:
        """The document after CHANGES, one after the other."""
        found = self
        for change in changes:
            text = change.text
            if isinstance(change, types.TextDocumentContentChangePartial):
                start, end = found.offset(change.range.start), found.offset(change.range.end)
                text = found.text[:start] + change.text + found.text[max(start, end) :]
            found = Document(self.uri, self.path, text, version, self.encoding)
        found.version = version
        return found

    def offset(self, position: types.Position) -> int:
        """The index in ``text`` of a POSITION; the nearest one there is, where it lies beyond a line or the text."""
        if position.line >= len(self.lines):
            return len(self.text)
        return self._starts[position.line] + characters(self.lines[position.line], position.character, self.encoding)

    def range(self, span: Span) -> types.Range:
        """SPAN as the client counts; without columns, from the first to the last character of its lines."""
        return range_of(span, self.lines, self.encoding)

    def edits(self, edits: Iterable[Edit]) -> list[types.TextEdit]:
        """EDITS of tslint's as the client makes them, with the line ends of the document."""
        return [types.TextEdit(self.range(edit.span), NEWLINE.sub(self.newline, edit.text)) for edit in edits]

    def edits_to(self, text: str) -> list[types.TextEdit]:
        """What makes TEXT of the document: one edit for each run of lines that differs."""
        import difflib

        old, new = (_with_ends(each) for each in (self.text, text))
        found = []
        for kind, first, last, start, end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if kind != "equal":
                place = types.Range(self._at_line(first), self._at_line(last))
                found.append(types.TextEdit(place, "".join(new[start:end])))
        return found

    def _at_line(self, index: int) -> types.Position:
        if index < len(self.lines):
            return types.Position(index, 0)
        return types.Position(len(self.lines) - 1, units(self.lines[-1], self.encoding))


def range_of(span: Span, lines: Sequence[str], encoding: str) -> types.Range:
    """SPAN in LINES as a client counts that has agreed on ENCODING."""
    first, last = _line(lines, span.line), _line(lines, span.end_line)
    start = len(first) - len(first.lstrip()) if span.column is None else span.column - 1
    end = len(last.rstrip()) if span.end_column is None else span.end_column - 1
    return types.Range(
        types.Position(max(span.line - 1, 0), units(first[:start], encoding)),
        types.Position(max(span.end_line - 1, 0), units(last[:end], encoding)),
    )


def units(text: str, encoding: str) -> int:
    """How long TEXT is in the units of ENCODING."""
    if encoding == UTF8:
        return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    if encoding == UTF16:
        return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
    return len(text)


def characters(text: str, count: int, encoding: str) -> int:
    """How many characters of TEXT the first COUNT units are; a character that they split is not among them."""
    if text.isascii() or encoding not in (UTF8, UTF16):
        return min(count, len(text))
    passed = 0
    for index, character in enumerate(text):
        passed += units(character, encoding)
        if passed > count:
            return index
    return len(text)


def path_of(uri: str, root: Path) -> Path | None:
    """The file of URI; for a text that was never saved, one in ROOT that may not be there; None for what is neither."""
    scheme, _, rest = uri.partition(":")
    if scheme == "file":
        found = to_fs_path(uri)
        return Path(found) if found else None
    if scheme == "untitled":
        return root / (Path(urllib.parse.unquote(rest)).name or "untitled")
    return None


def _line(lines: Sequence[str], number: int) -> str:
    return lines[number - 1] if 0 < number <= len(lines) else ""


def _with_ends(text: str) -> list[str]:
    starts = [0, *(match.end() for match in NEWLINE.finditer(text)), len(text)]
    return [text[start:end] for start, end in itertools.pairwise(starts) if start != end]
