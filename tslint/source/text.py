"""One file of source: its bytes, its text, its lines, and its tree. LibCST is imported once something is parsed."""

from __future__ import annotations

import ast
import codecs
import io
import itertools
import re
import sys
import threading
import tokenize
import warnings
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tslint.diagnostic import Cells, Fix, Span
from tslint.source.errors import MissingPathError, SourceSyntaxError, UnreadableFileError
from tslint.source.look import matters
from tslint.source.nesting import too_deep

if TYPE_CHECKING:
    import libcst as cst

T = TypeVar("T")

NEWLINE = re.compile(r"\r\n|\r|\n")
BLOCK = 1024 * 1024
BLOCKS = 64
"""Of a file that is too large, no more is looked at."""

STACK_BYTES = 512 * 1024 * 1024
SHALLOW_BYTES = 400
"""Text of at most this length cannot nest deeply enough to overflow any platform's stack."""


class Source:
    """A Python file. ``path`` is absolute; ``data`` its bytes, ``encoding`` the declared one.

    Raises UnreadableFileError where the bytes are not text in that encoding. Of a notebook (:mod:`tslint.source.notebook`)
    ``data`` and ``text`` are the module that its cells make, ``cells`` where that stands in the notebook.
    """

    cells: Cells | None = None

    def __init__(self, path: Path, data: bytes) -> None:
        self.path = path.absolute()
        self.data = data
        self.encoding, self.text = _decode(self.path, data)

    @classmethod
    def read(cls, path: Path, limit: int = 0, named: bool = True) -> Source:
        """Raises MissingPathError or UnreadableFileError; that, too, for more than LIMIT bytes, unless it is 0.

        A file of more bytes is looked through a block at a time, and passes (as an empty text) where it cannot matter. A
        notebook may raise OtherLanguageError, too; one that was not NAMED and cannot matter is not read as one.
        """
        if path.suffix == ".ipynb":
            from tslint.source.notebook import Notebook

            return Notebook.open(path, limit, named)
        try:
            size = path.stat().st_size
            if not limit or size <= limit:
                return cls(path, path.read_bytes())
            if not worth_reading(path):
                return cls(path, b"")
            raise _too_large(path, size, limit)
        except FileNotFoundError:
            raise MissingPathError(path, "no such file or directory") from None
        except OSError as error:
            raise UnreadableFileError(path, f"cannot be read: {error.strerror or error}") from None

    @classmethod
    def of(cls, path: Path, data: bytes) -> Source:
        """What a file PATH with these bytes holds. Raises UnreadableFileError, and for a notebook OtherLanguageError."""
        if path.suffix == ".ipynb":
            from tslint.source.notebook import Notebook

            return Notebook(path, data)
        return Source(path, data)

    @classmethod
    def given(cls, path: Path, data: bytes, limit: int = 0) -> Source:
        """DATA as the source of PATH, which it need not stand in. Raises what :meth:`read` raises for it."""
        if limit and len(data) > limit and matters(data):
            raise _too_large(path, len(data), limit)
        return cls.of(path, data)

    @classmethod
    def from_text(cls, text: str, path: Path = Path("<string>")) -> Source:
        """A source that stands in no file, or not yet."""
        return cls(path, encoded(text))

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

        LibCST's parser recurses on the C stack and kills the process on deep nesting, hence a thread with a large stack;
        starting it takes an eighth of a millisecond.
        """
        deep = too_deep(self.data)
        if deep is not None:
            raise SourceSyntaxError(self.path, deep[0], deep[1] or 1, 1)
        if len(self.data) <= SHALLOW_BYTES:
            return self._parse()
        return with_large_stack(self._parse)

    def _parse(self) -> cst.Module:
        import libcst as cst

        from tslint.source.parser import parse, trust_the_parser

        if _own_process:
            trust_the_parser()
        try:
            return parse(self.data)
        except cst.ParserSyntaxError as error:
            raise self._explained(error.raw_line, error.raw_column + 1) from None
        except (UnicodeError, SyntaxError, LookupError) as error:
            raise UnreadableFileError(self.path, " ".join(str(error).split())) from None
        except BaseException as error:
            if type(error).__name__ != "PanicException":  # how PyO3 calls a panic in Rust, which is no Exception
                raise
            raise self._explained(1, 1) from None

    def _explained(self, line: int, column: int) -> SourceSyntaxError:
        """Python's own message where Python refuses the text too; LibCST's, of LINE and COLUMN, name the parser's rules."""
        error = self.refused()
        if error is not None:
            return error
        message = f"syntax that this version of LibCST does not know (libcst {_libcst_version()})"
        return SourceSyntaxError(self.path, message, line, column)

    def refused(self) -> SourceSyntaxError | None:
        """What Python itself says against the text; None where it accepts it."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ast.parse(self.data)
        except SyntaxError as error:
            return SourceSyntaxError(self.path, error.msg, error.lineno or 1, max(error.offset or 1, 1))
        except (RecursionError, MemoryError):
            return SourceSyntaxError(self.path, "the code is nested too deeply for Python itself to compile it", 1, 1)
        except ValueError as error:
            return SourceSyntaxError(self.path, " ".join(str(error).split()), 1, 1)
        return None

    # -- what fixes ask -----------------------------------------------------------------------------------------------

    @property
    def raw(self) -> bytes:
        """The bytes of the file."""
        return self.data

    @property
    def shown(self) -> Sequence[str]:
        """The lines as a report shows them."""
        return self.lines

    def allows(self, fix: Fix) -> bool:
        """Whether FIX can be made in the file: not where an edit goes beyond the end of a cell."""
        return True

    def revised(self, text: str) -> Source:
        """This source with another TEXT, which is not in its file. Raises ValueError where that could not be written."""
        return Source(self.path, text.encode(self.encoding))

    def with_text(self, text: str) -> bytes:
        """The bytes of the file with another TEXT. Raises ValueError where that cannot be written."""
        return text.encode(self.encoding)

    def parts(self, text: str) -> list[tuple[str, str, str]]:
        """What another TEXT would change: what to call a part of the file, behind its name, as it was, and as it would be."""
        return [("", self.text, text)]

    def faithful(self, module: cst.Module) -> bool:
        """Whether MODULE writes this file's own bytes: LibCST loses a leading form feed. Else nothing may be fixed in it."""
        return module.bytes == self.data


def worth_reading(path: Path) -> bool:
    """Whether a check can find anything in PATH, as far as a look through its first blocks tells. Raises OSError."""
    with path.open("rb") as file:
        blocks = iter(lambda: file.read(BLOCK), b"")
        return any(map(matters, itertools.islice(blocks, BLOCKS)))


_own_process = False


def own_process() -> None:
    """Says that nobody but tslint uses LibCST in this process, so that it may be made faster for everybody in it."""
    global _own_process
    _own_process = True


def _too_large(path: Path, size: int, limit: int) -> UnreadableFileError:
    message = f"its {shown_size(size)} are more than the {shown_size(limit)} that `max-file-size` allows"
    return UnreadableFileError(path, message)


def shown_size(size: int) -> str:
    return f"{size / 2**20:.1f}".removesuffix(".0") + " MiB" if size >= 2**20 else f"{size:,} bytes"


def _libcst_version() -> str:
    from importlib.metadata import version

    return version("libcst")


def _decode(path: Path, data: bytes) -> tuple[str, str]:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        raise UnreadableFileError(path, _undecodable(str(error.msg)), 1, 1) from None
    try:
        text = data.decode(encoding)
    except LookupError:
        raise UnreadableFileError(path, f"the encoding it declares is not one of text ({encoding})", 1, 1) from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{data[error.start]:02x} in line {line} is not {codecs.lookup(encoding).name} text"
        raise UnreadableFileError(path, message, line, 1) from None
    except UnicodeError:
        raise UnreadableFileError(path, f"its bytes are not {encoding} text", 1, 1) from None
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise UnreadableFileError(path, f"line {line} holds a null byte, so this is no Python source", line, 1)
    return encoding, text


def encoded(text: str) -> bytes:
    """TEXT in the encoding that it declares, as it would stand in its file; a ``?`` for what that does not have."""
    return text.encode(_declared(text), "replace")


def _declared(text: str) -> str:
    """The encoding that TEXT declares in its first lines; UTF-8 where it declares none that could be used."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(text.encode("utf-8", "replace")).readline)
        "".encode(encoding)
    except (SyntaxError, LookupError):
        return "utf-8"
    return encoding.removesuffix("-sig")


def _undecodable(reason: str) -> str:
    """A sentence for what ``detect_encoding`` refuses: an unknown encoding, or bytes in the first lines that are no UTF-8."""
    if "unknown encoding" in reason:
        return f"the encoding it declares is unknown ({reason.partition(':')[2].strip() or reason})"
    if "encoding problem" in reason:
        return "it begins with the mark of utf-8, and declares another encoding"
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
    """Calls FUNCTION in a thread with a stack of 512 MiB; here where the stack is that already, or the system grants none."""
    if isinstance(threading.current_thread(), _Large):
        return function()
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


def deeply(function: Callable[[], T], frames: int, at_once: bool = False) -> T:
    """What FUNCTION returns; where Python's stack is too small for it, or AT_ONCE, with a large one of so many FRAMES."""
    if not at_once:
        try:
            return function()
        except RecursionError:
            pass
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(frames, limit))
    try:
        return with_large_stack(function)
    finally:
        sys.setrecursionlimit(limit)
