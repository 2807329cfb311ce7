"""A child that is a fork of this process: what ``subprocess.Popen`` is for a command, as far as a Life needs it.

A live model cannot be named to a fresh process; a fork has it. Between the two stands the same reaper, a fork as well. Of what
the caller's process holds the child uses the model alone: its streams, its descriptors for output and for fatal signals
are its own, its exit runs none of the caller's handlers, and what it inherited is never collected. Imports no torch.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from tslint import reaper
from tslint.request import Request

Work = Callable[[Request, Path], None]
"""What the child does: with the request, and the file to append evidence to."""

TICK = 0.01


class Forked:
    """``pid``, ``stdin``, ``stdout`` and ``returncode`` as ``Popen`` has them; the process is the reaper."""

    def __init__(self, folder: Path, temporary: Path, work: Callable[[], None]) -> None:
        leash, hold = os.pipe()
        heard, said = os.pipe()
        _flush()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python 3.12 and later warn that other threads may hold locks
            self.pid = os.fork()
        if not self.pid:
            _reap(folder, leash, said, (hold, heard), lambda: _enter(folder, temporary, work))
        os.close(leash)
        os.close(said)
        self.returncode: int | None = None
        self.stdin = open(hold, "wb", buffering=0)  # noqa: PTH123, SIM115 -- a descriptor, closed by whoever uses this
        self.stdout = open(heard, "rb", buffering=0)  # noqa: PTH123, SIM115

    def poll(self) -> int | None:
        if self.returncode is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:  # the caller's own code collects every child; how it ended is in the folder
                self.returncode = 0
            else:
                self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def wait(self, timeout: float) -> int:
        end = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() >= end:
                raise subprocess.TimeoutExpired("a fork", timeout)
            time.sleep(TICK)
        return code

    def kill(self) -> None:
        if self.poll() is None:
            with contextlib.suppress(OSError):
                os.kill(self.pid, signal.SIGKILL)


def _flush() -> None:
    """What the caller has printed and not yet written would be written by the fork, too."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # a stream may be None, closed, or anything that the caller put there
            stream.flush()


def _reap(folder: Path, leash: int, said: int, others: tuple[int, int], work: Callable[[], NoReturn]) -> NoReturn:
    """The reaper's side. Never returns into the caller's code."""
    try:
        import fcntl

        gc.freeze()  # what was inherited is never finalised here: files and connections belong to the caller
        os.setsid()
        for descriptor in others:
            os.close(descriptor)
        # A caller that has closed its own standard streams got their numbers for the pipes.
        leash, said = (fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 3) for descriptor in (leash, said))
        for source, target in ((leash, 0), (said, 1), (said, 2)):
            os.dup2(source, target)
        reaper.supervise(folder, work)
    finally:
        os._exit(0)


def _enter(folder: Path, temporary: Path, work: Callable[[], None]) -> NoReturn:
    """The child's side: does the work, and says in ``folder/fault`` what went wrong with tslint itself."""
    status = 1
    inherited = (sys.stdin, sys.stdout, sys.stderr, sys.__stdin__, sys.__stdout__, sys.__stderr__)  # never closed
    try:
        faulthandler.enable(os.open(folder / "crash", os.O_CREAT | os.O_WRONLY, 0o600), all_threads=False)
        sys.stdin = sys.__stdin__ = _stream(0, "r")  # type: ignore[misc]
        sys.stdout = sys.__stdout__ = _stream(1, "w")  # type: ignore[misc]
        sys.stderr = sys.__stderr__ = _stream(2, "w")  # type: ignore[misc]
        os.environ["TMPDIR"] = str(temporary)
        tempfile.tempdir = None
        work()
        status = 0
    except Exception as error:
        traceback.print_exc()
        files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
        fault = {"type": type(error).__name__, "message": str(error), "files": files}
        (folder / "fault").write_text(json.dumps(fault), encoding="utf-8")
    finally:
        del inherited
        os._exit(status)


def _stream(descriptor: int, mode: str) -> io.TextIOWrapper:
    raw = io.FileIO(descriptor, mode, closefd=False)
    buffer = io.BufferedReader(raw) if mode == "r" else io.BufferedWriter(raw)
    return io.TextIOWrapper(buffer, encoding="utf-8", errors="replace", write_through=True, line_buffering=True)
