"""Comments that silence findings: ``# tslint: ignore[rule, rule] reason`` and ``# tslint: ignore-file[rule] reason``."""

from __future__ import annotations

import io
import re
import tokenize

from tslint.diagnostic import Span
from tslint.frozen import frozen
from tslint.source.text import Source

COMMENT = re.compile(
    r"#\s*tslint:\s*(?P<verb>ignore-file|ignore)(?![\w-])(?:\s*\[(?P<rules>[^\]]*)\])?\s*(?P<reason>[^#]*)"
)


@frozen
class Suppression:
    """One comment. ``rules`` is None where it names none, which silences all; ``line`` is None for the whole file.

    ``spans`` are the places of the names in ``rules``, in order; ``span`` is that of the whole comment.
    """

    line: int | None
    rules: tuple[str, ...] | None
    reason: str
    span: Span
    spans: tuple[Span, ...] = ()

    def covers(self, rule: str, line: int | None) -> bool:
        """Whether it silences RULE on LINE (a rule's group may be named as well: the caller asks for it by that name)."""
        if self.line is not None and self.line != line:
            return False
        return self.rules is None or rule in self.rules


def suppressions(source: Source) -> tuple[Suppression, ...]:
    """The suppressions of SOURCE in file order: real comments alone, never what stands in a string."""
    if "tslint:" not in source.text:
        return ()
    found: list[Suppression] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
            if token.type == tokenize.COMMENT and "tslint:" in token.string:
                found += _read(token.string, *token.start)
    except (tokenize.TokenError, SyntaxError):
        pass  # the rest of the file is a syntax error, which is reported as one
    return tuple(found)


def _read(comment: str, line: int, offset: int) -> list[Suppression]:
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
        found.append(
            Suppression(
                None if match["verb"] == "ignore-file" else line, rules, match["reason"].strip(), whole, tuple(spans)
            )
        )
    return found
