"""The child ends, dies, hangs and leaves things behind; what it reported stays, and nothing of it is left running.

The probe is a fake here: a package whose ``main`` executes the request's target, with the real evidence beside it.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from tslint import child, interpreter, process, reaper
from tslint.diagnostic import Place, Span
from tslint.evidence import EntryChosen, Evidence, Finished, Note, ProbeDied, StepBegan, StepEnded
from tslint.request import AHEAD, Request

PACKAGE = Path(child.__file__).parent

MAIN = """
import contextlib, json, os, sys, time
from tslint.evidence import EntryChosen, Finished, Note, StepBegan, StepEnded, encode

def main(arguments):
    if "BEGUN" in os.environ:
        with open(os.environ["BEGUN"], "a") as file:
            print(os.getpid(), file=file)
    while not os.path.exists(arguments[0]):
        time.sleep(0.01)
    with open(arguments[0]) as file:
        request = json.load(file)
    output = open(arguments[1], "a")

    def emit(evidence):
        output.write(encode(evidence) + "\\n")
        output.flush()

    def chosen(entry=0):
        emit(EntryChosen(entry, "a test", "Net", (), ""))

    def wanted(entry, step):
        return not {step, f"{entry}:{step}", f"{entry}:*"} & set(request["skip"])

    @contextlib.contextmanager
    def step(name, entry=0):
        emit(StepBegan(entry, name))
        yield
        emit(StepEnded(entry, name, "ok", 0.5))

    def note(text, entry=0):
        emit(Note(entry, text))

    script = os.environ["FAKE_SCRIPT"]
    with open(script) as file:
        exec(compile(file.read(), script, "exec"), {**globals(), **locals()})
    emit(Finished())
    return 0
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fake") / "tslint"
    (folder / "probe").mkdir(parents=True)
    for name in ("__init__.py", "frozen.py", "diagnostic.py"):
        shutil.copy(PACKAGE / name, folder / name)
    shutil.copytree(PACKAGE / "evidence", folder / "evidence", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "probe" / "__init__.py").touch()
    (folder / "probe" / "__main__.py").write_text(MAIN)
    return folder


class Fake:
    """Runs scripts as the probe; ``left`` is a folder where they may leave the ids of what they started."""

    def __init__(self, package: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.package = package
        self.script = folder / "script.py"
        self.pids = folder / "pids"
        self.seen: list[Evidence] = []
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        monkeypatch.setenv("FAKE_SCRIPT", str(self.script))
        monkeypatch.setenv("PIDS", str(self.pids))
        monkeypatch.setattr("tempfile.tempdir", str(self.temporary))

    def run(self, script: str, timeout: float = 20.0, **more: object) -> child.ChildResult:
        self.script.write_text(textwrap.dedent(script))
        arguments = {"python": sys.executable, "on_evidence": self.seen.append, **more}
        result = child.run(Request("target"), timeout=timeout, package=self.package, **arguments)  # type: ignore[arg-type]
        assert tuple(self.seen) == result.evidence
        assert list(self.temporary.iterdir()) == []
        self.assert_nothing_left()
        return result

    def assert_nothing_left(self) -> None:
        assert reaper.descendants(os.getpid()) == []
        if self.pids.exists():
            pids = [int(pid) for pid in self.pids.read_text().split()]
            wait_for(lambda: not any(map(running, pids)), seconds=1.0)


def running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split(")")[-1].split()[0] != "Z"


@pytest.fixture
def fake(package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    return Fake(package, tmp_path, monkeypatch)


def deaths(result: child.ChildResult) -> list[ProbeDied]:
    return [item for item in result.evidence if isinstance(item, ProbeDied)]


def steps(result: child.ChildResult) -> list[tuple[int, str, str]]:
    return [(item.entry, item.step, item.status) for item in result.evidence if isinstance(item, StepEnded)]


def test_evidence_comes_back_as_it_goes_and_output_apart(fake: Fake) -> None:
    result = fake.run(
        """
        chosen()
        with step("eager"):
            print("hello")
            os.write(2, b"from below\\n")
            note("here")
        """
    )
    assert result.evidence == (
        EntryChosen(0, "a test", "Net", (), ""),
        StepBegan(0, "eager"),
        Note(0, "here"),
        StepEnded(0, "eager", "ok", 0.5),
        Finished(),
    )
    assert (result.output, result.finished, result.restarts, result.notes) == ("hello\nfrom below\n", True, 0, ())


def test_evidence_is_streamed(fake: Fake) -> None:
    times: list[float] = []
    fake.run(
        "note('a'); time.sleep(0.5); note('b')",
        on_evidence=lambda item: (times.append(time.monotonic()), fake.seen.append(item)),
    )
    assert times[1] - times[0] > 0.4


def test_a_signal_is_a_step_s_result_and_the_next_child_goes_on(fake: Fake) -> None:
    result = fake.run(
        """
        chosen()
        with step("eager"):
            note("eager ran")
        if wanted(0, "trace"):
            with step("trace"):
                print("about to die")
                os.kill(os.getpid(), 9)
        with step("script"):
            note("script ran")
        """
    )
    assert steps(result) == [(0, "eager", "ok"), (0, "trace", "died"), (0, "script", "ok")]
    assert deaths(result) == [ProbeDied(0, "trace", "signal", "SIGKILL", "about to die")]
    assert [item.text for item in result.evidence if isinstance(item, Note)] == ["eager ran", "script ran"]
    assert sum(isinstance(item, EntryChosen) for item in result.evidence) == 1
    assert (result.finished, result.restarts) == (True, 1)
    message = next(item.message for item in result.evidence if isinstance(item, StepEnded) and item.status == "died")
    assert message == "the process was ended by SIGKILL"


@pytest.mark.parametrize("status", [0, 3])
def test_os_exit(fake: Fake, status: int) -> None:
    result = fake.run(f"chosen()\nif wanted(0, 'trace'):\n  with step('trace'):\n    os._exit({status})")
    assert deaths(result) == [ProbeDied(0, "trace", "exit", str(status))]
    assert result.finished


def test_sys_exit_that_nothing_caught(fake: Fake) -> None:
    result = fake.run("chosen()\nif wanted(0, 'trace'):\n  with step('trace'):\n    sys.exit(5)")
    assert deaths(result) == [ProbeDied(0, "trace", "exit", "5")]


def test_a_crash_names_the_user_s_line(fake: Fake) -> None:
    result = fake.run("import ctypes\nchosen()\nif wanted(0, 'trace'):\n  with step('trace'):\n    ctypes.string_at(0)")
    assert deaths(result) == [
        ProbeDied(0, "trace", "signal", "SIGSEGV", "", Place(str(fake.script), Span(5, None, 5, None)))
    ]


def test_a_model_that_does_not_run_is_not_run_again(fake: Fake) -> None:
    result = fake.run("chosen()\nwith step('eager'):\n  os._exit(1)")
    assert (steps(result), result.restarts, result.finished) == ([(0, "eager", "died")], 0, False)


def test_another_entry_goes_on_where_one_does_not_run(fake: Fake) -> None:
    result = fake.run(
        """
        chosen(0); chosen(1)
        for entry in (0, 1):
            if wanted(entry, "eager"):
                with step("eager", entry):
                    if entry == 0:
                        os._exit(1)
        """
    )
    assert steps(result) == [(0, "eager", "died"), (1, "eager", "ok")]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has descriptors of processes")
def test_no_descriptor_is_left_and_none_is_needed(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    with_one = fake.run("chosen()\nif wanted(0, 'trace'):\n  with step('trace'):\n    os._exit(1)")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    fake.seen.clear()
    monkeypatch.setattr(os, "pidfd_open", refused, raising=False)
    without = fake.run("chosen()\nif wanted(0, 'trace'):\n  with step('trace'):\n    os._exit(1)")
    assert (steps(without), without.restarts) == (steps(with_one), with_one.restarts) == ([(0, "trace", "died")], 1)


def refused(pid: int) -> int:
    raise OSError("no such call here")


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where each child leaves its id before it is asked anything."""
    path = tmp_path / "begun"
    path.touch()
    monkeypatch.setenv("BEGUN", str(path))
    return path


def test_a_child_may_start_before_it_is_asked(fake: Fake, begun: Path) -> None:
    with child.waiting(sys.executable, package=fake.package):
        wait_for(lambda: begun.read_text() != "", seconds=10.0)
        result = fake.run("chosen()\nnote(str(os.getpid()))")
        assert [item.text for item in result.evidence if isinstance(item, Note)] == begun.read_text().split()
        fake.seen.clear()
        assert fake.run("note('again')").finished
    assert len(begun.read_text().split()) == 2
    assert list(fake.temporary.iterdir()) == []


def test_the_next_child_starts_when_the_one_that_waited_has_died(fake: Fake, begun: Path) -> None:
    with child.waiting(sys.executable, package=fake.package):
        result = fake.run(
            "chosen()\nif wanted(0, 'trace'):\n  with step('trace'):\n    os._exit(1)\nwith step('script'):\n  pass"
        )
    assert steps(result) == [(0, "trace", "died"), (0, "script", "ok")]
    assert len(begun.read_text().split()) == 2


def test_a_child_that_nobody_asks_is_ended(fake: Fake, begun: Path) -> None:
    with pytest.raises(KeyboardInterrupt), child.waiting(sys.executable, package=fake.package):
        wait_for(lambda: begun.read_text() != "", seconds=10.0)
        raise KeyboardInterrupt
    assert not running(int(begun.read_text()))
    assert list(fake.temporary.iterdir()) == []
    fake.assert_nothing_left()


def test_a_run_that_wants_another_child_gets_it(fake: Fake, begun: Path) -> None:
    fake.script.write_text("note(str(os.getpid()))")
    with child.waiting(sys.executable, package=fake.package, show_output=True):
        wait_for(lambda: begun.read_text() != "", seconds=10.0)
        result = child.run(Request("target"), python=sys.executable, package=fake.package)
    waited, asked = begun.read_text().split()
    assert waited != asked
    assert [item.text for item in result.evidence if isinstance(item, Note)] == [asked]
    fake.assert_nothing_left()


def test_without_pytorch_no_child_waits(fake: Fake, begun: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "missing", lambda python: "PyTorch is not installed")
    with child.waiting(sys.executable, package=fake.package):
        assert list(fake.temporary.iterdir()) == []


def test_death_before_anything_began(fake: Fake) -> None:
    result = fake.run("print('so far'); os._exit(1)")
    assert deaths(result) == [ProbeDied(0, "start", "exit", "1", "so far")]
    assert (result.restarts, result.errors) == (0, ())


def test_death_between_steps_is_the_end(fake: Fake) -> None:
    result = fake.run("chosen()\nwith step('trace'):\n  pass\nos._exit(1)")
    assert deaths(result) == [ProbeDied(0, "trace", "exit", "1")]
    assert (steps(result), result.restarts) == ([(0, "trace", "ok")], 0)


def test_an_exception_that_leaves_the_probe_is_no_fault_of_the_model(fake: Fake) -> None:
    result = fake.run("chosen()\nwith step('trace'):\n  pass\nraise ValueError('oh')")
    assert result.errors == ("a fault of tslint itself ended the run early (ValueError: oh); please report it",)
    assert (deaths(result), steps(result), result.restarts) == ([], [(0, "trace", "ok")], 0)
    assert "Traceback" in result.output


def test_a_broken_pytorch_is_said(fake: Fake, tmp_path: Path) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text(
        "raise ImportError('libcudart.so.12: cannot open shared object file')"
    )
    result = fake.run(f"sys.path.insert(0, {str(tmp_path)!r})\nimport torch")
    assert result.errors == (
        f"PyTorch cannot be imported by {sys.executable}: ImportError: libcudart.so.12: cannot open shared object file",
    )


def test_restarts_are_bounded(fake: Fake) -> None:
    result = fake.run(
        """
        chosen()
        for name in "abcdefgh":
            if wanted(0, name):
                with step(name):
                    os._exit(1)
        """
    )
    assert steps(result) == [(0, name, "died") for name in "abcd"]
    assert (result.restarts, result.finished) == (child.RESTARTS, False)


def test_the_time_limit_is_for_the_whole_run(fake: Fake) -> None:
    start = time.monotonic()
    result = fake.run("chosen()\nwith step('trace'):\n  while True: time.sleep(60)", timeout=0.5)
    assert time.monotonic() - start < 3
    place = Place(str(fake.script), Span(3, None, 3, None))
    assert deaths(result) == [ProbeDied(0, "trace", "timeout", "0.5 s", "", place)]
    assert (steps(result), result.restarts) == ([(0, "trace", "timeout")], 0)


def test_a_hang_below_python_that_ignores_signals(fake: Fake) -> None:
    result = fake.run(
        """
        import ctypes, signal
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGABRT):
            signal.signal(number, signal.SIG_IGN)
        chosen()
        with step("trace"):
            ctypes.CDLL(None).pause()
        """,
        timeout=0.5,
    )
    assert [item.how for item in deaths(result)] == ["timeout"]


def test_memory_of_the_whole_tree(fake: Fake) -> None:
    result = fake.run(
        """
        import subprocess
        chosen()
        if wanted(0, "trace"):
            with step("trace"):
                code = "import time; x = bytearray(b'1' * 150_000_000); time.sleep(60)"
                one = subprocess.Popen([sys.executable, "-c", code])
                subprocess.run([sys.executable, "-c", code])
        with step("script"):
            pass
        """,
        memory=250 * 2**20,
    )
    assert [(item.step, item.how, item.detail) for item in deaths(result)] == [("trace", "memory", "250 MiB")]
    assert steps(result) == [(0, "trace", "died"), (0, "script", "ok")]


def test_memory_that_forked_processes_share_counts_once(fake: Fake) -> None:
    result = fake.run(
        """
        data = bytearray(b'1' * 100_000_000)
        children = []
        for _ in range(4):
            pid = os.fork()
            if not pid:
                time.sleep(1.0)
                os._exit(0)
            children.append(pid)
        for pid in children:
            os.waitpid(pid, 0)
        note("done")
        """,
        memory=350 * 2**20,
    )
    assert [item.text for item in result.evidence if isinstance(item, Note)] == ["done"]


FORK_THAT_HOLDS_TOO_MUCH = """
chosen()
with step("compare"):
    pid = os.fork()
    if not pid:
        with open("/proc/self/comm", "w") as file:
            file.write({name!r})
        data = bytearray(b'1' * 300_000_000)
        time.sleep(60)
    os.waitpid(pid, 0)
with step("convert"):
    pass
"""


def test_what_is_done_ahead_of_time_ends_before_it_costs_a_step(fake: Fake) -> None:
    result = fake.run(FORK_THAT_HOLDS_TOO_MUCH.format(name=AHEAD), memory=250 * 2**20)
    assert (deaths(result), steps(result)) == ([], [(0, "compare", "ok"), (0, "convert", "ok")])
    assert result.finished


def test_any_other_process_counts_as_the_step_s_own(fake: Fake) -> None:
    result = fake.run(FORK_THAT_HOLDS_TOO_MUCH.format(name="other"), memory=250 * 2**20)
    assert [(item.step, item.how) for item in deaths(result)][:1] == [("compare", "memory")]


def test_a_fork_that_hangs_names_the_user_s_line(fake: Fake) -> None:
    result = fake.run(
        """
        import signal
        chosen()
        with step("verify"):
            pid = os.fork()
            if not pid:
                while True: time.sleep(60)
            signal.signal(signal.SIGABRT, signal.SIG_IGN)  # so that the fork alone says where it stands
            time.sleep(60)
        """,
        timeout=0.7,
    )
    place = Place(str(fake.script), Span(7, None, 7, None))
    assert deaths(result) == [ProbeDied(0, "verify", "timeout", "0.7 s", "", place)]


def test_a_daemon_is_ended_with_the_child(fake: Fake) -> None:
    fake.run(
        """
        import signal
        if os.fork() == 0:
            os.setsid()
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            if os.fork() == 0:
                with open(os.environ["PIDS"], "w") as file:
                    file.write(str(os.getpid()))
                os.chdir("/")
                time.sleep(60)
            os._exit(0)
        while not os.path.exists(os.environ["PIDS"]):
            time.sleep(0.01)
        time.sleep(0.05)
        """
    )
    assert fake.pids.read_text()


def test_a_child_that_does_not_exit_after_its_last_word(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "AFTER_FINISHED", 0.2)
    result = fake.run("import threading\nthreading.Thread(target=time.sleep, args=(60,)).start()")
    assert (result.finished, deaths(result)) == (True, [])


def test_a_crash_after_the_last_word_is_no_death(fake: Fake) -> None:
    result = fake.run("import atexit\natexit.register(os.abort)")
    assert (result.finished, deaths(result)) == (True, [])


def test_killing_its_group_and_its_parent_s_group(fake: Fake) -> None:
    result = fake.run("chosen()\nif wanted(0, 'trace'):\n  with step('trace'):\n    os.killpg(0, 9)")
    assert deaths(result) == [ProbeDied(0, "trace", "signal", "SIGKILL")]
    fake.seen.clear()
    result = fake.run(
        """
        chosen()
        if wanted(0, "trace"):
            with step("trace"):
                with open(os.environ["PIDS"], "w") as file:
                    file.write(str(os.getpid()))
                os.kill(os.getppid(), 9)
                time.sleep(60)
        """
    )
    assert deaths(result) == [ProbeDied(0, "trace", "signal", "SIGKILL")]
    assert fake.pids.read_text()


def test_closed_standard_streams_and_changed_directory(fake: Fake) -> None:
    result = fake.run(
        """
        chosen()
        with step("eager"):
            os.chdir("/")
            os.close(1); os.close(2); os.close(0)
            with open(os.devnull, "w") as file:
                note(f"descriptor {file.fileno()}")
        """
    )
    assert (result.finished, steps(result)) == (True, [(0, "eager", "ok")])


def test_standard_input_is_empty(fake: Fake) -> None:
    result = fake.run("note(repr(sys.stdin.read()))")
    assert Note(0, "''") in result.evidence


def test_much_output_keeps_its_tail_alone(fake: Fake) -> None:
    result = fake.run("for n in range(400_000): print('line', n)\nos._exit(2)")
    assert len(result.output) <= process.TAIL
    assert result.output.endswith("line 399999\n")
    assert deaths(result)[0].output.splitlines() == [f"line {n}" for n in range(399_980, 400_000)]


def test_output_is_passed_on_where_asked(fake: Fake, capfd: pytest.CaptureFixture[str]) -> None:
    fake.run("print('heard')")
    assert capfd.readouterr() == ("", "")
    fake.seen.clear()
    fake.run("print('heard')", show_output=True)
    assert capfd.readouterr() == ("", "heard\n")


def test_what_user_code_writes_among_the_evidence_is_dropped(fake: Fake) -> None:
    result = fake.run("output.write('garbage\\n{}\\n{\"evidence\": \"Nothing\"}\\n'); output.flush(); note('kept')")
    assert result.evidence == (Note(0, "kept"), Finished())


def test_temporary_files_of_the_child_go_with_it(fake: Fake) -> None:
    fake.run("import tempfile\nnote(tempfile.mkdtemp())")
    assert isinstance(fake.seen[0], Note) and fake.seen[0].text.startswith(str(fake.temporary))
    assert not Path(fake.seen[0].text).exists()


def test_an_exception_here_ends_the_child(fake: Fake) -> None:
    def interrupt(evidence: Evidence) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fake.run(
            "import subprocess\nsubprocess.Popen(['sleep', '60'])\nnote('now')\ntime.sleep(60)", on_evidence=interrupt
        )
    fake.assert_nothing_left()
    assert list(fake.temporary.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_child_ends_with_a_killed_tslint(fake: Fake, number: signal.Signals) -> None:
    fake.script.write_text(
        "import subprocess\nchild = subprocess.Popen(['sleep', '60'], start_new_session=True)\n"
        "with open(os.environ['PIDS'] + '.new', 'w') as file: file.write(f'{os.getpid()} {child.pid}')\n"
        "os.rename(os.environ['PIDS'] + '.new', os.environ['PIDS'])\ntime.sleep(60)"
    )
    code = (
        "import sys, pathlib, tempfile; from tslint import child; from tslint.request import Request\n"
        f"tempfile.tempdir = {str(fake.temporary)!r}\n"
        f"child.run(Request('x'), python=sys.executable, package=pathlib.Path({str(fake.package)!r}))"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=PACKAGE.parent, stderr=subprocess.DEVNULL)
    wait_for(fake.pids.exists)
    parent.send_signal(number)
    parent.wait(10)
    wait_for(lambda: not any(running(int(pid)) for pid in fake.pids.read_text().split()))
    wait_for(lambda: list(fake.temporary.iterdir()) == [])


def wait_for(condition: object, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def empty_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with nothing in it, as a user's may be."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    return folder


def test_the_child_sees_the_package_and_nothing_else_of_ours(
    fake: Fake, empty_environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "json.py").write_text("raise SystemExit('the working directory came first')")
    result = fake.run(
        """
        import importlib.util
        note(" ".join(name for name in ("libcst", "rich", "typer", "pytest", "tests") if importlib.util.find_spec(name)))
        note(sys.prefix)
        """,
        python=str(empty_environment),
    )
    assert [item.text for item in result.evidence if isinstance(item, Note)] == ["", str(empty_environment)]


def test_which_interpreter(empty_environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    inside = str(empty_environment / "bin/python")
    assert child.interpreter() == sys.executable
    assert child.interpreter(inside) == child.interpreter(str(empty_environment)) == inside
    assert not child.available(inside)
    (empty_environment / "lib" / f"python3.{sys.version_info[1]}" / "site-packages" / "torch").mkdir()
    interpreter._asked.cache_clear()
    assert not child.available(inside), "an empty folder is not PyTorch"
    for name, message in (
        ("nowhere/python", "is not there"),
        (str(tmp_path), "there is no interpreter in this folder"),
    ):
        with pytest.raises(child.InterpreterError, match=message):
            child.interpreter(name)
    plain = tmp_path / "plain"
    plain.touch()
    with pytest.raises(child.InterpreterError, match="is not executable"):
        child.interpreter(str(plain))


def test_the_active_environment_is_taken_if_it_has_pytorch_or_nothing_has(
    empty_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = str(empty_environment / "bin/python")
    monkeypatch.setenv("VIRTUAL_ENV", str(empty_environment))
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    for installed, chosen in (({inside}, inside), ({sys.executable}, sys.executable), (set(), inside)):
        monkeypatch.setattr("tslint.interpreter.available", lambda python, installed=installed: python in installed)
        assert child.interpreter() == chosen


@pytest.mark.torch
def test_pytorch_is_seen_and_not_imported() -> None:
    code = "import sys; from tslint import child; print(child.available(sys.executable), 'torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=PACKAGE.parent, capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["True", "False"]


def test_an_interpreter_that_is_none(fake: Fake, tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_bytes(b"\x7fELF no program")
    broken.chmod(0o755)
    result = fake.run("", python=str(broken))
    (error,) = result.errors
    assert error.startswith(f"the interpreter cannot be started: {broken}: ")
    assert (result.evidence, result.finished) == ((), False)
    assert fake.run("", python="nowhere/python").errors == ("`--python nowhere/python`: this interpreter is not there",)


def test_what_is_missing(empty_environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = str(empty_environment / "bin/python")
    interpreter._asked.cache_clear()
    assert child.missing(inside).startswith(f"PyTorch is not installed for {inside}, so nothing was run: ")
    assert child.missing("nowhere/python") == "`--python nowhere/python`: this interpreter is not there"
    other = tmp_path / "python"
    for script, sentence in (
        ("exit 0", ""),
        ("exit 4", "is older than Python 3.10"),
        ("exit 9", "does not work as a Python"),
    ):
        other.write_text(f"#!/bin/sh\n{script}\n")
        other.chmod(0o755)
        interpreter._asked.cache_clear()
        assert child.missing(str(other)).startswith(f"{other} {sentence}" if sentence else "")
    assert child.missing(str(other)) != ""
