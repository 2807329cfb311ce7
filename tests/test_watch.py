"""``--watch``: one round after each change, in lines that an editor can wait for, until it is interrupted."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from commandline import environment, tslint
from test_unused import CODE

from tslint.cli.watch import Watched, matters

NET = CODE.format(**dict.fromkeys("abcdef", ""))
BEGIN = re.compile(r"\[\d\d:\d\d:\d\d\] tslint: checking\.\.\.")
END = re.compile(r"\[\d\d:\d\d:\d\d\] tslint: (.*), watching for changes")


class Watching:
    """A process that watches; what it prints is read a round at a time."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def round(self) -> tuple[list[str], str]:
        """The lines of the next round, and what its last one says was found. Waits for it."""
        assert self.process.stdout is not None
        lines: list[str] = []
        for line in self.process.stdout:
            lines.append(line.rstrip("\n"))
            end = END.fullmatch(lines[-1])
            if end:
                assert BEGIN.fullmatch(lines[0]), lines
                return lines[1:-1], end[1]
        raise AssertionError(f"it ended: {lines}")

    def interrupt(self) -> tuple[int, str]:
        self.process.send_signal(signal.SIGINT)
        rest, _ = self.process.communicate(timeout=60)
        return self.process.returncode, rest


@contextmanager
def watching(folder: Path, *arguments: str) -> Iterator[Watching]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tslint", "check", "--watch", "--output-format", "concise", *arguments],
        cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    alarm = threading.Timer(300, process.kill)  # a round that never comes must not stop the suite
    alarm.start()
    try:
        yield Watching(process)
    finally:
        alarm.cancel()
        process.kill()
        process.wait()


def rules(lines: list[str]) -> list[str]:
    return [match[1] for line in lines if (match := re.search(r"(?:error|warning)\[(.*?)\]", line))]


def replace(path: Path, text: str) -> None:
    """Writes PATH as most editors do."""
    path.with_suffix(".tmp").write_text(text)
    path.with_suffix(".tmp").replace(path)


def test_each_change_of_a_file_begins_a_round(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(NET)
    with watching(tmp_path, "--static", "net.py") as process:
        lines, said = process.round()
        assert (rules(lines), said) == (["math-on-size", "dict-output", "missing-eval"], "found 3 problems")
        replace(path, NET.replace("math.sqrt(x.size(2))", "2"))
        lines, said = process.round()
        assert (rules(lines), said) == (["dict-output", "missing-eval"], "found 2 problems")
        replace(path, "import torch\nx = (\n")
        lines, said = process.round()
        assert (rules(lines), said) == (["syntax-error"], "found 1 problem")
        path.unlink()
        assert process.round() == (["tslint: error: net.py: no such file or directory"], "found 1 problem")
        path.write_text("import torch\n")
        assert process.round() == ([], "found no problems")
        assert process.interrupt() == (130, "")


def test_a_directory_is_watched_to_its_depth_and_its_configuration_too(tmp_path: Path) -> None:
    (tmp_path / "nets" / "deep").mkdir(parents=True)
    path = tmp_path / "nets" / "deep" / "net.py"
    path.write_text(NET)
    config = tmp_path / "tslint.toml"
    config.write_text("")
    with watching(tmp_path, "nets") as process:
        assert process.round()[1] == "found 3 problems"
        path.write_text(NET.replace("math.sqrt(x.size(2))", "2"))
        assert process.round()[1] == "found 2 problems"
        replace(config, 'ignore = ["mode"]\n')
        assert process.round()[1] == "found 1 problem"
        replace(config, 'ingore = ["mode"]\n')
        lines, said = process.round()
        assert said == "could not check"
        assert lines == ["tslint: error: unknown key `ingore` in tslint.toml; did you mean `ignore`?"]
        replace(config, "")
        assert process.round()[1] == "found 2 problems"
        (tmp_path / "nets" / "new").mkdir()
        (tmp_path / "nets" / "notes.txt").write_text("no source")
        (tmp_path / "nets" / "other.py").write_text(NET)
        assert process.round()[1] == "found 5 problems"
        assert process.interrupt() == (130, "")


def test_fixes_are_written_in_each_round(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text("import torch\n")
    with watching(tmp_path, "--static", "--fix", "--select", "math-on-size", "net.py") as process:
        assert process.round()[1] == "found no problems"
        path.write_text(NET)
        assert process.round()[1] == "found no problems"
        assert "x.size(2) ** 0.5" in path.read_text()


def test_a_terminal_is_cleared(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("import torch\n")
    reader, terminal = pty.openpty()
    command = [sys.executable, "-m", "tslint", "check", "--watch", "--static", "net.py"]
    variables = environment(TERM="xterm")
    process = subprocess.Popen(command, cwd=tmp_path, env=variables, stdout=terminal, stderr=subprocess.PIPE)
    os.close(terminal)
    try:
        printed = b""
        while b"watching for changes" not in printed:
            printed += os.read(reader, 4096)
        assert printed.startswith(b"\x1b[2J\x1b[3J\x1b[H[")
    finally:
        process.kill()
        process.communicate()
        os.close(reader)


def test_what_matters() -> None:
    root, config = Path("/p/nets"), Path("/p/own.toml")
    watched = Watched((root,), (config,), True)
    changed = (
        "nets/a.py", "nets/b/c.ipynb", "nets/pyproject.toml", "nets/.gitignore", "own.toml",
        "other/a.py", "nets/a.txt", "nets/.a.py.x1", "nets/.#a.py", "nets/.git/a.py", "nets/node_modules/a.py",
        "nets/v/lib/site-packages/a.py", "nets/__pycache__/a.py",
    )  # fmt: skip
    assert [path for path in changed if matters(Path("/p") / path, watched)] == list(changed[:5])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["-"], "--watch and standard input contradict each other"),
        (["--add-ignore"], "--watch and --add-ignore contradict each other"),
        (["--write-baseline"], "--watch and --write-baseline contradict each other"),
    ],
)
def test_what_it_does_not_go_together_with(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    outcome = tslint("check", "--watch", *arguments, cwd=tmp_path)
    assert (outcome.status, outcome.out, outcome.err) == (2, "", f"tslint: error: {sentence}\n")


def test_without_watchfiles_it_says_how_to_get_it(tmp_path: Path) -> None:
    (tmp_path / "watchfiles.py").write_text("raise ImportError('none')\n")
    outcome = tslint("check", "--watch", cwd=tmp_path, env=environment(tmp_path))
    sentence = 'tslint: error: --watch needs watchfiles: `pip install "tslint[watch]"`\n'
    assert (outcome.status, outcome.out, outcome.err) == (2, "", sentence)
