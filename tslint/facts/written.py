"""Code as messages show it: on one line, without its comments."""

from __future__ import annotations

import io
import tokenize

OPENING = ("(", "[", "{")
CLOSING = (")", "]", "}")


def one_line(code: str, limit: int) -> str:
    """CODE on one line, shortened to LIMIT characters."""
    if "\n" in code:
        code = _joined(_without_comments(code))
    text = " ".join(code.split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _joined(code: str) -> str:
    """Its lines after one another, with nothing after an opening bracket or before a closing one."""
    text = ""
    for line in filter(None, map(str.strip, code.splitlines())):
        close = not text or text.endswith(OPENING) or line.startswith(CLOSING)
        text += line if close else f" {line}"
    return text


def _without_comments(code: str) -> str:
    """Of an expression or a statement; as it is, where Python's tokenizer makes nothing of it."""
    rows = ["(", *code.splitlines()]  # a bracket: how lines are indented says nothing then
    try:
        for token in tokenize.generate_tokens(io.StringIO("\n".join(rows)).readline):
            if token.type == tokenize.COMMENT:
                row, column = token.start
                rows[row - 1] = rows[row - 1][:column]
    except (tokenize.TokenError, SyntaxError):
        pass
    return "\n".join(rows[1:])
