"""The plain layout of YAML that people write by hand: one item added to it as text, so that all of it stays. Pure.

There is no YAML library here: what is laid out in any other way is refused, never guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from tslint.frozen import frozen
from tslint.setup.refusal import Refusal

KEY = re.compile(r"""(?:(?P<plain>[A-Za-z_][\w.-]*)|"(?P<double>[\w. -]+)"|'(?P<single>[\w. -]+)')[ ]*:(?=\s|$)""")
ITEM = re.compile(r"-(?=\s|$)")
EMPTY = re.compile(r"[ ]*(?:\[[ ]*\]|\{[ ]*\})?[ ]*(?:(?<=[ \]}:])#.*)?")
KEEPS_BLANKS = re.compile(r"[|>]\d?\+")
"""A text of several lines to which the blank lines behind it belong."""


@frozen
class Block:
    """What stands below a key of the outermost mapping, in lines: from ``first`` to before ``end``, indented by ``indent``.

    ``starts`` are the lines on which its items, or its keys, begin. ``line`` is the key's own.
    """

    line: int
    first: int
    end: int
    indent: int
    starts: tuple[int, ...]


def split(text: str) -> list[str]:
    """The lines of TEXT with their ends."""
    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)


def is_code(line: str) -> bool:
    """Whether LINE is neither blank nor a comment."""
    bare = line.strip()
    return bool(bare) and not bare.startswith("#")


def code(text: str) -> str:
    """TEXT without its comments and blank lines."""
    lines = (re.sub(r"\s#.*", "", line) for line in split(text) if is_code(line))
    return "".join(line.rstrip() + "\n" for line in lines)


def name(line: str) -> str | None:
    """The key that LINE begins with, which may be indented."""
    match = KEY.match(line.lstrip(" "))
    return match and (match["plain"] or match["double"] or match["single"])


def block(lines: Sequence[str], key: str, sequence: bool) -> Block | None:
    """What stands below KEY: a SEQUENCE, else a mapping; None where there is no such key. Raises Refusal for other layouts."""
    lines = [*(line.removeprefix("\ufeff") for line in lines[:1]), *lines[1:]]
    tops = _tops(lines)
    here = [at for at in tops if name(lines[at]) == key]
    if len(here) > 1:
        raise Refusal(f"it has `{key}` more than once")
    if not here:
        return None
    line = here[0]
    rest = KEY.sub("", lines[line].rstrip("\r\n"), count=1)
    kind = "list" if sequence else "mapping"
    if EMPTY.fullmatch(rest) is None:
        raise Refusal(f"its `{key}` is not a {kind} of one item a line")
    after = min((at for at in tops if at > line), default=len(lines))
    body = [at for at in range(line + 1, after) if is_code(lines[at])]
    if not body:
        return Block(line, line + 1, line + 1, 2, ())
    indent = _indent(lines[body[0]])
    starts = tuple(at for at in body if _indent(lines[at]) == indent)
    begins = all((ITEM.match(lines[at].lstrip(" ")) if sequence else name(lines[at])) is not None for at in starts)
    plain = not rest.strip().startswith(("[", "{")) and all(_indent(lines[at]) >= indent for at in body)
    if not plain or not begins:
        raise Refusal(f"its `{key}` is not a {kind} of one item a line")
    return Block(line, line + 1, _end(lines, body, after), indent, starts)


def _end(lines: Sequence[str], body: Sequence[int], after: int) -> int:
    """Behind the last line that belongs to BODY. An indented comment does, and so may the last line of a text, which looks like
    one; what is not indented belongs to what follows."""
    if any(KEEPS_BLANKS.search(lines[at]) for at in body):
        return after
    last = [at for at in range(body[-1], after) if lines[at].strip() and (at == body[-1] or _indent(lines[at]) > 0)]
    return last[-1] + 1


def _tops(lines: Sequence[str]) -> list[int]:
    """The lines with the keys of the outermost mapping. Raises Refusal where it is none, or several documents."""
    tops: list[int] = []
    for at, line in enumerate(lines):
        if not is_code(line) or (line.startswith(" ") and tops):
            continue
        if line.startswith("\t"):
            raise Refusal("it is indented with tabs")
        if line.rstrip() == "---" and not any(map(is_code, lines[:at])):
            continue
        if line.startswith(("---", "...")):
            raise Refusal("it holds more than one document")
        if name(line) is not None and not line.startswith(" "):
            tops.append(at)
        elif ITEM.match(line) is None or not tops:
            raise Refusal("its outermost level is not a mapping of one key a line")
    return tops


def items(lines: Sequence[str], found: Block) -> list[str]:
    """The text of each item."""
    bounds = [*found.starts, found.end]
    return ["".join(lines[first:last]) for first, last in pairwise(bounds)]


def appended(lines: Sequence[str], key: str, found: Block | None, item: str) -> str:
    """The text of LINES with ITEM, whose lines are not indented, at the end of the block FOUND of KEY."""
    newline = "\r\n" if any(line.endswith("\r\n") for line in lines) else "\n"
    before, behind = list(lines), []
    indent = 2
    if found is None:
        before.append(f"{key}:{newline}")
    else:
        before, behind, indent = before[: found.end], before[found.end :], found.indent
        if not found.starts:
            before[-1] = re.sub(r":[ ]*(?:\[[ ]*\]|\{[ ]*\})", ":", before[-1], count=1)
    last = len(before) - (2 if found is None else 1)
    if last >= 0 and not before[last].endswith(("\n", "\r")):
        before[last] += newline
    added = [" " * indent + line + newline if line else newline for line in item.rstrip("\n").split("\n")]
    return "".join([*before, *added, *behind])


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
