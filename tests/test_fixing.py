"""`--fix` runs what it is about to write, and leaves every file whole whatever happens to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from commandline import Outcome, check_json, environment, tslint

from tslint import rewrite
from tslint.api import check_paths
from tslint.report.content import Report
from tslint.settings import Settings

NET = """\
# -*- coding: latin-1 -*-
import math

import torch
from torch import nn


class Net(nn.Module):  # ä
    def __init__(self):
        super().__init__()
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        kept = []
        return {"out": self.drop(x) / math.sqrt(x.size(2))}


traced = torch.jit.trace(Net(), torch.rand(1, 3, 16, 16))
"""
FIXED = NET.replace("math.sqrt(x.size(2))", "x.size(2) ** 0.5").replace("import math\n\n", "")


def written(folder: Path, text: str = NET, name: str = "net.py") -> Path:
    path = folder / name
    path.write_bytes(text.encode("latin-1"))
    return path


def fix(path: Path, *arguments: str) -> Outcome:
    return check_json(path.name, "--fix", "--no-cache", *arguments, cwd=path.parent)


@pytest.mark.torch
def test_fixes_are_run_before_they_are_written(tmp_path: Path) -> None:
    path = written(tmp_path)
    outcome = fix(path, "--unsafe-fixes", "--no-convert")
    assert outcome.status == 0, outcome
    (proof,) = outcome.report["fixes"]["proofs"]
    assert proof.pop("sentence").startswith("2 fixes, proven by running it: traces and equals eager on")
    assert proof == {
        "path": "net.py", "module": "NetOutputs", "count": 2, "traces": True, "scripts": True,
        "generalises": True, "equals_eager": True, "unchanged": True,
    }  # fmt: skip
    assert outcome.report["fixes"]["written"] == 2
    text = path.read_bytes().decode("latin-1")
    assert "x.size(2) ** 0.5" in text and "class NetOutputs(nn.Module):" in text and "# ä" in text
    assert fix(path, "--unsafe-fixes", "--no-convert").report["fixes"]["written"] == 0
    assert path.read_bytes().decode("latin-1") == text


@pytest.mark.torch
def test_what_the_fixes_leave_undone_is_said(tmp_path: Path) -> None:
    outcome = tslint("check", "net.py", "--fix", "--no-convert", "--no-cache", cwd=written(tmp_path).parent)
    assert outcome.status == 1, outcome
    assert "fixes: net.py: 1 fix, proven by running it: scripts and equals eager on" in outcome.out
    assert "Fixed 1 problem. Found 2 errors, 0 warnings" in outcome.out


def worse(call, facts):  # type: ignore[no-untyped-def]
    """A fix of `math.sqrt(n)` that computes something else."""
    number = rewrite.atom(call.args[0].value, facts)
    return rewrite.safe("wrong", rewrite.replace(call, f"{number} ** 2", facts))


def in_process(path: Path, monkeypatch: pytest.MonkeyPatch, **more: object) -> Report:
    monkeypatch.chdir(path.parent)
    settings = Settings(no_convert=True, no_cache=True, python=sys.executable, **more)  # type: ignore[arg-type]
    return check_paths([path.name], settings)


@pytest.mark.torch
def test_a_fix_that_makes_it_worse_is_not_written_and_the_others_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rewrite, "square_root", worse)
    path = written(tmp_path)
    report = in_process(path, monkeypatch, fix=True, unsafe_fixes=True)
    text = path.read_bytes().decode("latin-1")
    assert "math.sqrt(x.size(2))" in text and "class NetOutputs" in text
    (said,) = report.withheld
    assert said.startswith(
        "net.py:15:39: the fix of math-on-size was not written: with it, it computes something else (largest difference"
    )
    assert [d.rule for d in report.diagnostics if d.severity == "error"] == ["math-on-size"]
    assert report.fixed == 1 and report.exit_status() == 1


@pytest.mark.torch
def test_a_fix_that_breaks_the_file_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(call, facts):  # type: ignore[no-untyped-def]
        return rewrite.safe("broken", rewrite.replace(call, "nowhere", facts))

    monkeypatch.setattr(rewrite, "square_root", broken)
    path = written(tmp_path)
    report = in_process(path, monkeypatch, fix=True)
    assert path.read_bytes() == NET.encode("latin-1")
    assert report.withheld == (
        "net.py:15:39: the fix of math-on-size was not written: with it, the model does not run any more",
    )
    assert report.fixed == 0 and report.proofs == ()


@pytest.mark.torch
def test_a_diff_holds_what_would_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewrite, "square_root", worse)
    path = written(tmp_path)
    report = in_process(path, monkeypatch, diff=True, unsafe_fixes=True)
    assert path.read_bytes() == NET.encode("latin-1")
    assert report.diff is not None and "+class NetOutputs" in report.diff and "** 2" not in report.diff
    assert len(report.withheld) == 1


@pytest.mark.torch
def test_what_draws_random_values_cannot_be_held_against_what_it_answered(tmp_path: Path) -> None:
    path = written(tmp_path, NET.replace("self.drop(x)", "nn.functional.dropout(x, 0.5)").replace('{"out": ', "("))
    path.write_text(path.read_bytes().decode("latin-1").replace("** 0.5)}", "** 0.5)").replace("(2))}", "(2)))"))
    report = fix(path, "--unsafe-fixes", "--no-convert").report
    assert report["fixes"]["withheld"] == []
    assert report["fixes"]["proofs"][0]["unchanged"] is None and report["fixes"]["proofs"][0]["equals_eager"]


@pytest.mark.torch
def test_a_file_that_is_imported_by_another_name_sees_the_fixed_text(tmp_path: Path) -> None:
    """A class in the fixed file is built through a module that imports it: one file, one text."""
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "builder.py").write_text("from package.net import Net\n\n\ndef make():\n    return Net().eval()\n")
    path = package / "net.py"
    path.write_text(
        "import math\n\nimport torch\nfrom torch import nn\n\n\nclass Net(nn.Module):\n    def forward(self, x):\n"
        "        return x / math.sqrt(x.size(2))\n\n\ndef build_model():\n    from package.builder import make\n\n"
        "    return make()\n\n\ndef example_inputs():\n    return (torch.rand(1, 3, 16, 16),)\n"
    )
    before = path.read_bytes()
    outcome = check_json("package/net.py", "--fix", "--no-convert", "--no-cache", cwd=tmp_path)
    assert outcome.status == 0, outcome
    assert outcome.report["fixes"]["proofs"][0]["generalises"] is True
    assert path.read_bytes() != before and not list(tmp_path.rglob("*.tmp"))


@pytest.mark.torch
def test_a_model_of_another_file_is_put_into_eval_mode(tmp_path: Path) -> None:
    written(
        tmp_path, "from torch import nn\n\n\nclass Net(nn.Module):\n    def forward(self, x):\n        return x * 2\n"
    )
    (tmp_path / "make.py").write_text(
        "import torch\n\nfrom net import Net\n\ntraced = torch.jit.trace(Net(), torch.rand(1, 4))\n"
    )
    outcome = fix(tmp_path / "make.py", "--unsafe-fixes", "--no-convert")
    assert (outcome.status, outcome.report["fixes"]["written"]) == (0, 1), outcome
    assert "torch.jit.trace(Net().eval(), " in (tmp_path / "make.py").read_text()


BUILT = """\
import torch
from torch import nn


def build_model(deep=False):
{body}


def example_inputs():
    return (torch.rand(2, 3),)
"""


@pytest.mark.torch
@pytest.mark.parametrize(
    ("body", "fixed"),
    [
        ("    return nn.Linear(3, 2)  # ours", "    return nn.Linear(3, 2).eval()  # ours"),
        ("    net = nn.Linear(3, 2)\n    return net", "    net = nn.Linear(3, 2)\n    return net.eval()"),
        (
            "    def inner():\n        return nn.Linear(3, 2)\n\n    net = inner()\n    return net",
            "    def inner():\n        return nn.Linear(3, 2)\n\n    net = inner()\n    return net.eval()",
        ),
    ],
)
def test_a_function_that_builds_the_model_returns_it_in_eval_mode(tmp_path: Path, body: str, fixed: str) -> None:
    path = written(tmp_path, BUILT.format(body=body))
    before = check_json("net.py", "--no-convert", "--no-cache", cwd=tmp_path)
    (found,) = [item for item in before.report["diagnostics"] if item["rule"] == "missing-eval"]
    line = body.splitlines()[-1].split("  #")[0]
    assert (found["line"], found["column"], found["severity"]) == (5 + len(body.splitlines()), 12, "warning")
    assert found["message"] == f"`{line.strip().removeprefix('return ')}` is returned in training mode"
    assert fix(path, "--unsafe-fixes", "--no-convert").report["fixes"]["written"] == 1
    assert path.read_text("latin-1") == BUILT.format(body=fixed)


@pytest.mark.torch
def test_a_decorated_function_is_found_and_what_asks_for_training_is_not_said_to_be_nothing(tmp_path: Path) -> None:
    net = (
        "class Net(nn.Module):\n    def forward(self, x):\n        return x * 2 if self.training else x\n\n\n"
        "def same(function):\n    return function\n\n\n@same\ndef build"
    )
    path = written(tmp_path, BUILT.format(body="    return Net()").replace("def build", net))
    outcome = check_json("net.py", "--no-convert", "--no-cache", cwd=tmp_path)
    (found,) = [item for item in outcome.report["diagnostics"] if item["rule"] == "missing-eval"]
    assert (found["line"], found["message"]) == (16, "`Net()` is returned in training mode")
    assert found["help"].endswith(
        "no dropout or batch norm in it is live, but what asks for `training` takes the other way"
    )
    assert fix(path, "--unsafe-fixes", "--no-convert").report["fixes"]["written"] in (0, 1)


@pytest.mark.torch
def test_eval_that_was_meant_is_not_written_twice(tmp_path: Path) -> None:
    written(tmp_path, BUILT.format(body="    net = nn.Dropout()\n    net.eval\n    return net"))
    outcome = check_json("net.py", "--no-convert", "--no-cache", cwd=tmp_path)
    found = {item["rule"]: item["fix"] for item in outcome.report["diagnostics"]}
    assert found["missing-eval"] is None and found["eval-not-called"] is not None


@pytest.mark.torch
def test_a_function_of_one_line_that_traces_builds_no_model(tmp_path: Path) -> None:
    code = "import torch\nfrom torch import nn\n\nnet = nn.Dropout()\n"
    (tmp_path / "net.py").write_text(
        f"{code}\n\ndef traced(): return torch.jit.trace(net, torch.rand(2, 3))\n\n\ntraced()\n"
    )
    outcome = check_json("net.py", "--no-convert", "--no-cache", cwd=tmp_path)
    (found,) = [item for item in outcome.report["diagnostics"] if item["rule"] == "missing-eval"]
    assert found["message"] == "`net` is traced in training mode"


@pytest.mark.torch
def test_a_function_that_returns_in_two_ways_is_named_as_a_whole(tmp_path: Path) -> None:
    body = "    if deep:\n        return nn.Linear(3, 4)\n    return nn.Linear(3, 2)"
    written(tmp_path, BUILT.format(body=body))
    outcome = check_json("net.py", "--no-convert", "--no-cache", cwd=tmp_path)
    (found,) = [item for item in outcome.report["diagnostics"] if item["rule"] == "missing-eval"]
    assert (found["line"], found["fix"], found["message"]) == (5, None, "`the model` is checked in training mode")


# -- whole files, whatever happens -----------------------------------------------------------------------------------


def test_a_read_only_file_stays(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.chmod(0o444)
    outcome = fix(path, "--static")
    assert (outcome.status, outcome.report["errors"]) == (2, [f"{path} is read-only, so its fixes were not written"])
    assert outcome.report["fixes"]["written"] == 0
    assert path.read_bytes() == NET.encode("latin-1")


@pytest.mark.torch
def test_a_file_that_changes_under_our_hands_stays_as_it_is(tmp_path: Path) -> None:
    path = written(tmp_path, NET + "\nopen(__file__, 'a').write('# mine\\n')\n")
    path.write_bytes(path.read_bytes().replace(b"traced =", b"open(__file__, 'ab').write(b'# mine\\n')\ntraced ="))
    outcome = fix(path, "--run", "--no-convert")
    assert outcome.status == 2, outcome
    assert outcome.report["errors"] == [f"{path} changed while it was checked, so its fixes were not written"]
    text = path.read_bytes()
    assert b"math.sqrt" in text and text.endswith(b"# mine\n")


FULL = """\
import resource, sys
from tslint.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))  # of every file that is written from here on
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of this kind")
def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = written(tmp_path)
    command = [
        sys.executable,
        "-c",
        FULL,
        "check",
        "--static",
        "--fix",
        "--no-cache",
        "--output-format",
        "json",
        "net.py",
    ]
    run = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    assert run.returncode == 2, run.stderr
    assert json.loads(run.stdout)["errors"] == [f"{path} could not be written: File too large"]
    assert [each.name for each in tmp_path.iterdir()] == ["net.py"]
    assert path.read_bytes() == NET.encode("latin-1")


DRIVER = """\
import os, random, signal, sys, time
from pathlib import Path
from tslint import cli, fixing, static, engine  # what a run would import
from tslint.checks import checks
checks()
folder, rounds = Path.cwd(), int(sys.argv[1])
old, new = sys.stdin.buffer.read().split(b"\\0")
names = [f"net{number}.py" for number in range(6)]
random.seed(7)


def once(delay, how):
    for name in names:
        (folder / name).write_bytes(old)
    pid = os.fork()
    if pid == 0:
        sys.stdout = open(os.devnull, "w")
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os._exit(cli.main(["check", "--static", "--fix", "--no-cache", "--jobs", "1", "."]))
    if delay is not None:
        time.sleep(delay)
        os.kill(pid, how)
    began = time.monotonic()
    os.waitpid(pid, 0)
    held = [(folder / name).read_bytes() for name in names]
    assert all(data in (old, new) for data in held), held
    for left in folder.iterdir():
        if left.name not in names:
            left.unlink()
    return sum(data == new for data in held)


began = time.monotonic()
assert once(None, 0) == len(names)
whole = time.monotonic() - began
kinds = [signal.SIGKILL, signal.SIGTERM, signal.SIGINT]
print(*[once(random.uniform(0, whole * 1.1), random.choice(kinds)) for _ in range(rounds)])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_a_hundred_interruptions_leave_each_file_old_or_new(tmp_path: Path) -> None:
    both = NET.encode("latin-1") + b"\0" + FIXED.encode("latin-1")
    run = subprocess.run(
        [sys.executable, "-c", DRIVER, "100"],
        cwd=tmp_path,
        env=environment(),
        input=both,
        capture_output=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr.decode()
    counts = [int(word) for word in run.stdout.split()]
    assert len(counts) == 100
    assert min(counts) < 6  # some were interrupted in time


AT_EVENT = """\
import os, signal, sys
from pathlib import Path
from tslint import fixes

path, number = Path("net.py"), int(sys.argv[1])
seen = 0


def hear(event, arguments):
    global seen
    if event.partition(".")[0] in ("open", "os", "tempfile", "shutil"):
        seen += 1
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)


sys.addaudithook(hear)
fixes.write(path, b"new" * 100_000)
print(seen)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_kill_at_each_operation_of_a_write_leaves_the_file_old_or_new(tmp_path: Path) -> None:
    old, new = b"old" * 100_000, b"new" * 100_000
    path = tmp_path / "net.py"

    def killed(number: int) -> tuple[int, bytes]:
        path.write_bytes(old)
        command = [sys.executable, "-c", AT_EVENT, str(number)]
        run = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
        return (int(run.stdout) if run.returncode == 0 else -1), path.read_bytes()

    count, data = killed(10**6)
    assert data == new and count >= 4
    held = [killed(number)[1] for number in range(1, count + 1)]
    assert all(data in (old, new) for data in held)
    assert old in held


def test_several_files_are_fixed_whole_or_not(tmp_path: Path) -> None:
    paths = [written(tmp_path, name=name) for name in ("a.py", "b.py", "c.py")]
    paths[1].chmod(0o444)
    report = tslint("check", ".", "--fix", "--no-cache", "--output-format", "json", cwd=tmp_path).report
    assert report["fixes"]["written"] == 2
    assert [b"math.sqrt(" in path.read_bytes() for path in paths] == [False, True, False]
    assert report["errors"] == [f"{paths[1]} is read-only, so its fixes were not written"]


def test_a_link_and_its_owner_stay(tmp_path: Path) -> None:
    real = written(tmp_path, name="real.py")
    (tmp_path / "net.py").symlink_to(real)
    assert fix(tmp_path / "net.py", "--static").report["fixes"]["written"] == 1
    assert (tmp_path / "net.py").is_symlink() and b"** 0.5" in real.read_bytes()
    assert os.stat(real).st_uid == os.getuid()  # noqa: PTH116


def test_what_is_not_shown_is_not_changed(tmp_path: Path) -> None:
    """A class that nothing scripts: what scripting would refuse in it is `info`, and is left alone with what else is fixed."""
    path = written(tmp_path, NET.replace("def forward(self, x):", "def forward(self, x, scale=1):"))
    fix(path, "--static")
    text = path.read_bytes().decode("latin-1")
    assert text == FIXED.replace("def forward(self, x):", "def forward(self, x, scale=1):")
    fix(path, "--static", "--show-info")
    assert path.read_bytes().decode("latin-1") == text.replace("scale=1", "scale: int = 1")
