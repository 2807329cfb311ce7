"""Stands between tslint and the child, and ends with it everything that the user's code started.

A program of its own (``python -I -S reaper.py FOLDER COMMAND…``) that needs the standard library alone: where it is the
subreaper (Linux), processes that left the child's group and session become its children, so that none is lost. Its
standard input is the leash: ``a`` on it asks for the child's end, and its closing means that tslint itself is gone. How the
child ended is left in ``FOLDER/status``: ``exit N``, ``signal N`` or ``failed REASON``.

A live model's child is a fork of the caller, and so is the reaper above it (``forked``): both are the function ``supervise``.

Also holds what tslint itself asks about process trees. Reads /proc; elsewhere there is no tree to see, and the child's
group alone is ended.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

LAST_WORDS = 1.0
"""Seconds that a child has to write where it stands, once it is asked to end."""

GRACE = 5.0
"""Seconds that killed processes have to vanish; one stuck in the kernel is left behind rather than waited for."""


def descendants(root: int) -> list[int]:
    """The processes below ROOT, parents first, as /proc shows them now; none where there is no /proc."""
    children: dict[int, list[int]] = {}
    with contextlib.suppress(OSError):
        with os.scandir("/proc") as folders:
            pids = [int(folder.name) for folder in folders if folder.name.isdigit()]
        for pid in pids:
            parent = _parent(pid)
            if parent is not None:
                children.setdefault(parent, []).append(pid)
    found: list[int] = []
    waiting = [root]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def resident(pids: list[int], shared_once: bool = False) -> int:
    """Bytes of memory that the processes hold; SHARED_ONCE counts a page of several processes once (slower)."""
    return sum((_proportional(pid) if shared_once else None) or _resident(pid) for pid in pids)


def name(pid: int) -> str:
    """What a process calls itself (15 bytes at most); nothing where it is gone, or has ended and was not collected."""
    try:
        return _read(f"/proc/{pid}/comm").decode(errors="replace").rstrip("\n") if _resident(pid) else ""
    except OSError:
        return ""


def _read(path: str) -> bytes:
    # Every process of the machine is asked several times a second: this costs a third of what Path.read_bytes does.
    handle = os.open(path, os.O_RDONLY)
    try:
        return os.read(handle, 4096)
    finally:
        os.close(handle)


def _parent(pid: int) -> int | None:
    try:
        stat = _read(f"/proc/{pid}/stat")
        # The name in parentheses may hold anything, parentheses and spaces too: what follows the last one counts.
        return int(stat[stat.rindex(b")") + 2 :].split()[1])
    except (OSError, ValueError, IndexError):
        return None


def _resident(pid: int) -> int:
    try:
        return int(_read(f"/proc/{pid}/statm").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def _proportional(pid: int) -> int | None:
    try:
        for line in _read(f"/proc/{pid}/smaps_rollup").splitlines():
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return None


def main(arguments: list[str]) -> int:
    """``FOLDER COMMAND…``: see the module."""
    supervise(Path(arguments[0]), lambda: _execute(arguments[1:]))
    return 0


def supervise(folder: Path, work: Callable[[], NoReturn]) -> None:
    """Runs WORK in a child, watches the leash, ends everything, and leaves the child's end in FOLDER's ``status``.

    Expects a process of its own, whose standard input is the leash.
    """
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    child = _start(work, folder)
    abandoned = False
    status: int | None = None
    while status is None:
        ready, _, _ = select.select([0, wake_read], [], [])
        if wake_read in ready:
            os.read(wake_read, 4096)
        status = _reap(child)
        if status is None and 0 in ready:
            abandoned = os.read(0, 1) == b""
            if not abandoned:
                with contextlib.suppress(OSError):
                    os.killpg(child, signal.SIGABRT)  # a fork of the child may be where it hangs
                status = _wait(lambda: _reap(child), LAST_WORDS)
            break
    ended = _end_everything(child)
    _report(folder, status if status is not None else ended)
    if abandoned:
        shutil.rmtree(folder, ignore_errors=True)


def _execute(command: list[str]) -> NoReturn:
    try:
        os.execv(command[0], command)
    except OSError as error:
        raise OSError(f"{command[0]}: {error}") from None


def _start(work: Callable[[], NoReturn], folder: Path) -> int:
    child = os.fork()
    if child:
        return child
    try:
        os.setsid()
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        for changed in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(changed, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        _no_core()
        work()
    except BaseException as error:
        (folder / "status").write_text(f"failed {error}")
    os._exit(127)


def _no_core() -> None:
    import resource

    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _reap(child: int) -> int | None:
    """Collects whatever has ended; the wait status of CHILD if that has."""
    found = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if pid == 0:
            return found
        if pid == child:
            found = status


def _end_everything(child: int) -> int | None:
    """Kills what is left of the child's group and below this process until nothing is; CHILD's wait status if seen."""
    found: int | None = None

    def gone() -> bool | None:
        nonlocal found
        with contextlib.suppress(OSError):
            os.killpg(child, signal.SIGKILL)
        below = descendants(os.getpid())
        # Stopped first, so that none can start another while the others are being killed.
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in below:
                _signal(pid, number)
        status = _reap(child)
        found = status if status is not None else found
        return True if not _has_children() else None

    _wait(gone, GRACE)
    return found


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _wait(answer: Callable[[], int | None], seconds: float) -> int | None:
    """What ANSWER gives as soon as that is not None, asked until SECONDS have passed."""
    end = time.monotonic() + seconds
    while True:
        found = answer()
        if found is not None or time.monotonic() >= end:
            return found
        time.sleep(0.005)


def _report(folder: Path, status: int | None) -> None:
    path = folder / "status"
    if status is None or path.exists():
        return
    if os.WIFSIGNALED(status):
        path.write_text(f"signal {os.WTERMSIG(status)}")
    else:
        path.write_text(f"exit {os.WEXITSTATUS(status)}")


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(OSError):
        os.kill(pid, number)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
