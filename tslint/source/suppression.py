"""Comments that silence findings: ``# tslint: ignore[rule, rule] reason``, ``ignore-file``, and ``disable`` to ``enable``."""

from __future__ import annotations

import dataclasses
import io
import re
import tokenize

from tslint.diagnostic import Span
from tslint.frozen import frozen
from tslint.source.text import NEWLINE, Source

COMMENT = re.compile(
    r"#\s*tslint:\s*(?P<verb>ignore-file|ignore|disable|enable)(?![\w-])(?:\s*\[(?P<rules>[^\]]*)\])?\s*(?P<reason>[^#]*)"
)

NOT_ALONE = "`{verb}` stands on a line of its own, between statements"
NOT_OPEN = "no `# tslint: disable{rules}` of this block is open here"
NOT_ENDED = "no `# tslint: enable{rules}` ends it; the comment for a whole file is `# tslint: ignore-file{rules}`"


@frozen
class Suppression:
    """One comment. ``rules`` is None where it names none, which silences all; ``line`` is None for the whole file.

    ``spans`` are the places of the names in ``rules``, in order; ``span`` is that of the whole comment. ``statement`` is
    the first and the last line of what the comment stands in: a statement, the header of a compound one, or a decorator.
    ``lines`` are the first and the last line that a comment on a line of its own is about. ``end`` is the ``enable`` that ends a
    ``disable``; a comment with a ``fault`` is about nothing.
    """

    line: int | None
    rules: tuple[str, ...] | None
    reason: str
    span: Span
    spans: tuple[Span, ...] = ()
    statement: tuple[int, int] = (0, 0)
    verb: str = "ignore"
    lines: tuple[int, int] | None = None
    end: Suppression | None = None
    fault: str = ""

    def covers(self, span: Span | None) -> bool:
        """Whether it is about SPAN: its own line's, and for code of several lines any of them, or its statement's ends."""
        if self.fault:
            return False
        if self.line is None:
            return True
        if span is None:
            return False
        if self.lines is not None:
            return self.lines[0] <= span.line <= self.lines[1]
        if span.line == self.line:
            return True
        first, last = self.statement
        if not first <= span.line <= last:
            return False
        return self.line in (first, last) or span.line <= self.line <= span.end_line

    def names(self, *words: str) -> bool:
        """Whether it silences what goes by one of WORDS, a rule or its group."""
        return self.rules is None or any(word in self.rules for word in words)

    @property
    def listed(self) -> str:
        """The names as they are written after the verb."""
        return "" if self.rules is None else f"[{', '.join(self.rules)}]"


def suppressions(source: Source) -> tuple[Suppression, ...]:
    """The suppressions of SOURCE in file order: real comments alone, never what stands in a string."""
    if "tslint:" not in source.text:
        return ()
    reading = _Reading()
    try:
        for token in tokenize.generate_tokens(io.StringIO(NEWLINE.sub("\n", source.text)).readline):
            reading.take(token)
    except (tokenize.TokenError, SyntaxError):
        pass  # the rest of the file is a syntax error, which is reported as one
    return reading.finished()


class _Reading:
    """What was read so far: ``waiting`` are comments in the statement that began in line ``first``, ``above`` those before."""

    def __init__(self) -> None:
        self.found: list[Suppression] = []
        self.waiting: list[tokenize.TokenInfo] = []
        self.above: list[Suppression] = []
        self.open: list[tuple[int, Suppression]] = []
        self.first: int | None = None
        self.last = 0

    def take(self, token: tokenize.TokenInfo) -> None:
        line = token.start[0]
        if token.type == tokenize.COMMENT:
            if "tslint:" in token.string:
                self.waiting.append(token)
        elif token.type in (tokenize.NEWLINE, tokenize.NL):
            # NL ends a line that is empty, holds a comment alone, or goes on in brackets.
            if token.type == tokenize.NEWLINE and self.first is not None:
                self.statement((self.first, line))
            elif self.first is None:
                self.alone()
        elif self.first is None and token.type not in (tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER):
            self.first = line
            self.close(_indentation(token))

    def statement(self, lines: tuple[int, int]) -> None:
        self.found += [dataclasses.replace(comment, lines=lines) for comment in self.above]
        for token in self.waiting:
            for each in _read(token, lines):
                ranged = each.verb in ("disable", "enable")
                self.found.append(_faulty(each, NOT_ALONE) if ranged else each)
        self.above, self.waiting, self.first, self.last = [], [], None, lines[1]

    def alone(self) -> None:
        """The comments on a line of their own, between statements."""
        for token in self.waiting:
            line = token.start[0]
            for each in _read(token, (line, line)):
                if each.verb == "ignore":
                    self.above.append(each)
                elif each.verb == "disable":
                    self.open.append((_indentation(token), each))
                elif each.verb == "enable":
                    self.enable(_indentation(token), each)
                else:
                    self.found.append(each)
        self.waiting = []

    def enable(self, indentation: int, comment: Suppression) -> None:
        for index, (at, begun) in reversed([*enumerate(self.open)]):
            if at == indentation and _set(begun) == _set(comment):
                del self.open[index]
                lines = (begun.span.line, comment.span.line)
                self.found.append(dataclasses.replace(begun, lines=lines, end=comment))
                return
        self.found.append(_faulty(comment, NOT_OPEN))

    def close(self, indentation: int) -> None:
        """A statement begins that is indented so far: the blocks that were indented further have ended."""
        ended = [(at, comment) for at, comment in self.open if at > indentation]
        self.open = [(at, comment) for at, comment in self.open if at <= indentation]
        for _, comment in ended:
            self.found.append(dataclasses.replace(comment, lines=(comment.span.line, self.last)))

    def finished(self) -> tuple[Suppression, ...]:
        self.found += [dataclasses.replace(comment, lines=(0, 0)) for comment in self.above]
        self.found += [each for token in self.waiting for each in _read(token, (token.start[0], token.start[0]))]
        for at, comment in self.open:
            whole = dataclasses.replace(comment, lines=(comment.span.line, self.last))
            self.found.append(whole if at else _faulty(comment, NOT_ENDED))
        return tuple(sorted(self.found, key=lambda each: each.span))


def _faulty(comment: Suppression, fault: str) -> Suppression:
    return dataclasses.replace(comment, fault=fault.format(verb=comment.verb, rules=comment.listed))


def _set(comment: Suppression) -> frozenset[str] | None:
    return None if comment.rules is None else frozenset(comment.rules)


def _indentation(token: tokenize.TokenInfo) -> int:
    """How far the line of a TOKEN, its first, is indented; a tab goes to the next column of eight, as for Python."""
    return len(token.line[: token.start[1]].replace("\f", "").expandtabs(8))


def _read(token: tokenize.TokenInfo, statement: tuple[int, int]) -> list[Suppression]:
    line, offset = token.start
    found = []
    for match in COMMENT.finditer(token.string):
        whole = Span(line, offset + match.start() + 1, line, offset + len(match.group().rstrip()) + match.start() + 1)
        names: list[str] = []
        spans: list[Span] = []
        for name in re.finditer(r"[^\s,]+", match["rules"] or ""):
            start = offset + match.start("rules") + name.start() + 1
            names.append(name.group())
            spans.append(Span(line, start, line, start + len(name.group())))
        rules = None if match["rules"] is None else tuple(names)
        where = None if match["verb"] == "ignore-file" else line
        found.append(Suppression(where, rules, match["reason"].strip(), whole, tuple(spans), statement, match["verb"]))
    return found
