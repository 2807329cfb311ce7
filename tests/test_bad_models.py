"""Models that misbehave, run by the real probe: one clear death or failure each, and the other steps' results kept."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import pytest

from tslint import child
from tslint.diagnostic import Place, Span
from tslint.evidence import EntryChosen, ModelFailed, ProbeDied, StepEnded
from tslint.request import Outline, Request

pytestmark = pytest.mark.torch

HEAD = """\
import os, subprocess, sys, time
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)
        {constructor}

    def forward(self, x):
        {forward}
        return self.linear(x)


def example_inputs():
    return (torch.rand(1, 4),)
"""
CONSTRUCTOR, FORWARD = 10, 13
TRACING = "if torch.jit.is_tracing(): "


def run(folder: Path, forward: str = "pass", constructor: str = "pass", **more: object) -> child.ChildResult:
    path = folder / "net.py"
    path.write_text(textwrap.dedent(HEAD).format(constructor=constructor, forward=forward))
    outline = Outline(str(path), functions=("example_inputs",), classes=("Net",), roots=("Net",))
    values: dict[str, object] = {"timeout": 60.0, "python": sys.executable, **more}
    result = child.run(Request(str(path), outline=outline, convert=False), **values)  # type: ignore[arg-type]
    assert result.errors == ()
    return result


def statuses(result: child.ChildResult) -> dict[str, str]:
    return {item.step: item.status for item in result.evidence if isinstance(item, StepEnded)}


def failures(result: child.ChildResult) -> list[ModelFailed]:
    return [item for item in result.evidence if isinstance(item, ModelFailed)]


def deaths(result: child.ChildResult) -> list[ProbeDied]:
    return [item for item in result.evidence if isinstance(item, ProbeDied)]


def test_prints_closes_its_streams_and_changes_directory(tmp_path: Path) -> None:
    result = run(tmp_path, "print('hello'); os.chdir('/'); os.close(1) if x.sum() > 99 else None")
    assert (deaths(result), failures(result), result.finished) == ([], [], True)
    assert statuses(result)["eager"] == statuses(result)["compare"] == "ok"
    assert "hello\n" in result.output


def test_a_constructor_that_raises(tmp_path: Path) -> None:
    result = run(tmp_path, constructor="raise ValueError('no weights')")
    (failed,) = failures(result)
    assert (failed.step, failed.exception, failed.message) == ("entry", "ValueError", "no weights")
    assert failed.place is not None and failed.place.span.line == CONSTRUCTOR
    assert not any(isinstance(item, EntryChosen) for item in result.evidence)


def test_a_forward_that_exits(tmp_path: Path) -> None:
    result = run(tmp_path, "sys.exit(3)")
    (failed,) = failures(result)
    assert (failed.step, failed.exception) == ("eager", "SystemExit")
    assert failed.place is not None and failed.place.span.line == FORWARD
    assert (deaths(result), result.finished) == ([], True)


def test_a_process_that_ends_while_tracing(tmp_path: Path) -> None:
    result = run(tmp_path, TRACING + "print('last words'); os._exit(3)")
    (died,) = deaths(result)
    assert (died.step, died.how, died.detail, died.output) == ("trace", "exit", "3", "last words")
    found = statuses(result)
    assert (found["eager"], found["trace"], "script" in found, result.restarts) == ("ok", "died", True, 1)


def test_a_hang(tmp_path: Path) -> None:
    result = run(tmp_path, TRACING + "time.sleep(600)", timeout=15.0)
    (died,) = deaths(result)
    place = Place(str(tmp_path / "net.py"), Span(FORWARD, None, FORWARD, None))
    assert died == ProbeDied(0, "trace", "timeout", "15 s", "", place)
    assert statuses(result) == {"entry": "ok", "eager": "ok", "trace": "timeout"}


def test_eating_memory(tmp_path: Path) -> None:
    result = run(tmp_path, "self.kept = [torch.ones(2**24) for _ in range(100)]", memory=2**30)
    (died,) = deaths(result)
    assert (died.step, died.how, died.detail) == ("eager", "memory", "1 GiB")
    assert (statuses(result)["eager"], result.restarts) == ("died", 0)


def test_a_server_left_behind(tmp_path: Path) -> None:
    start = "subprocess.Popen(['sleep', '60'], start_new_session=True).pid"
    result = run(tmp_path, constructor=f"open({str(tmp_path / 'pid')!r}, 'w').write(str({start}))")
    assert result.finished
    pid = (tmp_path / "pid").read_text()
    assert not Path(f"/proc/{pid}").exists()
