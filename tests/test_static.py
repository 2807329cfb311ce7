"""The static half of a check: files that cannot matter, crashes, many files, what was found before."""

from __future__ import annotations

import _thread
import json
import multiprocessing
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import libcst as cst
import pytest
from commandline import check_json, environment, tslint

from tslint import cache, catalogue, checks, static, workers
from tslint.api import check_paths, check_text, fixed_text
from tslint.cache import FOLDER, Cache
from tslint.diagnostic import Finding, from_json, to_json
from tslint.facts import Facts
from tslint.facts.classes import LIBRARY_BASES
from tslint.settings import load as load_settings
from tslint.source import Source, matters, parser, with_large_stack
from tslint.static import Checked, Job

NET = """\
import torch


class Net(torch.nn.Module):
    def forward(self, x):
        return {"out": x}
"""
JOB = Job(max_file_size=2**20)


def several(folder: Path, count: int) -> list[Path]:
    paths = [folder / f"m{number}.py" for number in range(count)]
    for path in paths:
        path.write_text(NET)
    return paths


def rules(result: Checked) -> list[str]:
    return [diagnostic.rule for diagnostic in result.diagnostics]


def written(folder: Path, *names: str, text: str = NET) -> list[Path]:
    for name in names:
        (folder / name).write_text(text)
    return [folder / name for name in names]


# -- files that cannot matter -----------------------------------------------------------------------------------------


def test_what_the_facts_know_matters() -> None:
    for name in LIBRARY_BASES:
        assert matters(f"class Net({name}): ...".encode()), name
    for rule in catalogue.rules().values():
        for example in rule.tagged("python bad"):
            assert matters(example.encode()) or rule.name == "syntax-error", rule.name
    assert not matters(b"import numpy\nprint('nothing of it')\n")


def test_libcst_is_not_imported_for_files_that_cannot_matter(tmp_path: Path) -> None:
    written(tmp_path, "a.py", "b.py", text="import json\n\n\ndef forward(x):\n    return {'a': x}\n")
    code = (
        "import sys; from tslint import cli; status = cli.main(['check', '--static', *sys.argv[1:]]);"
        "print(status, sorted({'libcst', 'rich', 'typer', 'torch'} & set(sys.modules)))"
    )
    for targets in (["."], ["a.py", "b.py"]):
        run = subprocess.run(
            [sys.executable, "-c", code, *targets], cwd=tmp_path, env=environment(), capture_output=True, text=True
        )
        assert run.stdout.splitlines() == ["Found no problems.", "0 []"], run.stderr


def test_a_file_that_is_named_is_python_whatever_it_mentions(tmp_path: Path) -> None:
    (broken,) = written(tmp_path, "broken.py", text="def f(:\n")
    assert rules(static.check_source(Source.read(broken), Job(named=True))) == ["syntax-error"]
    assert rules(static.check_source(Source.read(broken), Job(named=False))) == []
    assert rules(static.check_source(Source.from_text("import torch\ndef f(:\n"), Job())) == ["syntax-error"]


# -- crashes ----------------------------------------------------------------------------------------------------------


def test_a_crash_of_one_check_names_it_and_keeps_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    @checks.on(cst.Return)
    def broken(node: cst.Return, facts: Facts) -> Iterator[Finding]:
        raise KeyError("oh\nno")
        yield

    table = dict(checks.checks())
    table[cst.Return] = (*table.get(cst.Return, ()), checks.Check("math-on-size", broken))
    monkeypatch.setattr("tslint.engine.checks", lambda: table)
    result = static.check_source(Source.from_text(NET, Path("/x/net.py")), JOB)
    assert rules(result) == ["dict-output", "check-crashed"]
    crash = result.diagnostics[1]
    assert crash.message == "a fault of tslint: `math-on-size` crashed with KeyError: 'oh\\nno'"
    assert crash.path == "/x/net.py" and crash.span is not None and crash.span.line == 6


def test_a_check_of_traced_code_sees_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    @checks.on(cst.Call, traced=True)
    def noting(node: cst.Call, facts: Facts) -> Iterator[Finding]:
        seen.append(facts.text(node))
        yield from ()

    code = """\
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.drop = nn.Dropout()

    def forward(self, x):
        if self.training:
            x = self.drop(x)
        return self.helper(torch.relu(x))

    def helper(self, x):
        return torch.tanh(x)

    def unused(self, x):
        return torch.exp(x)

Net()(torch.rand(1))
"""
    monkeypatch.setattr(
        "tslint.engine.checks", lambda: {cst.Call: (checks.Check("math-on-size", noting, traced=True),)}
    )
    static.check_source(Source.from_text(code), JOB)
    assert seen == ["self.helper(torch.relu(x))", "torch.relu(x)", "torch.tanh(x)"]

    def refuse(self: Facts, node: cst.CSTNode) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr(Facts, "is_traced_code", refuse)
    (crash,) = static.check_source(Source.from_text(code), JOB).diagnostics
    assert crash.message == "a fault of tslint: `math-on-size` crashed with ZeroDivisionError"


def test_what_all_checks_ask_crashes_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: object) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(Facts, "refusals", property(refuse))
    found = static.check_source(Source.from_text(NET), JOB).diagnostics
    assert [d.message for d in found if d.rule == "check-crashed"] == [
        "a fault of tslint: the compiler that the script rules ask crashed with ZeroDivisionError"
    ]
    assert "dict-output" in [d.rule for d in found]

    monkeypatch.setattr(Facts, "classes", property(refuse))
    crashes = [d for d in static.check_source(Source.from_text(NET), JOB).diagnostics if d.rule == "check-crashed"]
    assert 1 <= len(crashes) <= 2
    assert " more crashed with ZeroDivisionError" in crashes[0].message

    monkeypatch.setattr(Facts, "__init__", lambda self, *given: refuse(self))
    (crash,) = static.check_source(Source.from_text(NET), JOB).diagnostics
    assert crash.message == "a fault of tslint: what all checks ask crashed with ZeroDivisionError"


CRASHING = """\
from tslint import checks
from tslint.checks import math_on_size
import libcst as cst

@checks.on(cst.Return)
def broken(node, facts):
    raise RuntimeError("oh")
    yield

broken.__module__ = math_on_size.__name__
math_on_size.broken = broken
"""


def test_a_crash_makes_the_exit_status_2(tmp_path: Path) -> None:
    written(tmp_path, "net.py")
    code = (
        CRASHING
        + "from tslint import cli; print(cli.main(['check', '--static', '.', '--exit-zero', '--output-format', 'concise']))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment(), capture_output=True, text=True)
    assert run.stdout.splitlines() == [
        "net.py:6:9: error[check-crashed] a fault of tslint: `math-on-size` crashed with RuntimeError: oh",
        "net.py:6:16: error[dict-output] `forward` returns a dict, which torch.jit.trace refuses",
        "2",
    ], run


# -- many files -------------------------------------------------------------------------------------------------------


def test_one_process_checks_in_one_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = several(tmp_path, 3)
    seen: list[tuple[threading.Thread, threading.Thread]] = []
    parse = parser.parse

    def note(data: bytes) -> cst.Module:
        seen.append((threading.current_thread(), with_large_stack(threading.current_thread)))
        return parse(data)

    monkeypatch.setattr(parser, "parse", note)
    assert [rules(result) for result in workers.check(paths, JOB, 1)] == [["dict-output"]] * 3
    assert len(seen) == 3 and len({thread for both in seen for thread in both}) == 1
    assert seen[0][0] is not threading.current_thread() and not seen[0][0].is_alive()


def test_a_fault_in_that_thread_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path, *_: object) -> Checked:
        raise RuntimeError(path.name)

    monkeypatch.setattr(workers, "check_one", fail)
    with pytest.raises(RuntimeError, match="m0"):
        workers.check(several(tmp_path, 2), JOB, 1)


def test_after_an_interruption_no_other_file_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []
    threads: list[threading.Thread] = []
    interrupted = threading.Event()

    def one(path: Path, *_: object) -> Checked:
        begun.append(path.name)
        threads.append(threading.current_thread())
        _thread.interrupt_main()
        assert interrupted.wait(10)
        return Checked(str(path))

    monkeypatch.setattr(workers, "check_one", one)
    with pytest.raises(KeyboardInterrupt):
        workers.check(several(tmp_path, 3), JOB, 1)
    interrupted.set()
    threads[0].join(10)
    assert begun == ["m0.py"] and not threads[0].is_alive()


def test_several_processes_find_what_one_finds(tmp_path: Path) -> None:
    files = written(tmp_path, *[f"net{index}.py" for index in range(7)])
    files += written(tmp_path, "broken.py", text="import torch\ndef f(:\n")
    one = workers.check(files, JOB, 1)
    assert workers.check(files, JOB, 3) == one
    assert [Path(result.path).name for result in one] == [path.name for path in files]
    out = [tslint("check", "--static", ".", "--no-cache", "--jobs", jobs, cwd=tmp_path) for jobs in "13"]
    assert out[0] == out[1]


def test_fresh_processes_find_what_forks_find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = written(tmp_path, "a.py", "b.py")
    monkeypatch.setattr(workers, "_context", lambda: multiprocessing.get_context("spawn"))
    assert workers.check(files, JOB, 2) == workers.check(files, JOB, 1)


DEADLY = """\
import os
from tslint import cli, static

before = static.check_source

def deadly(source, job):
    if source.path.name == "net2.py":
        os._exit(139)
    return before(source, job)

static.check_source = deadly
print(cli.main(["check", "--static", ".", "--jobs", "2", "--output-format", "concise"]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs processes that are forks")
def test_a_file_that_kills_its_process_does_not_take_the_others_along(tmp_path: Path) -> None:
    written(tmp_path, *[f"net{index}.py" for index in range(5)])
    command = [sys.executable, "-c", DEADLY]
    run = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True)
    *lines, status = run.stdout.splitlines()
    assert status == "2", run
    assert [line.split("]")[0] for line in lines] == [
        "net0.py:6:16: error[dict-output",
        "net1.py:6:16: error[dict-output",
        "net2.py:1:1: error[check-crashed",
        "net3.py:6:16: error[dict-output",
        "net4.py:6:16: error[dict-output",
    ]
    assert lines[2].endswith("the parser crashed with ChildProcessError: the process that read this file died")


# -- what was found before --------------------------------------------------------------------------------------------


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were parsed."""
    parsed: list[str] = []
    before = static.check_source

    def counted(source: Source, job: Job) -> Checked:
        parsed.append(source.path.name)
        return before(source, job)

    monkeypatch.setattr(static, "check_source", counted)
    return parsed


def check(folder: Path, job: Job = JOB) -> list[Checked]:
    return workers.check(sorted(folder.glob("*.py")), job, 1, Cache(folder, job))


def test_a_file_is_checked_once(tmp_path: Path, count: list[str]) -> None:
    written(tmp_path, "a.py", "b.py")
    first = check(tmp_path)
    assert check(tmp_path) == first
    assert count == ["a.py", "b.py"]
    written(tmp_path, "b.py", text=NET.replace("out", "outs"))
    assert check(tmp_path)[0] == first[0]
    assert count == ["a.py", "b.py", "b.py"]
    assert (tmp_path / FOLDER / ".gitignore").read_text().endswith("*\n")
    assert (tmp_path / FOLDER / "CACHEDIR.TAG").exists()


def test_what_was_asked_and_what_asks_count(tmp_path: Path, count: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, "a.py")
    check(tmp_path)
    check(tmp_path, Job(("script",), 2**20))
    assert len(count) == 2
    check(tmp_path, Job((), 2**20, named=True))
    assert len(count) == 2
    monkeypatch.setattr(cache, "program", lambda: "another")
    check(tmp_path)
    assert len(count) == 3


def test_other_files_that_were_read_count(tmp_path: Path) -> None:
    (path, other) = written(tmp_path, "a.py", "b.py")
    kept = Cache(tmp_path, JOB)
    kept.put(path, b"", Checked(str(path)), {str(other): cache.digest_of(other)})
    assert kept.get(path, b"") == Checked(str(path))
    other.write_text("x = 1\n")
    assert kept.get(path, b"") is None
    other.unlink()
    assert kept.get(path, b"") is None


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"{}", b"\xff\xfe", b"null", "change", "directory"])
def test_a_damaged_entry_is_none(tmp_path: Path, count: list[str], damage: bytes | str) -> None:
    written(tmp_path, "a.py")
    first = check(tmp_path)
    (entry,) = (tmp_path / FOLDER).glob("*.json")
    if damage == "change":
        data = json.loads(entry.read_bytes())
        data["result"]["diagnostics"] = []
        entry.write_text(json.dumps(data))
    elif isinstance(damage, bytes):
        entry.write_bytes(damage)
    else:
        entry.unlink()
        entry.mkdir()
    assert check(tmp_path) == first
    assert len(count) == 2


def test_a_place_that_cannot_be_written_is_no_matter(tmp_path: Path) -> None:
    written(tmp_path, "a.py")
    (tmp_path / FOLDER).write_text("a file")
    assert rules(check(tmp_path)[0]) == ["dict-output"]


def test_a_crash_is_not_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, "a.py")
    with monkeypatch.context() as broken:
        broken.setattr(Facts, "__init__", lambda self, *given: 1 / 0)
        assert rules(check(tmp_path)[0]) == ["check-crashed"]
    assert rules(check(tmp_path)[0]) == ["dict-output"]


def test_results_are_json_both_ways() -> None:
    for rule in catalogue.rules().values():
        for text in rule.tagged("python bad"):
            result = static.check_source(Source.from_text(text, Path("/x/a.py")), Job(named=True))
            assert from_json(Checked, json.loads(json.dumps(to_json(result)))) == result, rule.name


def test_two_runs_at_a_time_and_no_cache(tmp_path: Path) -> None:
    written(tmp_path, *[f"net{index}.py" for index in range(4)])
    command = [sys.executable, "-m", "tslint", "check", "--static", ".", "--output-format", "json"]
    runs = [subprocess.Popen(command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE) for _ in range(3)]
    outputs = {run.communicate()[0] for run in runs}
    assert len(outputs) == 1
    assert len(list((tmp_path / FOLDER).glob("*.json"))) == 4
    assert [path.name for path in (tmp_path / FOLDER).glob(".*.tmp")] == []
    (tmp_path / "fresh").mkdir()
    written(tmp_path / "fresh", "net.py")
    assert check_json(".", "--static", "--no-cache", cwd=tmp_path / "fresh").status == 1
    assert not (tmp_path / "fresh" / FOLDER).exists()


def test_the_cache_stands_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "tslint.toml").touch()
    (tmp_path / "sub").mkdir()
    written(tmp_path / "sub", "net.py")
    tslint("check", "--static", "net.py", cwd=tmp_path / "sub")
    assert (tmp_path / FOLDER).is_dir() and not (tmp_path / "sub" / FOLDER).exists()


def test_a_check_reads_what_files_say_when_it_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    model, layers = tmp_path / "model.py", tmp_path / "layers.py"
    net = "import torch\nfrom layers import Part\n\nclass Net(torch.nn.Module):\n    def __init__(self):\n"
    model.write_text(
        net
        + "        super().__init__()\n        self.part = Part()\n\n    def forward(self, x):\n        return self.part(x)\n"
    )
    settings = load_settings([str(model)], None, {"static": True, "no_cache": True})
    found = []
    for returned in ('{"out": x}', "x * 2", '{"out": x}'):
        layers.write_text(
            f"import torch\n\nclass Part(torch.nn.Module):\n    def forward(self, x):\n        return {returned}\n"
        )
        found.append([diagnostic.rule for diagnostic in check_paths([str(model)], settings).diagnostics])
    assert found == [["dict-output"], [], ["dict-output"]]
    assert static.project.cache_info().currsize == 0, "and keeps nothing of them"


def test_what_is_not_written_is_not_kept(tmp_path: Path) -> None:
    (path,) = written(tmp_path, "model.py")
    static.forget_files()
    static.facts_of(Source(path, b"import torch\n"), str(tmp_path), written=False)
    file = static.project(str(tmp_path))(str(tmp_path / "other.py"), "model")
    assert file is not None and file.text == path.read_bytes()
    static.forget_files()


def test_what_a_text_imports_is_kept_where_somebody_watches_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tslint.toml").touch()
    (tmp_path / "base.py").write_text("import torch\n\n\nclass Base(torch.nn.Module):\n    pass\n")
    text = b"import math\n\nfrom base import Base\n\n\nclass Net(Base):\n    def forward(self, x):\n"
    text += b"        return x / math.sqrt(x.size(2))  # torch\n"
    settings = load_settings([str(tmp_path)])
    path, reads = tmp_path / "net.py", []

    monkeypatch.setattr(static, "_keeping", False)

    def rules_of(data: bytes, keeps: bool) -> list[str]:
        static.keep_files(keeps)
        report = check_text(path, data, settings, lambda facts: reads.append(facts.project.read))
        return [diagnostic.rule for diagnostic in report.diagnostics]

    static.forget_files(now=True)
    assert rules_of(text, True) == ["math-on-size"]
    assert reads == [(str(tmp_path / "base.py"),)]
    (tmp_path / "base.py").write_text("class Base:\n    pass\n")
    assert rules_of(text, True) == ["math-on-size"], "read before, and kept"
    kept = static.project(str(tmp_path))(str(tmp_path / "other.py"), "net")
    assert kept is None, "which is in no file"
    assert rules_of(text, False) == []
    assert rules_of(b"x = (  # torch\n", True) == ["syntax-error"]
    assert not path.exists()


def test_what_fix_makes_of_a_text_that_is_given(tmp_path: Path) -> None:
    settings = load_settings([str(tmp_path)])
    text = NET.replace('{"out": x}', "x / math.sqrt(x.size(2))").replace("import torch", "import math\n\nimport torch")
    fixed = fixed_text(tmp_path / "net.py", text.encode(), settings)
    (tmp_path / "net.py").write_text(text)
    tslint("check", "--static", "--fix", "net.py", cwd=tmp_path)
    assert fixed == (tmp_path / "net.py").read_text() != text
    assert fixed_text(tmp_path / "net.py", b"x = 1\n", settings) is None
