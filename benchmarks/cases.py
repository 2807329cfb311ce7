"""What the benchmarks that run cases of the corpus have in common: their options, and a file that keeps what came out."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from corpus import Row


def parser(description: str, page: Path, explained: Path, cases: int) -> argparse.ArgumentParser:
    """The options of a benchmark that draws CASES cases where it is not told how many."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("checkout", type=Path, help="of jansel/pytorch-jit-paritybench")
    made.add_argument("truth", type=Path, help="rows of what PyTorch and coremltools did with each case")
    made.add_argument("--cases", type=int, default=cases)
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--jobs", type=int, default=1)
    made.add_argument("--only", action="append", help="cases whose name holds this text")
    made.add_argument("--explained", type=Path, default=explained)
    made.add_argument("--results", type=Path, help="a file that keeps what came out")
    made.add_argument("--write", action="store_true", help=f"write the table into {page.name}")
    return made


def reasons(explained: Path) -> dict[str, Any]:
    """Name of a case → why it is as it is; nothing where there is no such file."""
    return json.loads(explained.read_text(encoding="utf-8")) if explained.exists() else {}


class Kept:
    """``found``: name of a case → what came out; kept in the file PATH, a line a case, if there is one."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.found: dict[str, Row] = {}
        if path is not None and path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                self.found |= json.loads(line)

    def add(self, name: str, found: Row) -> None:
        self.found[name] = found
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as out:
                out.write(json.dumps({name: found}) + "\n")
