"""Reading and parsing: encodings, errors with their places, deep nesting."""

from __future__ import annotations

from pathlib import Path

import pytest

from tslint.diagnostic import Span
from tslint.source import MissingPathError, NotebookError, Source, SourceSyntaxError, UnreadableFileError


def of(data: bytes) -> Source:
    return Source(Path("/x/a.py"), data)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("x = 'é'\n".encode(), "x = 'é'\n"),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
        (b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", "# -*- coding: latin-1 -*-\nx = 'é'\n"),
        (b"", ""),
        (b"x = 1\r\ny = 2\r\n", "x = 1\r\ny = 2\r\n"),
    ],
)
def test_text_and_tree(data: bytes, text: str) -> None:
    source = of(data)
    assert source.text == text
    assert source.faithful(source.parse())


def test_a_file_that_the_parser_does_not_keep_is_not_faithful() -> None:
    source = of(b"\x0cx = 1\n")
    assert not source.faithful(source.parse())


@pytest.mark.parametrize(
    ("data", "message", "line"),
    [
        (b"x = 1\ny = '\xe9'\n", "byte 0xe9 in line 2 is not utf-8 text", 2),
        (b"# coding: foo\nx = 1\n", "the encoding it declares is unknown (foo)", 1),
        (b"x = 1\ny = '\x00'\n", "line 2 holds a null byte, so this is no Python source", 2),
    ],
)
def test_what_is_no_text(data: bytes, message: str, line: int) -> None:
    with pytest.raises(UnreadableFileError) as raised:
        of(b"\n\n" + data if message.startswith("byte") else data)
    expected = message.replace("line 2", "line 4") if message.startswith("byte") else message
    assert raised.value.message == expected
    assert raised.value.line == (line + 2 if message.startswith("byte") else line)


@pytest.mark.parametrize(
    ("code", "line", "column"),
    [("x = (\n", 1, 5), ("def f(:\n    pass\n", 1, 7), ("if x:\npass\n", 2, 1)],
)
def test_syntax_errors_have_a_place(code: str, line: int, column: int) -> None:
    with pytest.raises(SourceSyntaxError) as raised:
        of(code.encode()).parse()
    assert (raised.value.line, raised.value.column) == (line, column)
    assert "\n" not in raised.value.message


@pytest.mark.parametrize("code", ["(" * 2_500 + "1" + ")" * 2_500, " + ".join("1" for _ in range(2_500))])
def test_nesting_that_overflows_the_default_stack_is_survived(code: str) -> None:
    source = of(f"x = {code}\n".encode())
    assert source.parse() is not None


def test_lines_slices_and_offsets() -> None:
    source = of("a = 1\r\nb = 'é' + c\n".encode())
    assert source.lines == ("a = 1", "b = 'é' + c", "")
    assert source.line(2) == "b = 'é' + c"
    assert source.line(9) == ""
    assert source.slice(Span(2, 5, 2, 8)) == "'é'"
    assert source.slice(Span(1, None, 1, None)) == "a = 1"


def test_reading_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(MissingPathError):
        Source.read(tmp_path / "none.py")
    with pytest.raises(UnreadableFileError):
        Source.read(tmp_path)
    with pytest.raises(NotebookError):
        Source.read(tmp_path / "a.ipynb")
