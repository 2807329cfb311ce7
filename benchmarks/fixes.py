"""How many problems have a fix, and how many fixes are proven: on every faulty example of the rule pages, and the two of README.

    python benchmarks/fixes.py [--jobs 2] [--only NAME] [--write]

Each is copied, checked with ``--fix --unsafe-fixes`` as its users would, and counted: what was found, what of it has a fix,
what was written, and what running the fixed model proved. Conversion is left out: the question is TorchScript.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pages import write

ROOT = Path(__file__).resolve().parent.parent
PAGE = Path(__file__).with_name("FIXES.md")
CHECK = (sys.executable, "-m", "tslint", "check", "--no-convert", "--no-cache", "--output-format", "json")

sys.path.insert(0, str(ROOT / "tests" / "rules"))


def models() -> list[tuple[str, str]]:
    """(name, source) of each faulty model."""
    from rule_pages import cases

    found = [(str(case), case.text) for case in cases("bad")]
    return found + [(path.stem, path.read_text(encoding="utf-8")) for path in sorted((ROOT / "examples").glob("*.py"))]


def report(folder: Path, *arguments: str) -> dict[str, Any]:
    run = subprocess.run([*CHECK, *arguments, "net.py"], cwd=folder, capture_output=True, text=True, check=False)
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def problems(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [d for d in found["diagnostics"] if d["basis"] != "refuted" and d["severity"] != "info"]


def tried(name: str, source: str) -> tuple[str, Counter[str]]:
    """What came of one model."""
    counts: Counter[str] = Counter(models=1)
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary, "net.py")
        path.write_text(source, encoding="utf-8")
        before = problems(report(path.parent, "--static"))
        fixable = [d for d in before if d["fix"]]
        counts.update(problems=len(before), fixable=len(fixable))
        counts.update(safe=sum(d["fix"]["applicability"] == "safe" for d in fixable))
        if not fixable:
            return name, counts
        after = report(path.parent, "--fix", "--unsafe-fixes")
        fixes = after["fixes"]
        proven = [proof for proof in fixes["proofs"] if proof["equals_eager"] and proof["unchanged"] is not False]
        counts.update(faulty=1, written=fixes["written"], withheld=len(fixes["withheld"]), run=bool(fixes["proofs"]))
        counts.update(proven=bool(proven) and len(proven) == len(fixes["proofs"]))
        counts.update(proven_fixes=fixes["written"] if proven and len(proven) == len(fixes["proofs"]) else 0)
        counts.update(clean=not problems(after))
        if not proven:
            print(f"{name}: {fixes['written']} written, {[p['sentence'] for p in fixes['proofs']] or after['notes']}")
    return name, counts


def table(total: Counter[str]) -> str:
    def share(part: str, whole: str) -> str:
        return f"{total[part]:,} of {total[whole]:,} ({total[part] / max(total[whole], 1):.0%})"

    rows = [
        ("problems (warning and above) with a fix", share("fixable", "problems")),
        ("of these, with a safe one", share("safe", "fixable")),
        ("models with a fix that were run as their fixes leave them", share("run", "faulty")),
        ("models that then trace or script, equal eager and answer as before", share("proven", "faulty")),
        ("models without a problem left", share("clean", "faulty")),
        ("fixes proven, of those written", share("proven_fixes", "written")),
        ("fixes withheld, since they make something worse", str(total["withheld"])),
    ]
    return "| | |\n|---|---|\n" + "\n".join(f"| {name} | {value} |" for name, value in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", action="append", help="models whose name holds this text")
    parser.add_argument("--write", action="store_true", help=f"write the table into {PAGE.name}")
    options = parser.parse_args()
    chosen = [model for model in models() if not options.only or any(text in model[0] for text in options.only)]
    total: Counter[str] = Counter()
    with ThreadPoolExecutor(options.jobs) as pool:
        for _, counts in pool.map(lambda model: tried(*model), chosen):
            total.update(counts)
    made = table(total)
    print(made)
    if options.write:
        write(PAGE, "fixes", made, ("torch", "libcst"))


if __name__ == "__main__":
    main()
