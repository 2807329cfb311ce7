"""The one thread that reads source: whatever texts change, one is checked at a time, on a large stack, others' files kept."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import gc
import queue
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tslint import api, static
from tslint.frozen import frozen
from tslint.reading import Reading
from tslint.report.content import Report
from tslint.settings import Settings
from tslint.source import excluded, with_large_stack
from tslint.source.text import encoded

if TYPE_CHECKING:
    from tslint.facts import Facts

T = TypeVar("T")

TIDY_CHARACTERS = 4_000_000
"""After so much source everything that refers to itself in a circle is collected; after each check, what is new."""

LOST = re.compile(r"\f|\r(?!\n)")
"""What LibCST may not write back as it was; only then it is worth asking."""

MARK = "\ufeff"
"""What some files begin with. Clients take it away; where one does not, columns of the first line are another's than tslint's."""


@frozen
class ModelClass:
    """An ``nn.Module`` class of a file, at module level; ``root``: no other class of the file builds it."""

    name: str
    line: int
    root: bool


@frozen
class Result:
    """What checking TEXT came to. ``faithful``: fixes may be made in it. ``reads`` are the other files that it came from."""

    text: str
    generation: int
    report: Report
    settings: Settings
    classes: tuple[ModelClass, ...] = ()
    reads: tuple[str, ...] = ()
    faithful: bool = True


class Checker:
    """Does one thing after another in a thread of its own, which ends with the process."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[tuple[Callable[[], Any], asyncio.Future[Any]]] = queue.SimpleQueue()
        self._seen: dict[str, tuple[int, int]] = {}
        self._forget = False
        self._untidy = 0
        static.keep_files()
        threading.Thread(target=lambda: with_large_stack(self._work), daemon=True, name="tslint-checker").start()

    def do(self, function: Callable[[], T]) -> asyncio.Future[T]:
        """What FUNCTION returns, or raises, once it was its turn."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._jobs.put((function, future))
        return future

    def forget(self) -> None:
        """Says that files may be others than they were when they were read."""
        self._forget = True

    def check(self, path: Path, text: str, settings: Settings, generation: int) -> Result:
        """Checks TEXT as what PATH holds. To be done in the thread."""
        self._refresh()
        known: dict[str, Any] = {}
        if excluded(path, Reading(settings).excluding):
            return Result(text, generation, Report(), settings)
        report = api.check_text(path, encoded(text), settings, lambda facts: known.update(_known(facts)))
        self._seen |= {name: _stamp(name) for name in known.get("reads", ())}
        self._untidy += len(text)
        if text.startswith(MARK):
            known["faithful"] = False
        return Result(text, generation, report, settings, **known)

    def fixed(self, path: Path, text: str, settings: Settings) -> str:
        """TEXT with its safe fixes made. To be done in the thread."""
        self._refresh()
        self._untidy += len(text)
        safe = dataclasses.replace(settings, unsafe_fixes=False)
        return api.fixed_text(path, encoded(text), safe) or text

    def _refresh(self) -> None:
        """Lets go of the files that were kept, if one of them is another by now."""
        if self._forget or any(_stamp(name) != stamp for name, stamp in self._seen.items()):
            static.forget_files(now=True)
            self._forget = False
            self._seen = {}

    def _work(self) -> None:
        import tslint.facts  # noqa: F401 -- while the client reads what the server can do
        from tslint.checks import checks

        checks()
        while True:
            function, future = self._jobs.get()
            outcome: Any = None
            error: Exception | None = None
            try:
                if not future.cancelled():
                    outcome = function()
            except Exception as raised:
                error = raised
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                future.get_loop().call_soon_threadsafe(_settle, future, outcome, error)
            del function, future, outcome, error
            if self._jobs.empty() and not gc.isenabled():
                self._tidy()

    def _tidy(self) -> None:
        if self._untidy < TIDY_CHARACTERS:
            gc.collect(0)
        else:
            self._untidy = 0
            gc.collect()


def _settle(future: asyncio.Future[Any], outcome: Any, error: Exception | None) -> None:
    if future.cancelled():
        return
    if error is None:
        future.set_result(outcome)
    else:
        future.set_exception(error)


def _known(facts: Facts) -> dict[str, Any]:
    """What of its facts the server goes on to use: they are not kept themselves."""
    top = [cls for cls in facts.module_classes if facts.parent(cls.node) is facts.module]
    classes = tuple(ModelClass(cls.name, facts.span(cls.node.name).line, not cls.is_inner) for cls in top)
    faithful = not LOST.search(facts.source.text) or facts.source.faithful(facts.module)
    return {"classes": classes, "reads": tuple(facts.project.read), "faithful": faithful}


def _stamp(name: str) -> tuple[int, int]:
    try:
        found = Path(name).stat()
    except OSError:
        return (0, 0)
    return found.st_mtime_ns, found.st_size
