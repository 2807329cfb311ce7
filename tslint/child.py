"""Starts, limits, restarts and ends the probe. Its death is evidence, not a crash. Never imports it, torch or user code.

The child is a fresh process in the user's interpreter. There it sees the package ``tslint``, loaded from its folder, and
nothing else of the environment that tslint is installed in. It is ``tslint.probe.__main__.main([request, evidence])``:
the path of a Request as JSON, and the path of the file to append evidence to, one line each. The request may come later
than the child: importing PyTorch takes as long as reading the source does, and needs none of it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tslint.evidence import EntryChosen, Evidence, ProbeDied, StepBegan, StepEnded
from tslint.frozen import frozen
from tslint.interpreter import InterpreterError, available, interpreter, missing
from tslint.request import Request

if TYPE_CHECKING:  # what starts processes is imported when one is started: a static check never does
    from tslint.forked import Work
    from tslint.process import Death, Life

__all__ = ["ChildResult", "InterpreterError", "available", "default_memory", "interpreter", "missing", "run", "waiting"]

OnEvidence = Callable[[Evidence], None]

RESTARTS = 3
"""How many children may follow the first one."""

FIRST_STEPS = ("entry", "eager")
"""Steps without which no other step can run: a child that died there is not followed by another for the same entry."""


@frozen
class ChildResult:
    """``evidence`` of all children in order, deaths among it; ``output`` the tail of what they printed.

    ``finished``: the last of them came to its end by itself. ``errors`` say why no child could be started or why one
    failed through no fault of the user's code; ``notes`` name the limits that this platform cannot enforce.
    """

    evidence: tuple[Evidence, ...]
    output: str
    finished: bool
    restarts: int
    errors: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


_waiting: list[tuple[Life, contextlib.ExitStack]] = []
"""The child that waits to be asked, if there is one, and what ends it."""


@contextlib.contextmanager
def waiting(python: str | None = None, *, show_output: bool = False, package: Path | None = None) -> Iterator[None]:
    """Within it a child waits, which the first :func:`run` takes that wants it so; on the way out it ends, asked or not.

    Without PyTorch, or where no process can be started, there is none: a run says so itself.
    """
    from tslint.process import PACKAGE, Life

    with contextlib.ExitStack() as stack:
        if not missing(python):
            with contextlib.suppress(OSError):
                life = stack.enter_context(Life(interpreter(python), None, package or PACKAGE, show_output))
                _waiting.append((life, stack))
        try:
            yield
        finally:
            _waiting.clear()


@contextlib.contextmanager
def _asked(request: Request, python: str, package: Path, show_output: bool, work: Work | None) -> Iterator[Life]:
    """A child that works on REQUEST: the one that waits, or a new one, which is a fork where there is WORK for it."""
    from tslint.process import Life

    for life, stack in _waiting:
        if (life.python, life.package, life.show_output, work) == (python, package, show_output, None):
            _waiting.clear()
            with stack.pop_all():
                life.ask(request)
                yield life
            return
    with Life(python, request, package, show_output, work) as life:
        yield life


def run(
    request: Request,
    *,
    python: str | None = None,
    timeout: float = 600.0,
    memory: int | None = None,
    on_evidence: OnEvidence | None = None,
    show_output: bool = False,
    package: Path | None = None,
    work: Work | None = None,
) -> ChildResult:
    """Runs REQUEST in PYTHON (see :func:`interpreter`) and returns what it reported, at most TIMEOUT seconds later.

    MEMORY, in bytes, limits the resident size of the process tree (default: :func:`default_memory`). ON_EVIDENCE is
    called here with each piece as it comes. SHOW_OUTPUT passes what the child prints on to standard error. PACKAGE is the
    folder of the package that the child loads (default: this one). With WORK the child is a fork of this process, and does
    that instead.
    """
    from tslint.process import PACKAGE, TAIL, ChildError, Limits

    limits = Limits(time.monotonic() + timeout, timeout, memory or default_memory())
    collected = _Collected(on_evidence or (lambda evidence: None))
    output = ""
    restarts = 0
    try:
        executable = interpreter(python) if work is None else sys.executable
        while True:
            with _asked(request, executable, package or PACKAGE, show_output, work) as life:
                try:
                    death = life.watch(limits, collected.take)
                finally:
                    output = (output + life.output())[-TAIL:]
            goes_on = death is not None and collected.bury(death)
            if not goes_on or restarts == RESTARTS or time.monotonic() > limits.deadline:
                return ChildResult(tuple(collected.evidence), output, death is None, restarts, (), _notes())
            restarts += 1
            request = dataclasses.replace(request, skip=(*request.skip, *collected.lost))
    except (InterpreterError, ChildError) as error:
        return ChildResult(tuple(collected.evidence), output, False, restarts, (str(error),), _notes())


def default_memory() -> int | None:
    """Three quarters of the machine's memory, or of what its container may use; None where that is not known."""
    sizes = []
    with contextlib.suppress(OSError, ValueError):
        sizes.append(int(Path("/sys/fs/cgroup/memory.max").read_text()))
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sizes.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return min(sizes) * 3 // 4 if sizes else None


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

    def bury(self, death: Death) -> bool:
        """Adds a death to the evidence. Whether another child may go on; ``lost`` names what it must not run then.

        A death between steps is named for the one before, and is the end: there is no step to leave out.
        """
        between = self.open is None
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
        if between or not known or death.how == "timeout":
            return False
        return step not in FIRST_STEPS or bool(others)


def _sentence(death: Death) -> str:
    return {
        "signal": f"the process was ended by {death.detail}",
        "exit": f"the process exited with status {death.detail}",
        "timeout": f"the time limit of {death.detail} was reached",
        "memory": f"the process grew over the limit of {death.detail}",
    }[death.how]


def _notes() -> tuple[str, ...]:
    if sys.platform == "linux":
        return ()
    return (
        f"on {sys.platform} the memory limit is not enforced, and processes that leave the model's group outlive the run",
    )
