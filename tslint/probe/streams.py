"""The standard streams: what user code closes is opened again before the next step, whose libraries write to them.

A descriptor that is free is given to the next file that is opened: a converter's progress would go into it.
"""

from __future__ import annotations

import contextlib
import os
import sys

_kept: dict[int, int] = {}
"""Standard descriptor → a second one for the same file."""


def keep() -> None:
    """Remembers where the standard streams go; to be called before user code runs."""
    for number in (0, 1, 2):
        with contextlib.suppress(OSError):
            _kept[number] = os.dup(number)


def mend() -> None:
    """Opens again what was closed since: on the same file, or on nothing where that cannot be told any more."""
    for number in (0, 1, 2):
        if not _is_open(number):
            _reopen(number)
    for name, number in (("stdout", 1), ("stderr", 2)):
        stream = getattr(sys, name)
        if stream is None or getattr(stream, "closed", False):
            stream = open(number, "w", 1, "utf-8", "backslashreplace", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _reopen(number: int) -> None:
    try:
        os.dup2(_kept[number], number)
    except (KeyError, OSError):
        nothing = os.open(os.devnull, os.O_RDWR)
        if nothing != number:
            os.dup2(nothing, number)
            os.close(nothing)
