"""The settings of each file: those of the configuration nearest to it, under what the command line and the whole run say."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from tslint.settings import OPTIONS, ModelTable, Settings, SettingsError, files, load_file

NEAR = (
    *(name for name, each in OPTIONS.items() if each.near),
    *("models", "root", "config_path", "project", "layers"),
)
"""The fields that concern one file."""


class Hierarchy:
    """Finds the settings of files for a run with the settings WHOLE, and looks into every directory once.

    Where a configuration was named (``--config``), or WHOLE was not loaded from files, WHOLE holds for all.
    """

    def __init__(self, whole: Settings) -> None:
        self.whole = whole
        self._fixed = whole.given is None or whole.config is not None
        self._known: dict[Path, Settings | SettingsError] = {}
        self._folders: dict[Path, Path] = {}
        start, end = whole.start, whole.config_path.parent if whole.config_path else None
        if start is not None and not self._fixed:
            for folder in (start, *start.parents):
                self._known[folder] = whole
                if folder == end:
                    break

    def of(self, path: str | Path | None) -> Settings:
        """The settings of the file at the absolute PATH; those of the run for any other, as that of a cell.

        Raises SettingsError where the configuration nearest to it cannot be used.
        """
        if self._fixed or path is None or not Path(path).is_absolute():
            return self.whole
        name = Path(path).parent
        if name not in self._folders:
            self._folders[name] = name.resolve()
        return self.folder(self._folders[name])

    def folder(self, folder: Path) -> Settings:
        """The settings of the files in FOLDER, a resolved path. Raises SettingsError."""
        if self._fixed:
            return self.whole
        if folder not in self._known:
            self._look(folder)
        found = self._known[folder]
        if isinstance(found, SettingsError):
            raise found
        return found

    def _look(self, folder: Path) -> None:
        """Looks for the configuration of FOLDER in it and above it; whatever is passed on the way has the same."""
        passed: list[Path] = []
        found: Settings | SettingsError = self.whole
        for each in (folder, *folder.parents):
            if each in self._known:
                found = self._known[each]
                break
            passed.append(each)
            try:
                path = files.own(each)
                if path is not None:
                    found = self._near(path)
                    break
            except SettingsError as error:
                found = error
                break
        self._known.update(dict.fromkeys(passed, found))

    def with_models_of(self, target: str, near: Settings) -> Settings:
        """NEAR with the models that are configured for TARGET: by the nearest configuration, else by that of the run."""
        if near is self.whole or near.models_of(target):
            return near
        return dataclasses.replace(near, models=tuple(map(self._named, self.whole.models_of(target))))

    def _named(self, table: ModelTable) -> ModelTable:
        file = self.whole.root / table.target
        return dataclasses.replace(table, target=str(file)) if file.exists() else table

    def _near(self, path: Path) -> Settings:
        whole = self.whole
        if path.resolve() == whole.config_path:
            return whole
        found = load_file(path, whole.given or {}, path.parent)
        values = {name: getattr(found, name) for name in NEAR}
        origins = {name: origin for name, origin in whole.origins.items() if name not in NEAR}
        origins |= {name: origin for name, origin in found.origins.items() if name in NEAR}
        return dataclasses.replace(whole, **values, origins=origins)
