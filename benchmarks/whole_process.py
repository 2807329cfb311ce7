"""What tslint costs beside what it is compared with: whole processes, wall clock and CPU time.

1. ``tslint check MODEL --route trace --no-verify`` against a bare script that does the same trace and the same
   conversion; the default's figures beside them.
2. ``tslint check --static`` on one file of 300 lines against ``python -c "import libcst"``.

The programs of a comparison run in turn, so that a busy moment of the machine meets all of them; medians are compared.

    python benchmarks/whole_process.py [--repeat 5] [--threads 2] [--size 224] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

MODEL = """\
import torch
from torchvision.models import resnet50


def build_model():
    return resnet50(weights=None).eval()


def example_inputs():
    return torch.rand(1, 3, {size}, {size})
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

TARGETS = {"trace": {"wall": 1.25, "cpu": 1.8}, "static": {"wall": 2.0}}


@dataclass(frozen=True)
class Cost:
    """Seconds of one process and what it started."""

    wall: float
    cpu: float


def cost(command: Sequence[str], cwd: Path, env: dict[str, str], accept: tuple[int, ...]) -> Cost:
    """Runs COMMAND to its end. Raises RuntimeError for an exit status that is not among ACCEPT."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    process = subprocess.run(command, cwd=cwd, env=env, capture_output=True, check=False)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode not in accept:
        raise RuntimeError(f"{command} ended with {process.returncode}: {process.stderr.decode()[-2000:]}")
    return Cost(wall, (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime))


Programs = dict[str, tuple[list[str], tuple[int, ...]]]
"""Name → command and the exit statuses that are right."""


def in_turn(programs: Programs, repeat: int, cwd: Path, env: dict[str, str]) -> dict[str, list[Cost]]:
    """REPEAT rounds of every program, after one that warms the file system's cache and is not counted."""
    costs: dict[str, list[Cost]] = {name: [] for name in programs}
    for round_number in range(repeat + 1):
        for name, (command, accept) in programs.items():
            measured = cost(command, cwd, env, accept)
            if round_number:
                costs[name].append(measured)
            print(f"  round {round_number} {name}: {measured.wall:.2f} s, CPU {measured.cpu:.2f} s", file=sys.stderr)
    return costs


def medians(costs: dict[str, list[Cost]]) -> dict[str, Cost]:
    return {
        name: Cost(statistics.median(c.wall for c in each), statistics.median(c.cpu for c in each))
        for name, each in costs.items()
    }


def ratio(costs: dict[str, list[Cost]], name: str, base: str, what: str) -> float:
    """The median of the ratios of runs that followed one another."""
    pairs = zip(costs[name], costs[base], strict=True)
    return statistics.median((a.wall / b.wall if what == "wall" else a.cpu / b.cpu) for a, b in pairs)


def table(title: str, costs: dict[str, list[Cost]], base: str) -> list[dict[str, object]]:
    middle = medians(costs)
    print(f"\n{title}\n\n| | wall clock | ratio | CPU time | ratio |\n|---|---|---|---|---|")
    rows: list[dict[str, object]] = []
    for name, each in middle.items():
        wall, cpu = (ratio(costs, name, base, what) for what in ("wall", "cpu"))
        print(f"| {name} | {each.wall:.2f} s | {wall:.2f} | {each.cpu:.2f} s | {cpu:.2f} |")
        rows.append({"program": name, "wall": each.wall, "cpu": each.cpu, "wall_ratio": wall, "cpu_ratio": cpu})
    return rows


def three_hundred_lines() -> str:
    """Real code of that length: the example that has one network after the other, repeated."""
    lines = (ROOT / "examples" / "segmentation.py").read_text(encoding="utf-8").splitlines()
    classes = lines[: next(n for n, line in enumerate(lines) if line.startswith("torch.manual_seed"))]
    return "\n".join((classes * 3)[:300]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    # tests/zoo makes torchvision importable where its wheel is for CUDA and torch for the CPU.
    path = [str(ROOT), str(ROOT / "tests" / "zoo"), os.environ.get("PYTHONPATH", "")]
    env = {
        **os.environ,
        "OMP_NUM_THREADS": str(options.threads),
        "PYTHONPATH": os.pathsep.join(filter(None, path)),
    }
    python = sys.executable
    check = [python, "-m", "tslint", "check"]
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "model.py").write_text(MODEL.format(size=options.size), encoding="utf-8")
        (directory / "bare.py").write_text(BARE, encoding="utf-8")
        (directory / "long.py").write_text(three_hundred_lines(), encoding="utf-8")
        programs: Programs = {
            "bare script": ([python, "bare.py"], (0,)),
            "`tslint check --route trace --no-verify`": (
                [*check, "model.py", "--route", "trace", "--no-verify"],
                (0,),
            ),
            "`tslint check`": ([*check, "model.py"], (0,)),
        }
        trace = in_turn(programs, options.repeat, directory, env)
        programs = {
            '`python -c "import libcst"`': ([python, "-c", "import libcst"], (0,)),
            "`tslint check --static`": (
                [*check, "--static", "--no-cache", "--output-format", "concise", "long.py"],
                (1,),
            ),
        }
        static = in_turn(programs, options.repeat * 4, directory, env)
    title = f"torchvision's ResNet-50, 1x3x{options.size}x{options.size}, {options.threads} threads, {options.repeat} rounds"
    rows = {
        "trace": table(title, trace, "bare script"),
        "static": table(f"a file of 300 lines, {options.repeat * 4} rounds", static, '`python -c "import libcst"`'),
    }
    print()
    for comparison, bounds in TARGETS.items():
        row = rows[comparison][1]
        for what, bound in bounds.items():
            found = row[f"{what}_ratio"]
            assert isinstance(found, float)
            print(f"{comparison} {what}: {found:.2f}, target at most {bound} {'✓' if found <= bound else '✗'}")
    if options.json:
        print(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
