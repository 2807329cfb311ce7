"""Suppression comments in whole checks: what they silence, and those that silence nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from commandline import check_json, tslint

from tslint.diagnostic import Applicability, Basis, Claim, Diagnostic, Severity, Span
from tslint.fixes import apply
from tslint.source import Source, suppressions
from tslint.unused import unused

CODE = """\
import math

import torch
from torch import nn


class Net(nn.Module):
    def forward(self, x):
        y = x / math.sqrt(x.size(2)){a}
        return {{{b}
            "out": y,{c}
        }}{d}


traced = torch.jit.trace(
    Net(),{e}
    torch.rand(1, 3, 16, 16),
){f}
"""


def found(folder: Path, *arguments: str, **comments: str) -> list[tuple[str, str, int]]:
    text = CODE.format(**{name: f"  # tslint: {comments[name]}" if name in comments else "" for name in "abcdef"})
    (folder / "net.py").write_text(text)
    report = check_json("net.py", *(arguments or ("--static", "--no-cache")), cwd=folder).report
    return [(d["rule"], d["severity"], d["line"]) for d in report["diagnostics"]]


SQRT, DICT, EVAL = ("math-on-size", "error", 9), ("dict-output", "error", 10), ("missing-eval", "error", 16)


def test_what_a_comment_silences(tmp_path: Path) -> None:
    assert found(tmp_path) == [SQRT, DICT, EVAL]
    assert found(tmp_path, a="ignore[math-on-size] fixed size") == [DICT, EVAL]
    assert found(tmp_path, a="ignore[trace]", f="ignore") == [DICT]
    for place in "bcd":
        assert found(tmp_path, **{place: "ignore[dict-output]"}) == [SQRT, EVAL]
    for place in "ef":
        assert found(tmp_path, **{place: "ignore[mode, math-on-size]"})[:2] == [SQRT, DICT]
    assert found(tmp_path, f="ignore-file[trace, mode]") == []
    assert found(tmp_path, f="ignore-file") == []


@pytest.mark.parametrize(
    ("comment", "severity", "words"),
    [
        (
            "ignore[math-on-siz]",
            "warning",
            "[*] no rule or group is called `math-on-siz`; did you mean `math-on-size`?",
        ),
        ("ignore[]", "warning", "[*] the comment names no rule"),
        ("ignore[math-on-size, script]", "info", "`script` is not reported here"),
        ("ignore-file[script]", "info", "`script` is not reported in this file"),
        ("disable[script]", "warning", "`disable` stands on a line of its own, between statements"),
    ],
)
def test_what_a_comment_does_not_silence(tmp_path: Path, comment: str, severity: str, words: str) -> None:
    (tmp_path / "net.py").write_text(CODE.format(a=f"  # tslint: {comment}", **dict.fromkeys("bcdef", "")))
    outcome = tslint("check", "--static", "net.py", "--show-info", "--output-format", "concise", cwd=tmp_path)
    (line,) = [line for line in outcome.out.splitlines() if "unused-suppression" in line]
    place, _, rest = line.partition(" ")
    assert place.startswith("net.py:9:")
    mark = "[*] " if words.startswith("[*] ") else ""
    words = words.removeprefix(mark)
    assert rest == f"{severity}[unused-suppression] {mark}this suppression is of no use: {words}"


def test_what_selection_leaves_out_is_no_less_used(tmp_path: Path) -> None:
    arguments = ("--static", "--show-info", "--select", "dict-output,tslint")
    assert found(tmp_path, *arguments, a="ignore[math-on-size]") == [DICT]
    arguments = ("--static", "--show-info", "--ignore", "unused-suppression")
    assert found(tmp_path, *arguments, b="ignore[script]") == [SQRT, DICT, EVAL]


@pytest.mark.torch
def test_after_a_run_it_is_a_warning(tmp_path: Path) -> None:
    run = found(tmp_path, "--no-convert", e="ignore[missing-eval, unrolled-loop]")
    assert ("unused-suppression", "warning", 16) in run
    assert EVAL[0] not in [rule for rule, _, _ in run]


def fixed(code: str, *reported: tuple[str, int], ran: bool = True) -> str:
    """CODE with the fixes of its useless comments, where rules are REPORTED on lines."""
    source = Source.from_text(code)
    found = [
        Diagnostic(
            rule, "trace", Claim.TRACE_DIFFERS, Severity.ERROR, Basis.PREDICTED, "", "m.py", Span(line, 1, line, 2)
        )
        for rule, line in reported
    ]
    useless = unused("m.py", suppressions(source), found, ran, lambda: source.lines)
    fixes = [d.fix for d in useless if d.fix]
    assert all(fix.applicability is Applicability.SAFE for fix in fixes)
    text, done = apply(code, fixes)
    assert done == len(fixes)
    again = Source.from_text(text)
    assert [d for d in unused("m.py", suppressions(again), found, ran, lambda: again.lines) if d.fix] == []
    return text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1  # tslint: ignore[script] why\n", "x = 1\n"),
        ("x = 1  # tslint: ignore why\n", "x = 1\n"),
        ("x = 1  # tslint: ignore[]\n", "x = 1\n"),
        ("x = 1  # noqa: E501  # tslint: ignore[script] why\n", "x = 1  # noqa: E501\n"),
        ("x = 1  # tslint: ignore[script] why  # type: ignore\n", "x = 1  # type: ignore\n"),
        ("x = 1  # a # tslint: ignore[script] # b\n", "x = 1  # a # b\n"),
        ("x = 1\n    # tslint: ignore[script] why\ny = 2\n", "x = 1\ny = 2\n"),
        ("# tslint: ignore[script]  # noqa\ny = 2\n", "# noqa\ny = 2\n"),
        ("x = f(\r\n    # tslint: ignore[script]\r\n    1)\r\n", "x = f(\r\n    1)\r\n"),
        ("x = 1\n# tslint: ignore[script]", "x = 1\n"),
        ("x = 1  # tslint: ignore[script]", "x = 1"),
        ("# tslint: ignore-file[script] generated\nx = 1\n", "x = 1\n"),
        ("# tslint: disable[script]\nx = 1\n# tslint: enable[script]\ny = 2\n", "x = 1\ny = 2\n"),
        ("x = 'é𝄞'  # tslint: ignore[script] ü\n", "x = 'é𝄞'\n"),
        # what does not go together is left to its author
        ("x = 1  # tslint: disable[script]\n", "x = 1  # tslint: disable[script]\n"),
        ("x = 1\n# tslint: enable[script]\n", "x = 1\n# tslint: enable[script]\n"),
    ],
)
def test_the_fix_takes_the_comment_and_nothing_else(before: str, after: str) -> None:
    assert fixed(before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("ignore[script, math-on-size] fixed size", "ignore[math-on-size] fixed size"),
        ("ignore[math-on-size, script,mode ]  # noqa", "ignore[math-on-size ]  # noqa"),
        ("ignore[mode, trace, script] why", "ignore[trace] why"),
        ("ignore[math-on-siz] why", "ignore[math-on-size] why"),
        ("ignore[math-on-size, math-on-siz] why", "ignore[math-on-size] why"),
    ],
)
def test_the_fix_keeps_the_names_that_are_of_use(before: str, after: str) -> None:
    assert fixed(f"x = 1  # tslint: {before}\n", ("math-on-size", 1)) == f"x = 1  # tslint: {after}\n"


def test_the_fix_of_a_range_changes_both_its_ends() -> None:
    code = "# tslint: disable[mode, math-on-size] why\nx\n# tslint: enable[math-on-size, mode]\n"
    assert fixed(code, ("math-on-size", 2)) == (
        "# tslint: disable[math-on-size] why\nx\n# tslint: enable[math-on-size]\n"
    )


def test_what_a_run_may_still_find_keeps_its_comment() -> None:
    for comment in ("ignore", "ignore[script]", "ignore-file[trace]", "ignore[math-on-siz]"):
        assert fixed(f"x = 1  # tslint: {comment}\n", ran=False) == f"x = 1  # tslint: {comment}\n"
    assert fixed("x = 1  # tslint: ignore[script, qqqqqq]\n", ran=False) == "x = 1  # tslint: ignore[script]\n"


def test_fix_writes_what_is_left_of_the_comments(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    text = CODE.format(a="  # tslint: ignore[math-on-siz]  # noqa", **dict.fromkeys("bcdef", ""))
    path.write_bytes(text.replace("\n", "\r\n").encode("utf-8-sig"))
    outcome = tslint("check", "--static", "--select", "tslint", "net.py", "--fix", cwd=tmp_path)
    assert (outcome.status, outcome.out) == (0, "Fixed 1 problem. Found no problems.\n"), outcome
    right = text.replace("math-on-siz]", "math-on-size]").replace("\n", "\r\n").encode("utf-8-sig")
    assert path.read_bytes() == right


@pytest.mark.torch
def test_after_a_run_the_fix_is_offered(tmp_path: Path) -> None:
    arguments = ("--no-convert", "--select", "tslint", "--fix")
    assert found(tmp_path, *arguments, e="ignore[missing-eval, unrolled-loop] loaded later", b="ignore") == []
    text = (tmp_path / "net.py").read_text()
    assert [line.strip() for line in text.splitlines() if "tslint" in line] == [
        "return {  # tslint: ignore",
        "Net(),  # tslint: ignore[missing-eval] loaded later",
    ]


def test_a_range_silences_what_lies_in_it(tmp_path: Path) -> None:
    lines = CODE.format(**dict.fromkeys("abcdef", "")).splitlines(keepends=True)
    start = lines.index("class Net(nn.Module):\n")
    lines.insert(start, "# tslint: disable[trace] old\n")
    lines.insert(lines.index("traced = torch.jit.trace(\n"), "# tslint: enable[trace]\n")
    (tmp_path / "net.py").write_text("".join(lines))
    report = check_json("net.py", "--static", "--no-cache", cwd=tmp_path).report
    assert [(d["rule"], d["line"]) for d in report["diagnostics"]] == [("missing-eval", 18)]
    assert report["summary"]["suppressed"] == 2
