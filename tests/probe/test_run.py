"""Whole runs in a real child process: order of the steps, what goes where, and code that does its worst."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time

import pytest
from running import ROOT, outline_of, run_child

from tslint.diagnostic import to_json
from tslint.evidence import (
    ConstantBaked,
    EntryChosen,
    Finished,
    ModelFailed,
    ModeWrong,
    Note,
    OutputRefused,
    RouteEnded,
    StepBegan,
    StepEnded,
    Versions,
)
from tslint.request import Request

pytestmark = pytest.mark.torch

SEGMENTER = """
import math
import torch
from torch import nn

print("loading")


class Segmenter(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.dropout = nn.Dropout(0.5)

    def forward(self, x):
        print("in forward")
        x = self.dropout(self.norm(self.conv(x)))
        scale = math.sqrt(x.size(2))
        return {"out": x / scale, "aux": x.mean(1)}


model = Segmenter()
if torch.cuda.is_available() is False:
    model = model.to("cuda")
traced = torch.jit.trace(model, torch.rand(1, 3, 16, 16))
raise SystemExit("never reached")
"""


@pytest.fixture
def run(tmp_path):
    def running(source, **request):
        path = tmp_path / "model.py"
        path.write_text(textwrap.dedent(source))
        return run_child(Request(str(path), outline=outline_of(path), convert=False, **request), tmp_path)

    return running


def test_one_run_from_entry_to_the_route_table(run):
    seen, done = run(SEGMENTER)
    assert done.returncode == 0, done.stderr
    assert isinstance(seen[0], Versions) and isinstance(seen[-1], Finished)
    steps = [s.step for s in seen.of(StepBegan)]
    assert steps[:5] == ["entry", "eager", "trace", "compare", "script"]
    ended = {s.step: s.status for s in seen.of(StepEnded)}
    assert (ended["entry"], ended["eager"], ended["trace"], ended["compare"]) == ("ok", "ok", "failed", "ok")
    assert seen.one(EntryChosen).how == "the file's own torch.jit.trace call, line 26"
    wrong = seen.one(ModeWrong)
    assert (wrong.what, wrong.modules, wrong.place.span.line) == ("training", ("norm", "dropout"), 26)
    assert wrong.effect == "live: 1 batch norm, 1 dropout modules"
    assert [item.key for item in seen.one(OutputRefused).items] == ["out", "aux"]
    assert seen.one(OutputRefused).place.span.line == 20
    baked = seen.one(ConstantBaked)
    assert (baked.place.span.line, baked.place.span.column, baked.use.span.line) == (19, 17, 20)
    assert (baked.value, baked.other, baked.differs) == (16.0, 8.0, True)
    assert [note.text for note in seen.of(Note)] == ['no GPU here: `.to("cuda")` was given the CPU']
    assert [ended.route for ended in seen.of(RouteEnded)] == ["trace", "script", "mixed", "export"]
    assert done.stdout.startswith("loading\n") and "in forward" in done.stdout
    assert "deprecated" not in done.stderr and "TracerWarning" not in done.stderr


@pytest.mark.parametrize(
    ("statement", "exception", "message"),
    [
        ("raise KeyError('missing')", "KeyError", "'missing'"),
        ("import sys; sys.exit('enough')", "SystemExit", "the code called `sys.exit('enough')`"),
    ],
)
def test_a_forward_that_fails_ends_its_entry_alone(run, statement, exception, message):
    source = f"""
    import torch

    class First(torch.nn.Module):
        def forward(self, x):
            {statement}

    class Second(torch.nn.Module):
        def forward(self, x):
            return x + 1

    first = torch.jit.trace(First(), torch.rand(2))
    second = torch.jit.trace(Second(), torch.rand(2))
    """
    seen, done = run(source)
    assert done.returncode == 0, done.stderr
    failed = seen.one(ModelFailed)
    assert (failed.entry, failed.step, failed.exception, failed.message) == (0, "eager", exception, message)
    assert failed.place.span.line == 6
    assert {s.step for s in seen.of(StepEnded) if s.entry == 1 and s.status == "ok"} >= {"eager", "trace", "compare"}


def test_steps_to_skip_are_not_entered(run):
    seen, _ = run(SEGMENTER, skip=("compare", "script"))
    steps = [s.step for s in seen.of(StepBegan)]
    assert "trace" in steps
    assert not {"compare", "script"} & set(steps)


def test_the_request_may_come_later_than_the_child(tmp_path):
    asked, answered = tmp_path / "request.json", tmp_path / "evidence.jsonl"
    command = [sys.executable, "-m", "tslint.probe", str(asked), str(answered)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as child:
        while not answered.exists():
            assert child.poll() is None, child.stderr.read()
            time.sleep(0.02)
        (tmp_path / "new").write_text(json.dumps(to_json(Request(str(tmp_path / "nothing.py")))))
        (tmp_path / "new").rename(asked)
    assert child.returncode == 0
    assert [json.loads(line)["evidence"] for line in answered.read_text().splitlines()][-1] == "Finished"


NO_INPUTS = """
from typing import Dict, List
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 2)

    def forward(self, batch: Dict[str, torch.Tensor], names: List[str]):
        return torch.cat([self.linear(batch[name]) for name in names])


scripted = torch.jit.script(Net())
"""


def test_what_is_scripted_without_inputs_is_scripted_all_the_same(run):
    seen, _ = run(NO_INPUTS)
    assert [(item.step, item.status) for item in seen.of(StepEnded)] == [
        ("entry", "ok"),
        ("eager", "skipped"),
        ("script", "ok"),
    ]
    assert seen.one(EntryChosen).inputs == ()
    assert seen.one(Note).text.endswith(
        "names no inputs, and none could be inferred: only what needs none was tried; "
        "name them with `--model` and `--input`"
    )
    ended = {item.route: (item.attempt.status, item.attempt.message, item.recommended) for item in seen.of(RouteEnded)}
    unknown = ("untried", "no inputs are known", False)
    assert ended == {"trace": unknown, "script": ("works", "", True), "mixed": unknown, "export": unknown}
