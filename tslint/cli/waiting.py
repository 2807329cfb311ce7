"""A child that imports PyTorch while the source is read."""

from __future__ import annotations

import contextlib
from contextlib import AbstractContextManager
from pathlib import Path

from tslint.settings import Settings

PYTORCH = b"torch"
"""A file without this word in it has nothing to run."""


def child_of(targets: list[str], settings: Settings) -> AbstractContextManager[None]:
    """A child that imports PyTorch while the source is read, where the one target is a file that may have something to run.

    What it is asked, and whether it is asked at all, is known only then: so far it has seen nothing of the user's.
    """
    if settings.static or len(targets) != 1 or not _names_pytorch(Path(targets[0])):
        return contextlib.nullcontext()
    from tslint import child

    return child.waiting(settings.python, show_output=settings.show_output)


def _names_pytorch(path: Path) -> bool:
    """Whether PATH is a file with the word in it. A pipe is not: it can be read only once."""
    try:
        return path.is_file() and PYTORCH in path.read_bytes()
    except OSError:
        return False
