"""The static half of a check for many files: remembered results first, the rest in one process or spread over several."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tslint import static
from tslint.cache import Cache, digest_of
from tslint.source import matters, own_process, with_large_stack
from tslint.static import Checked, Job

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext

Task = tuple[Path, Job, "Cache | None"]
"""A file, what its result depends on, and where that is kept."""

WORTH_BYTES = 200_000
"""Less source than this is checked before other processes have started."""

TIDY_BYTES = 8_000_000
"""What little refers to itself in a circle is collected after so much source, where Python does not collect by itself."""


def check(files: Sequence[Path], job: Job, jobs: int | None = None, cache: Cache | None = None) -> list[Checked]:
    """What static checking makes of FILES, all with one JOB, in their order."""
    return check_all([(path, job, cache) for path in files], jobs)


def check_all(tasks: Sequence[Task], jobs: int | None = None) -> list[Checked]:
    """What static checking makes of the files of TASKS, in their order.

    JOBS processes at most (default: as many as there are processors to use); fewer where there is less to do.
    """
    results: dict[Path, Checked] = {}
    left: list[Task] = []
    size = 0
    for task in tasks:
        known, length = _known(*task)
        if known is not None:
            results[task[0]] = known
        else:
            left.append(task)
            size += length
    context = _context()
    count = min(jobs or processors(), len(left))
    if jobs is None and size < WORTH_BYTES:
        count = 1
    if count > 1 and context is not None:
        _spread(left, count, context, results)
    left = [task for task in left if task[0] not in results]
    if left:
        _one_by_one(left, results)
    return [results[path] for path, _, _ in tasks]


def _one_by_one(tasks: Sequence[Task], results: dict[Path, Checked]) -> None:
    """Fills RESULTS in one thread: a new one for each file that is parsed would ask for new memory each time."""
    ended = threading.Event()

    def each() -> None:
        for task in tasks:
            if ended.is_set():
                break
            results[task[0]] = check_one(*task)

    try:
        with_large_stack(each)
    finally:
        ended.set()  # after an interruption, which reaches the main thread, the file that is being checked is the last


def check_one(path: Path, job: Job, cache: Cache | None) -> Checked:
    """Checks one file, and remembers what was found."""
    source = static.read(path, job)
    if isinstance(source, Checked):
        return source
    result = static.check_source(source, job)
    if cache is not None and matters(source.data) and not _is_crash(result):
        cache.put(path, source.data, result, {name: digest_of(Path(name)) for name in result.reads})
    _tidy(len(source.data))
    return result


_untidy = 0


def _tidy(size: int) -> None:
    global _untidy
    _untidy += size
    if _untidy > TIDY_BYTES and not gc.isenabled():
        _untidy = 0
        gc.collect(0)  # what is older is kept on purpose: the trees of files that others import


def processors() -> int:
    """How many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def _known(path: Path, job: Job, cache: Cache | None) -> tuple[Checked | None, int]:
    """The result for PATH where it costs next to nothing, and its size where it does not."""
    source = static.read(path, job)
    if isinstance(source, Checked):
        return source, 0
    if not matters(source.data):
        return static.check_source(source, job), 0
    return (cache.get(path, source.data) if cache is not None else None), len(source.data)


def _is_crash(result: Checked) -> bool:
    return any(diagnostic.rule == "check-crashed" for diagnostic in result.diagnostics)


# -- processes ---------------------------------------------------------------------------------------------------------


def _context() -> BaseContext | None:
    """How a process is started here; None where that could go wrong in the program that tslint is called from.

    A fork takes everything imported along and starts at once, but must not copy a process that runs threads. A fresh process
    imports the main program anew, which is safe in tslint's own.
    """
    import multiprocessing

    if sys.platform == "linux" and threading.active_count() == 1 and "torch" not in sys.modules:
        return multiprocessing.get_context("fork")
    main = getattr(sys.modules.get("__main__"), "__file__", None) or ""
    own = Path(main).stem in ("tslint", "__main__") and "tslint" in main
    return multiprocessing.get_context("spawn") if own else None


def _spread(tasks: Sequence[Task], count: int, context: BaseContext, results: dict[Path, Checked]) -> None:
    """Fills RESULTS from COUNT processes. A file whose process dies is tried once more by itself, and then said to be fatal."""
    from tslint.checks import checks

    checks()  # once, before the forks
    # The largest first: whoever begins one at the end keeps the others waiting. One project after the other, since what
    # is kept of two is all that a process keeps.
    ordered = sorted(tasks, key=lambda task: (task[1].root, -_size(task[0])))
    _pool(ordered, count, context, results)
    for task in ordered:
        path = task[0]
        if path not in results:
            _pool([task], 1, context, results)
            if path not in results:
                error = ChildProcessError("the process that read this file died")
                results[path] = Checked(
                    str(path.absolute()), tuple(static.crashed(str(path.absolute()), "the parser", error))
                )


def _pool(tasks: Sequence[Task], count: int, context: Any, results: dict[Path, Checked]) -> None:
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    with ProcessPoolExecutor(count, mp_context=context, initializer=_begin) as pool:
        try:
            waiting = {pool.submit(check_one, *task): task[0] for task in tasks}
            for future, path in waiting.items():
                results[path] = future.result()
        except BrokenProcessPool:
            for future, path in waiting.items():
                if future.done() and not future.cancelled() and future.exception() is None:
                    results[path] = future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _begin() -> None:
    """A process of tslint's own. An interruption ends it without a word: the parent says it."""
    import signal

    own_process()
    gc.disable()
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
