"""Finds and reads the other files of a project that a file imports: those beside it in its package, and those below the root."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import libcst as cst

from tslint.source.errors import SourceError
from tslint.source.text import Source

INSTALLED = frozenset({"site-packages", "dist-packages"})
"""Directories of installed packages, each a project of its own."""
MOST_KEPT = 4_000_000
"""Bytes of source whose trees are kept for the next file that imports them. A tree takes some 86 times as many (LibCST 1.9)."""


@dataclass(eq=False)
class File:
    """A file of the project, parsed. ``names`` is what its names mean, kept for the next file that imports it."""

    path: str
    module: cst.Module
    text: bytes
    names: object = None


Loader = Callable[[str, str], "File | None"]
"""(path of the importing file, module as it is written there: ``.layers``, ``package.layers``) → that file of the project."""


class ProjectFiles:
    """Answers what a file means by a module's name, as :class:`tslint.facts.project.Project` asks it.

    A relative import is looked up where it says; an absolute one beside the file, then in every directory above it. Only
    files below ROOT, or in the same top package as the file, are the project's: never what is installed in an environment.
    """

    def __init__(self, root: Path, most: int = MOST_KEPT) -> None:
        self._most = most
        self.root = root.absolute()
        self._kept: OrderedDict[Path, File | None] = OrderedDict()
        self._size = 0
        self._found: dict[tuple[Path, str], tuple[Path, ...]] = {}

    def __call__(self, importer: str, name: str) -> File | None:
        here = Path(importer).absolute()
        asked = here.parent, name
        if asked not in self._found:
            self._found[asked] = tuple(self._places(here, name))
        place = next((place for place in self._found[asked] if place != here), None)
        return None if place is None else self._read(place)

    def _places(self, here: Path, name: str) -> Iterator[Path]:
        """Where a module of this name stands for the files in the directory of HERE, the nearest first."""
        dots = len(name) - len(name.lstrip("."))
        parts = [part for part in name[dots:].split(".") if part]
        bases = here.parents[dots - 1 : dots] if dots else here.parents
        package = top_package(here)
        for base in bases:
            if not self._is_ours(base / Path(*parts), package):
                return
            found = _module(base, parts)
            if found is not None:
                yield found

    def _is_ours(self, path: Path, package: Path | None) -> bool:
        if package is not None and path.is_relative_to(package):
            return True
        return path.is_relative_to(self.root) and not INSTALLED & set(path.relative_to(self.root.parent).parts)

    def parsed(self, source: Source) -> cst.Module:
        """The tree of a file of the project, made once for itself and for those that import it.

        Raises SourceSyntaxError or UnreadableFileError.
        """
        known = self._kept.get(source.path)
        if known is not None and known.text == source.data:
            self._kept.move_to_end(source.path)
            return known.module
        module = source.parse()
        self._keep(source.path, File(str(source.path), module, source.data))
        return module

    def _read(self, path: Path) -> File | None:
        if path in self._kept:
            self._kept.move_to_end(path)
            return self._kept[path]
        try:
            source = Source.read(path)
            found = File(str(path), source.parse(), source.data)
        except SourceError:  # which its own check says
            found = None
        self._keep(path, found)
        return found

    def _keep(self, path: Path, file: File | None) -> None:
        self._forget(path)
        self._kept[path] = file
        self._size += _size(file)
        while self._size > self._most:
            self._forget(next(iter(self._kept)))

    def _forget(self, path: Path) -> None:
        self._size -= _size(self._kept.pop(path, None))


def _size(file: File | None) -> int:
    return 0 if file is None else len(file.text)


def top_package(path: Path) -> Path | None:
    """The directory of the outermost package that holds PATH; None for a file in no package."""
    found: Path | None = None
    for folder in path.parents:
        if not (folder / "__init__.py").is_file():
            return found
        found = folder
    return found


def _module(base: Path, parts: list[str]) -> Path | None:
    """The file of module PARTS below BASE: a package's ``__init__.py``, or a file of its own."""
    place = base.joinpath(*parts)
    candidates = [place / "__init__.py"] + ([place.with_name(f"{place.name}.py")] if parts else [])
    return next((candidate for candidate in candidates if candidate.is_file()), None)
