"""Models that misbehave, run by the real probe: one clear death or failure each, and the other steps' results kept."""

from __future__ import annotations

import sys
import textwrap
import time
from pathlib import Path

import pytest

from tslint import child
from tslint.diagnostic import Place, Span
from tslint.evidence import EntryChosen, ModelFailed, ProbeDied, StepEnded
from tslint.request import Outline, Request

pytestmark = pytest.mark.torch

HEAD = """\
import atexit, multiprocessing, os, subprocess, sys, threading, time
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
ENDLESS = """\
import torch


@torch.jit.script
def spin(x: torch.Tensor) -> torch.Tensor:
    while bool((x < 2).all()):
        x = x * 1
    return x
"""
TRACING = "if torch.jit.is_tracing(): "


def run(
    folder: Path, forward: str = "pass", constructor: str = "pass", convert: bool = False, **more: object
) -> child.ChildResult:
    path = folder / "net.py"
    path.write_text(textwrap.dedent(HEAD).format(constructor=constructor, forward=forward))
    outline = Outline(str(path), functions=("example_inputs",), classes=("Net",), roots=("Net",))
    values: dict[str, object] = {"timeout": 60.0, "python": sys.executable, **more}
    result = child.run(Request(str(path), outline=outline, convert=convert), **values)  # type: ignore[arg-type]
    assert result.errors == ()
    return result


def statuses(result: child.ChildResult) -> dict[str, str]:
    return {item.step: item.status for item in result.evidence if isinstance(item, StepEnded)}


def failures(result: child.ChildResult) -> list[ModelFailed]:
    return [item for item in result.evidence if isinstance(item, ModelFailed)]


def deaths(result: child.ChildResult) -> list[ProbeDied]:
    return [item for item in result.evidence if isinstance(item, ProbeDied)]


def contained(result: child.ChildResult) -> None:
    """Everything came to its end as with a model that behaves."""
    assert (deaths(result), failures(result), result.finished, result.restarts) == ([], [], True, 0)
    found = statuses(result)
    assert {found[step] for step in ("entry", "eager", "trace", "compare")} == {"ok"}
    assert "convert" not in found or found["convert"] == found["verify"] == "ok"


def test_prints_and_changes_directory(tmp_path: Path) -> None:
    result = run(tmp_path, "print('hello'); os.chdir('/')")
    contained(result)
    assert "hello\n" in result.output


def test_streams_that_were_closed_go_where_they_went(tmp_path: Path) -> None:
    result = run(tmp_path, "print('hello', flush=True)", constructor="os.closerange(0, 3)")
    contained(result)
    assert "hello\n" in result.output


@pytest.mark.coreml
@pytest.mark.parametrize(
    "line",
    [
        "[os.close(number) for number in (0, 1, 2)]; sys.stdout = sys.stderr = None",
        "os.closerange(0, 3); os.chdir('/')",
        "os.closerange(0, 256)",
        "sys.stdout.close(); sys.stderr.close(); sys.stdin.close()",
        "multiprocessing.set_start_method('spawn', force=True); torch.multiprocessing.set_start_method('spawn', force=True)",
        "atexit.register(time.sleep, 600); atexit.register(os.kill, os.getppid(), 9); atexit.register(os._exit, 7)",
        "[threading.Thread(target=time.sleep, args=(600,)).start() for _ in range(8)]",
        "threading.Thread(target=lambda: [None for _ in iter(int, 1)], daemon=True).start()",
        "os.setpgid(0, 0) if os.getpid() != os.getsid(0) else None; os.umask(0o777)",
    ],
    ids=[
        "streams",
        "streams-directory",
        "descriptors",
        "closed",
        "start-method",
        "exit-handlers",
        "threads",
        "busy-thread",
        "group-umask",
    ],
)
def test_what_a_constructor_does_to_its_process_stays_there(line: str, tmp_path: Path) -> None:
    contained(run(tmp_path, constructor=line, convert=True, timeout=120.0))


@pytest.mark.coreml
def test_forks_that_go_on_are_ended(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    fork = f"os.fork() or (os.setsid(), open({str(pids)!r}, 'a').write(str(os.getpid()) + '\\n'), time.sleep(600), os._exit(0))"
    contained(run(tmp_path, constructor=f"[{fork} for _ in range(3)]; time.sleep(1)", convert=True, timeout=120.0))
    left = [pid for pid in pids.read_text().split() if Path(f"/proc/{pid}").exists()]
    assert (len(pids.read_text().split()), left) == (3, [])


def test_a_hang_in_compiled_code(tmp_path: Path) -> None:
    (tmp_path / "endless.py").write_text(ENDLESS)
    pid = tmp_path / "pid"
    forward = f"import endless; open({str(pid)!r}, 'w').write(str(os.getpid())); x = endless.spin(x)"
    started = time.monotonic()
    (died,) = deaths(run(tmp_path, forward, timeout=15.0))
    assert (died.step, died.how, died.detail) == ("eager", "timeout", "15 s")
    assert died.place is not None and died.place.span.line == FORWARD
    assert time.monotonic() - started < 40
    assert not Path(f"/proc/{pid.read_text()}").exists()


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
