"""Runs tslint as its users do: the real command line, in a process and a directory of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ZOO = ROOT / "tests" / "zoo"
EXAMPLES = ROOT / "examples"


@dataclass(frozen=True)
class Outcome:
    status: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        """What ``--output-format json`` printed; fails where stdout holds anything else."""
        report = json.loads(self.out)
        assert isinstance(report, dict)
        return report

    def __str__(self) -> str:
        return f"exit status {self.status}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


def environment(*path: Path, **variables: str) -> dict[str, str]:
    """The environment of a child: PATH entries before this checkout on PYTHONPATH, no colours, VARIABLES on top."""
    inherited = {key: value for key, value in os.environ.items() if key not in ("FORCE_COLOR", "COLUMNS")}
    pythonpath = os.pathsep.join([str(entry) for entry in path] + [str(ROOT)])
    return {**inherited, "PYTHONPATH": pythonpath, "NO_COLOR": "1", "OMP_NUM_THREADS": "1", **variables}


def tslint(
    *arguments: str | Path,
    cwd: Path,
    env: dict[str, str] | None = None,
    timeout: float = 600,
    stdin: str | None = None,
) -> Outcome:
    """``python -m tslint ARGUMENTS`` in CWD."""
    process = subprocess.run(
        [sys.executable, "-m", "tslint", *map(str, arguments)],
        cwd=cwd,
        env=env or environment(),
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        timeout=timeout,
        check=False,
    )
    return Outcome(process.returncode, process.stdout, process.stderr)


def check_json(target: str | Path, *arguments: str, cwd: Path, env: dict[str, str] | None = None) -> Outcome:
    """``tslint check TARGET --output-format json ARGUMENTS``."""
    return tslint("check", target, "--output-format", "json", *arguments, cwd=cwd, env=env)


def counted(report: dict[str, Any]) -> list[dict[str, Any]]:
    """The diagnostics that affect the exit status: not refuted, warning or error, in the order of the report."""
    return [d for d in report["diagnostics"] if d["basis"] != "refuted" and d["severity"] != "info"]


def line_of(path: Path, text: str) -> int:
    """The number, from 1, of the only line of PATH that contains TEXT."""
    numbers = [n for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if text in line]
    assert len(numbers) == 1, f"{text!r} stands on lines {numbers} of {path}"
    return numbers[0]
