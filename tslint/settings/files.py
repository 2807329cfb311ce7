"""Configuration files: where the nearest one is, what it says, and what the files say that it extends. Prints nothing."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tslint.frozen import frozen
from tslint.settings.models import ModelTable, models
from tslint.settings.values import Option, SettingsError, key_of, nearest, value_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

OWN, PROJECT = "tslint.toml", "pyproject.toml"

INSTEAD = {"extend-ignore": "ignore"}
"""Keys that others have, and what has their meaning here."""


@frozen
class File:
    """What one configuration file says, by field name."""

    path: Path
    values: Mapping[str, Any]

    @property
    def folder(self) -> Path:
        return self.path.parent


def start_of(targets: Sequence[str]) -> Path:
    """The folder that holds all TARGETS that exist, else the working directory."""
    folders = [_folder(Path(target)) for target in targets if Path(target).exists()]
    return Path(os.path.commonpath(folders)) if folders else Path.cwd()


def find(start: Path) -> Path | None:
    """The nearest configuration file from START upwards."""
    return next((found for folder in (start, *start.parents) if (found := own(folder)) is not None), None)


def own(folder: Path) -> Path | None:
    """The configuration file in FOLDER. Raises SettingsError for a ``pyproject.toml`` that may be one and cannot be read."""
    mine = folder / OWN
    if mine.is_file():
        return mine
    project = folder / PROJECT
    if project.is_file() and _mentions(project) and "tslint" in _tools(_parse(project), project):
        return project
    return None


def chain(path: Path, options: Mapping[str, Option]) -> list[File]:
    """The configuration file at PATH after all that it extends, the farthest first. Raises SettingsError."""
    found: list[File] = []
    seen: list[Path] = []
    named: str | None = None
    while True:
        path = path.resolve()
        if path in seen:
            raise SettingsError(f"`extend` in {shown(seen[-1])} leads back to {shown(path)}")
        if named is not None and not path.is_file():
            what = "is a directory" if path.is_dir() else "does not exist"
            raise SettingsError(f"`extend` in {shown(seen[-1])} names `{named}`, which {what}")
        if named is not None and path.name == PROJECT and "tslint" not in _tools(_parse(path), path):
            raise SettingsError(f"`extend` in {shown(seen[-1])} names `{named}`, which has no [tool.tslint] table")
        seen.append(path)
        file = File(path, read(path, options))
        found.insert(0, file)
        named = file.values.get("extend")
        if named is None:
            return found
        path = file.folder / os.path.expandvars(Path(named).expanduser())


def read(path: Path, options: Mapping[str, Option]) -> dict[str, Any]:
    """The values of a configuration file by field name, relative paths joined to its folder. Raises SettingsError."""
    where = shown(path)
    table = _parse(path)
    if path.name != OWN:
        tools = _tools(table, path)
        if "tslint" not in tools and path.name == PROJECT:
            raise SettingsError(f"{where} has no [tool.tslint] table")
        table = tools.get("tslint", table)
    if not isinstance(table, dict):
        raise SettingsError(f"`tool.tslint` in {where} must be a table")
    # First of all: another version may know other keys.
    ordered = sorted(table.items(), key=lambda item: item[0] != "required-version")
    values: dict[str, Any] = {}
    for key, value in ordered:
        if key == "models":
            values["models"] = models(value, where)
            continue
        name = key.replace("-", "_")
        known = options.get(name)
        if known is None or "_" in key:
            raise SettingsError(f"unknown key `{key}` in {where}{_hint(key, options)}")
        if not known.toml:
            raise SettingsError(f"`{key}` in {where} can only be given on the command line, as --{key}")
        values[name] = placed(
            known, value_of(known, value, f"`{key}` in {where}", from_toml=True), path.resolve().parent
        )
    if values.get("baseline") is not None:
        values["baseline"] = str(path.resolve().parent / values["baseline"])
    python = values.get("python")
    if python is not None and (os.sep in python or "/" in python):
        values["python"] = str(path.resolve().parent / Path(python).expanduser())
    return values


def placed(known: Option, value: Any, folder: Path) -> Any:
    """VALUE, its patterns with the FOLDER that they start from."""
    if known.kind not in ("globs", "ignores"):
        return value
    from tslint.settings.patterns import Glob, PerFile

    if known.kind == "globs":
        return tuple(Glob(pattern, folder) for pattern in value)
    return tuple(PerFile(Glob(item.pattern, folder), item.rules) for item in value)


def moved(tables: Sequence[ModelTable], source: Path, folder: Path) -> tuple[ModelTable, ...]:
    """Models of a configuration in the folder SOURCE, for one in FOLDER: where a target is a file, by its path from there."""
    if source == folder:
        return tuple(tables)
    return tuple(
        dataclasses.replace(table, target=Path(os.path.relpath(source / table.target, folder)).as_posix())
        if table.target.endswith(".py") or (source / table.target).exists()
        else table
        for table in tables
    )


def shown(path: Path) -> str:
    """PATH as the user would type it from the working directory."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)


def _hint(key: str, options: Mapping[str, Option]) -> str:
    if key in INSTEAD:
        return f": `{INSTEAD[key]}` adds to what is inherited, too"
    return nearest(key, [*(key_of(name) for name, each in options.items() if each.toml), "models"])


def _mentions(path: Path) -> bool:
    """Whether a ``pyproject.toml`` has the word in it: without, it need not be parsed, nor be valid."""
    try:
        return b"tslint" in path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{shown(path)} cannot be read: {error.strerror}") from None


def _parse(path: Path) -> dict[str, Any]:
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        return table
    except OSError as error:
        raise SettingsError(f"{shown(path)} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{shown(path)} is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{shown(path)} is not valid TOML: {error}") from None


def _tools(table: dict[str, Any], path: Path) -> dict[str, Any]:
    tools = table.get("tool", {})
    if not isinstance(tools, dict):
        raise SettingsError(f"`tool` in {shown(path)} must be a table")
    return tools


def _folder(path: Path) -> Path:
    return path.resolve() if path.is_dir() else path.parent.resolve()
