"""The comment that an editor writes to silence a diagnostic: it stands where it counts, and the text is still Python."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tslint import fixes
from tslint.diagnostic import Applicability, Fix, Span
from tslint.server.silence import silencing
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
    "ended by a comma": ("x = 1  # tslint: ignore[a,]\n", 1, "x = 1  # tslint: ignore[a, rule]\n"),
    "one for the file": ("x = 1  # tslint: ignore-file[a]\n", 1, "x = 1  # tslint: ignore-file[a]  # tslint: ignore[rule]\n"),
    "in a string only": ('x = "# tslint: ignore[a]"\n', 1, 'x = "# tslint: ignore[a]"  # tslint: ignore[rule]\n'),
    "brackets": ("x = f(\n    1,\n    2,\n)\n", 2, "x = f(\n    1,  # tslint: ignore[rule]\n    2,\n)\n"),
    "a string of lines": ('x = f("""a\nb""")\n', 1, 'x = f("""a\nb""")  # tslint: ignore[rule]\n'),
    "an f-string of lines": ('x = f(f"""a\n{1}b""", 2)\n', 1, 'x = f(f"""a\n{1}b""", 2)  # tslint: ignore[rule]\n'),
    "a backslash": ("x = 1 + \\\n    2\ny = 1\n", 1, "x = 1 + \\\n    2  # tslint: ignore[rule]\ny = 1\n"),
    "a header": ("if x:\n    y = 1\n", 1, "if x:  # tslint: ignore[rule]\n    y = 1\n"),
    "other line ends": ("x = 1\r\ny = 2\r\n", 2, "x = 1\r\ny = 2  # tslint: ignore[rule]\r\n"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line", "expected"), CASES.values(), ids=CASES)
def test_it_silences_and_the_rest_stays(text: str, line: int, expected: str) -> None:
    edit = silencing(text, line, "rule")
    assert edit is not None
    written, count = fixes.apply(text, [Fix("", Applicability.SAFE, (edit,))])
    assert (written, count) == (expected, 1)
    assert ast.dump(ast.parse(written)) == ast.dump(ast.parse(text))
    comments = suppressions(Source.from_text(written, Path("/net.py")))
    assert any(c.names("rule") and c.covers(Span(line, 1, line, 2)) for c in comments)


def test_what_is_no_python_takes_none() -> None:
    assert silencing('x = """\n', 1, "rule") is None
    assert silencing("x = 1\n", 7, "rule") is None
