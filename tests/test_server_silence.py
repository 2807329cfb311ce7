"""The comment that an editor writes to silence a diagnostic: it stands where it counts, and the text is still Python."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tslint import fixes
from tslint.diagnostic import Applicability, Basis, Claim, Diagnostic, Edit, Fix, Severity, Span
from tslint.silence import silencing
from tslint.source import Source, suppressions

CASES = {
    "a line": ("x = f(1)\n", 1, "x = f(1)  # tslint: ignore[rule]\n"),
    "white space behind it": ("x = 1  \t\n", 1, "x = 1  # tslint: ignore[rule]\n"),
    "no line end": ("x = 1", 1, "x = 1  # tslint: ignore[rule]"),
    "another comment": ("x = 1  # noqa\n", 1, "x = 1  # noqa  # tslint: ignore[rule]\n"),
    "a comment of ours": ("x = 1  # tslint: ignore[a]\n", 1, "x = 1  # tslint: ignore[a, rule]\n"),
    "with its reason": ("x = 1  # tslint: ignore[a, b] so\n", 1, "x = 1  # tslint: ignore[a, b, rule] so\n"),
    "behind another one": ("x = 1  # hi  # tslint: ignore[ a ]\n", 1, "x = 1  # hi  # tslint: ignore[ a, rule ]\n"),
    "without a rule": ("x = 1  # tslint: ignore[]\n", 1, "x = 1  # tslint: ignore[rule]\n"),
    "ended by a comma": ("x = 1  # tslint: ignore[a,]\n", 1, "x = 1  # tslint: ignore[a, rule,]\n"),
    "one for the file": ("x = 1  # tslint: ignore-file[a]\n", 1, "x = 1  # tslint: ignore-file[a]  # tslint: ignore[rule]\n"),
    "in a string only": ('x = "# tslint: ignore[a]"\n', 1, 'x = "# tslint: ignore[a]"  # tslint: ignore[rule]\n'),
    "brackets": ("x = f(\n    1,\n    2,\n)\n", 2, "x = f(\n    1,  # tslint: ignore[rule]\n    2,\n)\n"),
    "a string of lines": ('x = f("""a\nb""")\n', 1, 'x = f("""a\nb""")  # tslint: ignore[rule]\n'),
    "an f-string of lines": ('x = f(f"""a\n{1}b""", 2)\n', 1, 'x = f(f"""a\n{1}b""", 2)  # tslint: ignore[rule]\n'),
    "a backslash": ("x = 1 + \\\n    2\ny = 1\n", 1, "x = 1 + \\\n    2  # tslint: ignore[rule]\ny = 1\n"),
    "a header": ("if x:\n    y = 1\n", 1, "if x:  # tslint: ignore[rule]\n    y = 1\n"),
    "other line ends": ("x = 1\r\ny = 2\r\n", 2, "x = 1\r\ny = 2  # tslint: ignore[rule]\r\n"),
}  # fmt: skip


def edits(text: str, line: int, rule: str = "rule") -> list[Edit]:
    span = Span(line, 1, line, 2)
    found = Diagnostic(rule, "trace", Claim.ADVICE, Severity.INFO, Basis.PREDICTED, "", "/net.py", span)
    return silencing(Source.from_text(text, Path("/net.py")), found)


@pytest.mark.parametrize(("text", "line", "expected"), CASES.values(), ids=CASES)
def test_it_silences_and_the_rest_stays(text: str, line: int, expected: str) -> None:
    written, count = fixes.apply(text, [Fix("", Applicability.SAFE, tuple(edits(text, line)))])
    assert (written, count) == (expected, 1)
    assert ast.dump(ast.parse(written)) == ast.dump(ast.parse(text))
    comments = suppressions(Source.from_text(written, Path("/net.py")))
    assert any(c.names("rule") and c.covers(Span(line, 1, line, 2)) for c in comments)


def test_what_is_no_python_takes_none() -> None:
    assert edits('x = """\n', 1) == edits("x = 1\n", 7) == edits("x = 1\n", 1, "syntax-error") == []
