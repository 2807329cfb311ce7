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
    assert not covered("# tslint: ignore[a]\ny = 2\n", Span(2, 1, 2, 2))
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
