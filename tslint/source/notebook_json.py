"""The JSON text of a notebook: where the sources of its cells stand in it, and that text with other ones in their place.

Read once, values as wholes by the standard library's scanner. Whatever is not a changed source stays as it is, to the byte.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tslint.frozen import frozen
from tslint.source.magics import lines_of

SPACE = re.compile(r"[ \t\n\r]*")
BEYOND_ASCII = re.compile(r"\\u(?:00[89a-fA-F]|0[1-9a-fA-F]|[1-9a-fA-F])")
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
LINE = re.compile(r"((?:[^\\]|\\[^nr])*?)(\\r\\n|\\n|\\r|\Z)")
"""A line of the text between the quotes, and its end."""

DEEP = "its JSON is nested too deeply for a notebook"

_scan: Callable[[str, int], tuple[Any, int]] = getattr(json.JSONDecoder(), "scan_once")  # noqa: B009 - not in typeshed


class NotNotebook(Exception):
    """What is wrong with the text as a notebook, one sentence without its file; ``line`` and ``column`` (from 1) where known."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


@frozen
class RawCell:
    """One cell. ``number`` counts all cells, from 1; ``start`` and ``end`` are those of its source's value in the JSON text."""

    number: int
    kind: str
    text: str
    start: int
    end: int
    language: str | None = None


@frozen
class RawNotebook:
    """A notebook's JSON text. ``language`` is its kernel's, where it names one."""

    json: str
    cells: tuple[RawCell, ...] = ()
    language: str | None = None


def read(text: str) -> RawNotebook:
    """The notebook in TEXT. Raises NotNotebook."""
    try:
        top, cells = _top(text)
    except (ValueError, IndexError):
        raise _no_json(text) from None
    except RecursionError:
        raise NotNotebook(DEEP) from None
    version = top.get("nbformat")
    if type(version) is int and version < 4:
        raise NotNotebook(
            f"a notebook of format {version}, and tslint reads format 4: `jupyter nbconvert --to notebook` upgrades it"
        )
    if type(version) is int and version > 4:
        raise NotNotebook(f"a notebook of format {version}, and this version of tslint reads format 4")
    if version is None or cells is None:
        raise NotNotebook("JSON, but no notebook: it has no `nbformat` or no list of `cells`")
    return RawNotebook(text, tuple(cells), _language(top.get("metadata")))


def _no_json(text: str) -> NotNotebook:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return NotNotebook(f"not a notebook: its JSON is broken ({error.msg})", error.lineno, error.colno)
    except RecursionError:
        return NotNotebook(DEEP)
    return NotNotebook("JSON, but no notebook")


def _language(metadata: Any) -> str | None:
    """What the notebook says itself, else its kernel."""
    for key, name in (("language_info", "name"), ("kernelspec", "language")):
        part = metadata.get(key) if isinstance(metadata, dict) else None
        value = part.get(name) if isinstance(part, dict) else None
        if isinstance(value, str):
            return value
    return None


# -- reading ----------------------------------------------------------------------------------------------------------


def _top(text: str) -> tuple[dict[str, Any], list[RawCell] | None]:
    """The values of the outermost object, and its cells. Raises ValueError or IndexError where TEXT is no such."""
    top: dict[str, Any] = {}
    cells: list[RawCell] | None = None
    at = _space(text, 0)
    for key, start in (members := _Members(text, at)):
        if key == "cells" and text[start] == "[":
            cells = []
            for place in (elements := _Elements(text, start)):
                elements.at = _cell(text, place, cells)
            members.at = elements.at
        else:
            top[key], members.at = _value(text, start)
    if _space(text, members.at) != len(text):
        raise ValueError("text behind the end")
    return top, cells


def _cell(text: str, start: int, cells: list[RawCell]) -> int:
    """Adds the cell at START, and answers where it ends."""
    values: dict[str, Any] = {}
    places: dict[str, tuple[int, int]] = {}
    for key, place in (members := _Members(text, start)):
        values[key], members.at = _value(text, place)
        places[key] = place, members.at
    source = values.get("source", "")
    parts = source if isinstance(source, list) else [source]
    if not all(isinstance(part, str) for part in parts):
        raise NotNotebook(f"not a notebook: the source of cell {len(cells) + 1} is no text")
    begin, end = places.get("source", (0, 0))
    kind = values.get("cell_type")
    cells.append(RawCell(len(cells) + 1, str(kind), "".join(parts), begin, end, _own_language(values.get("metadata"))))
    return members.at


def _own_language(metadata: Any) -> str | None:
    """The language that an editor (VS Code) was told for one cell."""
    own = metadata.get("vscode") if isinstance(metadata, dict) else None
    language = own.get("languageId") if isinstance(own, dict) else None
    return language if isinstance(language, str) else None


class _Members:
    """The members of the object at START as (key, where its value begins).

    Whoever reads the value says where it ended, in ``at``. After the last one ``at`` is behind the object.
    """

    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.at = start

    def __iter__(self) -> Iterator[tuple[str, int]]:
        text = self.text
        for start in _items(self, "{}"):
            if text[start] != '"':
                raise ValueError("a key is no text")
            key, end = _value(text, start)
            colon = _space(text, end)
            if text[colon] != ":":
                raise ValueError("no colon")
            yield key, _space(text, colon + 1)


class _Elements(_Members):
    """The same of an array: where each element begins."""

    def __iter__(self) -> Iterator[int]:  # type: ignore[override]
        return _items(self, "[]")


def _items(reader: _Members, brackets: str) -> Iterator[int]:
    text = reader.text
    if text[reader.at] != brackets[0]:
        raise ValueError(f"no {brackets[0]}")
    reader.at = _space(text, reader.at + 1)
    if text[reader.at] == brackets[1]:
        reader.at += 1
        return
    while True:
        yield reader.at
        reader.at = _space(text, reader.at)
        reader.at += 1
        if text[reader.at - 1] == brackets[1]:
            return
        if text[reader.at - 1] != ",":
            raise ValueError("no comma")
        reader.at = _space(text, reader.at)


def _value(text: str, at: int) -> tuple[Any, int]:
    """The value that begins at AT, and where it ends. Raises ValueError."""
    try:
        value, end = _scan(text, at)
    except StopIteration:
        raise ValueError("no value") from None
    return value, end


def _space(text: str, at: int) -> int:
    match = SPACE.match(text, at)
    return match.end() if match else at


# -- writing ----------------------------------------------------------------------------------------------------------


def replaced(notebook: RawNotebook, texts: Mapping[int, str]) -> str:
    """The JSON text with TEXTS, by the number of their cell, in the place of what these cells hold."""
    text = notebook.json
    for cell in reversed(notebook.cells):
        if cell.number in texts:
            value = text[cell.start : cell.end]
            text = text[: cell.start] + _written(value, texts[cell.number], notebook) + text[cell.end :]
    return text


def _written(old: str, text: str, notebook: RawNotebook) -> str:
    """TEXT as JSON in the manner of the value OLD: a list of lines between the same white space, or one string.

    A line that was there before stays as it was written.
    """
    strings = list(STRING.finditer(old))
    bodies = [body for match in strings for body, _ in LINE.findall(match.group(1))]
    known = {json.loads(f'"{body}"'): body for body in bodies}
    ascii_only = _is_ascii(old, notebook.json)
    new = []
    for line in lines_of(text):
        body = line.rstrip("\r\n")
        end = line[len(body) :]
        new.append(known.get(body, json.dumps(body, ensure_ascii=ascii_only)[1:-1]) + json.dumps(end)[1:-1])
    if not old.startswith("["):
        return '"' + "".join(new) + '"'
    if not new:
        return "[]"
    first = old[1 : strings[0].start()] if strings else ""
    between = old[strings[0].end() : strings[1].start()] if len(strings) > 1 else f",{first or ' '}"
    last = old[strings[-1].end() : -1] if strings else ""
    return "[" + first + between.join(f'"{line}"' for line in new) + last + "]"


def _is_ascii(own: str, whole: str) -> bool:
    """Whether the file escapes what is not ASCII: as this value does, else as the whole file does; Jupyter does not."""
    for text in (own, whole):
        if not text.isascii():
            return False
        if BEYOND_ASCII.search(text):
            return True
    return False
