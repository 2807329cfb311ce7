"""Applies edits to text and writes files so that each is at any moment either the old one or the new one."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from tslint.diagnostic import Edit, Fix, Span
from tslint.source.text import Source

NEWLINE = re.compile(r"\r\n|\r|\n")

WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
"""Replacing a file does not ask for the right to write it, only its directory's."""

MOST_ROUNDS = 10
"""More would mean that two fixes undo each other."""


def apply(text: str, fixes: Iterable[Fix]) -> tuple[str, int]:
    """TEXT with the fixes that do not overlap an earlier one, and how many those were.

    Fixes are taken in the order of their first edit. Edits that two fixes share to the letter (the same import added)
    are made once. What is left out can be applied in a further round, on the new text. Lines that are
    added end as the first of TEXT does.
    """
    end_of_line = NEWLINE.search(text)
    newline = end_of_line.group() if end_of_line else "\n"
    starts = _line_starts(text)
    taken: list[tuple[int, int, str]] = []
    count = 0
    for fix in sorted(fixes, key=lambda fix: [_range(edit.span, starts) for edit in fix.edits]):
        ranges = [(*_range(edit.span, starts), edit.text) for edit in fix.edits]
        new = [edit for edit in ranges if edit not in taken]
        if any(_clash(one, other) for one in new for other in taken):
            continue
        taken += new
        count += 1
    for first, last, replacement in sorted(taken, reverse=True):
        text = text[:first] + NEWLINE.sub(lambda _: newline, replacement) + text[last:]
    return text, count


def rounds(text: str, first: Sequence[Fix], more: Callable[[str], Sequence[Fix] | None]) -> tuple[str, int]:
    """TEXT fixed until nothing is left to fix, and the number of fixes made.

    FIRST are applied first, then what MORE says the new text still calls for (overlapping fixes wait for a round of
    their own). A round after which MORE answers None, since the text is no longer Python, is taken back.
    """
    count = 0
    wanted: Sequence[Fix] | None = first
    for _ in range(MOST_ROUNDS):
        if not wanted:
            break
        new, done = apply(text, wanted)
        wanted = more(new)
        if wanted is None or new == text:
            break
        text, count = new, count + done
    return text, count


def write(path: Path, content: bytes) -> None:
    """Replaces PATH atomically, keeping its mode; a symbolic link stays one. Raises OSError and leaves the old file."""
    target = path.resolve()
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            old = target.stat()
            with contextlib.suppress(
                OSError, AttributeError
            ):  # another's file in a directory of ours; no owners on Windows
                os.chown(name, old.st_uid, old.st_gid)
            Path(name).chmod(old.st_mode & 0o7777)
        Path(name).replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def insertion(line: int, column: int, text: str) -> Edit:
    """An edit that inserts TEXT before the character at LINE and COLUMN."""
    return Edit(Span(line, column, line, column), text)


def _line_starts(text: str) -> list[int]:
    # Not str.splitlines: that also splits at form feeds and Unicode separators, which end no line of Python.
    return [0, *(match.end() for match in NEWLINE.finditer(text))]


def _range(span: Span, starts: list[int]) -> tuple[int, int]:
    assert span.column is not None and span.end_column is not None, "an edit needs columns"
    return starts[span.line - 1] + span.column - 1, starts[span.end_line - 1] + span.end_column - 1


def _clash(one: tuple[int, int, str], other: tuple[int, int, str]) -> bool:
    if one[0] == one[1] and other[0] == other[1]:
        return False
    return one[0] < other[1] and other[0] < one[1]


def save(source: Source, data: bytes) -> str | None:
    """Writes a fixed file; one sentence where it cannot be, and the file is then as it was."""
    try:
        if source.path.read_bytes() != source.raw:
            return f"{source.path} changed while it was checked, so its fixes were not written"
        if not source.path.stat().st_mode & WRITABLE:
            return f"{source.path} is read-only, so its fixes were not written"
        write(source.path, data)
    except OSError as error:
        return f"{source.path} could not be written: {getattr(error, 'strerror', None) or error}"
    return None


def diff(source: Source, text: str, name: str) -> str:
    """What TEXT changes of SOURCE, as a unified diff of a file called NAME; of a notebook as one for each cell."""
    import difflib

    found: list[str] = []
    for part, old, new in source.parts(text):
        lines = old.splitlines(keepends=True), new.splitlines(keepends=True)
        found += difflib.unified_diff(*lines, name + part, name + part)
    return "".join(found)
