"""``--add-ignore``: where comments are put, what they are merged with, and what no comment silences."""

from __future__ import annotations

from pathlib import Path

import pytest
from commandline import check_json, tslint
from test_unused import CODE

from tslint.diagnostic import Basis, Claim, Diagnostic, Severity, Span
from tslint.silence import commented
from tslint.source import Source


def problem(line: int, end: int | None = None, rule: str = "math-on-size") -> Diagnostic:
    span = Span(line, 1, end or line, 2)
    return Diagnostic(rule, "trace", Claim.TRACE_DIFFERS, Severity.ERROR, Basis.PREDICTED, "", "m.py", span)


def written(code: str, *found: Diagnostic, reason: str = "") -> str:
    """CODE with comments for what was FOUND in it, all of which they must silence; a second time changes nothing."""
    source = Source.from_text(code)
    text, count, settled = commented(source, found, reason)
    assert settled == list(found)
    assert count == text.count("# tslint: ignore[") - (code.count("# tslint: ignore[") - merged(code, text))
    return text


def merged(code: str, text: str) -> int:
    """How many comments of CODE are others in TEXT."""
    before = [line for line in code.splitlines() if "# tslint: ignore[" in line]
    return sum(line not in text.splitlines() for line in before)


A = "  # tslint: ignore[math-on-size]"


@pytest.mark.parametrize(
    ("before", "place", "after"),
    [
        ("x = 1\ny = 2\n", (1, 1), f"x = 1{A}\ny = 2\n"),
        ("x = 1   \ny = 2\n", (1, 1), f"x = 1{A}\ny = 2\n"),
        ("x = 1  # noqa\n", (1, 1), f"x = 1  # noqa{A}\n"),
        ("x = 1", (1, 1), f"x = 1{A}"),
        ("x = f(\n    1,\n    2,\n)\n", (3, 3), f"x = f(\n    1,\n    2,{A}\n)\n"),
        ("x = 1 + \\\n    2\n", (1, 1), f"x = 1 + \\\n    2{A}\n"),
        ("x = 1 + \\\n    2 + \\\n    3; y = 4\n", (2, 2), f"x = 1 + \\\n    2 + \\\n    3; y = 4{A}\n"),
        ('x = """\na\n"""; y = 1\n', (1, 3), f'x = """\na\n"""; y = 1{A}\n'),
        ('x = g("""\na\n""", 1,\n  2)\n', (1, 1), f'x = g("""\na\n""", 1,\n  2){A}\n'),
        ('x = g("""\na\n""", 1,\n  2)\n', (1, 3), f'x = g("""\na\n""", 1,{A}\n  2)\n'),
        ('x = f"""\n{a}\n{b\n}\n"""\n', (3, 3), f'x = f"""\n{{a}}\n{{b\n}}\n"""{A}\n'),
        ("@g(\n    1)\ndef f(x,\n      y):\n    pass\n", (3, 5), f"@g(\n    1)\ndef f(x,{A}\n      y):\n    pass\n"),
        ("x = f(1,\n\n    # why\n    2)\n", (1, 4), f"x = f(1,{A}\n\n    # why\n    2)\n"),
        ("if a: x = 1\n", (1, 1), f"if a: x = 1{A}\n"),
        ("x = 'é𝄞'\r\ny = 1\r\n", (1, 1), f"x = 'é𝄞'{A}\r\ny = 1\r\n"),
        ("x = 1\ry = 2\r", (2, 2), f"x = 1\ry = 2{A}\r"),
    ],
)
def test_where_a_comment_is_put(before: str, place: tuple[int, int], after: str) -> None:
    assert written(before, problem(*place)) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("ignore[dict-output]", "ignore[dict-output, math-on-size, rank-limit] old"),
        ("ignore[dict-output] known  # noqa", "ignore[dict-output, math-on-size, rank-limit] known  # noqa"),
        ("ignore[]", "ignore[math-on-size, rank-limit] old"),
        ("ignore-file[mode]", "ignore-file[mode]  # tslint: ignore[math-on-size, rank-limit] old"),
    ],
)
def test_a_comment_on_the_line_takes_the_names(before: str, after: str) -> None:
    found = (problem(1), problem(1, rule="rank-limit"))
    text, count, settled = commented(Source.from_text(f"x = 1  # tslint: {before}\n"), found, "old")
    assert (text, count, settled) == (f"x = 1  # tslint: {after}\n", 1, list(found))


def test_every_problem_gets_one_comment(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    text = CODE.format(a="  # type: ignore", b="  # tslint: ignore[script]", **dict.fromkeys("cdef", ""))
    path.write_bytes(text.replace("\n", "\r\n").encode("utf-8-sig"))
    path.chmod(0o640)
    outcome = tslint("check", "--static", "net.py", "--add-ignore=before 2.0", cwd=tmp_path)
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.splitlines() == [
        "note: added 3 ignore comments to 1 file",
        "Found no problems (1 info hidden, 3 suppressed).",
    ]
    assert path.stat().st_mode & 0o777 == 0o640
    after = path.read_bytes()
    assert after.decode("utf-8-sig").replace("\r\n", "\n") == CODE.format(
        a="  # type: ignore  # tslint: ignore[math-on-size] before 2.0",
        b="  # tslint: ignore[script, dict-output] before 2.0",
        e="  # tslint: ignore[missing-eval] before 2.0",
        **dict.fromkeys("cdf", ""),
    )
    assert after.startswith(b"\xef\xbb\xbf") and after.count(b"\r\n") == after.count(b"\n")
    assert tslint("check", "--static", "net.py", cwd=tmp_path).status == 0
    again = tslint("check", "--static", "net.py", "--add-ignore", cwd=tmp_path)
    assert (again.status, again.out) == (0, "Found no problems (1 info hidden, 3 suppressed).\n")
    assert path.read_bytes() == after


def test_the_encoding_of_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    text = "# -*- coding: latin-1 -*-\n" + CODE.format(a="  # é", **dict.fromkeys("bcdef", ""))
    path.write_bytes(text.encode("latin-1"))
    outcome = tslint("check", "--static", "--select", "mode", "net.py", "--add-ignore=später", cwd=tmp_path)
    assert outcome.status == 0
    assert path.read_bytes() == text.replace("Net(),", "Net(),  # tslint: ignore[missing-eval] später").encode(
        "latin-1"
    )
    before = path.read_bytes()
    outcome = check_json("net.py", "--static", "--add-ignore=漢", cwd=tmp_path)
    assert (outcome.status, path.read_bytes()) == (2, before)
    assert outcome.report["errors"] == [f"{path} is iso-8859-1, in which the reason of --add-ignore cannot be written"]
    assert [d["rule"] for d in outcome.report["diagnostics"]] == ["math-on-size", "dict-output"]


def test_what_no_comment_silences_stays_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import torch\nx = (\n")
    (tmp_path / "net.py").write_text(CODE.format(a="  # tslint: ignore[math-on-sizes]", **dict.fromkeys("bcdef", "")))
    outcome = check_json(".", "--static", "--add-ignore", cwd=tmp_path)
    report = outcome.report
    assert outcome.status == 2
    assert [d["rule"] for d in report["diagnostics"] if d["severity"] != "info"] == [
        "syntax-error",
        "unused-suppression",
    ]
    assert report["notes"] == [
        "added 3 ignore comments to 1 file",
        "comments of no use are not silenced by others: `--fix` removes them",
        "no comment can silence what is about no line, or kept tslint from its work: `syntax-error`",
    ]
    assert (tmp_path / "broken.py").read_text() == "import torch\nx = (\n"


def test_what_is_not_shown_gets_no_comment_until_it_is(tmp_path: Path) -> None:
    code = "import torch\nfrom torch import nn\n\n\nclass A(nn.Module):\n    def forward(self, x: torch.Tensor):\n"
    code += "        n = []\n        for i in range(3):\n            n.append(i)\n        return x\n"
    (tmp_path / "a.py").write_text(code)
    report = check_json("a.py", "--static", "--add-ignore", cwd=tmp_path).report
    assert [(d["rule"], d["severity"]) for d in report["diagnostics"]] == [
        ("untyped-empty-list", "info"),
        ("duplicate-output", "info"),
    ]
    assert (tmp_path / "a.py").read_text() == code
    report = check_json("a.py", "--static", "--add-ignore", "--show-info", cwd=tmp_path).report
    assert report["diagnostics"] == []
    assert "n = []  # tslint: ignore[untyped-empty-list]\n" in (tmp_path / "a.py").read_text()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--add-ignore", "--fix"], "--add-ignore and --fix contradict each other"),
        (["--add-ignore", "--diff"], "--add-ignore and --diff contradict each other"),
        (["--add-ignore=a\nb"], "the reason of --add-ignore goes on one line, without `#`"),
        (["--add-ignore=a # b"], "the reason of --add-ignore goes on one line, without `#`"),
    ],
)
def test_what_it_does_not_go_together_with(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    outcome = tslint("check", *arguments, cwd=tmp_path)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert outcome.err.startswith(f"tslint: error: {sentence}")


def test_a_file_that_cannot_be_written_or_changed_meanwhile_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tslint.checking import Checking
    from tslint.settings import Settings
    from tslint.silence import added

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "net.py"
    path.write_text(CODE.format(**dict.fromkeys("abcdef", "")))
    check = Checking(Settings(static=True, no_cache=True, add_ignore="", root=tmp_path), None)
    report = check.report([str(path)])
    text = path.read_text()
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        after = added(check, report)
    assert after.errors == (f"{path} could not be written: No space left on device",)
    assert (path.read_text(), after.diagnostics) == (text, report.diagnostics)
    assert [each.name for each in tmp_path.iterdir()] == ["net.py"]
    path.write_text("# another\n")
    after = added(check, report)
    assert path.read_text() == "# another\n"
    assert after.errors == (f"{path} changed while it was checked, so its comments were not written",)
    assert after.diagnostics == report.diagnostics and after.exit_status() == 2


@pytest.mark.torch
def test_after_a_run_the_same_run_finds_nothing(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(CODE.format(**dict.fromkeys("abcdef", "")))
    first = check_json("net.py", "--no-convert", "--add-ignore", cwd=tmp_path)
    assert first.status == 0, first
    again = check_json("net.py", "--no-convert", cwd=tmp_path)
    assert again.status == 0, again
    assert again.report["summary"]["suppressed"] == first.report["summary"]["suppressed"] > 0
