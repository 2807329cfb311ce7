"""Converts the traces of real modules: whether everything that fails is listed with its line, and whether what converts is right.

    python benchmarks/conversion.py CHECKOUT TRUTH [--failing] [--cases 400] [--seed 1] [--jobs 2] [--results F] [--write]

CHECKOUT is one of the public repository jansel/pytorch-jit-paritybench, TRUTH a file of rows, one a case (see agreement.py). Each
case is a fork of its own: `tslint.check` traces, converts and verifies it. With ``--failing`` the cases are those whose
conversion coremltools refuses, all of them; without, a sample of those that it converts.

What coremltools lacks is asked of the traced graph without tslint, too: an op of it that has no converter, and that none of
coremltools' own passes takes away, must be listed.

RESULTS keeps what came out; a case that it holds is not run again. EXPLAINED, a JSON object ``{"FILE::CLASS[CASE]": "reason"}``,
says why a program that converts differs from eager, or was not evaluated.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import importlib
import json
import random
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cases
import torch
from cases import Kept
from corpus import Row, built, prepare
from forks import PATIENCE, each
from pages import write

import tslint

PAGE = Path(__file__).with_name("CONVERSION.md")
EXPLAINED = Path(__file__).with_name("conversion.json")
WANTED = 0.95
EARLY = "may not all be listed"


def warm() -> None:
    """Imports, here and once, what every fork would import."""
    importlib.import_module("coremltools")
    for module in ("session", "routes", "verify.cure", "convert.convert", "compare.compare", "evaluate"):
        importlib.import_module(f"tslint.probe.{module}")
    tslint.check(torch.nn.Identity(), torch.rand(1), routes=("trace",))


# -- one case ---------------------------------------------------------------------------------------------------------


def lacking(model: torch.nn.Module, args: Sequence[object], kwargs: dict[str, object]) -> list[str]:
    """Ops of the trace that coremltools has no converter for, asked without tslint, after coremltools' own graph passes."""
    from coremltools.converters.mil.frontend.torch.torch_op_registry import _TORCH_OPS_REGISTRY
    from coremltools.converters.mil.frontend.torch.torchscript_utils import _expand_and_optimize_ir

    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            given = {"example_kwarg_inputs": kwargs} if kwargs else {"example_inputs": tuple(args)}
            traced = torch.jit.trace(model, **given, check_trace=False, strict=False)
            graph = _expand_and_optimize_ir(traced)[0]
    except Exception:
        return []
    kinds = {node.kind() for node in graph.nodes()}
    own = {kind for kind in kinds if kind.startswith(("aten::", "prim::PythonOp"))}
    return sorted(kind for kind in own if _TORCH_OPS_REGISTRY.get_func(kind.split("::")[1].lower()) is None)


@contextlib.contextmanager
def noting(evaluated: dict[str, bool]) -> Iterator[None]:
    """Adds each MIL op that a verification below reads, and whether it was evaluated, to EVALUATED.

    The program that was saved counts, not the one that is made to find an op to blame.
    """
    from tslint.probe.evaluate import UnevaluableError
    from tslint.probe.verify import explained

    with tempfile.NamedTemporaryFile("r", suffix=".jsonl") as notes:

        def note(kind: str, done: bool) -> None:
            with Path(notes.name).open("a", encoding="utf-8") as out:  # tslint forks
                out.write(json.dumps([kind, done]) + "\n")

        class Noted(explained.Run):
            def _node(self, node: Any) -> Any:
                try:
                    found = super()._node(node)
                except UnevaluableError:
                    note(node.kind, False)
                    raise
                if node.kind not in seen:
                    seen.add(node.kind)
                    note(node.kind, True)
                return found

        seen = set[str]()
        original = explained.Run
        explained.Run = Noted
        try:
            yield
        finally:
            explained.Run = original
        for line in notes:
            kind, done = json.loads(line)
            evaluated[kind] = evaluated.get(kind, True) and done


def wrong_parts(report: Any) -> list[str]:
    """The ops that are translated wrongly, and the passes that change what is computed."""
    proofs = [proof for d in report.diagnostics for proof in d.evidence if proof["kind"] == "ConversionDiffered"]
    return sorted({proof.get("op") or proof.get("dropped") or "" for proof in proofs} - {""})


def examine(checkout: Path, row: Row) -> Row:
    """Builds the case, converts its trace, and says what came out."""
    model, args, kwargs = built(checkout, row)
    own = str((checkout / "generated" / row["file"]).resolve())
    evaluated = dict[str, bool]()
    start = time.monotonic()
    with noting(evaluated):
        report = tslint.check(model, (args, kwargs) if kwargs else args, routes=("trace",), timeout=PATIENCE)
    seconds = round(time.monotonic() - start, 1)
    run = report.runs[0]
    route = next((route for route in run.routes if route.name == "trace"), None)
    route = route.wrapped or route if route is not None else None
    ops = [
        {
            "op": op.op,
            "count": op.count,
            "composed": bool(op.composite),
            "message": op.message,
            "lines": [place.place.span.line for place in op.places if place.place and place.place.path == own],
        }
        for op in run.ops
        if not op.supported
    ]
    found = {
        "seconds": seconds,
        "status": route.status if route else "untried",
        "converts": route.converts if route else "untried",
        "verified": route.verified if route else None,
        "difference": route.difference if route else None,
        "message": route.message if route else "",
        "composed": list(route.composed) if route else [],
        "ops": ops,
        "evaluated": evaluated,
        "wrong": wrong_parts(report),
        "rules": sorted({d.rule for d in report.diagnostics if d.claim in ("convert-fails", "convert-differs")}),
        "steps": {step.name: [step.status, step.message] for step in run.steps},
        "notes": [*report.notes, *report.errors],
    }
    return found | {"lacking": lacking(model, args, kwargs)}


# -- the tables -------------------------------------------------------------------------------------------------------


def name_of(row: Row) -> str:
    return f"{row['file']}::{row['cls']}[{row['case']}]"


def reached(found: Row) -> bool:
    """Whether the conversion came to its end, with stand-ins or composites where it had to."""
    return (
        "ops" in found
        and found["converts"] in ("works", "refused", "differs")
        and not any(EARLY in note for note in found["notes"])
    )


def listed(found: Row) -> bool:
    """Whether every op without a converter is listed, and everything listed has a line of the case's own file."""
    ops = found.get("ops", ())
    return set(found.get("lacking", ())) <= {op["op"] for op in ops} and all(op["lines"] for op in ops)


def share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / whole:.1f} %)" if whole else "none"


def failing(results: Sequence[tuple[Row, Row]]) -> str:
    """The cases that coremltools refuses: how many of them are told in full, and which ops they are told for."""
    still = [(row, found) for row, found in results if found.get("ops") or found.get("converts") == "refused"]
    end = sum(reached(found) for _, found in still)
    full = sum(listed(found) for _, found in still)
    ways = sum(found["converts"] == "works" for _, found in still if "ops" in found)
    right = sum(found["converts"] == "works" and found["verified"] is True for _, found in still if "ops" in found)
    ops: Counter[str] = Counter()
    composed: Counter[str] = Counter()
    for _, found in still:
        for op in found.get("ops", ()):
            ops[op["op"]] += 1
            composed[op["op"]] += op["composed"]
    lines = [
        "| cases that coremltools refuses | measured |",
        "|---|---|",
        f"| the conversion reaches its end | {share(end, len(still))} {'✓' if end >= WANTED * len(still) else '✗'} |",
        f"| every missing op listed, everything listed with a line | {share(full, len(still))} |",
        f"| converts with composites in the place of what fails | {share(ways, len(still))} |",
        f"| of these, verified | {share(right, ways)} |",
        "",
        "| op | cases | composed in |",
        "|---|---|---|",
    ]
    lines += [f"| `{op}` | {number} | {composed[op] or ''} |" for op, number in ops.most_common()]
    away = len(results) - len(still)
    if away:
        lines += ["", f"{away} more were refused when the rows were measured, and convert here or have no trace."]
    return "\n".join(lines)


def coverage(results: Sequence[tuple[Row, Row]]) -> str:
    """The kinds of MIL ops that were evaluated wherever they occur, of all that occur; and the others by name."""
    kinds: dict[str, bool] = {}
    for _, found in results:
        for kind, done in found.get("evaluated", {}).items():
            kinds[kind] = kinds.get(kind, True) and done
    left = sorted(kind for kind, done in kinds.items() if not done)
    return share(len(kinds) - len(left), len(kinds)) + (
        f": not {', '.join(f'`{kind}`' for kind in left)}" if left else ""
    )


VERDICTS = {
    "right": "Verified:",
    "remedied": "Converted wrongly by `ct.convert` alone, and verified with a composite for the op, or without the pass:",
    "wrong": "Differ:",
    "unknown": "Not evaluated:",
    "trace": "the trace itself is wrong on other inputs: its conversion is not held against eager.",
}


def verdict_of(found: Row) -> str:
    """Which of VERDICTS one case comes to."""
    if found["verified"] is None:
        return "trace" if found.get("status") == "differs" else "unknown"
    if not found["verified"]:
        return "wrong"
    return "remedied" if found.get("wrong") else "right"


def said(found: Row) -> str:
    """What the run itself says."""
    return str(found["message"] or found.get("steps", {}).get("verify", ["", ""])[1])


def converting(results: Sequence[tuple[Row, Row]], explained: dict[str, str]) -> str:
    """The cases that convert: how many are verified, and what of the others."""
    kinds: dict[str, list[tuple[str, Row]]] = {kind: [] for kind in VERDICTS}
    for row, found in results:
        if found.get("converts") in ("works", "differs"):
            kinds[verdict_of(found)].append((name_of(row), found))
    whole = sum(map(len, kinds.values())) - len(kinds["trace"])
    lines = [
        "| cases that convert | measured |",
        "|---|---|",
        f"| verified: agree with eager on every input | {share(len(kinds['right']) + len(kinds['remedied']), whole)} |",
        f"| of these, only with a composite for an op, or without a pass | {len(kinds['remedied'])} |",
        f"| differ from eager | {share(len(kinds['wrong']), whole)} |",
        f"| not evaluated | {share(len(kinds['unknown']), whole)} |",
        f"| kinds of MIL ops that occur there and were evaluated | {coverage(results)} |",
        "",
    ]
    for kind in ("wrong", "unknown"):
        named = [f"- `{name}`: {explained.get(name) or said(found)}" for name, found in kinds[kind]]
        lines += [VERDICTS[kind], "", *sorted(named), ""] if named else []
    by_part: dict[str, list[str]] = {}
    for name, found in kinds["remedied"]:
        for part in found["wrong"]:
            by_part.setdefault(part, []).append(f"`{name}`")
    if by_part:
        lines += [VERDICTS["remedied"], ""]
        lines += [f"- `{part}`: {', '.join(sorted(names))}" for part, names in sorted(by_part.items())]
        lines.append("")
    if kinds["trace"]:
        lines += [f"{len(kinds['trace'])} more convert, and {VERDICTS['trace']}", ""]
    left = Counter(
        found.get("error", f"trace {found.get('status')}, conversion {found.get('converts')}")[:80]
        for _, found in results
        if found.get("converts") not in ("works", "differs")
    )
    lines += [f"- {number} without a program: {why}" for why, number in left.most_common()]
    return "\n".join(lines).rstrip()


def chosen(truth: Path, options: argparse.Namespace) -> list[Row]:
    rows = [json.loads(line) for line in truth.read_text(encoding="utf-8").splitlines()]
    if options.only:
        return [row for row in rows if any(text in name_of(row) for text in options.only)]
    rows = [row for row in rows if row["convert-fails"] is options.failing and row["trace-fails"] is False]
    if options.failing:
        return rows
    indices = random.Random(options.seed).sample(range(len(rows)), min(options.cases, len(rows)))
    return [rows[index] for index in indices]


def run(checkout: Path, rows: Sequence[Row], kept: Kept, jobs: int) -> list[tuple[Row, Row]]:
    """What came out of every row, those that are KEPT already not run again."""
    todo = [row for row in rows if name_of(row) not in kept.found]
    print(f"{len(rows)} cases, {len(rows) - len(todo)} of them known", file=sys.stderr)
    for done, (index, found) in enumerate(each([functools.partial(examine, checkout, row) for row in todo], jobs), 1):
        kept.add(name_of(todo[index]), found)
        said = found.get("error") or f"{found['converts']} {found['verified']} {found['message']}"
        print(f"{done}/{len(todo)} {name_of(todo[index])} {said}", file=sys.stderr, flush=True)
    return [(row, kept.found[name_of(row)]) for row in rows]


def main() -> None:
    parser = cases.parser(__doc__.splitlines()[0], PAGE, EXPLAINED, 400)
    parser.add_argument("--failing", action="store_true", help="the cases that coremltools refuses")
    options = parser.parse_args()
    rows = chosen(options.truth, options)
    prepare(options.checkout.resolve())
    warm()
    results = run(options.checkout.resolve(), rows, Kept(options.results), max(1, options.jobs))
    made = failing(results) if options.failing else converting(results, cases.reasons(options.explained))
    print(f"\n{made}\n")
    if options.write:
        part = "failing" if options.failing else "converting"
        write(PAGE, part, made, ("tslint", "torch", "coremltools", "numpy"))


if __name__ == "__main__":
    main()
