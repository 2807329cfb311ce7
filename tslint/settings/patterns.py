"""Patterns of paths: as in ``.gitignore`` (what is left out), and as in Ruff's ``per-file-ignores``. Pure; reads no file."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from pathlib import Path

from tslint.frozen import frozen


class PatternError(ValueError):
    """What cannot be read as a pattern; the message goes on after "…, which"."""


class Glob(str):
    """A pattern and the folder that it starts from."""

    __slots__ = ("folder",)
    folder: Path

    def __new__(cls, text: str, folder: Path) -> Glob:
        made = super().__new__(cls, text)
        made.folder = folder
        return made

    @property
    def anywhere(self) -> bool:
        """Whether it names no folder, so that it holds at any depth."""
        return "/" not in self.removeprefix("!").removesuffix("/")


@frozen
class PerFile:
    """What is ignored in the files that a pattern matches; in all others, where it begins with ``!``."""

    pattern: str
    rules: tuple[str, ...]

    def holds(self, path: Path, root: Path) -> bool:
        """Whether it concerns the absolute PATH. A plain pattern starts from ROOT."""
        folder = self.pattern.folder if isinstance(self.pattern, Glob) else root
        text = self.pattern.removeprefix("!")
        whole, name = _compiled(text, str(folder))
        found = bool(name.fullmatch(path.name) or whole.fullmatch(path.as_posix()))
        return found is not self.pattern.startswith("!")


@functools.lru_cache(maxsize=512)
def _compiled(pattern: str, folder: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """PATTERN for a whole path, and for a file's name alone, as Ruff holds it against both."""
    start, rest = Path(folder), pattern
    while rest.startswith(("./", "../")):
        start = start.parent if rest.startswith("..") else start
        rest = rest.partition("/")[2]
    prefix = "" if Path(rest).is_absolute() else re.escape(f"{start.as_posix().rstrip('/')}/")
    return re.compile(prefix + expression(rest), re.DOTALL), re.compile(expression(pattern), re.DOTALL)


def expression(pattern: str) -> str:
    """PATTERN as a regular expression: ``*`` and ``?`` also match ``/``, ``**/`` any folders or none, ``{a,b}`` either.

    Raises PatternError.
    """
    if not pattern:
        raise PatternError("is empty")
    found: list[str] = []
    depth = 0
    at = 0
    while at < len(pattern):
        sign = pattern[at]
        if pattern.startswith("**/", at) and (at == 0 or pattern[at - 1] == "/"):
            found.append("(?:.*/)?")
            at += 3
            continue
        if sign == "[":
            text, at = _class(pattern, at)
            found.append(text)
            continue
        if sign == "\\":
            at += 1
            if at == len(pattern):
                raise PatternError("ends in a single backslash")
            found.append(re.escape(pattern[at]))
        elif sign == "{":
            depth += 1
            found.append("(?:")
        elif sign == "}":
            if not depth:
                raise PatternError("closes a `{` that it does not open")
            depth -= 1
            found.append(")")
        else:
            found.append({"*": ".*", "?": ".", ",": "|" if depth else ","}.get(sign) or re.escape(sign))
        at += 1
    if depth:
        raise PatternError("does not close its `{`")
    return "".join(found)


def _class(pattern: str, start: int) -> tuple[str, int]:
    """The class of characters that begins at START, and where it has ended."""
    at = start + 1
    negated = pattern[at : at + 1] in ("!", "^") and pattern[at : at + 1] != ""
    at += negated
    end = pattern.find("]", at + 1)
    if end < 0:
        raise PatternError("does not close its `[`")
    parts = list(_ranges(pattern[at:end]))
    for first, last in parts:
        if first > last:
            raise PatternError(f"has a range from `{first}` back to `{last}`")
    text = "".join(re.escape(a) if a == b else f"{re.escape(a)}-{re.escape(b)}" for a, b in parts)
    return f"[{'^' if negated else ''}{text}]", end + 1


def _ranges(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        if text[at + 1 : at + 2] == "-" and at + 2 < len(text):
            yield text[at], text[at + 2]
            at += 3
        else:
            yield text[at], text[at]
            at += 1


def check_excluding(pattern: str) -> None:
    """Raises PatternError for what Git would take no notice of in a ``.gitignore``."""
    text = pattern.strip()
    if not text.removeprefix("!").strip("/"):
        raise PatternError("names nothing")
    if text.startswith("#"):
        raise PatternError("is a comment (a name that begins with `#` is written `\\#`)")
    at = 0
    while at < len(text):
        if text[at] == "\\":
            if at + 1 == len(text):
                raise PatternError("ends in a single backslash")
            at += 2
        elif text[at] == "[":
            at = _class(text, at)[1]
        else:
            at += 1
