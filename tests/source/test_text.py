"""Reading and parsing: encodings, errors with their places, deep nesting."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tslint.diagnostic import Span
from tslint.source import MissingPathError, Source, SourceSyntaxError, UnreadableFileError
from tslint.source.text import encoded


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


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("x = 'é'\n", "x = 'é'\n".encode()),
        ("# -*- coding: latin-1 -*-\nx = 'é'\n", b"# -*- coding: latin-1 -*-\nx = '\xe9'\n"),
        ("# coding: ascii\nx = 'é'\n", b"# coding: ascii\nx = '?'\n"),
        ("# coding: nonsense\nx = 'é'\n", "# coding: nonsense\nx = 'é'\n".encode()),
        ("x = '\udc80'\n", b"x = '?'\n"),
        ("\ufeffx = 1\n", b"\xef\xbb\xbfx = 1\n"),
    ],
)
def test_text_that_stands_in_no_file_is_encoded_as_it_declares(text: str, data: bytes) -> None:
    assert encoded(text) == data


def test_a_file_that_the_parser_does_not_keep_is_not_faithful() -> None:
    source = of(b"\x0cx = 1\n")
    assert not source.faithful(source.parse())


@pytest.mark.parametrize(
    ("data", "message", "line"),
    [
        (b"x = 1\ny = '\xe9'\n", "byte 0xe9 in line 2 is not utf-8 text", 2),
        (b"# coding: foo\nx = 1\n", "the encoding it declares is unknown (foo)", 1),
        (b"# coding: rot13\nx = 1\n", "the encoding it declares is not one of text (rot13)", 1),
        (b"# coding: zlib\nx = 1\n", "the encoding it declares is not one of text (zlib)", 1),
        (b"# coding: undefined\nx = 1\n", "its bytes are not undefined text", 1),
        (b"# coding: punycode\nx-9999999\n", "its bytes are not punycode text", 1),
        (b"\xef\xbb\xbf# coding: latin-1\n", "it begins with the mark of utf-8, and declares another encoding", 1),
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


@pytest.mark.parametrize("code", ["(" * 150 + "1" + ")" * 150, " + ".join("1" for _ in range(2_500))])
def test_nesting_that_python_can_take_is_parsed(code: str) -> None:
    source = of(f"x = {code}\n".encode())
    assert source.parse() is not None


DEEP = 10_000
NESTED = {
    "parentheses": "(" * DEEP + "1" + ")" * DEEP,
    "lists": "[" * DEEP + "]" * DEEP,
    "sum": " + ".join(["1"] * DEEP),
    "sum over lines": "(" + "\n + ".join(["1"] * DEEP) + ")",
    "sum over lines, signs behind": "(" + " +\n ".join(["1"] * DEEP) + ")",
    "attributes": "a" + ".b" * DEEP,
    "calls over lines": "a\\\n" + ".b()\\\n" * DEEP,
    "not": "not " * DEEP + "1",
    "and": "1" + " and 1" * DEEP,
    "lambda": "lambda: " * DEEP + "1",
    "subscripts": "a" + "[0]" * DEEP,
    "one in the other": "1 if 1 else " * DEEP + "1",
}


@pytest.mark.parametrize("name", NESTED)
@pytest.mark.parametrize("end", ["\n", "\r"])
def test_nesting_that_would_take_the_parser_minutes_is_told_within_a_second(name: str, end: str) -> None:
    source = of(f"x = {NESTED[name]}\n".replace("\n", end).encode())
    start = time.monotonic()
    with pytest.raises(SourceSyntaxError, match=r"too many nested|nested too deeply|deep, and tslint reads 3,000$"):
        source.parse()
    assert time.monotonic() - start < 2


def test_brackets_in_strings_and_long_data_are_no_nesting() -> None:
    flat = "x = '" + "(" * 5_000 + "'\ny = [" + "1, " * 5_000 + "]\nz = (" + "'text' " * 900 + ")\n"
    assert of(flat.encode()).parse() is not None


def test_deep_code_is_checked() -> None:
    from tslint import static

    code = (
        "import torch\n\n\nclass Net(torch.nn.Module):\n    def forward(self, x):\n        return {'a': x"
        + " + x" * 900
        + "}\n"
    )
    result = static.check_source(Source(Path("/x/deep.py"), code.encode()), static.Job())
    assert [d.rule for d in result.diagnostics] == ["dict-output"]


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.py"
    path.write_bytes(b"import torch\n" + b"x = 1\n" * 4_000_000)
    start = time.monotonic()
    with pytest.raises(UnreadableFileError) as raised:
        Source.read(path, 2 * 2**20)
    assert raised.value.message == "its 22.9 MiB are more than the 2 MiB that `max-file-size` allows"
    assert time.monotonic() - start < 1
    with pytest.raises(UnreadableFileError, match="its 13 bytes are more than the 12 bytes"):
        path.write_bytes(b"import torch\n")
        Source.read(path, 12)
    path.write_bytes(b"x = 1\n" * 4_000_000)
    assert Source.read(path, 2 * 2**20).text == ""


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
    with pytest.raises(MissingPathError):
        Source.read(tmp_path / "none.ipynb")
