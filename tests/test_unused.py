"""Suppression comments in whole checks: what they silence, and those that silence nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from commandline import check_json, tslint

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
        ("ignore[math-on-siz]", "warning", "no rule or group is called `math-on-siz`; did you mean `math-on-size`?"),
        ("ignore[]", "warning", "the comment names no rule"),
        ("ignore[math-on-size, script]", "info", "`script` is not reported here"),
        ("ignore-file[script]", "info", "`script` is not reported in this file"),
    ],
)
def test_what_a_comment_does_not_silence(tmp_path: Path, comment: str, severity: str, words: str) -> None:
    (tmp_path / "net.py").write_text(CODE.format(a=f"  # tslint: {comment}", **dict.fromkeys("bcdef", "")))
    outcome = tslint("check", "--static", "net.py", "--show-info", "--output-format", "concise", cwd=tmp_path)
    (line,) = [line for line in outcome.out.splitlines() if "unused-suppression" in line]
    place, _, rest = line.partition(" ")
    assert place.startswith("net.py:9:")
    assert rest == f"{severity}[unused-suppression] this suppression is of no use: {words}"


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


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1  # tslint: ignore[dict-output] why\ny = 2\n", "x = 1\ny = 2\n"),
        ("x = 1  # tslint: ignore", "x = 1"),
        ("x = 1  # noqa  # tslint: ignore[mode]\n", "x = 1  # noqa\n"),
        ("x = 1  # tslint: ignore[mode]  # noqa\n", "x = 1  # noqa\n"),
        ("# tslint: ignore-file[mode, trace] why\nx = 1\n", "x = 1\n"),
        ("    # tslint: ignore-file\nx = 1\n", "x = 1\n"),
        ("x = 1  # tslint: ignore[mode, missing-evil]\n", "x = 1  # tslint: ignore[missing-evil]\n"),
        ("x = 1  # tslint: ignore[missing-evil,mode]\n", "x = 1  # tslint: ignore[missing-evil]\n"),
        ("x = 1  # tslint: ignore[missing-evil]\n", "x = 1  # tslint: ignore[missing-evil]\n"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_is_of_no_use_after_a_run_is_taken_away(before: str, after: str, end: str) -> None:
    source = Source.from_text(before.replace("\n", end), Path("/net.py"))
    found = unused("/net.py", suppressions(source), [], True, source)
    assert apply(source.text, [d.fix for d in found if d.fix])[0] == after.replace("\n", end)
    assert not any(d.fix for d in unused("/net.py", suppressions(source), [], False, source))


@pytest.mark.torch
def test_fix_takes_it_away(tmp_path: Path) -> None:
    comments = {"e": "  # tslint: ignore[missing-eval, unrolled-loop]", "a": "  # tslint: ignore[math-on-size]"}
    (tmp_path / "net.py").write_text(CODE.format(**{**dict.fromkeys("abcdef", ""), **comments}))
    arguments = ("--fix", "--unsafe-fixes", "--no-convert", "--no-cache", "--select", "unused-suppression")
    tslint("check", *arguments, "net.py", cwd=tmp_path)
    assert (tmp_path / "net.py").read_text() == CODE.format(
        **{**dict.fromkeys("bcdf", ""), "a": comments["a"], "e": "  # tslint: ignore[missing-eval]"}
    )
