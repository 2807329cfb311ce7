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
    assert found.covers("ab", 2) and not found.covers("ab", 1) and not found.covers("d", 2)


def test_a_file_that_does_not_tokenize_keeps_what_came_before() -> None:
    assert of("x = 1  # tslint: ignore[a]\ny = (\n") == [(1, ("a",), "")]
