"""One child process with its files: started, watched, limited, ended with everything that it started.

It imports no probe, no torch and no user code. What a child reports is handed on as it comes; its end is for the caller to judge.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tslint import forked, reaper
from tslint.diagnostic import Place, Span, to_json
from tslint.evidence import Evidence, Finished, decode
from tslint.frozen import frozen
from tslint.request import AHEAD, Request

TAIL = 64 * 1024
"""Bytes of the child's output that are kept."""

OUTPUT_LINES = 20
"""Lines of it that go into the evidence of a death."""

TICK = 0.1
"""Seconds after which what the child has reported is looked for; its end is seen at once, where the system tells."""

MEMORY_TICK = 0.2
AFTER_FINISHED = 2.0
"""Seconds to exit that a child has after its last word; a thread of the user's would keep it for ever."""

PACKAGE = Path(__file__).resolve().parent

# Loads the package from its folder, so that nothing beside it can be imported; `python -c` puts the working directory
# first on the path. On a fatal signal the line it came from is written to the crash file.
BOOTSTRAP = """
import sys
if sys.path[:1] == [""]:
    del sys.path[0]
import faulthandler, importlib.util, json, os
package, request, evidence, folder = sys.argv[1:]
faulthandler.enable(os.open(os.path.join(folder, "crash"), os.O_CREAT | os.O_WRONLY, 0o600), all_threads=False)
spec = importlib.util.spec_from_file_location(
    "tslint", os.path.join(package, "__init__.py"), submodule_search_locations=[package]
)
sys.modules["tslint"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules["tslint"])
try:
    from tslint.probe.__main__ import main
    status = main([request, evidence])
except Exception as error:
    import traceback
    files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    with open(os.path.join(folder, "fault"), "w") as file:
        json.dump({"type": type(error).__name__, "message": str(error), "files": files}, file)
    raise
sys.exit(status)
"""


class ChildError(Exception):
    """No child, or one that failed through no fault of the user's code; the message is one sentence for the user."""


@frozen
class Limits:
    deadline: float
    timeout: float
    memory: int | None


@frozen
class Death:
    """How a child ended before its time; ``how`` and ``detail`` as in ProbeDied."""

    how: str
    detail: str
    place: Place | None
    output: str


class Life:
    """One child with its files. Leaving the ``with`` block ends every process of it and removes the files.

    Without a REQUEST it imports what it needs and waits until it is asked. With WORK it is a fork of this process that calls
    ``work(request, evidence_file)``, and PYTHON and PACKAGE are ours.
    """

    process: subprocess.Popen[bytes] | forked.Forked

    def __init__(
        self, python: str, request: Request | None, package: Path, show_output: bool, work: forked.Work | None = None
    ) -> None:
        self.python = python
        self.request = request
        self.package = package
        self.show_output = show_output
        self.work = work
        self.tail = b""

    def __enter__(self) -> Life:
        self.folder = Path(tempfile.mkdtemp(prefix="tslint-"))
        try:
            self._start()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        try:
            self._end()
        finally:
            if self.descriptor is not None:
                os.close(self.descriptor)
            # The reaper may have been killed together with the folder's users: then it may still be filling up.
            shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self) -> None:
        request, self.evidence_path = self.folder / "request.json", self.folder / "evidence.jsonl"
        if self.request is not None:
            self.ask(self.request)
        self.evidence_path.touch()
        temporary = self.folder / "tmp"
        temporary.mkdir()
        self.process = self._forked(temporary) if self.work else self._launched(request, temporary)
        self.descriptor = _descriptor(self.process.pid)
        if os.name != "posix":
            self._drop_leash()  # without a reaper in between, standard input is the child's own
        self.reader = threading.Thread(target=self._drain, daemon=True)
        self.reader.start()

    def _launched(self, request: Path, temporary: Path) -> subprocess.Popen[bytes]:
        files = [str(self.package), str(request), str(self.evidence_path), str(self.folder)]
        command = [self.python, "-u", "-c", BOOTSTRAP, *files]
        if os.name == "posix":
            command = [sys.executable, "-I", "-S", str(PACKAGE / "reaper.py"), str(self.folder), *command]
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TMPDIR": str(temporary)},
            start_new_session=True,
        )

    def _forked(self, temporary: Path) -> forked.Forked:
        work, request, evidence = self.work, self.request, self.evidence_path
        assert work is not None and request is not None
        return forked.Forked(self.folder, temporary, lambda: work(request, evidence))

    def ask(self, request: Request) -> None:
        """Hands REQUEST over, all of it at once."""
        written = self.folder / "request.new"
        written.write_text(json.dumps(to_json(request)), encoding="utf-8")
        written.replace(self.folder / "request.json")

    def watch(self, limits: Limits, take: Callable[[Evidence], None]) -> Death | None:
        """Collects evidence until the child has ended or must be; None where it came to its end by itself."""
        finished = 0.0
        memory_due = time.monotonic()
        reason: tuple[str, str] | None = None
        with self.evidence_path.open("rb") as file:
            lines = _lines(file.read)
            while self._alive():
                for evidence in next(lines):
                    take(evidence)
                    finished = time.monotonic() if isinstance(evidence, Finished) else 0.0
                now = time.monotonic()
                if finished:
                    if now > finished + AFTER_FINISHED:
                        self._end()
                elif now > limits.deadline:
                    reason = ("timeout", f"{limits.timeout:g} s")
                elif limits.memory is not None and now >= memory_due:
                    if self._holds_more_than(limits.memory) and not self._end_ahead():
                        reason = ("memory", _size(limits.memory))
                    memory_due = now + max(MEMORY_TICK, 20 * (time.monotonic() - now))
                if reason is not None:
                    self._end(ask=True)
            self.reader.join(1.0)
            for evidence in next(lines):
                take(evidence)
                finished = time.monotonic() if isinstance(evidence, Finished) else finished
        if finished:
            return None
        if reason is None:
            self._refuse_fault()
        how, detail = reason or self._status()
        text = "\n".join(self.output().splitlines()[-OUTPUT_LINES:])
        return Death(how, detail, self._place(), text)

    def output(self) -> str:
        return self.tail.decode("utf-8", "replace")

    def _alive(self) -> bool:
        if self.descriptor is None:
            self._wait(TICK)
        else:
            ending = select.poll()
            ending.register(self.descriptor, select.POLLIN)
            ending.poll(TICK * 1000)
        return self.process.poll() is None

    def _holds_more_than(self, limit: int) -> bool:
        pids = reaper.descendants(self.process.pid)
        return reaper.resident(pids) > limit and reaper.resident(pids, shared_once=True) > limit

    def _end_ahead(self) -> bool:
        """Ends what the child only does ahead of time, if anything: it must not cost the run a step."""
        ahead = [pid for pid in reaper.descendants(self.process.pid) if reaper.name(pid) == AHEAD]
        for pid in ahead:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        return bool(ahead)

    def _end(self, ask: bool = False) -> None:
        """Ends every process of the child. ASK: the child is to write first where it stands."""
        if self.process.poll() is None:
            if ask and os.name == "posix":
                with contextlib.suppress(OSError):
                    os.write(self.process.stdin.fileno() if self.process.stdin else -1, b"a")
                self._wait(reaper.LAST_WORDS + reaper.GRACE + 1)
            self._drop_leash()
            if os.name == "posix":
                self._wait(reaper.GRACE + 1)
            if self.process.poll() is None:
                self.process.kill()
                self._wait(reaper.GRACE)
        self._drop_leash()
        self.reader.join(1.0)

    def _wait(self, seconds: float) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)

    def _drop_leash(self) -> None:
        with contextlib.suppress(OSError):
            if self.process.stdin is not None:
                self.process.stdin.close()

    def _drain(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            while chunk := os.read(stream.fileno(), 65536):
                self.tail = (self.tail + chunk)[-TAIL:]
                if self.show_output:
                    with contextlib.suppress(OSError, ValueError):
                        sys.stderr.write(chunk.decode("utf-8", "replace"))
                        sys.stderr.flush()

    def _status(self) -> tuple[str, str]:
        """``how`` and ``detail`` of a child that ended by itself, from what the reaper left."""
        kind, _, detail = "", "", ""
        with contextlib.suppress(OSError):
            kind, _, detail = (self.folder / "status").read_text().partition(" ")
        if kind == "failed":
            raise ChildError(f"the interpreter cannot be started: {detail}")
        if kind == "signal":
            return "signal", _signal_name(int(detail))
        if kind == "exit":
            return "exit", detail
        code = self.process.returncode or 0
        return ("signal", _signal_name(-code)) if code < 0 else ("exit", str(code))

    def _refuse_fault(self) -> None:
        """Raises where an exception left the probe: what the user's code raises is evidence, and never gets this far."""
        try:
            fault = json.loads((self.folder / "fault").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return
        said = f"{fault['type']}: {' '.join(fault['message'].split())}"
        if any(Path(file).parts[-2:] == ("torch", "__init__.py") for file in fault["files"]):
            raise ChildError(f"PyTorch cannot be imported by {self.python}: {said}")
        raise ChildError(f"a fault of tslint itself ended the run early ({said}); please report it")

    def _place(self) -> Place | None:
        """The innermost line of the user's code in what the child wrote when a signal stopped it."""
        with contextlib.suppress(OSError):
            return _user_place((self.folder / "crash").read_text(encoding="utf-8", errors="replace"))
        return None


def _descriptor(pid: int) -> int | None:
    """What can be polled for the end of a process; None where the system has no descriptors of processes."""
    if sys.platform != "linux":
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:  # a kernel before 5.3, or a sandbox
        return None


FRAME = re.compile(r'^  File "(?P<path>.+)", line (?P<line>\d+) in ', re.MULTILINE)
LIBRARY = re.compile(r"[/\\](site-packages|dist-packages|lib\d*[/\\]python3\.\d+)[/\\]", re.IGNORECASE)


def _user_place(traceback: str) -> Place | None:
    for match in FRAME.finditer(traceback):
        path, line = match["path"], int(match["line"])
        own = Path(path).is_relative_to(PACKAGE)
        if Path(path).is_absolute() and not own and not LIBRARY.search(path):
            return Place(path, Span(line, None, line, None))
    return None


def _lines(read: Callable[[], bytes]) -> Iterator[list[Evidence]]:
    """Each time asked, the evidence that was appended since; a line that is not ended yet waits for the next time."""
    rest = b""
    while True:
        *lines, rest = (rest + read()).split(b"\n")
        yield [evidence for line in lines if (evidence := _decoded(line)) is not None]


def _decoded(line: bytes) -> Evidence | None:
    try:
        return decode(line.decode("utf-8"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # not ours: user code that wrote to a descriptor that it had closed before


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _size(size: int) -> str:
    for power, unit in ((3, "GiB"), (2, "MiB"), (1, "KiB")):
        if size >= 1024**power:
            return f"{size / 1024**power:.3g} {unit}"
    return f"{size} bytes"
