"""A limit for what nobody asked for: a call of the model on inputs that tslint made up."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any

REPEAT = 1.0
"""Seconds after which a call that swallowed the exception gets another one."""


class TooSlow(BaseException):
    """A call took longer than it was given. No Exception: the model's own handlers must not take it for theirs."""


@contextlib.contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raises TooSlow in what takes longer than SECONDS.

    Python alone can be interrupted: an operator of PyTorch's comes to its end first. Without SIGALRM (Windows), and outside
    the main thread, nothing is limited.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_number: int, _frame: Any) -> None:
        raise TooSlow(f"no answer within {seconds:.3g} s")

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds, REPEAT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
