"""The conversion of the trace, begun in a fork of this process while the comparisons and the script step go on here.

Which route is converted is known only after those steps. Most often it is the trace, and coremltools keeps one core busy
for as long as they do: so the trace is handed to it at once, and the answer waits until it is asked for. Where another
route turns out better, the fork is ended and nothing of it is ever seen. What is converted, verified and reported is
the same either way, and in the same order: the steps own the answers, and emit them.

**Whatever goes wrong in the fork is tried again here**: it is then the step's own failure, hang or death, as it would have
been without a fork. May not decide anything, and may not emit.

**Where forking is not safe, nothing is begun.** A fork has only the thread that called it. Python's other threads may hold
locks; CUDA does not survive; on macOS the system's own libraries do not. Of torch's threads (tried with 2.13) the pool of OpenMP
alone matters: a parallel region of the fork waits for threads that do not exist, unless `set_num_threads(1)` was the
fork's first call of torch.
"""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import os
import pickle
import shutil
import signal
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import torch

from tslint.evidence import Evidence, decode, encode
from tslint.probe import streams
from tslint.request import AHEAD, Request

if TYPE_CHECKING:
    from tslint.probe.convert.convert import Conversion
    from tslint.probe.subject import Emit, Outcome, Subject
    from tslint.probe.trace.moment import Moment
    from tslint.probe.verify.cure import Held

STEPS = ("convert", "verify")
"""What the fork does, in this order; each is one answer."""


@dataclass
class Answer:
    """What one step found: a Conversion (without its model, which stays in the fork) or a Held, and what it has to say."""

    found: Any
    evidence: list[Evidence] = field(default_factory=list)
    seconds: float = 0.0


class Ahead:
    """The fork of one entry. Leaving the ``with`` block ends it."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self._pid = 0
        self._program: Any = None
        self._offered = False
        self._answers: dict[str, Answer] = {}

    def __enter__(self) -> Ahead:
        return self

    def __exit__(self, *error: object) -> None:
        self.end()

    def begin(self, subject: Subject, moments: Sequence[Moment] = ()) -> None:
        """Starts converting the trace of SUBJECT, where that is likely what is wanted and forking is safe.

        MOMENTS are what escaped from the trace.
        """
        if self._pid or subject.traced is None or not _wanted(self.request, subject.entry):
            return
        if not (self.request.routes or _likely(subject, moments)) or not _safe():
            return
        streams.mend()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):  # the user's code may have replaced them
                stream.flush()
        self._folder = Path(tempfile.mkdtemp(prefix="tslint-ahead-"))
        orders, self._orders = os.pipe()
        self._done, done = os.pipe()
        pid = _fork()
        if not pid:
            os.close(self._orders)
            os.close(self._done)
            _Worker(self.request, subject, self._folder, orders, done).run()
        os.close(orders)
        os.close(done)
        if pid < 0:
            os.close(self._orders)
            os.close(self._done)
            shutil.rmtree(self._folder, ignore_errors=True)
            return
        self._pid, self._program = pid, subject.traced
        self._threads = torch.get_num_threads()
        torch.set_num_threads(max(1, self._threads - 1))

    def converts(self, program: Any) -> bool:
        """Whether PROGRAM is what is being converted."""
        return bool(self._pid) and program is self._program

    def offer(self, subject: Subject) -> None:
        """Names SUBJECT's inputs as those to verify on, as soon as they are all known."""
        if not self._pid or self._offered or not self.request.verify:
            return
        self._offered = True
        try:
            with (self._folder / "inputs").open("wb") as file:
                torch.save(subject.others, file)
        except Exception:  # inputs that cannot be pickled, a full disk
            self.end()
            return
        with contextlib.suppress(BrokenPipeError):  # it has ended: its answers are there
            os.write(self._orders, b"v")

    def converted(self) -> bool:
        """Waits for the conversion, whatever became of it; False where the fork ended without an answer."""
        return self._wait_for("convert") is not None

    def convert(self, program: Any, emit: Emit, outcome: Outcome) -> Conversion | None:
        """The conversion of PROGRAM, without its model; None where it has to be made here."""
        answer = self._wait_for("convert") if self.converts(program) else None
        found: Conversion | None = _taken(answer, emit, outcome)
        return found

    def hold(self, program: Any, subject: Subject, emit: Emit, outcome: Outcome) -> Held | None:
        """The verdict on PROGRAM's conversion and SUBJECT's inputs; None where it has to be found here."""
        if self.converts(program):
            self.offer(subject)
        answer = self._wait_for("verify") if self.converts(program) else None
        found: Held | None = _taken(answer, emit, outcome)
        return found

    def end(self) -> None:
        """Ends the fork, whatever it is doing."""
        if not self._pid:
            return
        pid, self._pid = self._pid, 0
        os.close(self._orders)
        os.close(self._done)
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)
        shutil.rmtree(self._folder, ignore_errors=True)
        torch.set_num_threads(self._threads)

    def _wait_for(self, step: str) -> Answer | None:
        while self._pid and step not in self._answers:
            number = os.read(self._done, 1)
            if not number:
                self.end()
                return None
            name = STEPS[number[0]]
            self._answers[name] = _read(self._folder / name)
        return self._answers.get(step)


class _Worker:
    """The fork's side. It answers through files, and says with a byte that one is there; the first order is to verify."""

    def __init__(self, request: Request, subject: Subject, folder: Path, orders: int, done: int) -> None:
        self.request = request
        self.subject = subject
        self.folder = folder
        self.orders = orders
        self.done = done

    def run(self) -> NoReturn:
        """Never returns, and leaves nothing of what it inherited to be cleaned up twice."""
        try:
            torch.set_num_threads(1)
            gc.freeze()  # a collection would write to every page that is still shared
            with contextlib.suppress(OSError):
                Path("/proc/self/comm").write_text(AHEAD)
            self._work()
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
        except BaseException:
            pass  # no answer: the step itself will meet it, and say so
        finally:
            os._exit(0)

    def _work(self) -> None:
        from tslint.probe.convert import coreml
        from tslint.probe.convert.convert import convert
        from tslint.probe.verify.cure import hold

        subject, said = self.subject, list[Evidence]()
        start = time.perf_counter()
        if coreml.load() is None:
            return
        conversion = convert(subject, self.request, subject.traced, "trace", said.append)
        model, conversion.model = conversion.model, None
        self._answer(0, conversion, said, start)
        if conversion.status != "works" or os.read(self.orders, 1) != b"v":
            return
        start, said = time.perf_counter(), []
        with (self.folder / "inputs").open("rb") as file:
            subject.others = torch.load(file, weights_only=False)
        module = subject.wrapped if subject.wrapped is not None else subject.module
        held = hold(model, subject, self.request, subject.traced, "trace", module, said.append)
        self._answer(1, held, said, start)

    def _answer(self, number: int, found: Conversion | Held, said: list[Evidence], start: float) -> None:
        seconds = time.perf_counter() - start
        with (self.folder / STEPS[number]).open("wb") as file:
            pickle.dump((found, [encode(evidence) for evidence in said], seconds), file)
        os.write(self.done, bytes([number]))


def _fork() -> int:
    """`os.fork`, or -1 where the system allows no more processes. Python 3.12 warns of torch's threads: see above."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            return os.fork()
        except OSError:
            return -1


def _taken(answer: Answer | None, emit: Emit, outcome: Outcome) -> Any:
    """What ANSWER found, its evidence emitted and its time noted as that of the step."""
    if answer is None:
        return None
    for evidence in answer.evidence:
        emit(evidence)
    outcome.elsewhere += answer.seconds
    return answer.found


def _read(path: Path) -> Answer:
    with path.open("rb") as file:
        found, lines, seconds = pickle.load(file)
    return Answer(found, [decode(line) for line in lines], seconds)


def _wanted(request: Request, entry: int) -> bool:
    """Whether the trace of ENTRY may be converted at all."""
    skipped = {"convert", f"{entry}:convert"} & set(request.skip)
    routes = not request.routes or bool({"trace", "all"} & set(request.routes))
    return request.convert and routes and not skipped and importlib.util.find_spec("coremltools") is not None


def _likely(subject: Subject, moments: Sequence[Moment]) -> bool:
    """Whether the trace will be the route: not where the author scripts, or a condition was read out of a tensor."""
    branches = any(moment.via == "__bool__" and moment.origin == "data" for moment in moments)
    return subject.author_route != "script" and not branches


def _safe() -> bool:
    """Whether this process can be forked, and has a second core to use."""
    return (
        sys.platform == "linux"
        and len(os.sched_getaffinity(0)) > 1
        and threading.active_count() == 1
        and not torch.cuda.is_initialized()  # type: ignore[no-untyped-call]  # torch leaves it so
    )
