"""Comments that silence findings."""

from __future__ import annotations

from tslint.diagnostic import Span
from tslint.source import Source, suppressions


def of(text: str) -> list[tuple[int | None, tuple[str, ...] | None, str]]:
    return [(s.line, s.rules, s.reason) for s in suppressions(Source.from_text(text))]


def test_forms() -> None:
    assert of("x = 1  # tslint: ignore[math-on-size] fixed input\n") == [(1, ("math-on-size",), "fixed input")]
    assert of("x = 1  # tslint: ignore[a, b-c]\n") == [(1, ("a", "b-c"), "")]
    assert of("x = 1  # tslint: ignore\n") == [(1, None, "")]
    assert of("x = 1  #tslint:ignore[a]\n") == [(1, ("a",), "")]
    assert of("# tslint: ignore-file[trace] generated\nx = 1\n") == [(None, ("trace",), "generated")]
    assert of("x = 1  # type: ignore  # tslint: ignore[a] why  # noqa\n") == [(1, ("a",), "why")]
    assert of("x = 1  # tslint: ignore[]\n") == [(1, (), "")]


def test_strings_and_other_words_are_none() -> None:
    assert of('x = "# tslint: ignore[a]"\n') == []
    assert of('"""\n# tslint: ignore[a]\n"""\n') == []
    assert of("x = 1  # tslint: ignored[a]\n") == []
    assert of("x = 1  # tslint: ignore-files[a]\n") == []


def test_places() -> None:
    (found,) = suppressions(Source.from_text("x = f(  # é\n    1)  # tslint: ignore[ab, c] why\n"))
    assert found.line == 2
    assert found.span == Span(2, 9, 2, 36)
    assert found.spans == (Span(2, 26, 2, 28), Span(2, 30, 2, 31))
    assert found.statement == (1, 2)
    assert found.names("ab") and found.names("x", "c") and not found.names("d")


def covered(code: str, span: Span) -> bool:
    (found,) = suppressions(Source.from_text(code))
    return found.covers(span)


def test_a_statement_of_several_lines_is_silenced_at_its_ends_and_beside_the_code() -> None:
    code = "y = f(  {0}\n    a,  {1}\n    b(  {2}\n        c),  {3}\n    d,  {4}\n)  {5}\nz = 1\n"
    b = Span(3, 5, 4, 11)
    silenced = []
    for index in range(6):
        comments = ["# tslint: ignore[x]" if index == other else "#" for other in range(6)]
        silenced.append(covered(code.format(*comments), b))
    assert silenced == [True, False, True, True, False, True]


def test_only_its_own_statement_is_silenced() -> None:
    assert not covered("x = 1  # tslint: ignore[a]\ny = 2\n", Span(2, 1, 2, 2))
    assert not covered("def f(\n    x):  # tslint: ignore[a]\n    return x\n", Span(3, 5, 3, 13))
    assert covered("@g\ndef f(  # tslint: ignore[a]\n    x):\n    return x\n", Span(3, 5, 3, 6))
    assert not covered("@g  # tslint: ignore[a]\ndef f(x):\n    return x\n", Span(2, 5, 2, 6))
    assert covered("@g  # tslint: ignore[a]\ndef f(x):\n    return x\n", Span(1, 2, 1, 3))
    assert covered("x = \\\n    1  # tslint: ignore[a]\n", Span(1, 1, 1, 2))
    assert covered('x = f"""\n{a}\n"""  # tslint: ignore[a]\n', Span(2, 2, 2, 3))
    assert covered("# tslint: ignore-file[a]\nx = 1\n", Span(2, 1, 2, 2))


def test_lines_that_end_with_a_carriage_return_count() -> None:
    assert covered("x = 1\ry = 2  # tslint: ignore[a]\r", Span(2, 1, 2, 2))


def test_a_file_that_does_not_tokenize_keeps_what_came_before() -> None:
    assert of("x = 1  # tslint: ignore[a]\ny = (\n") == [(1, ("a",), "")]


def test_a_comment_on_a_line_of_its_own_is_about_the_statement_below() -> None:
    code = "x = 1\n# tslint: ignore[a] why\n\n# another\ny = f(\n    2)\nz = 3\n"
    (found,) = suppressions(Source.from_text(code))
    assert (found.line, found.lines) == (2, (5, 6))
    assert [covered(code, Span(line, 1, line, 2)) for line in (1, 2, 5, 6, 7)] == [False, False, True, True, False]
    header = "# tslint: ignore[a]\ndef f(\n    x):\n    return x\n"
    assert [covered(header, Span(line, 1, line, 2)) for line in (2, 3, 4)] == [True, True, False]
    assert not covered("x = 1\n# tslint: ignore[a]\n", Span(1, 1, 1, 2)), "there is nothing below"


def test_inside_brackets_a_comment_on_its_own_line_is_about_its_statement() -> None:
    (found,) = suppressions(Source.from_text("x = f(\n    # tslint: ignore[a]\n    1)\n"))
    assert (found.lines, found.statement) == (None, (1, 3))


def lines_of(code: str) -> list[tuple[str, tuple[int, int] | None, str]]:
    return [(s.verb, s.lines, s.fault) for s in suppressions(Source.from_text(code))]


def test_a_range_ends_at_its_enable() -> None:
    code = "x = 1\n# tslint: disable[a, b] old\ny = 2\nif y:\n    z = 3\n# tslint: enable[b, a]\nu = 4\n"
    assert lines_of(code) == [("disable", (2, 6), "")]
    assert [covered(code, Span(line, 1, line, 2)) for line in (1, 3, 4, 5, 7)] == [False, True, True, True, False]
    (found,) = suppressions(Source.from_text(code))
    assert found.end is not None
    assert (found.reason, found.span, found.end.span) == ("old", Span(2, 1, 2, 28), Span(6, 1, 6, 23))


def test_a_range_ends_with_its_block() -> None:
    code = "def f(x):\n    # tslint: disable[a]\n    y = (\n  x)\n    if y:\n        y = 1\n\n# end\nz = 2\n"
    assert lines_of(code) == [("disable", (2, 6), "")]
    assert lines_of("def f(x):\n\t# tslint: disable[a]\n\treturn x\n") == [("disable", (2, 3), "")]
    twice = "if a:\n    # tslint: disable[a]\n    b\nelse:\n    c\n    # tslint: enable[a]\n"
    assert lines_of(twice) == [
        ("disable", (2, 3), ""),
        ("enable", None, "no `# tslint: disable[a]` of this block is open here"),
    ]


def test_ranges_lie_in_each_other() -> None:
    code = "# tslint: disable[a]\nx\n# tslint: disable[b]\ny\n# tslint: enable[a]\nz\n# tslint: enable[b]\n"
    assert lines_of(code) == [("disable", (1, 5), ""), ("disable", (3, 7), "")]


def test_what_is_no_range_silences_nothing() -> None:
    alone = "`disable` stands on a line of its own, between statements"
    assert lines_of("x = 1  # tslint: disable[a]\n") == [("disable", None, alone)]
    assert lines_of("x = f(\n    # tslint: disable[a]\n    1)\n") == [("disable", None, alone)]
    ((_, _, fault),) = lines_of("x = 1\n# tslint: disable[a]\ny = 2\n")
    assert fault == ("no `# tslint: enable[a]` ends it; the comment for a whole file is `# tslint: ignore-file[a]`")
    assert not covered("x = 1\n# tslint: disable[a]\ny = 2\n", Span(3, 1, 3, 2))
    partly = "# tslint: disable[a, b]\nx\n# tslint: enable[a]\n"
    assert [bool(fault) for _, _, fault in lines_of(partly)] == [True, True]
