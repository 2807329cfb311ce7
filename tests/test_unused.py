"""Suppression comments in whole checks: what they silence, and those that silence nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from commandline import check_json, tslint

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
