"""Open texts: the client's positions and tslint's, edits either way."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from tslint.diagnostic import Edit, Span
from tslint.server.documents import Document, characters, path_of, units

ENCODINGS = ("utf-8", "utf-16", "utf-32")


def document(text: str, encoding: str = "utf-16") -> Document:
    return Document("file:///net.py", Path("/net.py"), text, 1, encoding)


def at(line: int, character: int) -> types.Position:
    return types.Position(line, character)


def partial(start: types.Position, end: types.Position, text: str) -> types.TextDocumentContentChangePartial:
    return types.TextDocumentContentChangePartial(types.Range(start, end), text)


@pytest.mark.parametrize(
    ("text", "lengths"),
    [("abc", (3, 3, 3)), ("é", (2, 1, 1)), ("€", (3, 1, 1)), ("🦀", (4, 2, 1)), ("e\u0301", (3, 2, 2))],
)
def test_units(text: str, lengths: tuple[int, int, int]) -> None:
    assert tuple(units(text, encoding) for encoding in ENCODINGS) == lengths
    for encoding, length in zip(ENCODINGS, lengths, strict=True):
        assert characters(text + "x", length, encoding) == len(text)
        assert characters(text, 100, encoding) == len(text)


def test_a_position_inside_of_a_character_is_before_it() -> None:
    assert [characters("a🦀b", count, "utf-16") for count in range(5)] == [0, 1, 1, 2, 3]
    assert [characters("a🦀b", count, "utf-8") for count in range(7)] == [0, 1, 1, 1, 1, 2, 3]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_span_becomes_a_range_and_back(encoding: str) -> None:
    one = document('x = "🦀é"; y = 1\nz = 2\n', encoding)
    span = Span(1, 11, 1, 12)
    place = one.range(span)
    assert one.text[one.offset(place.start) : one.offset(place.end)] == "y"


def test_without_columns_it_is_the_code_of_the_lines() -> None:
    one = document("def f():\n    return 1  \n    pass\n")
    assert one.range(Span(2, None, 3, None)) == types.Range(at(1, 4), at(2, 8))


def test_changes_are_made_one_after_the_other() -> None:
    one = document("a\r\nb🦀c\r\n")
    changes = [partial(at(1, 3), at(1, 4), "d"), partial(at(0, 0), at(1, 0), ""), partial(at(9, 9), at(9, 9), "end")]
    changed = one.changed(changes, 2)
    assert (changed.text, changed.version) == ("b🦀d\r\nend", 2)
    assert (one.text, one.version) == ("a\r\nb🦀c\r\n", 1)
    assert one.changed([types.TextDocumentContentChangeWholeDocument("new")], 3).text == "new"
    assert one.changed([], 4).version == 4


@pytest.mark.parametrize("separator", ["\x0c", "\x0b", "\x1c", "\u2028", "\x85"])
def test_what_ends_no_line_of_python_ends_none_here(separator: str) -> None:
    one = document(f"a{separator}b\nc\n")
    assert one.changed([partial(at(1, 0), at(1, 1), "d")], 2).text == f"a{separator}b\nd\n"


def test_edits_have_the_line_ends_of_the_document() -> None:
    one = document("a\r\nb\r\n")
    (edit,) = one.edits([Edit(Span(2, 1, 2, 2), "c\nd")])
    assert (edit.range, edit.new_text) == (types.Range(at(1, 0), at(1, 1)), "c\r\nd")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a\nb\nc\n", "a\nB\nc\n"),
        ("a\nb\nc\n", "x\na\nb\nc\n"),
        ("a\nb", "a\nb\nc"),
        ("a\nb", "a\n"),
        ("a\n", "a"),
        ("🦀", "é"),
        ("", "a\n"),
        ("a\n", ""),
        ("a\r\nb\r\n", "a\r\nc\r\nb\r\n"),
    ],
)
def test_edits_to_another_text_make_it(old: str, new: str) -> None:
    one = document(old)
    for edit in reversed(one.edits_to(new)):
        one = one.changed([partial(edit.range.start, edit.range.end, edit.new_text)], 2)
    assert one.text == new
    assert document(new).edits_to(new) == []


def test_only_files_and_what_was_never_saved_have_paths() -> None:
    assert path_of("file:///a%20b/net.py", Path("/root")) == Path("/a b/net.py")
    assert path_of("untitled:Untitled-1", Path("/root")) == Path("/root/Untitled-1")
    assert path_of("git:/net.py", Path("/root")) is None
    assert path_of("vscode-notebook-cell:/net.ipynb#1", Path("/root")) is None
