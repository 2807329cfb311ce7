"""Tasks in forks of their own, so that what one of them leaves behind, or dies of, is nothing to the next."""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import time
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

PATIENCE = 300
"""Seconds that tslint may take for one task; a fork is given twice that."""

Task = Any
"""A function of no arguments, run in a fork; it answers with something that can be pickled."""


def work(task: Task, answers: Any) -> None:
    """The whole of a fork."""
    os.setsid()
    sink = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(sink, descriptor)
    try:
        answers.send(task())
    except BaseException as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        answers.send({"error": f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno})"[:500]})


def each(tasks: Sequence[Task], jobs: int) -> Iterator[tuple[int, Any]]:
    """(index, answer) of every task, JOBS at a time; an answer that is an error is a row with ``error``."""
    context = multiprocessing.get_context("fork")
    todo = list(reversed(range(len(tasks))))
    running: dict[Any, tuple[int, Any, float]] = {}
    while todo or running:
        while todo and len(running) < jobs:
            index = todo.pop()
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=work, args=(tasks[index], theirs))
            process.start()
            theirs.close()
            running[ours] = (index, process, time.monotonic() + 2 * PATIENCE)
        ready = multiprocessing.connection.wait(list(running), timeout=1)
        for connection, (index, process, deadline) in list(running.items()):
            if connection not in ready and time.monotonic() < deadline:
                continue
            found: Any = {"error": "no answer in time"}
            if connection in ready:
                try:
                    found = connection.recv()
                except EOFError:
                    found = {"error": "the process died"}
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.join()
            del running[connection]
            yield index, found
