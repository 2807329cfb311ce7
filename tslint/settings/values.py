"""What an option takes, and how its value is read from TOML and from the command line."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

from tslint.frozen import frozen

_SIZES = r"\s*\d+\s*(\.\.\s*\d+\s*)?(,\s*\d+\s*(\.\.\s*\d+\s*)?)*,?\s*"

INPUT = re.compile(rf"\s*([^\W\d]\w*\s*:)?\s*([a-z]+\d*\s*\[({_SIZES})?\s*\]|{_SIZES})\s*")
"""How an input is written; which dtypes there are is for the run to say."""


INPUT_WANTED = "like `1,3,224,224`, `int64[2..11]` or `image:float32[1,3,128..512,128..512]`"


class SettingsError(ValueError):
    """A setting that cannot be used; the message is one sentence for the user."""


@frozen
class Option:
    """What a field of Settings takes. ``kind`` is flag, text, words, texts, inputs, seconds, size or count; rules (names of rules
    and groups), globs, ignores (patterns with the rules that are ignored there), severities or version.

    ``choices`` limits text and texts. ``commas``: one occurrence on the command line may hold several, comma-separated.
    ``words`` are a text that may be left out, with a ``=`` before them where they are given.
    ``toml`` and ``cli`` say where it may be given; ``env`` is the environment variable that gives it, if any does. ``near``: it
    concerns one file, and the configuration nearest to that file gives it; any other concerns the whole run.
    """

    kind: str
    help: str
    choices: tuple[str, ...] = ()
    commas: bool = False
    toml: bool = True
    cli: bool = True
    metavar: str | None = None
    near: bool = False
    env: str | None = None

    @property
    def several(self) -> bool:
        """Whether it may be given more than once, each time with more."""
        return self.kind in ("texts", "inputs", "rules", "globs", "ignores")

    @property
    def table(self) -> bool:
        """Whether TOML gives it as a table."""
        return self.kind in ("ignores", "severities")


_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_UNITS |= {f"{letter}{end}": 2 ** (10 * power) for power, letter in enumerate("kmgt", 1) for end in ("", "ib")}


def parse_size(text: str) -> int:
    """Bytes from ``4GiB``, ``512 MiB``, ``2GB`` (decimal) or a plain number. Raises ValueError."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", text)
    if match is None or match[2].lower() not in _UNITS or float(match[1]) == 0:
        raise ValueError(text)
    return int(float(match[1]) * _UNITS[match[2].lower()])


def value_of(known: Option, value: Any, where: str, from_toml: bool) -> Any:
    """VALUE as the type of KNOWN. Strings are read as the command line gives them unless they come from TOML."""
    wrong = SettingsError(f"{where} must be {_WANTED[known.kind]}, not {described(value)}")
    if known.kind == "flag":
        if not isinstance(value, bool):
            raise wrong
        return value
    if known.kind in ("text", "words"):
        if not isinstance(value, str):
            raise wrong
        return chosen(known, value, where)
    if known.kind in ("texts", "inputs"):
        if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
            raise wrong
        parts = [part.strip() for item in value for part in _split(item, known, from_toml)]
        faulty = [part for part in parts if known.kind == "inputs" and not INPUT.fullmatch(part)]
        if faulty:
            raise SettingsError(f"{where} must be {INPUT_WANTED}, not `{faulty[0]}`")
        return tuple(chosen(known, part, where) for part in parts if part)
    if known.kind in ("rules", "globs", "ignores", "severities", "version"):
        return _particular(known, value, where, from_toml, wrong)
    if known.kind == "seconds":
        return _seconds(value, wrong, from_toml)
    if known.kind == "size":
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
        try:
            return parse_size(value)
        except (TypeError, ValueError):
            raise wrong from None
    if known.kind == "count":
        if not from_toml and isinstance(value, str) and re.fullmatch(r"[0-9]{1,4}", value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise wrong
        return value
    raise AssertionError(known.kind)


def _split(item: str, known: Option, from_toml: bool) -> list[str]:
    return item.split(",") if known.commas and not from_toml else [item]


def _particular(known: Option, value: Any, where: str, from_toml: bool, wrong: SettingsError) -> Any:
    from tslint.settings import tables

    if known.kind == "version":
        if not isinstance(value, str):
            raise wrong
        return tables.version(value, where)
    if known.kind == "severities":
        return tables.severities(value, where, wrong)
    if known.kind == "ignores" and from_toml:
        return tables.ignores(value, where, wrong)
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise wrong
    parts = [part.strip() for item in value for part in _split(item, known, from_toml) if part.strip()]
    if known.kind == "ignores":
        return tables.ignores(tables.pairs(parts, where), where, wrong)
    return tuple(map(tables.rule if known.kind == "rules" else tables.excluding, parts, [where] * len(parts)))


def from_environment(options: Mapping[str, Option]) -> dict[str, Any]:
    """What the environment gives of OPTIONS, by field name. A variable that is empty gives nothing. Raises SettingsError."""
    return {
        name: value_of(option, os.environ[option.env], f"`{option.env}`", from_toml=False)
        for name, option in options.items()
        if option.env is not None and os.environ.get(option.env)
    }


def _seconds(value: Any, wrong: SettingsError, from_toml: bool) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float) if from_toml else (int, float, str)):
        raise wrong
    try:
        seconds = float(value)
    except ValueError:
        raise wrong from None
    if not 0 < seconds < math.inf:
        raise wrong
    return seconds


_WANTED = {
    "flag": "true or false",
    "text": "a string",
    "words": "a string",
    "texts": "a list of strings",
    "inputs": "a list of strings",
    "seconds": "a number of seconds above 0",
    "size": "a size such as `4GiB`",
    "count": "a number of at least 1",
    "rules": "a list of strings",
    "globs": "a list of strings",
    "ignores": "a table of patterns, each with a list of rules",
    "severities": "a table of rules, each with a severity",
    "version": "a string",
}


def chosen(known: Option, value: str, where: str) -> str:
    if known.choices and value not in known.choices:
        choices = f"{', '.join(known.choices[:-1])} or {known.choices[-1]}"
        raise SettingsError(f"{where} must be {choices}, not `{value}`{nearest(value, known.choices)}")
    return value


def described(value: Any) -> str:
    if isinstance(value, str):
        return f"`{value}`"
    if isinstance(value, bool):
        return str(value).lower()
    names = {dict: "a table", list: "a list", int: f"{value}", float: f"{value}"}
    return names.get(type(value), f"a {type(value).__name__}")


def nearest(word: str, words: Iterable[str]) -> str:
    """``; did you mean `…`?`` for the spelling among WORDS that is nearest to WORD, or nothing."""
    import difflib

    found = difflib.get_close_matches(word.replace("_", "-").lower(), list(words), n=1, cutoff=0.6)
    return f"; did you mean `{found[0]}`?" if found else ""


def key_of(name: str) -> str:
    """The TOML key and, without its dashes, the command line's option for the field NAME."""
    return name.replace("_", "-")


def negative_of(name: str, known: Option) -> str | None:
    """The option of the command line that takes back the flag NAME, which a configuration may have set; None for others."""
    if known.kind != "flag" or not known.toml:
        return None
    key = key_of(name)
    return key.removeprefix("no-") if key.startswith("no-") else f"no-{key}"
