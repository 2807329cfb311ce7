"""The conversion that is begun beside the comparisons: the same report in the same order, and nothing lost with its fork."""

from __future__ import annotations

import dataclasses
import os
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = [pytest.mark.torch, pytest.mark.coreml]
torch = pytest.importorskip("torch")
pytest.importorskip("coremltools")

from running import Seen, outline_of, run_child  # noqa: E402

from tslint.evidence import Evidence, Finished, RouteEnded, StepEnded  # noqa: E402
from tslint.request import Request  # noqa: E402

CORES = os.sched_getaffinity(0) if sys.platform == "linux" else set()
if len(CORES) < 2:
    pytest.skip("a fork needs Linux and a second core", allow_module_level=True)

PROCESSES = """
import os
MAIN = os.getpid()

def here(what):
    with open(os.environ["PROCESSES"], "a") as file:
        print(what, "here" if os.getpid() == MAIN else "fork", file=file)
"""

NET = """
import torch
torch.manual_seed(0)
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(4, 3)

    def forward(self, x):
        here("forward")
        {statement}
        return self.linear(x).relu(){more}

traced = torch.jit.trace(Net(), torch.rand(2, 4))
"""

CONVERTER = """
from coremltools.converters.mil import Builder as mb, register_torch_op

@register_torch_op(override=True)
def relu(context, node):
    here("converter")
    {statement}
    context.add(mb.relu(x=context[node.inputs[0]], name=node.name))
"""

DIES_IN_A_FORK = "os.getpid() == MAIN or os.kill(os.getpid(), {signal})"

Ran = tuple[list[Evidence], set[str]]


@pytest.fixture
def ran(tmp_path: Path) -> Callable[..., Ran]:
    """A run of a model file: its evidence without times, and what ran in which process."""

    def running(source: str, **request: object) -> Ran:
        path, processes = tmp_path / "model.py", tmp_path / "processes"
        path.write_text(PROCESSES + textwrap.dedent(source))
        processes.write_text("")
        (tmp_path / "evidence.jsonl").unlink(missing_ok=True)
        asked = Request(str(path), outline=outline_of(path), **request)  # type: ignore[arg-type]
        seen, done = run_child(asked, tmp_path, PROCESSES=str(processes))
        assert done.returncode == 0 and isinstance(seen[-1], Finished), done.stderr
        return timeless(seen), set(processes.read_text().splitlines())

    return running


def timeless(seen: Seen) -> list[Evidence]:
    kinds = (StepEnded, Finished)
    return [dataclasses.replace(item, seconds=0.0) if isinstance(item, kinds) else item for item in seen]


@pytest.fixture
def on_one_core() -> Callable[..., Ran]:
    """Calls something with one core to use, where nothing is done beside anything else."""

    def calling(function: Callable[..., Ran], *args: object, **more: object) -> Ran:
        os.sched_setaffinity(0, {min(CORES)})
        try:
            return function(*args, **more)
        finally:
            os.sched_setaffinity(0, CORES)

    return calling


@pytest.mark.parametrize(
    ("source", "routes"),
    [
        (CONVERTER.format(statement="") + NET.format(statement="", more=""), ()),
        (NET.format(statement="", more=""), ("all",)),
        (NET.format(statement="", more=".new_ones(3).cross(x[0, :3], 0)"), ()),
        (NET.format(statement="", more=" / float(x.size(0))"), ()),
    ],
    ids=["works", "all routes", "unsupported", "specialised"],
)
def test_the_evidence_is_the_same_in_the_same_order(ran, on_one_core, source, routes):
    beside, _ = ran(source, routes=routes)
    alone, where = on_one_core(ran, source, routes=routes)
    assert beside == alone
    assert not any(what.endswith("fork") for what in where)


def test_conversion_and_verification_happen_in_the_fork_alone(ran):
    seen, where = ran(CONVERTER.format(statement="") + NET.format(statement="", more=""))
    assert where == {"forward here", "converter fork", "forward fork"}
    assert [item.recommended for item in seen if isinstance(item, RouteEnded)] == [True, False, False, False]
    assert next(item.attempt.verified for item in seen if isinstance(item, RouteEnded)) is True


@pytest.mark.parametrize(("where", "signal"), [("converter", 9), ("forward", 11)])
def test_what_a_fork_does_not_finish_is_done_again(ran, on_one_core, where, signal):
    statement = DIES_IN_A_FORK.format(signal=signal)
    source = CONVERTER.format(statement=statement if where == "converter" else "")
    source += NET.format(statement=statement if where == "forward" else "", more="")
    seen, happened = ran(source)
    assert {f"{where} fork", "converter here"} <= happened
    assert seen == on_one_core(ran, source)[0]


def test_a_process_with_other_threads_is_not_forked(ran):
    thread = "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    _, where = ran(thread + CONVERTER.format(statement="") + NET.format(statement="", more=""))
    assert where == {"forward here", "converter here"}


@pytest.mark.parametrize(
    "source",
    [
        NET.format(statement="\n        while bool(x.sum() < 4):\n            x = x + 1", more=""),
        NET.format(statement="", more="").replace("jit.trace(Net(), torch.rand(2, 4))", "jit.script(Net())")
        + "traced(torch.rand(2, 4))\n",
    ],
    ids=["a loop over data", "the author scripts"],
)
def test_nothing_is_begun_where_another_route_is_likely(ran, source):
    """What is done for nothing costs the other processes of the machine as much as what is needed."""
    source = CONVERTER.format(statement="") + source
    _, where = ran(source)
    assert "forward here" in where
    assert "converter fork" not in where
    _, asked = ran(source, routes=("trace",))
    assert "converter fork" in asked


@pytest.mark.parametrize("request_", [{"convert": False}, {"routes": ("script",)}, {"skip": ("convert",)}])
def test_nothing_is_begun_that_is_not_wanted(ran, request_):
    _, where = ran(NET.format(statement="", more=""), **request_)
    assert "forward fork" not in where


def test_where_no_process_can_be_made_the_steps_do_it_themselves(ran):
    refused = "import os\ndef fork():\n    raise BlockingIOError(11, 'no more')\nos.fork = fork\n"
    seen, where = ran(refused + CONVERTER.format(statement="") + NET.format(statement="", more=""))
    assert where == {"forward here", "converter here"}
    assert next(item.attempt.verified for item in seen if isinstance(item, RouteEnded)) is True


def test_inputs_that_cannot_be_sent_are_verified_here(ran):
    """A list of its own kind among the inputs, whose class pickle does not find."""
    source = """
    import torch
    class Net(torch.nn.Module):
        def forward(self, x):
            here("forward")
            return x[0] + x[1]

    def local():
        class Pair(tuple):
            __slots__ = ()
        return Pair((torch.rand(2), torch.rand(2)))

    traced = torch.jit.trace(Net(), (local(),))
    """
    seen, where = ran(source)
    assert where == {"forward here"}
    assert next(item.attempt.verified for item in seen if isinstance(item, RouteEnded)) is True
