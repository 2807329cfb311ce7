"""Which Python runs the user's model, and whether PyTorch is installed there. Imports no torch."""

from __future__ import annotations

import functools
import importlib.machinery
import os
import shutil
import sys
from pathlib import Path

# An empty folder left behind by an uninstalled package is found, too, but has no file of its own.
PROBE = """
import sys
if sys.path[:1] == [""]:
    del sys.path[0]
if sys.version_info < (3, 10):
    sys.exit(4)
import importlib.machinery
spec = importlib.machinery.PathFinder.find_spec("torch")
sys.exit(0 if spec is not None and spec.origin is not None else 3)
"""

READY, BROKEN, WITHOUT_TORCH, TOO_OLD = 0, 1, 3, 4

LIMIT = 30.0
"""Seconds in which an interpreter must answer."""


class InterpreterError(ValueError):
    """The interpreter asked for cannot be used; the message is one sentence for the user."""


def interpreter(python: str | None = None) -> str:
    """The path of the interpreter for the child: PYTHON, else that of the active virtual or conda environment, else ours.

    PYTHON may be a path, a command on the search path, or an environment's folder. An active environment without PyTorch
    (conda's ``base`` is always active) gives way to our own interpreter if that has it. Raises InterpreterError.
    """
    if python is not None:
        return _named(python)
    active = [path for name in ("VIRTUAL_ENV", "CONDA_PREFIX") if (path := _inside(os.environ.get(name)))]
    candidates = list(dict.fromkeys([*active, sys.executable]))
    if len(candidates) == 1:
        return candidates[0]
    return next((path for path in candidates if available(path)), candidates[0])


def available(python: str) -> bool:
    """Whether PyTorch is installed for the interpreter PYTHON, which is new enough. Nothing of it is imported."""
    return _asked(python) == READY


@functools.cache
def _asked(python: str) -> int:
    """READY, WITHOUT_TORCH, TOO_OLD, or another number where the interpreter does not work."""
    if python == sys.executable:
        here = str(Path.cwd())
        spec = importlib.machinery.PathFinder.find_spec("torch", [path for path in sys.path if path not in ("", here)])
        return READY if spec is not None and spec.origin is not None else WITHOUT_TORCH
    import subprocess

    try:
        command = [python, "-c", PROBE]
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT).returncode
    except (OSError, subprocess.TimeoutExpired):
        return BROKEN


def broken(python: str) -> bool:
    """Whether PYTHON, which :func:`interpreter` finds, is none."""
    return _asked(interpreter(python)) not in (READY, WITHOUT_TORCH, TOO_OLD)


def missing(python: str | None = None) -> str:
    """One sentence where :func:`interpreter` cannot be used or has no PyTorch, with what to do about it; else nothing."""
    try:
        found = interpreter(python)
    except InterpreterError as error:
        return str(error)
    answer = _asked(found)
    if answer == READY:
        return ""
    if answer == TOO_OLD:
        return f"{found} is older than Python 3.10, so nothing was run: name a newer one with `--python`"
    if answer != WITHOUT_TORCH:
        return f"{found} does not work as a Python interpreter, so nothing was run: name another one with `--python`"
    remedy = "name one that has it with `--python`" if python is None else "install it there, or name another one"
    return f"PyTorch is not installed for {found}, so nothing was run: {remedy}, or `pip install 'tslint[coreml]'`"


def _named(python: str) -> str:
    path = Path(python).expanduser()
    if path.is_dir():
        found = _inside(str(path))
        if found is None:
            raise InterpreterError(f"`--python {python}`: there is no interpreter in this folder")
        return found
    command = shutil.which(str(path))
    if command is None:
        reason = "is not executable" if path.exists() else "is not there"
        raise InterpreterError(f"`--python {python}`: this interpreter {reason}")
    return str(Path(command).absolute())


def _inside(folder: str | None) -> str | None:
    """The interpreter in an environment's FOLDER. Its symbolic link is kept: resolving it would leave the environment."""
    if not folder:
        return None
    names = ("Scripts/python.exe", "python.exe") if os.name == "nt" else ("bin/python", "bin/python3")
    return next((str(path) for name in names if os.access(path := Path(folder) / name, os.X_OK)), None)
