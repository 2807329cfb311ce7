"""The process of one run that an editor asked for: a request on standard input, steps and the result on standard output.

One JSON object a line: ``{"step": …}`` as often as one begins, then ``{"done": …}``. It ends early, with everything that it
started, once its standard input ends: when the server is told to stop it, and when the server itself is gone.
"""

from __future__ import annotations

import _thread
import contextlib
import dataclasses
import gc
import json
import os
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

from tslint import api, child
from tslint.diagnostic import to_json
from tslint.evidence import EntryChosen, Evidence, StepBegan
from tslint.report.content import Report
from tslint.report.routes import verdict
from tslint.report.run import Run
from tslint.server.options import read, settings_for
from tslint.settings import Settings
from tslint.source import own_process
from tslint.source.text import encoded

BOOTSTRAP = """\
import sys
if sys.path[:1] == [""]:
    del sys.path[0]
from tslint.server.worker import main
main()
"""
"""What ``python -c`` runs: without the working directory on the path, where a file could be taken for one of the library's."""

GRACE = 5.0
"""Seconds in which what was started must have ended after the server let go."""


def main() -> None:
    gc.disable()
    own_process()
    request = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_held, daemon=True).start()
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)  # whatever prints goes nowhere near the answers
        with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
            _say(out, {"done": _run(request, out)})
    os._exit(0)


def _held() -> None:
    """Waits for the end of standard input, and interrupts the run then."""
    while sys.stdin.buffer.read(4096):
        pass
    _thread.interrupt_main()
    time.sleep(GRACE)
    os._exit(1)


def _run(request: dict[str, Any], out: BinaryIO) -> dict[str, Any]:
    path, name = Path(request["path"]), request["model"]
    given = read(request["options"])
    os.chdir(request["root"])
    settings = settings_for(path, given, Path(request["root"]))
    settings = dataclasses.replace(settings, static=False, fix=False, diff=False)

    def step(evidence: Evidence) -> None:
        if isinstance(evidence, EntryChosen):
            _say(out, {"step": evidence.module})
        elif isinstance(evidence, StepBegan):
            _say(out, {"step": evidence.step})

    texts = _unsaved(path, request["text"])
    with child.waiting(settings.python):
        report: Report | None = None
        if request["first"] == "file":
            report = api.check_paths([str(path)], settings, step, texts)
        if name and (report is None or not _has(report.runs, name)):
            named: Settings = dataclasses.replace(settings, model=name)
            report = api.check_paths([str(path)], named, step, texts)
    assert report is not None
    return {
        "diagnostics": to_json(report.diagnostics),
        "lines": {name: list(lines) for name, lines in report.sources.items()},
        "verdicts": {run.module: verdict(run) for run in report.runs if run.module},
        "said": [*report.errors, *report.notes],
    }


def _unsaved(path: Path, text: str) -> dict[str, bytes] | None:
    """TEXT in the place of what PATH holds; None where it holds just that."""
    data = encoded(text)
    return None if path.read_bytes() == data else {str(path): data}


def _has(runs: Iterable[Run], name: str) -> bool:
    return any(run.module == name for run in runs)


def _say(out: BinaryIO, message: dict[str, Any]) -> None:
    out.write(json.dumps(message).encode() + b"\n")
    out.flush()
