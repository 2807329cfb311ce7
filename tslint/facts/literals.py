"""The values of literals."""

from __future__ import annotations

from typing import Any

import libcst as cst


def string_of(node: cst.SimpleString) -> Any:
    """The value of a string literal; empty text where an escape in it is none, which Python does not compile either.

    Without prefix and escapes it is what stands between the quotes. Line ends are Python's to translate.
    """
    text = node.value
    if text[0] in "'\"" and "\\" not in text and "\r" not in text:
        quotes = 3 if len(text) >= 6 and text.startswith(("'''", '"""')) else 1
        return text[quotes:-quotes]
    try:
        return node.evaluated_value
    except (SyntaxError, ValueError):
        return ""
