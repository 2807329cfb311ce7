"""What tslint costs beside what it is compared with: whole processes, wall clock, CPU time and peak memory.

1. ``tslint check MODEL --route trace --no-verify`` against a bare script that does the same trace and the same
   conversion; the default's figures beside them. For a large network and for a small one.
2. ``tslint check --static`` on one file, of 300 lines and of ten, against ``python -c "import libcst"``.
3. ``tslint --version`` against a bare Typer application that has a version and a command.

The programs of a comparison run in turn, so that a busy moment of the machine meets all of them; the figures are medians,
the ratios medians of the ratios of runs that followed one another. Memory is that of a program's whole process tree, a page
that several of its processes share counted once; it is looked at in a round of its own, since looking takes time.

    python benchmarks/whole_process.py [--repeat 5] [--threads 2] [--size 224] [--json] [--write]

``--write`` puts the table into README.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import importlib.metadata
import json
import os
import platform
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tslint import reaper  # noqa: E402 -- of this checkout; it reads /proc and needs the standard library alone

README = ROOT / "README.md"
BLOCK = re.compile(r"(?<=<!-- benchmark -->\n)(?:.*\n)*?(?=<!-- end of benchmark -->)")

MODEL = """\
import torch
from torchvision.models import resnet50


def build_model():
    return resnet50(weights=None).eval()


def example_inputs():
    return torch.rand(1, 3, {size}, {size})
"""

SMALL = """\
import torch
from torch import nn


def build_model():
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4)).eval()


def example_inputs():
    return torch.rand(1, 3, 32, 32)
"""

SHORT = """\
import torch
from torch import nn


class Net(nn.Module):
    def forward(self, x):
        return {"out": torch.relu(x)}


model = Net()
"""

BARE = """\
import coremltools as ct
import torch

import model

net = model.build_model()
example = model.example_inputs()
traced = torch.jit.trace(net, example)
ct.convert(traced, inputs=[ct.TensorType(shape=example.shape)])
"""

TYPER = """\
import typer

app = typer.Typer()


@app.callback(invoke_without_command=True)
def root(version: bool = typer.Option(False, "--version", help="Print the version and exit.", is_eager=True)) -> None:
    if version:
        print("bare 1.0")
        raise typer.Exit


@app.command()
def check(path: str) -> None:
    print(path)


app()
"""

BARE_SCRIPT, TRACE, DEFAULT = "a bare script", "`tslint check --route trace --no-verify`", "`tslint check`"
LIBCST, STATIC = '`python -c "import libcst"`', "`tslint check --static`"
BARE_TYPER, VERSION = "a bare Typer application's `--version`", "`tslint --version`"

OF_SMALL = ", a small network"
OF_LONG, OF_SHORT = ", 300 lines", ", ten lines"
RUN = {"wall": 1.25, "cpu": 1.8, "peak": 2.5}
STATICALLY = {"wall": 2.0}
TARGETS = {
    TRACE: RUN,
    TRACE + OF_SMALL: RUN,
    STATIC + OF_LONG: STATICALLY,
    STATIC + OF_SHORT: STATICALLY,
    VERSION: {"wall": 1.3},
}
"""Program → what is measured → how many times the first program's of its comparison it may be."""

LOOK = 0.01
"""Seconds between two looks at the memory."""


@dataclass(frozen=True)
class Cost:
    """Seconds of one process and what it started."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Program:
    name: str
    command: Sequence[str]
    accept: tuple[int, ...] = (0,)
    """The exit statuses that are right."""


@dataclass(frozen=True)
class Row:
    """A program's medians, seconds and bytes; ``ratios`` to the first program of its comparison, by what is measured."""

    program: str
    wall: float
    cpu: float
    peak: float
    ratios: Mapping[str, float]


def start(program: Program, cwd: Path, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(program.command, cwd=cwd, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(program: Program, process: subprocess.Popen[bytes]) -> None:
    """Waits for PROCESS. Raises RuntimeError for an exit status that is not right."""
    _, errors = process.communicate()
    if process.returncode not in program.accept:
        raise RuntimeError(f"{program.command} ended with {process.returncode}: {errors.decode()[-2000:]}")


def cost(program: Program, cwd: Path, env: Mapping[str, str]) -> Cost:
    """One run of PROGRAM to its end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    finish(program, start(program, cwd, env))
    wall = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall, (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime))


def peak(program: Program, cwd: Path, env: Mapping[str, str]) -> int:
    """The most bytes that PROGRAM and what it started held at one time, in a run of its own."""
    process = start(program, cwd, env)
    most = 0
    while True:
        tree = [process.pid, *reaper.descendants(process.pid)]
        most = max(most, reaper.resident(tree, shared_once=True))
        try:
            # What it says on standard error is read, so that it never waits for a full pipe.
            process.communicate(timeout=LOOK)
        except subprocess.TimeoutExpired:
            continue
        finish(program, process)
        return most


def in_turn(
    programs: Sequence[Program], repeat: int, cwd: Path, env: Mapping[str, str]
) -> tuple[dict[str, list[Cost]], dict[str, int]]:
    """REPEAT rounds of every program; before them one that is not timed, warms the file system's cache and looks at memory."""
    costs: dict[str, list[Cost]] = {program.name: [] for program in programs}
    peaks = {program.name: peak(program, cwd, env) for program in programs}
    for number in range(1, repeat + 1):
        for program in programs:
            measured = cost(program, cwd, env)
            costs[program.name].append(measured)
            print(f"  {number} {program.name}: {measured.wall:.2f} s, CPU {measured.cpu:.2f} s", file=sys.stderr)
    return costs, peaks


def rows(costs: Mapping[str, Sequence[Cost]], peaks: Mapping[str, int]) -> list[Row]:
    """One row a program, in order; the first one is what the others are compared with."""
    base = next(iter(costs))
    found = []
    for name, each in costs.items():
        pairs = list(zip(each, costs[base], strict=True))
        ratios = {
            "wall": statistics.median(ours.wall / theirs.wall for ours, theirs in pairs),
            "cpu": statistics.median(ours.cpu / theirs.cpu for ours, theirs in pairs),
            "peak": peaks[name] / peaks[base],
        }
        wall, cpu = (statistics.median(getattr(one, what) for one in each) for what in ("wall", "cpu"))
        found.append(Row(name, wall, cpu, peaks[name], {} if name == base else ratios))
    return found


def table(comparisons: Sequence[Sequence[Row]]) -> str:
    """The comparisons as one table in Markdown; a ratio that has a target stands beside it."""
    lines = ["| | wall clock | CPU time | peak memory |", "|---|---|---|---|"]
    for row in (row for comparison in comparisons for row in comparison):
        texts = {"wall": f"{row.wall:.2f} s", "cpu": f"{row.cpu:.2f} s", "peak": f"{row.peak / 2**20:.0f} MiB"}
        cells = [texts[what] + _ratio(row, what) for what in texts]
        lines.append(f"| {row.program} | {' | '.join(cells)} |")
    return "".join(f"{line}\n" for line in lines)


def _ratio(row: Row, what: str) -> str:
    if what not in row.ratios:
        return ""
    bound = TARGETS.get(row.program, {}).get(what)
    return f", {row.ratios[what]:.2f}x" + (f" (target {bound:g}x)" if bound is not None else "")


def missed(comparisons: Sequence[Sequence[Row]]) -> list[str]:
    """A sentence for each target that is not reached."""
    return [
        f"{row.program}: {what} {row.ratios[what]:.2f}x, target at most {bound:g}x"
        for comparison in comparisons
        for row in comparison
        for what, bound in TARGETS.get(row.program, {}).items()
        if row.ratios[what] > bound
    ]


def circumstances(options: argparse.Namespace, load: float) -> str:
    """When, on what and how it was measured: one sentence. LOAD is the load average before the first round."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("torch", "coremltools", "libcst"))
    return (
        f"{datetime.date.today().isoformat()}, {os.cpu_count()} cores, {options.threads} threads, load average {load:.1f} "
        f"before the first round; Python {platform.python_version()}, {versions}. Above: torchvision's ResNet-50 at "
        f"1x3x{options.size}x{options.size}, and five layers, traced and converted, rounds: {options.repeat}; below: source "
        f"that is read without a cache, and starting up, rounds: {options.repeat * 4}.\n"
    )


def replaced(text: str, block: str) -> str:
    """TEXT with BLOCK between the two marks. Raises ValueError where they are not there."""
    if not BLOCK.search(text):
        raise ValueError("no place for the benchmark: the two marks are missing")
    return BLOCK.sub(lambda match: block, text, count=1)


def three_hundred_lines() -> str:
    """Real code of that length: the example that has one network after the other, repeated."""
    lines = (ROOT / "examples" / "segmentation.py").read_text(encoding="utf-8").splitlines()
    classes = lines[: next(n for n, line in enumerate(lines) if line.startswith("torch.manual_seed"))]
    return "\n".join((classes * 3)[:300]) + "\n"


def environment(threads: int) -> dict[str, str]:
    """Of both sides alike: this checkout first on the path, and compiled files kept, as those of installed packages are.

    tests/zoo makes torchvision importable where its wheel is for CUDA and torch for the CPU.
    """
    path = [str(ROOT), str(ROOT / "tests" / "zoo"), os.environ.get("PYTHONPATH", "")]
    env = {**os.environ, "OMP_NUM_THREADS": str(threads), "PYTHONPATH": os.pathsep.join(filter(None, path))}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    return env


def comparisons(options: argparse.Namespace, directory: Path) -> list[list[Row]]:
    (directory / "model.py").write_text(MODEL.format(size=options.size), encoding="utf-8")
    (directory / "bare.py").write_text(BARE, encoding="utf-8")
    (directory / "long.py").write_text(three_hundred_lines(), encoding="utf-8")
    python, env = sys.executable, environment(options.threads)
    check = [python, "-m", "tslint", "check"]

    def run(network: str) -> list[Program]:
        return [
            Program(BARE_SCRIPT + network, [python, "bare.py"]),
            Program(TRACE + network, [*check, "model.py", "--route", "trace", "--no-verify"]),
            Program(DEFAULT + network, [*check, "model.py"]),
        ]

    small = directory / "small"
    small.mkdir()
    (small / "model.py").write_text(SMALL, encoding="utf-8")
    (small / "bare.py").write_text(BARE, encoding="utf-8")
    (directory / "short.py").write_text(SHORT, encoding="utf-8")
    (directory / "typed.py").write_text(TYPER, encoding="utf-8")
    static = [*check, "--static", "--no-cache", "--output-format", "concise"]
    read = [
        Program(LIBCST, [python, "-c", "import libcst"]),
        Program(STATIC + OF_LONG, [*static, "long.py"], (1,)),
        Program(STATIC + OF_SHORT, [*static, "short.py"], (1,)),
    ]
    started = [
        Program(BARE_TYPER, [python, "typed.py", "--version"]),
        Program(VERSION, [python, "-m", "tslint", "--version"]),
    ]
    return [
        rows(*in_turn(run(""), options.repeat, directory, env)),
        rows(*in_turn(run(OF_SMALL), options.repeat, small, env)),
        rows(*in_turn(read, options.repeat * 4, directory, env)),
        rows(*in_turn(started, options.repeat * 4, directory, env)),
    ]


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--repeat", type=int, default=5, help="rounds of the run; of reading and of starting up four times as many"
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--size", type=int, default=224, help="height and width of the image")
    parser.add_argument("--json", action="store_true", help="print every figure as JSON")
    parser.add_argument("--write", action="store_true", help="put the table into README")
    return parser.parse_args(arguments)


def main() -> None:
    options = parsed()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name:
        found = comparisons(options, Path(name))
    block = f"{circumstances(options, load)}\n{table(found)}"
    if options.json:
        print(json.dumps([[dataclasses.asdict(row) for row in comparison] for comparison in found], indent=2))
    else:
        print(block)
        print("\n".join(missed(found)) or "every target is reached")
    if options.write:
        README.write_text(replaced(README.read_text(encoding="utf-8"), block), encoding="utf-8")


if __name__ == "__main__":
    main()
