"""The comment that silences one diagnostic: appended to its line, or its rule added to the comment that is there. Pure."""

from __future__ import annotations

import io
import tokenize

from tslint.diagnostic import Edit, Span
from tslint.source.suppression import COMMENT
from tslint.source.text import NEWLINE


def silencing(text: str, line: int, rule: str) -> Edit | None:
    """The edit of TEXT after which RULE is not reported for what begins on LINE; None where no comment can stand.

    Inside of a string, or before a backslash, a line takes no comment: then it stands at the end of the statement, which
    counts as well.
    """
    lines = NEWLINE.split(text)
    found = _place(text, lines, line)
    if found is None or not 0 < found[0] <= len(lines):
        return None
    at, comment = found
    if comment is None:
        end = len(lines[at - 1].rstrip())
        return Edit(Span(at, end + 1, at, len(lines[at - 1]) + 1), f"  # tslint: ignore[{rule}]")
    for match in COMMENT.finditer(lines[at - 1], comment):
        if match["verb"] == "ignore" and match["rules"] is not None:
            end = match.start("rules") + len(match["rules"].rstrip()) + 1
            listed = match["rules"].strip()
            separator = "" if not listed else " " if listed.endswith(",") else ", "
            return Edit(Span(at, end, at, end), f"{separator}{rule}")
    end = len(lines[at - 1].rstrip())
    return Edit(Span(at, end + 1, at, len(lines[at - 1]) + 1), f"  # tslint: ignore[{rule}]")


def _place(text: str, lines: list[str], line: int) -> tuple[int, int | None] | None:
    """The line that takes the comment for LINE, and where in it a comment begins that is there already."""
    comments: dict[int, int] = {}
    closed: set[int] = set()
    opened = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(NEWLINE.sub("\n", text)).readline):
            name = tokenize.tok_name[token.type]
            if name == "COMMENT":
                comments[token.start[0]] = token.start[1]
            elif name == "STRING":
                closed.update(range(token.start[0], token.end[0]))
            elif (
                name.endswith("STRING_START") and not opened
            ):  # of an f-string, which is several tokens since Python 3.12
                opened = token.start[0]
            elif name.endswith("STRING_END") and opened:
                closed.update(range(opened, token.end[0]))
                opened = 0
            elif name in ("NEWLINE", "ENDMARKER") and token.start[0] >= line:
                continues = lines[line - 1].endswith("\\") and line not in comments
                at = token.start[0] if line in closed or continues else line
                return at, comments.get(at)
    except (tokenize.TokenError, SyntaxError):
        return None
    return None
