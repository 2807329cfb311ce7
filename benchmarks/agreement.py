"""Holds what a run of tslint says of real modules against what PyTorch did with them: agreement by family, and where it is not.

    python benchmarks/agreement.py CHECKOUT TRUTH [--cases 300] [--seed 1] [--differing] [--jobs 2] [--write]

CHECKOUT is one of the public repository jansel/pytorch-jit-paritybench, whose files hold modules of public projects with
arguments and inputs that make them run; TRUTH is a file of rows, one a case, measured on the same inputs and on other sizes
and values (``trace-fails``, ``trace-differs``, ``script-fails``). Each case is a fork of its own: it builds the module, calls
`tslint.check` on it, and holds the three verdicts against the row. Where they disagree, PyTorch alone, without tslint, is
asked again in another fork:

- a difference on an input that the truth never tried is true where a plain trace shows it on inputs of those sizes;
- a row that plain PyTorch does not repeat here says nothing about tslint. It is counted, and named, by itself.

``--differing`` draws from the cases whose trace is wrong: what share of the differences is placed on a line of the case's file
shows there. EXPLAINED, a JSON object ``{"FILE::CLASS[CASE] FAMILY": "reason"}``, says why one that is left disagrees, or a row
is not repeated.
RESULTS keeps what came out; a case that it holds is not run again.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import json
import linecache
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import cases
import torch
from cases import Kept
from corpus import Row, built, plainly, prepare
from forks import PATIENCE, each
from pages import write

import tslint

PAGE = Path(__file__).with_name("AGREEMENT.md")
EXPLAINED = Path(__file__).with_name("agreement.json")
FAMILIES = {"trace-fails": "trace", "trace-differs": "compare", "script-fails": "script"}
"""The truth's column → the step of tslint's that decides it."""
WANTED, WANTED_PLACED = 0.99, 0.95


def warm() -> None:
    """Imports, here and once, what every fork would import."""
    for module in ("session", "routes", "__main__", "script.script", "compare.compare"):
        importlib.import_module(f"tslint.probe.{module}")
    tslint.check(torch.nn.Identity(), torch.rand(1), convert=False, routes=("trace",))


# -- one case ---------------------------------------------------------------------------------------------------------


def verdicts(report: tslint.Report) -> dict[str, bool | None]:
    """What the report says of each family; None where it says nothing."""
    if not report.runs:
        return dict.fromkeys(FAMILIES)
    routes = {route.name: route for route in report.runs[0].routes}
    trace, script = (routes[name].status if name in routes else "untried" for name in ("trace", "script"))
    compared = any(step.name == "compare" and step.status == "ok" for step in report.runs[0].steps)
    return {
        "trace-fails": None if trace in ("untried", "died") else trace == "refused",
        "trace-differs": trace == "differs" if compared and trace in ("works", "differs") else None,
        "script-fails": None if script in ("untried", "died") else script == "refused",
    }


def on_a_line(difference: Row) -> bool:
    """Whether it is placed: what has no place stands at the statement of the model's class."""
    line = difference["line"]
    return line is not None and not linecache.getline(difference["path"], line).lstrip().startswith("class ")


def examine(checkout: Path, row: Row) -> Row:
    """Builds the case, checks it, and says what came out."""
    model, args, kwargs = built(checkout, row)
    own = str((checkout / "generated" / row["file"]).resolve())
    start = time.monotonic()
    report = tslint.check(
        model,
        (args, kwargs) if kwargs else args,
        convert=False,
        verify=False,
        routes=("trace", "script"),
        timeout=PATIENCE,
    )
    said = verdicts(report)
    differences = [
        {
            "rule": d.rule,
            "message": d.message,
            "path": d.path,
            "line": d.span.line if d.span else None,
            "tried": sorted({str(proof["tried"]) for proof in d.evidence if proof.get("tried")}),
        }
        for d in report.diagnostics
        if d.basis == "observed" and d.claim == "trace-differs"
    ]
    found = {
        "said": said,
        "seconds": round(time.monotonic() - start, 1),
        "differences": differences,
        "placed": sum(d["path"] == own and on_a_line(d) for d in differences),
        "steps": {s.name: [s.status, s.message] for run in report.runs for s in run.steps},
        "notes": [*report.notes, *report.errors],
        "inputs": {i.name: [i.shapes, i.error] for run in report.runs for i in run.inputs},
        "escapes": [
            [e.place.span.line if e.place else None, e.via, e.origin, e.verdict, e.warned, e.note]
            for run in report.runs
            for e in run.escapes
        ],
    }
    message = next((r.message for run in report.runs for r in run.routes if r.name == "trace"), "")
    tried = {name for d in differences for name in d["tried"]} | {message.removeprefix("differs from eager on ")}
    return found | {"tried": sorted(tried)}


# -- agreement --------------------------------------------------------------------------------------------------------


def name_of(row: Row, family: str) -> str:
    return f"{row['file']}::{row['cls']}[{row['case']}] {family}"


def judged(row: Row, found: Row, family: str) -> str:
    """``agrees``; ``true``, a difference that the truth never tried; ``unrepeated``, a row that PyTorch does not repeat here;
    ``disagrees``; or ``unknown`` to the truth."""
    if row[family] is None:
        return "unknown"
    said = found.get("said", {}).get(family)
    if said == row[family]:
        return "agrees"
    plain = found.get("plain", {}).get(family)
    if said is None or plain is None or isinstance(plain, dict) or bool(plain) != said:
        return "disagrees"
    return "true" if family == "trace-differs" and said else "unrepeated"


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "none"


def table(results: Sequence[tuple[Row, Row]], title: str) -> str:
    """The page's part: a row a family, what share of the differences is placed, and what became of the tracer's warnings."""
    lines = [
        "| verdict | cases | agree | true, and never tried | rows not repeated here | disagree | agreement | of all rows |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for family, step in FAMILIES.items():
        counts = Counter(judged(row, found, family) for row, found in results)
        right = counts["agrees"] + counts["true"]
        known = right + counts["disagrees"]
        every = known + counts["unrepeated"]
        mark = "✓" if known and right / known >= WANTED else "✗"
        cells = [f"{step} (`{family}`)", every, counts["agrees"]]
        cells += [counts[name] or "" for name in ("true", "unrepeated", "disagrees")]
        cells += [f"{share(right, known)} {mark}", share(right, every)]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    differences = sum(len(found.get("differences", ())) for _, found in results)
    placed = sum(found.get("placed", 0) for _, found in results)
    mark = "✓" if differences and placed / differences >= WANTED_PLACED else "✗"
    own = f"{placed} of {differences} differences stand on a line of the case's own file"
    warned = Counter(verdict for _, found in results for _, _, _, verdict, said, _ in found.get("escapes", ()) if said)
    settled = ", ".join(f"{warned[verdict]} {verdict}" for verdict in ("harmful", "harmless", "not exercised"))
    lines += [
        "",
        f"{title}; {own} ({share(placed, differences)} {mark}).",
        f"Places that the tracer warns of: {settled}.",
    ]
    return "\n".join(lines)


def left(results: Sequence[tuple[Row, Row]], explained: dict[str, str]) -> str:
    """What disagrees, each with its reason, and the rows that PyTorch does not repeat."""
    names: dict[str, list[str]] = {"disagrees": [], "unrepeated": []}
    for row, found in results:
        for family in FAMILIES:
            key = name_of(row, family)
            names.get(judged(row, found, family), []).append(f"- `{key}`: {explained.get(key, 'unexplained')}")
    parts = {"Disagree:": names["disagrees"], "Not repeated here:": names["unrepeated"]}
    return "\n\n".join(f"{title}\n\n" + "\n".join(lines) for title, lines in parts.items() if lines)


def told(row: Row, found: Row, family: str) -> str:
    """One disagreement in full, to read."""
    said = found.get("said", {}).get(family)
    why = row["why"].get(family, "") or (row["differs"] if family == "trace-differs" else "")
    head = f"{name_of(row, family)}: tslint {said}, truth {row[family]} {why}"
    steps = {k: v for k, v in found.get("steps", {}).items() if v[0] != "ok" or v[1]}
    return f"{head}\n    {found.get('error', '')} {steps} {found.get('notes', '')}\n    {found.get('differences', '')}"


def chosen(truth: Path, options: argparse.Namespace) -> list[Row]:
    rows = [json.loads(line) for line in truth.read_text(encoding="utf-8").splitlines()]
    if options.only:
        return [row for row in rows if any(text in name_of(row, "") for text in options.only)]
    if options.differing:
        rows = [row for row in rows if row["trace-differs"]]
    indices = random.Random(options.seed).sample(range(len(rows)), min(options.cases, len(rows)))
    return [rows[index] for index in indices]


def run(checkout: Path, rows: Sequence[Row], kept: Kept, jobs: int) -> list[tuple[Row, Row]]:
    """What came out of every row: of those that are KEPT already, what is written there."""
    todo = [row for row in rows if name_of(row, "") not in kept.found]
    print(f"{len(rows)} cases, {len(rows) - len(todo)} of them known", file=sys.stderr)
    answers = each([functools.partial(examine, checkout, row) for row in todo], jobs)
    for done, (index, found) in enumerate(answers, 1):
        row = todo[index]
        unlike = [family for family in FAMILIES if judged(row, found, family) == "disagrees" and "said" in found]
        asked = [functools.partial(plainly, checkout, row, family, found) for family in unlike]
        found["plain"] = {unlike[number]: plain for number, plain in each(asked, 1)}
        apart = ", ".join(f"{family} {judged(row, found, family)}" for family in unlike)
        said = f"{done}/{len(todo)} {name_of(row, '')}{found.get('error', '')} {apart}"
        print(said, file=sys.stderr, flush=True)
        kept.add(name_of(row, ""), found)
    return [(row, kept.found[name_of(row, "")]) for row in rows]


def main() -> None:
    parser = cases.parser(__doc__.splitlines()[0], PAGE, EXPLAINED, 300)
    parser.add_argument("--differing", action="store_true", help="draw from the cases whose trace is wrong")
    options = parser.parse_args()
    rows = chosen(options.truth, options)
    prepare(options.checkout.resolve())
    warm()
    explained = cases.reasons(options.explained)
    results = run(options.checkout.resolve(), rows, Kept(options.results), max(1, options.jobs))
    for row, found in results:
        for family in FAMILIES:
            if judged(row, found, family) in ("disagrees", "unrepeated"):
                print(f"{judged(row, found, family)} {told(row, found, family)}")
        for difference in found.get("differences", ()):
            if Path(difference["path"] or "").name != row["file"] or not on_a_line(difference):
                print(f"misplaced {name_of(row, '')}: {difference}")
    kind = "drawn from those whose trace is wrong" if options.differing else "drawn at random"
    title = f"{len(rows)} cases {kind}, seed {options.seed}"
    made = "\n\n".join(filter(None, (table(results, title), left(results, explained))))
    print(f"\n{made}\n")
    if options.write:
        part = f"agreement {'differing' if options.differing else 'random'}"
        write(PAGE, part, made, ("tslint", "torch", "numpy"))


if __name__ == "__main__":
    main()
