"""A run in a child process of the server: started, listened to, ended with everything that it started."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tslint.diagnostic import Diagnostic, from_json
from tslint.frozen import field, frozen
from tslint.server.worker import BOOTSTRAP, GRACE

LONGEST_LINE = 2**28
"""Bytes of a line of the worker's: a report is one."""


class RunFailed(Exception):
    """The worker ended without a result; the message is one sentence."""


@frozen
class Asked:
    """What is run: TEXT as the file PATH, below ROOT; the class ``model``, or what the file itself offers.

    ``first`` is ``file`` where the class may be among that. ``options`` are what the client set, as it sent it.
    """

    path: Path
    root: Path
    text: str
    model: str
    first: str
    options: Any


@frozen
class Ran:
    """What a run of TEXT found. ``verdicts`` by class; ``said`` what could not be done; ``lines`` of the files it speaks of."""

    text: str
    diagnostics: tuple[Diagnostic, ...] = ()
    verdicts: dict[str, str] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    lines: dict[str, list[str]] = field(default_factory=dict)


async def run(asked: Asked, on_step: Callable[[str], None]) -> Ran:
    """Runs what was ASKED; ON_STEP is told the name of each step. Cancelling it ends every process of the run.

    Raises RunFailed.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        BOOTSTRAP,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LONGEST_LINE,
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        request = {
            "path": str(asked.path),
            "root": str(asked.root),
            "text": asked.text,
            "model": asked.model,
            "first": asked.first,
            "options": asked.options,
        }
        with contextlib.suppress(ConnectionError):
            process.stdin.write(json.dumps(request).encode() + b"\n")
            await process.stdin.drain()
        async for line in process.stdout:
            message = json.loads(line)
            if "done" in message:
                return _ran(asked.text, message["done"])
            on_step(message["step"])
        raise RunFailed("the run ended without a result; the server's error output says more")
    finally:
        await _ended(process)


def _ran(text: str, done: dict[str, Any]) -> Ran:
    diagnostics = tuple(from_json(Diagnostic, item) for item in done["diagnostics"])
    return Ran(text, diagnostics, done["verdicts"], tuple(done["said"]), done["lines"])


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Lets go of the worker, which ends what it started, and waits for it."""
    assert process.stdin is not None
    with contextlib.suppress(ConnectionError):
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), GRACE + 1)
    except (asyncio.TimeoutError, asyncio.CancelledError):
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        raise
