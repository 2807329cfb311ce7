"""A notebook read as one module: its code cells one below the other, what only IPython understands out of the way.

In front of each cell stands a comment with a mark that the notebook has nowhere: what changes the module's text can be told
apart by it again, cell by cell, and be written into the notebook.
"""

from __future__ import annotations

import codecs
import copy
import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from tslint.diagnostic import Cells, Edit, Fix
from tslint.source import notebook_json
from tslint.source.errors import MissingPathError, OtherLanguageError, UnreadableFileError
from tslint.source.look import matters
from tslint.source.magics import Line, is_python, restored, without_magics
from tslint.source.notebook_json import NotNotebook, RawCell
from tslint.source.text import BLOCK, BLOCKS, NEWLINE, Source, shown_size, worth_reading

PRIVATE = range(0xE000, 0xF900)
"""Characters that mean nothing in any text: the first one that the notebook does not use is the mark."""

WORD = re.compile(r"\w+")

HEADER = "#"
"""The first line: a declaration of an encoding, which a notebook has none of, counts on the first two lines of a module."""


class Joined(ValueError):
    """A text that does not fall apart into the cells of its notebook."""


class Notebook(Source):
    """A notebook of Python. ``data`` and ``text`` are its module, ``raw`` is the file.

    Raises UnreadableFileError for what is no notebook, OtherLanguageError for one of another language.
    """

    def __init__(self, path: Path, data: bytes) -> None:
        self.path = path.absolute()
        self.encoding = "utf-8"
        self._raw = data
        self._bom = data.startswith(codecs.BOM_UTF8)
        try:
            self.notebook = notebook_json.read(data.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            message = f"byte 0x{data[error.start]:02x} in line {line} is not utf-8 text, as a notebook is"
            raise UnreadableFileError(self.path, message, line, 1) from None
        except NotNotebook as error:
            raise UnreadableFileError(self.path, error.message, error.line, error.column) from None
        language = self.notebook.language
        if language is not None and language.lower() != "python":
            raise OtherLanguageError(self.path, f"a notebook for {language}, so it was not checked")
        self._put_together([cell for cell in self.notebook.cells if _is_code(cell)])

    @classmethod
    def open(cls, path: Path, limit: int = 0, named: bool = True) -> Source:
        """The notebook at PATH; without its cells where it was not NAMED and nothing in it can matter.

        LIMIT is for the code in its cells: outputs can be large, and cost little. Raises as :meth:`Source.read`.
        """
        try:
            size = path.stat().st_size
            if limit and size > limit and not worth_reading(path):
                return Source(path, b"")
            if limit and size > max(limit, BLOCK * BLOCKS):
                much = f"its {shown_size(size)} are more than tslint reads of a notebook"
                raise UnreadableFileError(path, f"{much}; clearing its outputs makes it smaller")
            data = path.read_bytes()
        except FileNotFoundError:
            raise MissingPathError(path, "no such file or directory") from None
        except OSError as error:
            raise UnreadableFileError(path, f"cannot be read: {error.strerror or error}") from None
        if not named and not matters(data):
            return Source(path, b"")
        notebook = cls(path, data)
        code = len(notebook.data)
        if limit and code > limit and matters(notebook.data):
            message = (
                f"the {shown_size(code)} of its cells are more than the {shown_size(limit)} that `max-file-size` allows"
            )
            raise UnreadableFileError(path, message)
        return notebook

    def _put_together(self, cells: Sequence[RawCell]) -> None:
        """The module of CELLS, and what is needed to take it apart again."""
        texts = "".join(cell.text for cell in cells)
        self._check(cells)
        self._mark = next(chr(code) for code in PRIVATE if chr(code) not in texts)
        newline = "\r\n" if "\r\n" in texts else "\n"
        parts = [HEADER + newline]
        starts: list[tuple[int, int, int]] = []
        self._code: list[tuple[RawCell, dict[int, Line]]] = []
        line = 2
        for index, cell in enumerate(cells):
            text, lines = without_magics(cell.text, self._mark)
            parts.append(f"#{self._mark}{self._mark}{index}{newline}{text}{newline}")
            self._code.append((cell, lines))
            count = len(NEWLINE.findall(text)) + 1
            starts.append((line + 1, cell.number, count))
            line += count + 1
        self.text = "".join(parts) if starts else ""
        self.data = self.text.encode()
        self.cells = Cells(tuple(starts)) if starts else None

    def _check(self, cells: Sequence[RawCell]) -> None:
        for cell in cells:
            if "\x00" in cell.text:
                raise UnreadableFileError(self.path, f"cell {cell.number} holds a null byte, so it is no Python source")
            try:
                cell.text.encode()
            except UnicodeEncodeError:
                message = f"cell {cell.number} holds half of a surrogate pair, which is no text"
                raise UnreadableFileError(self.path, message) from None

    @property
    def raw(self) -> bytes:
        return self._raw

    @cached_property
    def shown(self) -> Sequence[str]:
        """The lines of the module, magics as they stand in their cells."""
        lines = list(self.lines)
        for (first, _, _), (_, magics) in zip(self.cells.starts if self.cells else (), self._code, strict=True):
            for index, magic in magics.items():
                lines[first - 1 + index] = magic.text
        return tuple(lines)

    # -- what fixes ask -----------------------------------------------------------------------------------------------

    def allows(self, fix: Fix) -> bool:
        return not any(self._touches_a_mark(edit) or self._is_used_by_a_magic(edit) for edit in fix.edits)

    def _is_used_by_a_magic(self, edit: Edit) -> bool:
        """Whether EDIT takes an import away whose name stands in a magic, which nobody else reads: ``%timeit math.sqrt(2)``."""
        gone = self.slice(edit.span)
        if not re.match(r"\s*(import|from)\b", gone):
            return False
        names = set(WORD.findall(gone)) - set(WORD.findall(edit.text))
        return any(names & set(WORD.findall(line.text)) for _, lines in self._code for line in lines.values())

    def _touches_a_mark(self, edit: Edit) -> bool:
        """Whether EDIT changes a line with a mark, or what stands in front of it on that line."""
        span = edit.span
        for number in range(span.line, span.end_line + 1):
            if self._mark in self.line(number):
                above = number == span.end_line and span.end_column == 1  # the edit ends where this line begins
                whole = edit.text.endswith("\n") or (not edit.text and span.column == 1)
                if not (above and whole):
                    return True
        return False

    def revised(self, text: str) -> Source:
        list(self._cells_of(text))
        other = copy.copy(self)
        for name in ("lines", "shown", "_starts"):
            vars(other).pop(name, None)
        other.text, other.data = text, text.encode()
        return other

    def with_text(self, text: str) -> bytes:
        changed = {cell.number: new for cell, new in self._cells_of(text) if new != cell.text}
        written = notebook_json.replaced(self.notebook, changed).encode()
        return codecs.BOM_UTF8 + written if self._bom else written

    def parts(self, text: str) -> list[tuple[str, str, str]]:
        return [
            (f":cell {cell.number}", _ended(cell.text), _ended(new))
            for cell, new in self._cells_of(text)
            if new != cell.text
        ]

    def _cells_of(self, text: str) -> Iterator[tuple[RawCell, str]]:
        """Each code cell with what TEXT, another one of the module, has in its place. Raises Joined."""
        head, *rest = re.split(rf"^#{self._mark}{self._mark}(\d+)(?:\r\n|\r|\n)", text, flags=re.MULTILINE)
        numbers, bodies = rest[::2], rest[1::2]
        if numbers != [str(index) for index in range(len(self._code))]:
            raise Joined("a fix would go beyond the end of a cell")
        for index, ((cell, lines), body) in enumerate(zip(self._code, bodies, strict=True)):
            above = "" if index else re.sub(rf"^{HEADER}(\r\n|\r|\n)", "", head, count=1, flags=re.MULTILINE)
            new = restored(re.sub(r"(\r\n|\r|\n)\Z", "", body), self._mark, lines)
            if new is None:
                raise Joined("a fix would change a magic of a cell")
            yield cell, above + new


def _is_code(cell: RawCell) -> bool:
    has_source = cell.end > cell.start
    return has_source and cell.kind == "code" and cell.language in (None, "python") and is_python(cell.text)


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"
