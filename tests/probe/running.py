"""Runs the probe's own steps in this process, on modules of a test file or on files written for the test."""

from __future__ import annotations

import ast
import inspect
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, TypeVar

import torch

from tslint.diagnostic import Place, Span, to_json
from tslint.evidence import Evidence, decode
from tslint.probe import session
from tslint.probe.entry.finder import Entry
from tslint.probe.frames import Territory
from tslint.probe.subject import Inputs, Settled, Subject
from tslint.request import CallSite, Outline, Request

ROOT = Path(__file__).resolve().parents[2]
E = TypeVar("E", bound=Evidence)
CALLS = {
    "torch.jit.trace": "torch.jit.trace",
    "torch.jit.trace_module": "torch.jit.trace_module",
    "torch.jit.script": "torch.jit.script",
    "torch.export.export": "torch.export.export",
    "ct.convert": "coremltools.convert",
}


class Seen(list[Evidence]):
    """Evidence in order, and what trace and compare settled."""

    settled: Settled
    subject: Subject

    def of(self, kind: type[E]) -> list[E]:
        return [item for item in self if isinstance(item, kind)]

    def one(self, kind: type[E]) -> E:
        found = self.of(kind)
        assert len(found) == 1, f"{len(found)} of {kind.__name__}: {found}"
        return found[0]


def observe(module: torch.nn.Module, *args: Any, others: tuple[Inputs, ...] = (), **more: Any) -> Seen:
    """The steps eager, trace and compare on MODULE, whose class stands in the calling test file."""
    caller = inspect.stack()[1].filename
    seen = Seen()
    kwargs = more.pop("kwargs", {})
    seen.subject = Subject(0, module, Inputs("example", args, kwargs), **more)
    entry = Entry(seen.subject, candidates=list(others))
    seen.settled, _ = session.run_entry(entry, Request("model.py"), seen.append, Territory((caller,)))
    return seen


def outline_of(path: Path) -> Outline:
    """What the parent would read off the source of PATH: enough of it for these tests."""
    tree = ast.parse(path.read_text())
    calls: list[CallSite] = []
    stop: int | None = None
    statements: list[ast.stmt] = []
    for statement in tree.body:
        guarded = isinstance(statement, ast.If) and "__name__" in ast.unparse(statement.test)
        statements += statement.body if guarded and isinstance(statement, ast.If) else [statement]
    for statement in statements:
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in CALLS:
                span = Span(node.lineno, node.col_offset + 1, node.end_lineno or 0, (node.end_col_offset or 0) + 1)
                calls.append(CallSite(CALLS[ast.unparse(node.func)], Place(str(path), span)))
                stop = statement.end_lineno
    functions = tuple(s.name for s in tree.body if isinstance(s, ast.FunctionDef))
    classes = tuple(s.name for s in tree.body if isinstance(s, ast.ClassDef))
    bodies = [node for statement in tree.body if isinstance(statement, ast.ClassDef) for node in ast.walk(statement)]
    built = {ast.unparse(node.func) for node in bodies if isinstance(node, ast.Call)}
    roots = tuple(name for name in classes if name not in built)
    return Outline(str(path), functions, classes, roots, tuple(calls), stop)


def run_child(request: Request, directory: Path, **environment: str) -> tuple[Seen, subprocess.CompletedProcess[str]]:
    """`python -m tslint.probe` on REQUEST, as the parent runs it."""
    asked, answered = directory / "request.json", directory / "evidence.jsonl"
    asked.write_text(json.dumps(to_json(request)))
    done = subprocess.run(
        [sys.executable, "-m", "tslint.probe", str(asked), str(answered)],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    seen = Seen(decode(line) for line in answered.read_text().splitlines())
    return seen, done
