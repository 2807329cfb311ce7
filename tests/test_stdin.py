"""Source from standard input: what is checked, where it is said to be, and what is printed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from commandline import Outcome, environment, tslint
from test_unused import CODE

NET = CODE.format(**dict.fromkeys("abcdef", ""))
FIXED = NET.replace("math.sqrt(x.size(2))", "x.size(2) ** 0.5").replace("import math\n\n", "")


def piped(data: bytes, *arguments: str, cwd: Path) -> tuple[int, bytes, str]:
    """Exit status, standard output and standard error of ``tslint check ARGUMENTS`` that is given DATA."""
    command = [sys.executable, "-m", "tslint", "check", *arguments]
    ran = subprocess.run(command, cwd=cwd, env=environment(), input=data, capture_output=True, check=False)
    return ran.returncode, ran.stdout, ran.stderr.decode()


def found(outcome: Outcome) -> list[tuple[str, str, int]]:
    return [(d["path"], d["rule"], d["line"]) for d in outcome.report["diagnostics"] if d["severity"] != "info"]


JSON = ("check", "--output-format", "json")


def test_it_is_reported_under_its_name(tmp_path: Path) -> None:
    outcome = tslint(*JSON, "--stdin-filename", "nets/net.py", "-", cwd=tmp_path, stdin=NET)
    assert found(outcome) == [
        ("nets/net.py", "math-on-size", 9),
        ("nets/net.py", "dict-output", 10),
        ("nets/net.py", "missing-eval", 16),
    ]
    assert (outcome.status, outcome.err, outcome.report["runs"]) == (1, "", [])
    assert list(tmp_path.iterdir()) == [], "nothing is written, no cache either"
    without = tslint(*JSON, "--stdin-filename", "nets/net.py", cwd=tmp_path, stdin=NET)
    assert found(without) == found(outcome)
    nameless = tslint(*JSON, "-", cwd=tmp_path, stdin=NET)
    assert [path for path, _, _ in found(nameless)] == ["-"] * 3


def test_what_counts_is_the_input_and_not_the_file(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("import torch\nx = (\n")
    outcome = tslint(*JSON, "--stdin-filename", "net.py", "-", cwd=tmp_path, stdin=NET)
    assert [rule for _, rule, _ in found(outcome)] == ["math-on-size", "dict-output", "missing-eval"]
    assert "x = (" in (tmp_path / "net.py").read_text()


def test_it_imports_what_stands_beside_it(tmp_path: Path) -> None:
    (tmp_path / "tslint.toml").touch()
    user = "import math\n\nimport torch\nfrom base import Base\n\n\nclass Net(Base):\n    def forward(self, x):\n"
    user += "        return x / math.sqrt(self.side(x))\n"
    base = "from torch import nn\n\n\nclass Base(nn.Module):\n    def side(self, x):\n        return x.size(2)\n"
    assert found(tslint(*JSON, "--stdin-filename", "user.py", "-", cwd=tmp_path, stdin=user)) == []
    (tmp_path / "base.py").write_text(base)
    outcome = tslint(*JSON, "--stdin-filename", "user.py", "-", cwd=tmp_path, stdin=user)
    assert found(outcome) == [("user.py", "math-on-size", 9)]


def test_the_configuration_of_its_file_applies(tmp_path: Path) -> None:
    (tmp_path / "project" / "old").mkdir(parents=True)
    (tmp_path / "project" / "tslint.toml").write_text('ignore = ["trace"]\nexclude = ["old/", "*_gen.py"]\n')
    outcome = tslint(*JSON, "--stdin-filename", "project/new/net.py", "-", cwd=tmp_path, stdin=NET)
    assert found(outcome) == [("project/new/net.py", "missing-eval", 16)]
    for name in ("project/old/net.py", "project/net_gen.py"):
        outcome = tslint(*JSON, "--stdin-filename", name, "-", cwd=tmp_path, stdin=NET)
        assert (outcome.status, found(outcome)) == (0, [])
        assert outcome.report["notes"] == [f"{name} was not checked: `exclude` leaves it out"]
        status, out, _ = piped(NET.encode(), "--fix", "--stdin-filename", name, "-", cwd=tmp_path)
        assert (status, out) == (0, NET.encode())


def test_fix_prints_the_source_and_says_the_rest_on_standard_error(tmp_path: Path) -> None:
    status, out, err = piped(NET.encode(), "--fix", "--stdin-filename", "net.py", "-", cwd=tmp_path)
    assert (status, out.decode()) == (1, FIXED)
    assert "error[dict-output]" in err and "error[math-on-size]" not in err
    assert err.splitlines()[-1].startswith("Fixed 1 problem. Found 2 errors, 0 warnings")
    again = piped(out, "--fix", "--stdin-filename", "net.py", "--ignore", "dict-output,mode", "-", cwd=tmp_path)
    assert (again[0], again[1]) == (0, out)


@pytest.mark.parametrize(
    ("encoding", "head", "end"),
    [
        ("utf-8-sig", "# é 漢\n", "\r\n"),
        ("latin-1", "# -*- coding: latin-1 -*-\n# é\n", "\n"),
        ("utf-8", "# é\n", "\r\n"),
    ],
)
def test_bytes_are_kept(tmp_path: Path, encoding: str, head: str, end: str) -> None:
    data = (head + NET).replace("\n", end).encode(encoding)
    status, out, _ = piped(data, "--fix", "--stdin-filename", "net.py", "-", cwd=tmp_path)
    assert (status, out) == (1, (head + FIXED).replace("\n", end).encode(encoding))
    wrong = b"import torch\nx = (\n\xef"
    assert piped(wrong, "--fix", "--stdin-filename", "net.py", "-", cwd=tmp_path)[:2] == (2, wrong)


def test_diff_prints_what_would_change(tmp_path: Path) -> None:
    status, out, err = piped(NET.encode(), "--diff", "--stdin-filename", "nets/net.py", "-", cwd=tmp_path)
    assert (status, err) == (1, "")
    assert out.decode().splitlines()[:2] == ["--- nets/net.py", "+++ nets/net.py"]
    changed = [line for line in out.decode().splitlines()[2:] if line[0] in "+-"]
    assert changed == [
        "-import math",
        "-",
        "-        y = x / math.sqrt(x.size(2))",
        "+        y = x / x.size(2) ** 0.5",
    ]
    assert piped(b"x = 1\n", "--diff", "-", cwd=tmp_path) == (0, b"", "")


def test_what_is_no_source_is_one_sentence(tmp_path: Path) -> None:
    for data, words in (
        (b"\xff\xfe\n" * 900, "its first lines are neither utf-8 nor any encoding that they declare"),
        (b"import torch\n\x00", "line 2 holds a null byte, so this is no Python source"),
        (b"import torch" + b" " * 1000, "its 1,012 bytes are more than the 500 bytes that `max-file-size` allows"),
    ):
        status, out, err = piped(
            data, "--output-format", "concise", "--max-file-size", "500" if len(data) < 1500 else "1MB",
            "--stdin-filename", "a.py", "-", cwd=tmp_path,
        )  # fmt: skip
        line = 2 if "line 2" in words else 1
        assert (status, out.decode(), err) == (2, f"a.py:{line}:1: error[unreadable-file] {words}\n", "")
    status, out, _ = piped(b"{}", "--output-format", "json", "--stdin-filename", "a.ipynb", "-", cwd=tmp_path)
    assert (status, len(json.loads(out)["diagnostics"])) == (2, 1)
    assert piped(b"", "-", cwd=tmp_path) == (0, b"Found no problems.\n", "")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--run"], "--run and standard input contradict each other: it is only read, and fixed with --fix"),
        (
            ["--model", "Net()"],
            "--model and standard input contradict each other: it is only read, and fixed with --fix",
        ),
        (
            ["--add-ignore"],
            "--add-ignore and standard input contradict each other: it is only read, and fixed with --fix",
        ),
        (["a.py"], "standard input is checked alone, without a.py"),
    ],
)
def test_what_needs_files_is_refused(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    outcome = tslint("check", *arguments, "-", cwd=tmp_path, stdin=NET)
    assert (outcome.status, outcome.out, outcome.err) == (2, "", f"tslint: error: {sentence}\n")


def test_the_baseline_holds_for_it(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(NET)
    (tmp_path / "tslint.toml").write_text('baseline = "known.json"\n')
    assert tslint("check", "--static", "net.py", "--write-baseline", cwd=tmp_path).status == 0
    status, out, err = piped(NET.encode(), "--fix", "--stdin-filename", "net.py", "-", cwd=tmp_path)
    assert (status, out.decode(), err) == (0, NET, "Found no problems (3 in the baseline).\n")
