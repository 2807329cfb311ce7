"""Comments that silence findings: ``# tslint: ignore[rule, rule] reason`` and ``# tslint: ignore-file[rule] reason``."""

from __future__ import annotations

import io
import re
import tokenize

from tslint.diagnostic import Span
from tslint.frozen import frozen
from tslint.source.text import NEWLINE, Source

COMMENT = re.compile(
    r"#\s*tslint:\s*(?P<verb>ignore-file|ignore)(?![\w-])(?:\s*\[(?P<rules>[^\]]*)\])?\s*(?P<reason>[^#]*)"
)


@frozen
class Suppression:
    """One comment. ``rules`` is None where it names none, which silences all; ``line`` is None for the whole file.

    ``spans`` are the places of the names in ``rules``, in order; ``span`` is that of the whole comment. ``statement`` is
    the first and the last line of what the comment stands in: a statement, the header of a compound one, or a decorator.
    """

    line: int | None
    rules: tuple[str, ...] | None
    reason: str
    span: Span
    spans: tuple[Span, ...] = ()
    statement: tuple[int, int] = (0, 0)

    def covers(self, span: Span | None) -> bool:
        """Whether it is about SPAN: its own line's, and for code of several lines any of them, or its statement's ends."""
        if self.line is None:
            return True
        if span is None:
            return False
        if span.line == self.line:
            return True
        first, last = self.statement
        if not first <= span.line <= last:
            return False
        return self.line in (first, last) or span.line <= self.line <= span.end_line

    def names(self, *words: str) -> bool:
        """Whether it silences what goes by one of WORDS, a rule or its group."""
        return self.rules is None or any(word in self.rules for word in words)


def suppressions(source: Source) -> tuple[Suppression, ...]:
    """The suppressions of SOURCE in file order: real comments alone, never what stands in a string."""
    if "tslint:" not in source.text:
        return ()
    found: list[Suppression] = []
    waiting: list[tuple[str, int, int]] = []
    first: int | None = None
    try:
        for token in tokenize.generate_tokens(io.StringIO(NEWLINE.sub("\n", source.text)).readline):
            if token.type == tokenize.COMMENT:
                if "tslint:" in token.string:
                    waiting.append((token.string, *token.start))
            elif token.type in (tokenize.NEWLINE, tokenize.NL, tokenize.ENDMARKER):
                # NL ends a line that is empty, holds a comment alone, or goes on in brackets.
                if token.type == tokenize.NL and first is not None:
                    continue
                statement = (first or token.start[0], token.start[0])
                found += [each for comment in waiting for each in _read(*comment, statement)]
                waiting, first = [], None
            elif first is None and token.type not in (tokenize.INDENT, tokenize.DEDENT):
                first = token.start[0]
    except (tokenize.TokenError, SyntaxError):
        pass  # the rest of the file is a syntax error, which is reported as one
    return tuple(found)


def _read(comment: str, line: int, offset: int, statement: tuple[int, int]) -> list[Suppression]:
    found = []
    for match in COMMENT.finditer(comment):
        whole = Span(line, offset + match.start() + 1, line, offset + len(match.group().rstrip()) + match.start() + 1)
        names: list[str] = []
        spans: list[Span] = []
        for name in re.finditer(r"[^\s,]+", match["rules"] or ""):
            start = offset + match.start("rules") + name.start() + 1
            names.append(name.group())
            spans.append(Span(line, start, line, start + len(name.group())))
        rules = None if match["rules"] is None else tuple(names)
        where = None if match["verb"] == "ignore-file" else line
        found.append(Suppression(where, rules, match["reason"].strip(), whole, tuple(spans), statement))
    return found
