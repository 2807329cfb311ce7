"""The baseline: problems that are tolerated for now, in a file that every check compares with. It reads and writes that file.

An entry is known by its rule, its path from the baseline's folder, the symbol and the text of its line, so that code may move.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tslint import fixes
from tslint.catalogue import UNCHECKED
from tslint.diagnostic import Basis, Diagnostic
from tslint.frozen import frozen
from tslint.report.content import RANK
from tslint.report.fingerprint import digest, normalised
from tslint.report.places import shown
from tslint.settings import SettingsError

VERSION = 1
KEYS = {"path": str, "rule": str, "fingerprint": str, "count": int}


class BaselineError(SettingsError):
    """A baseline that cannot be used; the message is one sentence."""


@frozen
class Entry:
    """``count`` problems alike. ``path`` is from the baseline's folder, or empty; ``run``: only a run shows them."""

    path: str
    rule: str
    fingerprint: str
    count: int = 1
    run: bool = False

    @property
    def key(self) -> tuple[str, str]:
        return self.path, self.fingerprint


@frozen
class Comparison:
    """``left`` are the diagnostics that the baseline does not hold, ``tolerated`` those it does, ``gone`` what is fixed."""

    left: tuple[Diagnostic, ...]
    tolerated: tuple[Diagnostic, ...]
    gone: tuple[Entry, ...]


class Baseline:
    """The file PATH. It need not exist yet where it is to be WRITTEN. Raises BaselineError."""

    def __init__(self, path: str, written: bool = False) -> None:
        self.path = Path(path)
        self.name = shown(path, os.getcwd())  # noqa: PTH109 -- as text
        self.folder = os.path.realpath(self.path.parent)
        self.entries = {entry.key: entry for entry in _read(self.path, self.name, written)}

    def compare(
        self,
        diagnostics: Sequence[Diagnostic],
        lines: Mapping[str, Sequence[str]],
        examined: Callable[[Entry], bool] = lambda entry: False,
    ) -> Comparison:
        """What of the DIAGNOSTICS the baseline holds. LINES are those of their files by path.

        EXAMINED tells of an entry whether this check would have found it again. Of more problems alike than were counted, the
        severest are the tolerated ones. What a run refuted is neither left nor gone: the source still says it.
        """
        open_ = {key: entry.count for key, entry in self.entries.items()}
        tolerated: list[int] = []
        ranked = sorted(enumerate(diagnostics), key=lambda item: (_refuted(item[1]), -RANK[item[1].severity], item[0]))
        for index, diagnostic in ranked:
            key = self.key(diagnostic, lines)
            if open_.get(key, 0) and diagnostic.rule not in UNCHECKED:
                open_[key] -= 1
                tolerated += [] if _refuted(diagnostic) else [index]
        gone = [dataclasses.replace(self.entries[key], count=count) for key, count in open_.items() if count]
        return Comparison(
            tuple(d for index, d in enumerate(diagnostics) if index not in tolerated),
            tuple(diagnostics[index] for index in sorted(tolerated)),
            tuple(entry for entry in gone if examined(entry)),
        )

    def key(self, diagnostic: Diagnostic, lines: Mapping[str, Sequence[str]]) -> tuple[str, str]:
        path = self.relative(diagnostic.path)
        text = normalised(diagnostic, lines.get(diagnostic.path or "", ())) or diagnostic.message
        return path, digest(diagnostic.rule, path, diagnostic.symbol or "", text)

    def relative(self, path: str | None) -> str:
        """PATH from the baseline's folder, with forward slashes; what is no path of a file comes back as it is."""
        if not path or not os.path.isabs(path):  # noqa: PTH117 -- as text, like the rest of it
            return path or ""
        real = self.place_of(path)
        try:
            return Path(os.path.relpath(real, self.folder)).as_posix()
        except ValueError:  # another drive
            return Path(real).as_posix()

    def place(self, entry: Entry) -> str:
        """The file of an entry, as :meth:`place_of` has it."""
        return os.path.normpath(os.path.join(self.folder, entry.path))  # noqa: PTH118 -- `..` is text here

    @staticmethod
    def place_of(path: str) -> str:
        """PATH in the real folder that it lies in; a file that is a symbolic link stays the link."""
        folder, name = os.path.split(path)
        return os.path.join(os.path.realpath(folder), name)  # noqa: PTH118

    def write(
        self,
        found: Iterable[Diagnostic],
        gone: Iterable[Entry],
        lines: Mapping[str, Sequence[str]],
        run: Callable[[Diagnostic], bool],
    ) -> str:
        """Writes what was FOUND, and what the file held before but for what is GONE; says in a sentence what became of it.

        RUN tells of a diagnostic whether only a run shows it. Raises OSError, and leaves the old file.
        """
        before = Counter({key: entry.count for key, entry in self.entries.items()})
        removed = Counter({entry.key: entry.count for entry in gone})
        found = list(found)
        keys = [self.key(diagnostic, lines) for diagnostic in found]
        now = (before - removed) | Counter(keys)
        entries = {key: entry for key, entry in self.entries.items() if now[key]}
        for key, diagnostic in zip(keys, found, strict=True):
            entries[key] = Entry(key[0], diagnostic.rule, key[1], run=run(diagnostic))
        self.entries = {key: dataclasses.replace(entry, count=now[key]) for key, entry in entries.items()}
        content = render(self.entries.values()).encode()
        if not self.path.exists():
            self.path.touch()  # with the mode that the user's mask gives, which is then kept
        if self.path.read_bytes() != content:
            fixes.write(self.path, content)
        new, fixed = (now - before).total(), (before - now).total()
        changes = ", ".join([*([f"{new} new"] if new else []), *([f"{fixed} fixed"] if fixed else [])])
        return f"{self.name} holds {_count(now.total(), 'problem')}" + (f" ({changes})" if changes else "")


def render(entries: Iterable[Entry]) -> str:
    """The file: sorted, an entry a line, so that a difference of two is read line by line."""
    rows = []
    for entry in sorted(entries, key=lambda entry: (entry.path, entry.rule, entry.fingerprint)):
        data: dict[str, Any] = {key: getattr(entry, key) for key in KEYS}
        rows.append("    " + json.dumps(data | ({"run": True} if entry.run else {}), ensure_ascii=False))
    body = "[\n" + ",\n".join(rows) + "\n  ]" if rows else "[]"
    return f'{{\n  "version": {VERSION},\n  "problems": {body}\n}}\n'


def note(gone: Iterable[Entry]) -> str | None:
    """What is said of the entries that are GONE."""
    number = sum(entry.count for entry in gone)
    if not number:
        return None
    if number == 1:
        return "1 problem of the baseline is fixed: `--write-baseline` removes it"
    return f"{number} problems of the baseline are fixed: `--write-baseline` removes them"


def _read(path: Path, name: str, written: bool) -> list[Entry]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if written:
            return []
        raise BaselineError(f"the baseline {name} does not exist: `--write-baseline` creates it") from None
    except OSError as error:
        raise BaselineError(f"the baseline {name} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise BaselineError(f"the baseline {name} is not UTF-8") from None
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BaselineError(f"the baseline {name} is not valid JSON: {error}") from None
    if not isinstance(data, dict) or not isinstance(data.get("problems"), list):
        raise BaselineError(f"{name} is no baseline: `--write-baseline` writes one where there is no such file")
    if data.get("version") != VERSION:
        raise BaselineError(f"the baseline {name} was written by another version of tslint ({data.get('version')})")
    return [_entry(item, number, name) for number, item in enumerate(data["problems"], 1)]


def _entry(item: Any, number: int, name: str) -> Entry:
    wrong = BaselineError(
        f"problem {number} of the baseline {name} must have {', '.join(KEYS)}, and no other keys but run"
    )
    if not isinstance(item, dict) or not set(KEYS) <= set(item) <= {*KEYS, "run"}:
        raise wrong
    if not all(type(item[key]) is kind for key, kind in KEYS.items()) or type(item.get("run", False)) is not bool:
        raise wrong
    if item["count"] < 1:
        raise wrong
    return Entry(**item)


def _refuted(diagnostic: Diagnostic) -> bool:
    return diagnostic.basis == Basis.REFUTED


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
