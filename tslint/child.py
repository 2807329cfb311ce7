"""Starts, limits, restarts and ends the probe. Its death is evidence, not a crash. Never imports it, torch or user code.

The child is a fresh process in the user's interpreter. There it sees the package ``tslint``, loaded from its folder, and
nothing else of the environment that tslint is installed in. It is ``tslint.probe.__main__.main([request, evidence])``:
the path of a Request as JSON, and the path of the file to append evidence to, one line each.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tslint import reaper
from tslint.diagnostic import Place, Span, to_json
from tslint.evidence import EntryChosen, Evidence, Finished, ProbeDied, Request, StepBegan, StepEnded, decode
from tslint.interpreter import InterpreterError, available, interpreter, missing

__all__ = ["ChildResult", "InterpreterError", "available", "default_memory", "interpreter", "missing", "run"]

OnEvidence = Callable[[Evidence], None]

RESTARTS = 3
"""How many children may follow the first one."""

TAIL = 64 * 1024
"""Bytes of the child's output that are kept."""

OUTPUT_LINES = 20
"""Lines of it that go into the evidence of a death."""

TICK = 0.03
MEMORY_TICK = 0.2
AFTER_FINISHED = 2.0
"""Seconds to exit that a child has after its last word; a thread of the user's would keep it for ever."""

FIRST_STEPS = ("entry", "eager")
"""Steps without which no other step can run: a child that died there is not followed by another for the same entry."""

PACKAGE = Path(__file__).resolve().parent

# Loads the package from its folder, so that nothing beside it can be imported; `python -c` puts the working directory
# first on the path. On a fatal signal the line it came from is written to the crash file.
BOOTSTRAP = """
import faulthandler, importlib.util, os, sys
package, request, evidence, crash = sys.argv[1:]
if sys.path[:1] == [""]:
    del sys.path[0]
crash = open(crash, "w")
faulthandler.enable(crash, all_threads=False)
spec = importlib.util.spec_from_file_location(
    "tslint", os.path.join(package, "__init__.py"), submodule_search_locations=[package]
)
sys.modules["tslint"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules["tslint"])
from tslint.probe.__main__ import main
sys.exit(main([request, evidence]))
"""


@dataclass(frozen=True)
class ChildResult:
    """``evidence`` of all children in order, deaths among it; ``output`` the tail of what they printed.

    ``finished``: the last of them came to its end by itself. ``errors`` say why no child could be started, ``notes`` name
    the limits that this platform cannot enforce.
    """

    evidence: tuple[Evidence, ...]
    output: str
    finished: bool
    restarts: int
    errors: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def run(
    request: Request,
    *,
    python: str | None = None,
    timeout: float = 600.0,
    memory: int | None = None,
    on_evidence: OnEvidence | None = None,
    show_output: bool = False,
    package: Path = PACKAGE,
) -> ChildResult:
    """Runs REQUEST in PYTHON (see :func:`interpreter`) and returns what it reported, at most TIMEOUT seconds later.

    MEMORY, in bytes, limits the resident size of the process tree (default: :func:`default_memory`). ON_EVIDENCE is
    called here with each piece as it comes. SHOW_OUTPUT passes what the child prints on to standard error. PACKAGE is the
    folder of the package that the child loads.
    """
    limits = _Limits(time.monotonic() + timeout, timeout, memory or default_memory())
    collected = _Collected(on_evidence or (lambda evidence: None))
    output = ""
    restarts = 0
    try:
        executable = interpreter(python)
        while True:
            with _Life(executable, request, package, show_output) as life:
                death = life.watch(limits, collected)
                output = _tail(output + life.output())
            goes_on = death is not None and collected.bury(death)
            if not goes_on or restarts == RESTARTS or time.monotonic() > limits.deadline:
                return ChildResult(tuple(collected.evidence), output, death is None, restarts, (), _notes())
            restarts += 1
            request = dataclasses.replace(request, skip=(*request.skip, *collected.lost))
    except InterpreterError as error:
        return ChildResult(tuple(collected.evidence), output, False, restarts, (str(error),), _notes())


def default_memory() -> int | None:
    """Three quarters of the machine's memory, or of what its container may use; None where that is not known."""
    sizes = []
    with contextlib.suppress(OSError, ValueError):
        sizes.append(int(Path("/sys/fs/cgroup/memory.max").read_text()))
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sizes.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return min(sizes) * 3 // 4 if sizes else None


@dataclass(frozen=True)
class _Limits:
    deadline: float
    timeout: float
    memory: int | None


@dataclass(frozen=True)
class _Death:
    """How a child ended before its time; ``how`` and ``detail`` as in ProbeDied."""

    how: str
    detail: str
    place: Place | None
    output: str


@dataclass
class _Collected:
    """The evidence of all children. What a later child repeats of steps that an earlier one ended is dropped."""

    on_evidence: OnEvidence
    evidence: list[Evidence] = field(default_factory=list)
    ended: set[tuple[int, str]] = field(default_factory=set)
    open: tuple[int, str, float] | None = None
    replayed: set[tuple[int, str]] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    last: tuple[int, str] = (0, "start")
    lost: tuple[str, ...] = ()

    def take(self, evidence: Evidence) -> None:
        if isinstance(evidence, StepBegan):
            self.open = (evidence.entry, evidence.step, time.monotonic())
        repeated = (self.open is not None and self.open[:2] in self.replayed) or repr(evidence) in self.seen
        if isinstance(evidence, StepEnded):
            self.open = None
            self.last = (evidence.entry, evidence.step)
            self.ended.add(self.last)
        if not repeated:
            self.add(evidence)

    def add(self, evidence: Evidence) -> None:
        self.evidence.append(evidence)
        self.on_evidence(evidence)

    def bury(self, death: _Death) -> bool:
        """Adds a death to the evidence. Whether another child may go on; ``lost`` names what it must not run then."""
        entry, step, began = self.open or (*self.last, time.monotonic())
        self.add(ProbeDied(entry, step, death.how, death.detail, death.output, death.place))
        if self.open is not None:
            status = "timeout" if death.how == "timeout" else "died"
            self.add(StepEnded(entry, step, status, time.monotonic() - began, _sentence(death)))
            self.ended.add((entry, step))
        self.open = None
        self.replayed = set(self.ended)
        self.seen = {repr(item) for item in self.evidence}
        others = {item.entry for item in self.evidence if isinstance(item, EntryChosen)} - {entry}
        self.lost = (f"{entry}:*",) if step in FIRST_STEPS else (f"{entry}:{step}",)
        known = any(isinstance(item, EntryChosen) for item in self.evidence)
        return death.how != "timeout" and known and (step not in FIRST_STEPS or bool(others))


class _Life:
    """One child with its files. Leaving the ``with`` block ends every process of it and removes the files."""

    def __init__(self, python: str, request: Request, package: Path, show_output: bool) -> None:
        self.python = python
        self.request = request
        self.package = package
        self.show_output = show_output
        self.tail = b""

    def __enter__(self) -> _Life:
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
            # The reaper may have been killed together with the folder's users: then it may still be filling up.
            shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self) -> None:
        request, self.evidence_path = self.folder / "request.json", self.folder / "evidence.jsonl"
        request.write_text(json.dumps(to_json(self.request)), encoding="utf-8")
        self.evidence_path.touch()
        temporary = self.folder / "tmp"
        temporary.mkdir()
        files = [str(self.package), str(request), str(self.evidence_path), str(self.folder / "crash")]
        command = [self.python, "-u", "-c", BOOTSTRAP, *files]
        if os.name == "posix":
            command = [sys.executable, "-I", "-S", str(PACKAGE / "reaper.py"), str(self.folder), *command]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TMPDIR": str(temporary)},
            start_new_session=True,
        )
        if os.name != "posix":
            self._drop_leash()  # without a reaper in between, standard input is the child's own
        self.reader = threading.Thread(target=self._drain, daemon=True)
        self.reader.start()

    def watch(self, limits: _Limits, collected: _Collected) -> _Death | None:
        """Collects evidence until the child has ended or must be; None where it came to its end by itself."""
        finished = 0.0
        memory_due = time.monotonic()
        reason: tuple[str, str] | None = None
        with self.evidence_path.open("rb") as file:
            lines = _lines(file.read)
            while self._alive():
                for evidence in next(lines):
                    collected.take(evidence)
                    finished = time.monotonic() if isinstance(evidence, Finished) else 0.0
                now = time.monotonic()
                if finished:
                    if now > finished + AFTER_FINISHED:
                        self._end()
                elif now > limits.deadline:
                    reason = ("timeout", f"{limits.timeout:g} s")
                elif limits.memory is not None and now >= memory_due:
                    if self._holds_more_than(limits.memory):
                        reason = ("memory", _size(limits.memory))
                    memory_due = now + max(MEMORY_TICK, 20 * (time.monotonic() - now))
                if reason is not None:
                    self._end(ask=True)
            self.reader.join(1.0)
            for evidence in next(lines):
                collected.take(evidence)
                finished = time.monotonic() if isinstance(evidence, Finished) else finished
        if finished:
            return None
        how, detail = reason or self._status()
        text = "\n".join(self.output().splitlines()[-OUTPUT_LINES:])
        return _Death(how, detail, self._place(), text)

    def output(self) -> str:
        return self.tail.decode("utf-8", "replace")

    def _alive(self) -> bool:
        try:
            self.process.wait(TICK)
        except subprocess.TimeoutExpired:
            return True
        return False

    def _holds_more_than(self, limit: int) -> bool:
        pids = reaper.descendants(self.process.pid)
        return reaper.resident(pids) > limit and reaper.resident(pids, shared_once=True) > limit

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
            raise InterpreterError(f"the interpreter cannot be started: {detail}")
        if kind == "signal":
            return "signal", _signal_name(int(detail))
        if kind == "exit":
            return "exit", detail
        code = self.process.returncode
        return ("signal", _signal_name(-code)) if code < 0 else ("exit", str(code))

    def _place(self) -> Place | None:
        """The innermost line of the user's code in what the child wrote when a signal stopped it."""
        with contextlib.suppress(OSError):
            return _user_place((self.folder / "crash").read_text(encoding="utf-8", errors="replace"))
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


def _tail(text: str) -> str:
    return text[-TAIL:]


def _sentence(death: _Death) -> str:
    return {
        "signal": f"the process was ended by {death.detail}",
        "exit": f"the process exited with status {death.detail}",
        "timeout": f"the time limit of {death.detail} was reached",
        "memory": f"the process grew over the limit of {death.detail}",
    }[death.how]


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


def _notes() -> tuple[str, ...]:
    if sys.platform == "linux":
        return ()
    return (
        f"on {sys.platform} the memory limit is not enforced, and processes that leave the model's group outlive the run",
    )
