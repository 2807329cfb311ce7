"""JSON with comments and trailing commas, as VS Code has it: read, and added to as text, so that all of it stays. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from tslint.frozen import frozen
from tslint.setup.refusal import Refusal

TOKEN = re.compile(r'"(?:[^"\\\r\n]|\\[^\r\n])*"|//[^\r\n]*|/\*.*?\*/|.', re.DOTALL)
COMMENT_BEHIND = re.compile(r"[ \t]*(?://[^\r\n]*|/\*.*?\*/)", re.DOTALL)
SPACE = re.compile(r"[ \t\r\n]*")
MARGIN = re.compile(r"[ \t]*")
INDENTED = re.compile(r"^([ \t]+)\S", re.MULTILINE)
UNIT = "  "
"""What the templates are indented by."""

DECODER = json.JSONDecoder()


@frozen
class Child:
    """A value of an array, or a member of an object with its ``key``: where it begins and ends, and what it is."""

    key: str | None
    start: int
    end: int
    value_start: int
    value: Any


class Document:
    """A text whose outermost value is an object, which begins at ``start``. Raises Refusal for any other."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._bare = _blanked(text)
        self._plain = _without_trailing_commas(self._bare)
        try:
            self.value: Any = json.loads(self._plain)
        except RecursionError:
            raise Refusal("it is nested too deeply") from None
        except ValueError as error:
            raise Refusal(f"it is not JSON with comments ({error})") from None
        if not isinstance(self.value, dict):
            raise Refusal("it holds no object")
        self.start = self._skip(0)
        self.members = self.children(self.start)

    def _skip(self, at: int) -> int:
        return _end(SPACE, self._plain, at)

    def children(self, at: int) -> tuple[Child, ...]:
        """What is in the object or the array that begins at AT."""
        closing = "}" if self._plain[at] == "{" else "]"
        found = []
        at = self._skip(at + 1)
        while self._plain[at] != closing:
            start, key = at, None
            if closing == "}":
                key, at = DECODER.raw_decode(self._plain, at)
                at = self._skip(self._skip(at) + 1)  # behind the colon
            value, end = DECODER.raw_decode(self._plain, at)
            found.append(Child(key, start, end, at, value))
            at = self._skip(end)
            if self._plain[at] == ",":
                at = self._skip(at + 1)
        return tuple(found)

    def member(self, key: str) -> Child | None:
        """The member KEY. Raises Refusal where there are several."""
        found = [child for child in self.members if child.key == key]
        if len(found) > 1:
            raise Refusal(f"it has `{key}` more than once")
        return found[0] if found else None

    def appended(self, at: int, items: Sequence[str]) -> str:
        """The text with ITEMS at the end of the object or the array that begins at AT, each on lines of its own.

        They are indented as what is there already, and a comment on the line of the last value stays with that.
        """
        text, newline = self.text, "\r\n" if "\r\n" in self.text else "\n"
        closing = DECODER.raw_decode(self._plain, at)[1] - 1
        children = self.children(at)
        behind, comma, separator = at + 1, "", ""
        if children:
            behind = _end(SPACE, self._bare, children[-1].end)
            comma, separator = (",", "") if self._bare[behind] == "," else ("", ",")
            behind = behind + 1 if comma else children[-1].end
        insert = behind
        while (comment := COMMENT_BEHIND.match(text, insert)) is not None:
            insert = comment.end()
        unit = _unit(text)
        outer = _margin(text, closing if _leads(text, closing) else at)
        indent = _margin(text, children[-1].start) if children and _leads(text, children[-1].start) else outer + unit
        added = ",".join(newline + _indented(item, indent, unit, newline) for item in items)
        tail = "" if "\n" in self._bare[insert:closing] else newline + outer
        return text[:behind] + separator + text[behind:insert] + added + comma + tail + text[insert:]


def _blanked(text: str) -> str:
    """TEXT with blanks for the characters of comments, and for a byte order mark."""

    def blank(match: re.Match[str]) -> str:
        token = match.group()
        return re.sub(r"[^\r\n]", " ", token) if token[:2] in ("//", "/*") else token

    return TOKEN.sub(blank, text.replace("\ufeff", " ", 1) if text.startswith("\ufeff") else text)


def _without_trailing_commas(bare: str) -> str:
    kept = list(bare)
    comma: int | None = None
    before = ","
    for match in TOKEN.finditer(bare):
        token = match.group()
        if token in "]}" and comma is not None:
            kept[comma] = " "
        if not token.isspace():
            comma = match.start() if token == "," and before not in "[{," else None
            before = token
    return "".join(kept)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return at if match is None else match.end()


def _margin(text: str, at: int) -> str:
    """What the line of AT begins with."""
    start = text.rfind("\n", 0, at) + 1
    return text[start : _end(MARGIN, text, start)]


def _leads(text: str, at: int) -> bool:
    """Whether nothing but space stands before AT on its line, which is not the first."""
    start = text.rfind("\n", 0, at) + 1
    return start > 0 and _end(MARGIN, text, start) == at


def _unit(text: str) -> str:
    """What TEXT is indented by: its first indentation, outside of comments that are laid out by hand."""
    first = INDENTED.search(text)
    return "    " if first is None else first.group(1)


def _indented(item: str, indent: str, unit: str, newline: str) -> str:
    """ITEM, whose lines are indented by UNIT of the templates, as lines that are indented by INDENT and UNIT."""
    lines = []
    for line in item.split("\n"):
        bare = line.lstrip(" ")
        lines.append(indent + unit * ((len(line) - len(bare)) // len(UNIT)) + bare)
    return newline.join(lines)
