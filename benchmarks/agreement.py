"""Holds what a run of tslint says of real modules against what PyTorch did with them: agreement by family, and where it is not.

    python benchmarks/agreement.py CHECKOUT TRUTH [--cases 300] [--seed 1] [--differing] [--jobs 2] [--write]

CHECKOUT is one of the public repository jansel/pytorch-jit-paritybench, whose files hold modules of public projects with
arguments and inputs that make them run; TRUTH is a file of rows, one a case, measured on the same inputs and on other sizes
and values (``trace-fails``, ``trace-differs``, ``script-fails``). Each case is a fork of its own: it builds the module, calls
`tslint.check` on it, and holds the three verdicts against the row. A difference on an input that the truth never tried is true
where `torch.jit.trace` alone, without tslint, shows it on inputs of those sizes: that is no disagreement.

``--differing`` draws from the cases whose trace is wrong: what share of the differences is placed on a line of the case's file
shows there. EXPLAINED, a JSON object ``{"FILE::CLASS[CASE] FAMILY": "reason"}``, says why a disagreement that is left is one.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import datetime
import importlib.abc
import importlib.machinery
import importlib.metadata
import importlib.util
import json
import math
import multiprocessing
import multiprocessing.connection
import os
import random
import re
import signal
import sys
import time
import traceback
import types
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import torch

import tslint

PAGE = Path(__file__).with_name("AGREEMENT.md")
EXPLAINED = Path(__file__).with_name("agreement.json")
START, END = "<!-- agreement -->", "<!-- end of agreement -->"
FAMILIES = {"trace-fails": "trace", "trace-differs": "compare", "script-fails": "script"}
"""The truth's column → the step of tslint's that decides it."""
WANTED, WANTED_PLACED = 0.99, 0.95
PATIENCE = 120
"""Seconds that tslint may take for one case."""
ABSENT = ("matplotlib", "pandas", "scipy", "sklearn", "tensorflow", "torchaudio", "torchtext")
"""Packages that every file of the corpus imports, and hardly a module uses: a stand-in where one is not installed."""
HELPERS = ("torch._dynamo", "torch._inductor", "torch._dynamo.testing", "torch.testing._internal.jit_utils", "paritybench.utils")
"""What the corpus's helpers import for tests of their own: costly, and not used here."""
RTOL, ATOL = 1e-3, 1e-4

Row = dict[str, Any]


# -- a case's module and inputs ---------------------------------------------------------------------------------------


class StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds a package of ABSENT, and anything inside it, as a mock."""

    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if name.split(".")[0] not in ABSENT:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> Any:
        return MagicMock(name=spec.name, __name__=spec.name, __path__=[], __version__="1.0.0")

    def exec_module(self, module: types.ModuleType) -> None:
        pass


@contextlib.contextmanager
def mocked(names: Sequence[str]) -> Iterator[None]:
    """Within it the modules NAMES are mocks; afterwards they are what they were."""
    before = {name: sys.modules.get(name) for name in names}
    sys.modules.update({name: MagicMock() for name in names})
    sys.modules["torch.testing._internal.jit_utils"].JitTestCase = object  # type: ignore[attr-defined]
    own = {name: vars(torch).get(name) for name in ("_dynamo", "_inductor")}
    vars(torch).update({name: MagicMock() for name in own})
    try:
        yield
    finally:
        for name, module in before.items():
            sys.modules.pop(name)
            if module is not None:
                sys.modules[name] = module
        for name, module in own.items():
            vars(torch).pop(name)
            if module is not None:
                vars(torch)[name] = module


def import_torchvision() -> None:
    """Imports torchvision, without its operators where it was built for another torch and cannot load them.

    Its models are Python; two schemas are all that importing them asks for.
    """
    try:
        importlib.import_module("torchvision")
    except RuntimeError:
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        for op in ("nms", "qnms"):
            torch.library.define(f"torchvision::{op}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        importlib.import_module("torchvision")


def prepare(checkout: Path) -> None:
    """Makes the corpus's files importable, in this process and every fork of it."""
    torch.set_num_threads(1)
    sys.path.insert(0, str(checkout / "generated"))
    sys.meta_path.append(StandIns())
    with mocked(HELPERS):
        importlib.import_module("_paritybench_helpers")
    import_torchvision()
    for package in ABSENT:
        importlib.import_module(package)


def built(checkout: Path, row: Row) -> tuple[torch.nn.Module, tuple[Any, ...], dict[str, Any]]:
    """The module of a case in eval mode, and what it is called with."""
    file = importlib.import_module(row["file"].removesuffix(".py"))
    cls, make, inputs, _ = file.TESTCASES[row["case"]]
    assert cls.__name__ == row["cls"], f"case {row['case']} of {row['file']} is {cls.__name__}, not {row['cls']}"
    torch.manual_seed(0)
    random.seed(0)
    args, kwargs = make()
    model = cls(*args, **kwargs).eval()
    args, kwargs = inputs()
    return model, tuple(args), dict(kwargs)


# -- a difference without tslint --------------------------------------------------------------------------------------


def leaves(value: Any) -> list[Any]:
    return list(torch.utils._pytree.tree_leaves(value))


def alike(one: Any, two: Any) -> bool:
    """Whether two outputs are the same within the tolerance; a trace answers with a tensor for a number."""
    left, right = leaves(one), leaves(two)
    if len(left) != len(right):
        return False
    for a, b in zip(left, right, strict=True):
        if isinstance(a, (int, float)) and isinstance(b, torch.Tensor) and b.numel() == 1:
            a = torch.tensor(a)
        if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
            if a.numel() == b.numel() == 1:
                a, b = a.reshape(()), b.reshape(())
            if a.shape != b.shape or not torch.allclose(
                a.detach().double(), b.detach().double(), rtol=RTOL, atol=ATOL, equal_nan=True
            ):
                return False
    return True


def answer(model: Any, args: Sequence[Any]) -> Any:
    """One call of a copy of MODEL, so that no state is left, with every generator in the same state."""
    torch.manual_seed(0)
    random.seed(0)
    return copy.deepcopy(model)(*copy.deepcopy(args))


def resembling(tensor: torch.Tensor, shape: Sequence[int], name: str, seed: int) -> torch.Tensor:
    """A tensor of SHAPE with values like those of TENSOR, or changed as NAME says where the shape stays."""
    generator = torch.Generator().manual_seed(seed)
    if list(shape) == list(tensor.shape):
        changed = {"negated values": -tensor if tensor.dtype != torch.bool else ~tensor, "values times 100": tensor * 100}
        if name in changed and seed == 0:
            return changed[name]
    if name == "zeros":
        return torch.zeros(shape, dtype=tensor.dtype)
    if tensor.dtype.is_floating_point:
        return torch.rand(shape, generator=generator).to(tensor.dtype) * (4 if name == "values times 100" else 1)
    low, high = int(tensor.min()), int(tensor.max())
    return torch.randint(low, high + 1, shape, generator=generator).to(tensor.dtype)


def shown_plainly(model: torch.nn.Module, args: tuple[Any, ...], tried: Iterable[tuple[str, str]]) -> str:
    """The first of the inputs TRIED (name, shapes) on which eager accepts and a plain trace is wrong; else nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(0)
        traced = torch.jit.trace(copy.deepcopy(model), copy.deepcopy(args), check_trace=False)
        tensors, spec = torch.utils._pytree.tree_flatten(args)
        for name, shapes in tried:
            sizes = [[int(n) for n in found.split(",") if n] for found in re.findall(r"\[([\d,]*)\]", shapes)]
            for seed in range(4):
                given = iter(sizes)
                made = [
                    resembling(t, next(given), name, seed) if isinstance(t, torch.Tensor) else t for t in tensors
                ]
                inputs = args if name == "example" else torch.utils._pytree.tree_unflatten(made, spec)
                try:
                    expected = answer(model, inputs)
                    if not alike(expected, answer(model, inputs)):
                        continue
                except Exception:
                    continue
                try:
                    torch.manual_seed(0)
                    right = alike(expected, traced(*copy.deepcopy(inputs)))
                except Exception:
                    right = False
                if not right:
                    return name
    return ""


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


def examine(checkout: Path, row: Row) -> Row:
    """Builds the case, checks it, and says what came out."""
    model, args, kwargs = built(checkout, row)
    own = str((checkout / "generated" / row["file"]).resolve())
    start = time.monotonic()
    report = tslint.check(
        model, (args, kwargs) if kwargs else args, convert=False, verify=False, routes=("trace", "script"), timeout=PATIENCE
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
        "placed": sum(d["path"] == own and d["line"] is not None for d in differences),
        "steps": {s.name: [s.status, s.message] for run in report.runs for s in run.steps},
        "notes": [*report.notes, *report.errors],
        "inputs": {i.name: [i.shapes, i.error] for run in report.runs for i in run.inputs},
        "escapes": [
            [e.place.span.line if e.place else None, e.via, e.origin, e.verdict, e.warned, e.note]
            for run in report.runs
            for e in run.escapes
        ],
    }
    if said["trace-differs"] and row["trace-differs"] is False and not kwargs:
        shapes = {i.name: i.shapes for run in report.runs for i in run.inputs}
        names = dict.fromkeys(name for d in differences for name in d["tried"])
        message = next((r.message for run in report.runs for r in run.routes if r.name == "trace"), "")
        names[message.removeprefix("differs from eager on ")] = None
        found["plainly"] = shown_plainly(model, args, [(name, shapes[name]) for name in names if name in shapes])
    return found


def work(checkout: Path, row: Row, answers: multiprocessing.connection.Connection) -> None:
    """The whole of a fork."""
    os.setsid()
    sink = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(sink, descriptor)
    try:
        answers.send(examine(checkout, row))
    except BaseException as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        answers.send({"error": f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno})"[:500]})


def each(checkout: Path, rows: Sequence[Row], jobs: int) -> Iterator[tuple[Row, Row]]:
    """(row, what came out) of every case, JOBS at a time."""
    context = multiprocessing.get_context("fork")
    todo = list(reversed(rows))
    running: dict[Any, tuple[Row, Any, float]] = {}
    while todo or running:
        while todo and len(running) < jobs:
            row = todo.pop()
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=work, args=(checkout, row, theirs))
            process.start()
            theirs.close()
            running[ours] = (row, process, time.monotonic() + 2 * PATIENCE)
        ready = multiprocessing.connection.wait(list(running), timeout=1)
        for connection, (row, process, deadline) in list(running.items()):
            if connection not in ready and time.monotonic() < deadline:
                continue
            found = {"error": "no answer in time"}
            if connection in ready:
                try:
                    found = connection.recv()
                except EOFError:
                    found = {"error": "the process died"}
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.join()
            del running[connection]
            yield row, found


# -- agreement --------------------------------------------------------------------------------------------------------


def name_of(row: Row, family: str) -> str:
    return f"{row['file']}::{row['cls']}[{row['case']}] {family}"


def judged(row: Row, found: Row, family: str) -> str:
    """``agrees``, ``true`` (a difference that the truth never tried), ``disagrees``, or ``unknown`` to the truth."""
    if row[family] is None:
        return "unknown"
    said = found.get("said", {}).get(family)
    if said == row[family]:
        return "agrees"
    return "true" if family == "trace-differs" and said and found.get("plainly") else "disagrees"


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "none"


def table(results: Sequence[tuple[Row, Row]], explained: dict[str, str], title: str) -> tuple[str, list[str]]:
    """The page's part, and what disagrees."""
    lines = ["| verdict | cases | agree | differences the truth never tried | disagree | agreement |", "|---|---|---|---|---|---|"]
    apart = []
    for family, step in FAMILIES.items():
        counts = Counter(judged(row, found, family) for row, found in results)
        known = counts["agrees"] + counts["true"] + counts["disagrees"]
        right = counts["agrees"] + counts["true"]
        mark = "✓" if known and right / known >= WANTED else "✗"
        lines.append(
            f"| {step} (`{family}`) | {known} | {counts['agrees']} | {counts['true'] or ''} | {counts['disagrees'] or ''} "
            f"| {share(right, known)} {mark} |"
        )
        for row, found in results:
            if judged(row, found, family) == "disagrees":
                key = name_of(row, family)
                apart.append(f"`{key}`: {explained.get(key) or 'unexplained'}")
    differences = sum(len(found.get("differences", ())) for _, found in results)
    placed = sum(found.get("placed", 0) for _, found in results)
    mark = "✓" if differences and placed / differences >= WANTED_PLACED else "✗"
    lines += ["", f"{title}; {placed} of {differences} differences stand on a line of the case's own file ({share(placed, differences)} {mark})."]
    return "\n".join(lines), apart


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkout", type=Path, help="of jansel/pytorch-jit-paritybench")
    parser.add_argument("truth", type=Path, help="rows of what PyTorch did with each case")
    parser.add_argument("--cases", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--differing", action="store_true", help="draw from the cases whose trace is wrong")
    parser.add_argument("--only", action="append", help="cases whose name holds this text")
    parser.add_argument("--explained", type=Path, default=EXPLAINED)
    parser.add_argument("--results", type=Path, help="a file of rows to write what came out to")
    parser.add_argument("--write", action="store_true", help=f"write the table into {PAGE.name}")
    options = parser.parse_args()
    rows = chosen(options.truth, options)
    prepare(options.checkout)
    explained = json.loads(options.explained.read_text(encoding="utf-8")) if options.explained.exists() else {}
    results: list[tuple[Row, Row]] = []
    for row, found in each(options.checkout.resolve(), rows, max(1, options.jobs)):
        results.append((row, found))
        if options.results:
            with options.results.open("a", encoding="utf-8") as out:
                out.write(json.dumps({**{k: row[k] for k in ("file", "cls", "case")}, **found}) + "\n")
        for family in FAMILIES:
            if judged(row, found, family) == "disagrees":
                print(f"{len(results)}/{len(rows)} {told(row, found, family)}", flush=True)
        for difference in found.get("differences", ()):
            if Path(difference["path"] or "").name != row["file"] or difference["line"] is None:
                print(f"{len(results)}/{len(rows)} {name_of(row, 'misplaced')}: {difference}", flush=True)
    kind = "drawn from those whose trace is wrong" if options.differing else "drawn at random"
    title = f"{len(rows)} cases {kind}, seed {options.seed}"
    made, apart = table(results, explained, title)
    print(f"\n{made}\n")
    print("\n".join(apart))
    if options.write:
        write(made, apart, options.differing)


def write(made: str, apart: Sequence[str], differing: bool) -> None:
    """Puts the table and what is left into the page, each kind of sample into its own part."""
    mark = "-- differing" if differing else "-- random"
    start, end = START.replace(" --", f" {mark} --"), END.replace(" --", f" {mark} --")
    versions = ", ".join(f"{p} {importlib.metadata.version(p)}" for p in ("tslint", "torch", "numpy"))
    left = "\n".join(["", "Left:", "", *(f"- {line}" for line in apart)]) if apart else ""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(start)
    after = rest.partition(end)[2]
    text = f"Made {datetime.date.today().isoformat()} with {versions}.\n\n{made}\n{left}"
    PAGE.write_text(f"{before}{start}\n{text}\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
