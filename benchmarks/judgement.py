"""What tslint says about code that works: counts by rule over installed packages, and samples of it for somebody to judge.

    python benchmarks/judgement.py                                     # counts, and SAMPLES/PACKAGE.txt to read
    python benchmarks/judgement.py --judged SAMPLES --write            # the same counts, with the verdicts, into JUDGEMENT.md

A sample holds up to a hundred findings of severity warning or error, drawn with a seed, each with its code and an empty
``verdict:``. Whoever reads it writes ``true`` where what the message says is so, else ``false`` and why.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import importlib.util
import json
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = Path(__file__).with_name("JUDGEMENT.md")
PACKAGES = ("torchvision", "timm", "transformers")
START, END = "<!-- counts -->", "<!-- end of counts -->"
CONTEXT = 8
"""Lines shown before and after a finding."""
WANTED = 0.95
"""The share of a sample that has to be true as stated."""


@dataclass(frozen=True)
class Verdicts:
    """How a sample was judged."""

    true: int
    of: int

    @property
    def good(self) -> bool:
        return self.of > 0 and self.true / self.of >= WANTED


def folder(package: str) -> Path:
    """Where PACKAGE is installed; it is not imported."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"{package} is not installed in {sys.executable}")
    return Path(next(iter(spec.submodule_search_locations)))


def findings(package: str) -> tuple[list[dict[str, Any]], int]:
    """What tslint says about PACKAGE at severity warning and above, and the number of files it read."""
    command = [sys.executable, "-m", "tslint", "check", "--static", "--output-format", "json", "--exit-zero"]
    with tempfile.TemporaryDirectory() as elsewhere:
        ended = subprocess.run([*command, str(folder(package))], cwd=elsewhere, capture_output=True, check=False)
    if not ended.stdout:
        raise SystemExit(f"tslint said nothing about {package}: {ended.stderr.decode()[-2000:]}")
    report = json.loads(ended.stdout)
    for error in report["errors"]:
        print(f"{package}: {error}", file=sys.stderr)
    return [d for d in report["diagnostics"] if d["severity"] != "info"], report["summary"]["files"]


def sample(found: Sequence[dict[str, Any]], size: int, seed: int) -> list[dict[str, Any]]:
    """SIZE of FOUND, the same ones for the same seed, in the order of the report."""
    chosen = random.Random(seed).sample(range(len(found)), min(size, len(found)))
    return [found[index] for index in sorted(chosen)]


def written(finding: dict[str, Any], number: int) -> str:
    """One finding with its code, for somebody to judge."""
    text = Path(finding["path"]).read_text(encoding="utf-8", errors="replace").splitlines()
    first = max(finding["line"] - CONTEXT, 1)
    code = [
        f"{'>' if line == finding['line'] else ' '} {line:5} {text[line - 1]}"
        for line in range(first, min(finding["line"] + CONTEXT, len(text)) + 1)
    ]
    labels = [f"  label, line {label['span']['line']}: {label['message']}" for label in finding["labels"]]
    head = f"# {number} {finding['severity']} {finding['rule']} {finding['claim']} in {finding['symbol']}"
    place = f"{finding['path']}:{finding['line']}:{finding['column']}"
    return "\n".join([head, finding["message"], place, *labels, *code, "verdict:", ""])


def verdicts(path: Path) -> Verdicts:
    """The verdicts in a sample. Raises SystemExit where one is missing."""
    words = re.findall(r"^verdict:[ \t]*(\w*)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    odd = [index for index, word in enumerate(words) if word not in ("true", "false")]
    if odd:
        raise SystemExit(f"{path}: finding {odd[0]} has no verdict, true or false")
    return Verdicts(words.count("true"), len(words))


def table(counts: dict[str, Counter[tuple[str, str]]], files: dict[str, int], judged: dict[str, Verdicts]) -> str:
    """The page's part: a row a rule, a column a package."""
    packages = list(counts)
    rules = sorted({rule for each in counts.values() for rule, _ in each})
    versions = [f"{package} {importlib.metadata.version(package)}" for package in packages]
    lines = [
        f"Made {datetime.date.today().isoformat()} with tslint {importlib.metadata.version('tslint')}; errors + warnings.",
        "",
        f"| rule | {' | '.join(versions)} |",
        f"|---|{'---|' * len(packages)}",
    ]
    for rule in rules:
        pairs = [(counts[package][rule, "error"], counts[package][rule, "warning"]) for package in packages]
        lines.append(f"| `{rule}` | {' | '.join(f'{e} + {w}' if e or w else '' for e, w in pairs)} |")
    totals = [sum(counts[package].values()) for package in packages]
    lines.append(f"| **all**, of files | {' | '.join(f'{totals[i]} of {files[p]}' for i, p in enumerate(packages))} |")
    if judged:
        cells = [f"{judged[p].true} of {judged[p].of}" if p in judged else "" for p in packages]
        lines.append(f"| **true as stated** | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("packages", nargs="*", default=PACKAGES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, default=100, help="findings in a sample")
    parser.add_argument("--samples", type=Path, default=Path(tempfile.gettempdir()) / "tslint-judgement")
    parser.add_argument("--judged", type=Path, help="a directory of samples with their verdicts")
    parser.add_argument("--write", action="store_true", help=f"write the table into {PAGE.name}")
    options = parser.parse_args()
    if options.samples.resolve().is_relative_to(ROOT):
        raise SystemExit("samples hold other people's code: keep them outside the repository")
    options.samples.mkdir(parents=True, exist_ok=True)
    counts: dict[str, Counter[tuple[str, str]]] = {}
    files: dict[str, int] = {}
    judged: dict[str, Verdicts] = {}
    for package in options.packages:
        found, files[package] = findings(package)
        counts[package] = Counter((d["rule"], d["severity"]) for d in found)
        if options.judged:
            judged[package] = verdicts(options.judged / f"{package}.txt")
            continue
        path = options.samples / f"{package}.txt"
        chosen = sample(found, options.size, options.seed)
        path.write_text("\n".join(written(d, number) for number, d in enumerate(chosen)), encoding="utf-8")
        print(f"{len(chosen)} of {len(found)} findings to judge: {path}", file=sys.stderr)
    made = table(counts, files, judged)
    print(made)
    for package, found_true in judged.items():
        print(f"{package}: {found_true.true} of {found_true.of} {'✓' if found_true.good else '✗'}")
    if options.write:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
        after = rest.partition(END)[2]
        PAGE.write_text(f"{before}{START}\n{made}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
