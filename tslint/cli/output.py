"""What the commands print, where it goes, and what is shown meanwhile."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

from tslint.settings import Settings

if TYPE_CHECKING:
    from tslint.evidence import Evidence
    from tslint.report import Options
    from tslint.runs import OnEvidence

T = TypeVar("T")

PIPE_WIDTH = 110
STANDARD_OUTPUT = (None, "-")
PLAIN = str.maketrans({"│": "|", "╰": "`", "╯": "'", "─": "-", "✓": "+", "✗": "x", "←": "<-", "⋮": ":", "…": "..."})
"""What looks like a character that a terminal cannot show."""


class Usage(Exception):
    """The command line asks for what cannot be done; the message is one sentence."""


def options_of(settings: Settings, stream: TextIO | None) -> Options:
    from tslint.report import Options

    terminal = stream is not None and is_terminal(stream)
    return Options(
        show_info=settings.lists_info,
        show_refuted=settings.show_refuted,
        statistics=settings.statistics,
        quiet=settings.quiet,
        fix_unsafe=settings.unsafe_fixes,
        color=terminal and not os.environ.get("NO_COLOR"),
        width=max(shutil.get_terminal_size((80, 24)).columns, 40) if terminal else PIPE_WIDTH,
        fail_on=settings.fail_on,
        project=os.environ.get("CI_PROJECT_DIR"),
    )


def is_terminal(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def write(text: str, path: str | None, option: str = "--output-file") -> None:
    """TEXT to PATH, or to standard output for None and ``-``.

    A terminal that cannot show a character gets one that looks like it, or a `?`.
    """
    if path not in STANDARD_OUTPUT:
        _write_file(Path(path), text.encode("utf-8", "backslashreplace"), option)
        return
    encoding = sys.stdout.encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        plain = text if encoding.lower().replace("-", "") == "utf8" else text.translate(PLAIN)
        text = plain.encode(encoding, "backslashreplace").decode(encoding)
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        let_go()


def refuse_place(path: str, option: str = "--output-file") -> None:
    """Raises Usage where PATH can be no file: before minutes of work are done for it."""
    folder = Path(path).parent
    if not path:
        raise Usage(f"`{option}` needs a path: it is empty")
    if Path(path).is_dir():
        raise Usage(f"`{option} {path}` cannot be written: it is a directory")
    if not folder.is_dir():
        raise Usage(f"`{option} {path}` cannot be written: there is no directory {folder}")


def _write_file(path: Path, content: bytes, option: str) -> None:
    from tslint import fixes

    try:
        if path.exists() and not path.is_file():
            path.write_bytes(content)  # a device or a pipe: nothing that could be replaced
        else:
            path.touch()  # with the mode that the user's mask gives, which is then kept
            fixes.write(path, content)
    except OSError as error:
        raise Usage(f"`{option} {path}` cannot be written: {error.strerror}") from None


def let_go() -> None:
    """Whoever read the output has gone: what is left of it would raise again when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def with_progress(settings: Settings, work: Callable[[OnEvidence | None], T]) -> T:
    """What WORK answers, which is given what shows its progress where somebody sees it."""
    if settings.static or settings.quiet or settings.show_output or not is_terminal(sys.stderr):
        return work(None)
    progress: Any = None

    def update(evidence: Evidence) -> None:
        nonlocal progress
        if progress is None:  # Rich is worth its import once something runs
            from tslint.report.progress import Progress

            progress = Progress(sys.stderr)
        progress.update(evidence)

    try:
        return work(update)
    finally:
        if progress is not None:
            progress.close()
