"""What a check would do, without doing it: the files it would check, and the settings that hold for them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tslint import api
from tslint.frozen import frozen
from tslint.reading import Reading
from tslint.report.places import shown
from tslint.settings import OPTIONS, Settings, key_of
from tslint.settings.files import shown as as_typed
from tslint.settings.patterns import PerFile
from tslint.source import is_module_target, unique


@frozen
class Shown:
    """What is printed, and what is wrong with the targets or their settings."""

    text: str
    errors: tuple[str, ...] = ()


def files(targets: Sequence[str], settings: Settings) -> Shown:
    """The files that would be checked, a line each, as absolute paths."""
    reading, found = _found(targets, settings)
    return Shown("".join(f"{path.absolute()}\n" for path in found), tuple(dict.fromkeys(reading.errors)))


def settings(targets: Sequence[str], whole: Settings) -> Shown:
    """Every option with its value and its origin: those of the whole run, then those of the files, by configuration."""
    reading, found = _found(targets, whole)
    groups: dict[Path | None, tuple[Settings, list[str]]] = {}
    for path in found:
        near = reading.near(str(path.absolute()))
        groups.setdefault(near.config_path, (near, []))[1].append(shown(str(path.absolute()), reading.directory))
    parts = [f"# the whole run: {_configuration(whole)}", *_lines(whole, near=False)]
    for near, paths in groups.values() or [(whole, [])]:
        parts += ["", f"# {_of(paths)}: {_configuration(near)}", *_lines(near, near=True)]
    return Shown("\n".join(parts) + "\n", tuple(dict.fromkeys(reading.errors)))


def _found(targets: Sequence[str], settings: Settings) -> tuple[Reading, list[Path]]:
    reading = Reading(settings)
    paths = [Path(target) for target in api.named(targets, settings) if not is_module_target(target)]
    return reading, unique([file for path in paths for file in reading.files(path)])


def _configuration(settings: Settings) -> str:
    return as_typed(settings.config_path) if settings.config_path else "no configuration file"


def _of(paths: Sequence[str]) -> str:
    if len(paths) < 2:
        return paths[0] if paths else "each file"
    return f"{len(paths)} files, such as {paths[0]}"


def _lines(settings: Settings, near: bool) -> Iterable[str]:
    """The options as TOML, their origins in the comments."""
    rows = [
        (key_of(name), _toml(getattr(settings, name)) if getattr(settings, name) or not each.table else "{}", name)
        for name, each in OPTIONS.items()
        if each.near is near
    ]
    if near:
        rows.append(("models", _toml(settings.models), "models"))
    said = [f"# {key} is not set" if value is None else f"{key} = {value}" for key, value, _ in rows]
    width = min(max(map(len, said)), 60)
    for text, (_, _, name) in zip(said, rows, strict=True):
        yield f"{text:<{width}}  # {', '.join(settings.origins.get(name, ('default',)))}"


def _toml(value: Any) -> str | None:
    """VALUE as TOML writes it; None where it is none."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(str(value), ensure_ascii=False)
    if dataclasses.is_dataclass(value):
        return _table(_given(value))
    if not isinstance(value, tuple):
        return str(value)
    if value and all(isinstance(item, PerFile) for item in value):
        return _table({item.pattern: item.rules for item in value})
    if value and all(isinstance(item, tuple) for item in value):
        return _table(dict(value))
    return f"[{', '.join(_toml(item) or '' for item in value)}]"


def _table(table: dict[str, Any]) -> str:
    pairs = (f"{_key(key)} = {_toml(value)}" for key, value in table.items() if value is not None)
    return f"{{{', '.join(pairs)}}}"


def _key(key: str) -> str:
    return key if key.replace("-", "").replace("_", "").isalnum() and key.isascii() else json.dumps(key)


def _given(data: Any) -> dict[str, Any]:
    """The fields of a table that are not what they are without it."""
    found: dict[str, Any] = {}
    for item in dataclasses.fields(data):
        value = getattr(data, item.name)
        if value != item.default:
            found[key_of(item.name)] = value
    return found
