"""What a client sets, and the settings that hold for a file: the nearest configuration file, then what the client says."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tslint.frozen import field, frozen
from tslint.settings import OPTIONS, Settings, SettingsError, files, key_of, load_file, nearest
from tslint.settings.values import value_of

DEBOUNCE = 200
"""Milliseconds without a change after which a text is checked."""

ONLY_HERE = ("config", "debounce")
"""What can be set beside the keys of a configuration file."""


@frozen
class Given:
    """What the client sets: ``values`` by field of Settings, ``config`` a configuration file, ``debounce`` in seconds."""

    values: dict[str, Any] = field(default_factory=dict)
    config: str | None = None
    debounce: float = DEBOUNCE / 1000


def read(data: Any, where: str = "the client's settings") -> Given:
    """What a client sends: the keys of a configuration file, by themselves or in ``settings`` or ``tslint``.

    Raises SettingsError for what cannot be used.
    """
    for name in ("settings", "tslint"):
        if isinstance(data, dict) and isinstance(data.get(name), dict):
            data = data[name]
    if data is None:
        return Given()
    if not isinstance(data, dict):
        raise SettingsError(f"{where} must be an object of keys like `select`")
    values: dict[str, Any] = {}
    config, debounce = None, float(DEBOUNCE)
    for key, value in data.items():
        place = f"`{key}` in {where}"
        known = OPTIONS.get(key.replace("-", "_"))
        if key == "debounce":
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 60_000:
                raise SettingsError(f"{place} must be a number of milliseconds, not `{value}`")
            debounce = float(value)
        elif key == "config":
            if value is not None and not isinstance(value, str):
                raise SettingsError(f"{place} must be the path of a configuration file, not `{value}`")
            config = value or None
        elif known is None or not known.toml or "_" in key:
            keys = [key_of(name) for name, each in OPTIONS.items() if each.toml]
            raise SettingsError(f"unknown key `{key}` in {where}{nearest(key, [*keys, *ONLY_HERE])}")
        elif value is not None:
            values[key.replace("-", "_")] = value_of(known, value, place, from_toml=True)
    return Given(values, config, debounce / 1000)


def settings_for(path: Path, given: Given, root: Path) -> Settings:
    """The settings for the file PATH, which may not be there, in the folder ROOT that the client has open.

    Raises SettingsError for a configuration file that cannot be used.
    """
    here = next((folder for folder in path.parents if folder.is_dir()), root).resolve()
    config = root / given.config if given.config else files.find(here)
    return _loaded(config, here, given, root)


def default_settings(given: Given, root: Path) -> Settings:
    """The settings where no configuration file can be used, or not even what the environment says."""
    try:
        return _loaded(None, root, dataclasses.replace(given, config=None), root)
    except SettingsError:
        return Settings(root=root)


def _loaded(config: Path | None, start: Path, given: Given, root: Path) -> Settings:
    placed = {name: files.placed(OPTIONS[name], value, root) for name, value in given.values.items()}
    found = load_file(config, placed, start)
    if given.config:
        found = dataclasses.replace(found, config=given.config)  # which then holds for every file
    return found if found.config_path else dataclasses.replace(found, root=root)


def root_of(path: Path, folders: Sequence[Path]) -> Path:
    """The innermost of the client's FOLDERS that holds PATH; its own folder, where none does."""
    around = [folder for folder in folders if path.is_relative_to(folder)]
    return max(around, key=lambda folder: len(folder.parts), default=path.parent)
