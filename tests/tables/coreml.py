"""Which calls coremltools cannot convert: the table ``tslint/facts/tables/coreml.txt``, made by converting samples of each.

    python tests/tables/coreml.py [--jobs 2] [--folder FOLDER]

tries every op and layer of PyTorch (an hour on one core) and writes the table. What was tried is kept in FOLDER, a file a
name, so that a run that was stopped goes on where it was; ``--rows`` writes the table from what is there.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
TABLE = HERE.parent.parent / "tslint" / "facts" / "tables" / "coreml.txt"
CHUNK = 40
SILENCE = 300
"""Seconds after which a process that finishes no name is ended."""


def left(folder: Path, names: list[str]) -> list[str]:
    return [name for name in names if not (folder / f"{name}.json").exists()]


def run(folder: Path, names: list[str], jobs: int) -> None:
    """Tries NAMES in JOBS processes at a time; a name that ends its process, or takes too long, has no trials."""
    queue = left(folder, names)
    working: dict[subprocess.Popen[bytes], tuple[list[str], float]] = {}
    while queue or working:
        while queue and len(working) < jobs:
            chunk, queue = queue[:CHUNK], queue[CHUNK:]
            command = [sys.executable, "-W", "ignore", str(HERE / "coreml_trials.py"), str(folder), *chunk]
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            working[process] = chunk, time.time()
        time.sleep(1)
        for process, (chunk, since) in list(working.items()):
            rest = left(folder, chunk)
            if process.poll() is None:
                latest = max(
                    (path.stat().st_mtime for name in chunk if (path := folder / f"{name}.json").exists()),
                    default=since,
                )
                if time.time() - max(latest, since) < SILENCE:
                    continue
                process.kill()
                process.wait()
            del working[process]
            if rest:
                (folder / f"{rest[0]}.json").write_text("[]")
                queue = rest[1:] + queue
        print(f"\r{len(left(folder, names))} left ", end="", file=sys.stderr)


def text(folder: Path) -> str:
    """The table, from all that was tried."""
    from coreml_rows import rows
    from coreml_subjects import defaults

    lines = [f"# torch {version('torch').partition('+')[0]}, coremltools {version('coremltools')}"]
    for path in sorted(folder.glob("*.json")):
        name = path.name.removesuffix(".json")
        lines += rows(name, json.loads(path.read_text(encoding="utf-8")), defaults(name))
    return "".join(f"{line}\n" for line in lines)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--jobs", type=int, default=2)
    arguments.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "tslint-coreml")
    arguments.add_argument("--rows", action="store_true", help="write the table from what was tried before")
    options = arguments.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    if not options.rows:
        from coreml_subjects import subjects

        run(options.folder, list(subjects()), options.jobs)
    TABLE.write_text(text(options.folder), encoding="utf-8")


if __name__ == "__main__":
    main()
