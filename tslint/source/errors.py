"""What can be wrong with a path before anything in it is understood. Each message is one sentence without its path."""

from __future__ import annotations

from pathlib import Path


class SourceError(Exception):
    """Base: ``path`` and ``message``; ``line`` and ``column`` (from 1) where the problem has a place."""

    def __init__(self, path: Path, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message
        self.line = line
        self.column = column


class MissingPathError(SourceError):
    """No file or directory has this path."""


class NoPythonError(SourceError):
    """A directory that holds no Python file to check."""


class OtherLanguageError(SourceError):
    """A notebook for another language than Python: nothing is wrong with it, and nothing in it is for tslint."""


class UnreadableFileError(SourceError):
    """The file cannot be read, or its bytes are not text in the encoding that it declares."""


class SourceSyntaxError(SourceError):
    """The text is not Python, or newer Python than the parser knows; has a line, and mostly a column."""
