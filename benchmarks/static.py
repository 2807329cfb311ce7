"""What static checking costs beside LibCST's parser and beside other linters, over timm's ``models`` folder.

    python benchmarks/static.py [--repeat 3] [--folder FOLDER] [--tools VENV] [--memory] [--json]

Whole processes, in turn, on a copy of the folder. ``--tools`` names a virtual environment with TorchFix, Fixit and Ruff; without
it one is made, from PyPI. ``--memory`` also checks all of Transformers, in one process, and says what that takes at most.
"""

from __future__ import annotations

import argparse
import compileall
import importlib.util
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TOOLS = ("torchfix", "fixit", "ruff")
PARSE = """\
import sys
from pathlib import Path
import libcst
for path in sorted(Path(sys.argv[1]).rglob("*.py")):
    libcst.parse_module(path.read_bytes())
"""
MEMORY = 1024
"""MiB that checking all of Transformers may take."""


@dataclass(frozen=True)
class Program:
    """A command, the exit statuses that are right, and whether what earlier runs left in its cache is kept.

    ``once``: so slow that it is run in the first round alone.
    """

    command: Sequence[str]
    accept: tuple[int, ...]
    warm: bool = False
    once: bool = False


@dataclass(frozen=True)
class Cost:
    """Seconds of one process and what it started."""

    wall: float
    cpu: float


def installed(package: str) -> Path:
    """The folder of an installed package; it is not imported."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"{package} is not installed in {sys.executable}")
    return Path(next(iter(spec.submodule_search_locations)))


def tools(given: Path | None, folder: Path) -> Path:
    """The ``bin`` directory of an environment that has the other linters."""
    if given is None:
        given = folder / "tools"
        venv.create(given, with_pip=True)
        subprocess.run([given / "bin" / "pip", "install", "--quiet", *TOOLS], check=True)
    return given / "bin"


def programs(bin_: Path, folder: Path) -> dict[str, Program]:
    python = sys.executable
    check = [python, "-m", "tslint", "check", "--static", "--output-format", "concise"]
    target = str(folder)
    return {
        "LibCST parses": Program([python, "-c", PARSE, target], (0,)),
        "tslint, one process": Program([*check, "--jobs", "1", "--no-cache", target], (0, 1)),
        "tslint, all processes": Program([*check, "--no-cache", target], (0, 1)),
        "tslint, again with its cache": Program([*check, target], (0, 1), warm=True),
        "TorchFix, one process": Program([str(bin_ / "torchfix"), "-j", "1", target], (0, 1), once=True),
        "Fixit, default rules": Program([str(bin_ / "fixit"), "--quiet", "lint", target], (0, 1, 3), once=True),
        "Ruff, all rules": Program(
            [str(bin_ / "ruff"), "check", "--isolated", "--no-cache", "--select", "ALL", "--quiet", target], (0, 1)
        ),
    }


def cost(program: Program, cwd: Path) -> Cost:
    """Runs a program to its end. Raises SystemExit for an exit status that is not right."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    ended = subprocess.run(program.command, cwd=cwd, capture_output=True, check=False)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if ended.returncode not in program.accept:
        raise SystemExit(f"{program.command} ended with {ended.returncode}: {ended.stderr.decode()[-2000:]}")
    return Cost(wall, (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime))


def in_turn(wanted: dict[str, Program], repeat: int, cwd: Path) -> dict[str, list[Cost]]:
    """REPEAT rounds of every program; what has a cache fills it before the first."""
    for program in wanted.values():
        if program.warm:
            cost(program, cwd)
    costs: dict[str, list[Cost]] = {name: [] for name in wanted}
    for number in range(repeat):
        for name, program in wanted.items():
            if program.once and number:
                continue
            costs[name].append(cost(program, cwd))
            last = costs[name][-1]
            print(f"  round {number + 1} {name}: {last.wall:.2f} s, CPU {last.cpu:.2f} s", file=sys.stderr)
    return costs


def medians(each: Sequence[Cost]) -> Cost:
    return Cost(statistics.median(c.wall for c in each), statistics.median(c.cpu for c in each))


def by_round(of: Sequence[Cost], by: Sequence[Cost]) -> list[float]:
    """Ratios of CPU time of two programs that ran one after the other, so that a machine that slows down slows both."""
    return sorted(one.cpu / other.cpu for one, other in zip(of, by, strict=True))


def peak(target: Path, cwd: Path) -> int:
    """MiB that the largest process takes that checks TARGET."""
    command = [
        sys.executable,
        "-m",
        "tslint",
        "check",
        "--static",
        "--jobs",
        "1",
        "--no-cache",
        "--exit-zero",
        str(target),
    ]
    ended = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(ended.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 2):
        raise SystemExit(f"{command} ended with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_maxrss // 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="what is checked; timm's models by default")
    parser.add_argument("--tools", type=Path)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    compileall.compile_dir(installed("tslint"), quiet=1)  # as pip leaves it, and the other tools are
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        work = scratch / "work"
        shutil.copytree(options.folder or installed("timm") / "models", work / "models")
        wanted = programs(tools(options.tools, scratch), work / "models")
        rounds = in_turn(wanted, options.repeat, work)
        mebibytes = peak(installed("transformers"), work) if options.memory else None
    costs = {name: medians(each) for name, each in rounds.items()}
    base, one = costs["LibCST parses"], costs["tslint, one process"]
    pairs = by_round(rounds["tslint, one process"], rounds["LibCST parses"])
    print("\n| | wall clock | CPU time | CPU time of LibCST's parser |\n|---|---|---|---|")
    for title, each in costs.items():
        print(f"| {title} | {each.wall:.2f} s | {each.cpu:.2f} s | {each.cpu / base.cpu:.2f} |")
    ratios = {
        "one process by parsing alone, the median round, at most 1.4": (statistics.median(pairs), 1.4),
        "one process by TorchFix, at most 0.1": (one.cpu / costs["TorchFix, one process"].cpu, 0.1),
        "warm by cold, at most 0.1": (
            costs["tslint, again with its cache"].wall / costs["tslint, all processes"].wall,
            0.1,
        ),
    }
    for title, (found, bound) in ratios.items():
        print(f"{title}: {found:.2f} {'✓' if found <= bound else '✗'}")
    print(f"one process by parsing alone, each round: {', '.join(f'{pair:.2f}' for pair in pairs)}")
    if mebibytes is not None:
        print(f"all of Transformers, at most {MEMORY} MiB: {mebibytes} {'✓' if mebibytes < MEMORY else '✗'}")
    if options.json:
        print(
            json.dumps({title: vars(each) for title, each in costs.items()} | {"transformers MiB": mebibytes}, indent=2)
        )


if __name__ == "__main__":
    main()
