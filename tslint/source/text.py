"""One file of source: its bytes, its text, its lines, and its tree."""

from __future__ import annotations

import ast
import codecs
import io
import re
import threading
import tokenize
import warnings
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import libcst as cst

from tslint.diagnostic import Span
from tslint.source.errors import MissingPathError, NotebookError, SourceSyntaxError, UnreadableFileError

T = TypeVar("T")

NEWLINE = re.compile(r"\r\n|\r|\n")
STACK_BYTES = 512 * 1024 * 1024
SHALLOW_BYTES = 400
"""Text of at most this length cannot nest deeply enough to overflow any platform's stack."""


class Source:
    """A Python file. ``path`` is absolute; ``data`` its bytes, ``encoding`` the declared one.

    Raises UnreadableFileError where the bytes are not text in that encoding.
    """

    def __init__(self, path: Path, data: bytes) -> None:
        self.path = path.absolute()
        self.data = data
        self.encoding, self.text = _decode(self.path, data)

    @classmethod
    def read(cls, path: Path) -> Source:
        """Raises MissingPathError, NotebookError or UnreadableFileError."""
        if path.suffix == ".ipynb":
            raise NotebookError(
                path, "notebooks come with a later version; export it with `jupyter nbconvert --to script`"
            )
        try:
            return cls(path, path.read_bytes())
        except FileNotFoundError:
            raise MissingPathError(path, "no such file or directory") from None
        except OSError as error:
            raise UnreadableFileError(path, f"cannot be read: {error.strerror or error}") from None

    @classmethod
    def from_text(cls, text: str, path: Path = Path("<string>")) -> Source:
        """A source that stands in no file (``--stdin-filename``, tests)."""
        return cls(path, text.encode())

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines without their ends; what follows the last end counts as a line, even where it is empty."""
        return tuple(NEWLINE.split(self.text))

    def line(self, number: int) -> str:
        """Line NUMBER (from 1), or nothing beyond the end."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        return (0, *(match.end() for match in NEWLINE.finditer(self.text)))

    def offset(self, line: int, column: int) -> int:
        """The index in ``text`` of a line and column (both from 1)."""
        return min(self._starts[min(line, len(self._starts)) - 1] + column - 1, len(self.text))

    def slice(self, span: Span) -> str:
        """The text of SPAN; whole lines where it has no columns."""
        start = self.offset(span.line, span.column or 1)
        end_column = len(self.line(span.end_line)) + 1 if span.end_column is None else span.end_column
        return self.text[start : self.offset(span.end_line, end_column)]

    def parse(self) -> cst.Module:
        """The tree. Raises SourceSyntaxError with line and column.

        LibCST's parser recurses on the C stack and kills the process on deep nesting (10,000 parentheses), hence a
        thread with a large stack; starting it takes an eighth of a millisecond.
        """
        if len(self.data) <= SHALLOW_BYTES:
            return self._parse()
        return with_large_stack(self._parse)

    def _parse(self) -> cst.Module:
        try:
            return cst.parse_module(self.data)
        except cst.ParserSyntaxError as error:
            raise self._explained(error) from None
        except (UnicodeDecodeError, SyntaxError, LookupError) as error:
            raise UnreadableFileError(self.path, str(error)) from None

    def _explained(self, error: cst.ParserSyntaxError) -> SourceSyntaxError:
        """Python's own message where Python refuses the text too; LibCST's are long and name the parser's rules."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ast.parse(self.data)
        except SyntaxError as python:
            return SourceSyntaxError(self.path, python.msg, python.lineno or 1, max(python.offset or 1, 1))
        except (ValueError, RecursionError, MemoryError):
            pass
        else:
            message = f"syntax that this version of LibCST does not know ({cst.__name__} {_libcst_version()})"
            return SourceSyntaxError(self.path, message, error.raw_line, error.raw_column + 1)
        return SourceSyntaxError(self.path, "invalid syntax", error.raw_line, error.raw_column + 1)

    def faithful(self, module: cst.Module) -> bool:
        """Whether MODULE writes this file's own bytes: LibCST loses a leading form feed. Else nothing may be fixed in it."""
        return module.bytes == self.data


def _libcst_version() -> str:
    from importlib.metadata import version

    return version("libcst")


def _decode(path: Path, data: bytes) -> tuple[str, str]:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except SyntaxError as error:
        raise UnreadableFileError(path, _undecodable(data, str(error.msg)), 1, 1) from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{data[error.start]:02x} in line {line} is not {codecs.lookup(encoding).name} text"
        raise UnreadableFileError(path, message, line, 1) from None
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise UnreadableFileError(path, f"line {line} holds a null byte, so this is no Python source", line, 1)
    return encoding, text


def _undecodable(data: bytes, reason: str) -> str:
    """A sentence for what ``detect_encoding`` refuses: an unknown encoding, or bytes in the first lines that are no UTF-8."""
    if "unknown encoding" in reason:
        return f"the encoding it declares is unknown ({reason.partition(':')[2].strip() or reason})"
    return "its first lines are neither utf-8 nor any encoding that they declare"


class _Large(threading.Thread):
    def __init__(self, function: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self.function = function
        self.result: object = None
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.result = self.function()
        except BaseException as error:
            self.error = error


_STACK_LOCK = threading.Lock()


def with_large_stack(function: Callable[[], T]) -> T:
    """Calls FUNCTION in a thread with a stack of 512 MiB, or here where the system grants none."""
    thread = _Large(function)
    with _STACK_LOCK:  # the size is a setting of the whole process
        before = threading.stack_size()
        try:
            threading.stack_size(STACK_BYTES)
            thread.start()
        except (RuntimeError, ValueError):
            return function()
        finally:
            threading.stack_size(before)
    thread.join()
    if thread.error is not None:
        raise thread.error
    return thread.result  # type: ignore[return-value]  # the thread holds what FUNCTION returned
