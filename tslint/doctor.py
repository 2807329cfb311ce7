"""The verb ``doctor``: what is installed where models are run, what of it does not work together, and a pin that does."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tslint.frozen import frozen
from tslint.interpreter import interpreter

SCRIPT = Path(__file__).parent / "probe" / "installed.py"
LIMIT = 60.0
"""Seconds in which an interpreter must have looked."""


class DoctorError(Exception):
    """The interpreter could not be asked; the message is one sentence."""


@frozen
class Examined:
    """What the interpreter at ``path`` has: the ``python`` that it is, ``versions`` of packages (None: not there).

    ``problems`` have each a ``problem``, a ``remedy``, and whether it is ``known`` to fail.
    """

    path: str
    python: str
    versions: dict[str, str | None]
    problems: tuple[dict[str, Any], ...] = ()

    @property
    def exit_status(self) -> int:
        """1 where something is known to fail."""
        return 1 if any(problem["known"] for problem in self.problems) else 0


def examine(python: str | None = None) -> Examined:
    """Asks the interpreter that models are run with, PYTHON where it is named. Nothing that is installed there is imported.

    Raises InterpreterError where there is no such interpreter, DoctorError where it does not answer.
    """
    path = interpreter(python)
    try:
        done = subprocess.run([path, SCRIPT], stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT, check=True)
        answer = json.loads(done.stdout)
        return Examined(path, answer["python"], answer["versions"], tuple(answer["problems"]))
    except subprocess.TimeoutExpired:
        raise DoctorError(f"{path} did not answer within {LIMIT:.0f} s") from None
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode(errors="replace").strip().splitlines()
        raise DoctorError(f"{path} could not tell what it has: {lines[-1] if lines else error}") from None
    except (OSError, ValueError, KeyError) as error:
        raise DoctorError(f"{path} could not tell what it has: {error}") from None


def render(examined: Examined, own: str) -> str:
    """A paragraph on what is there, OWN being tslint's version, and a line for each problem."""
    there = [f"{name} {version}" for name, version in examined.versions.items() if version is not None]
    absent = [name for name, version in examined.versions.items() if version is None]
    lines = [f"tslint {own}; models are run with Python {examined.python}, {examined.path}"]
    lines += [f"installed      {', '.join(there) or 'none of what is asked for'}"]
    lines += [f"not installed  {', '.join(absent)}"] if absent else []
    if examined.problems:
        lines.append("")
    for problem in examined.problems:
        lines.append(f"{'error' if problem['known'] else 'note'}: {problem['problem']}: `{problem['remedy']}`")
    wrong = sum(bool(problem["known"]) for problem in examined.problems)
    lines += ["", f"Found {wrong} problem{'s' if wrong != 1 else ''}." if wrong else "Found no problems."]
    return "\n".join(lines) + "\n"
