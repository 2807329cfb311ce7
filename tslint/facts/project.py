"""Other files of the project, as far as the facts of one file need them. Pure: finding and reading them is the loader's part."""

from __future__ import annotations

import libcst as cst

from tslint.source.project import File, Loader

MOST_FILES = 24
"""Other files that the facts of one file are taken from; what comes from further ones stays unknown."""
MOST_STEPS = 8
"""Files through which one name is followed, each importing it from the next."""


class Project:
    """What has been taken from other files so far. ``read`` are their paths: facts may change when these files do."""

    def __init__(self, path: str, module: cst.Module, load: Loader | None) -> None:
        self.load = load
        self._paths: dict[cst.Module, str] = {module: path}
        self._files: dict[str, File] = {}
        self._answers: dict[tuple[str, str], File | None] = {}

    @property
    def read(self) -> tuple[str, ...]:
        return tuple(self._files)

    def path(self, module: cst.Module) -> str:
        """Where a module that was taken in, or the one that is checked, stands."""
        return self._paths[module]

    def file(self, importer: cst.Module, name: str) -> File | None:
        """The file that IMPORTER means by module NAME; None where it is none of the project's, or one too many."""
        if self.load is None:
            return None
        key = (self._paths[importer], name)
        if key not in self._answers:
            self._answers[key] = self._ask(*key)
        return self._answers[key]

    def _ask(self, importer: str, name: str) -> File | None:
        assert self.load is not None
        if len(self._files) >= MOST_FILES:
            return None
        found = self.load(importer, name)
        if found is None or found.path == next(iter(self._paths.values())):
            return None
        known = self._files.setdefault(found.path, found)
        self._paths[known.module] = known.path
        return known
