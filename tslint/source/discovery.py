"""The Python files and notebooks of a directory, without what Git or the settings leave out, hidden directories, environments."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tslint.source.errors import MissingPathError, NoPythonError, SourceError, UnreadableFileError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

    from tslint.settings.patterns import Glob

SKIPPED = frozenset({"__pycache__", "__pypackages__", "node_modules", "site-packages"})
ENVIRONMENT_MARKS = ("pyvenv.cfg", "conda-meta")


NAMED = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*(\(.*\))?", re.DOTALL)


def is_module_target(target: str) -> bool:
    """Whether TARGET is ``package.module:attribute``, with literal arguments if wanted: no path, nor ``file.py:Net``."""
    return bool(NAMED.fullmatch(target)) and not Path(target).exists() and not Path(target.partition(":")[0]).is_file()


Excluding = Callable[[Path], "Sequence[Glob] | None"]
"""(directory, resolved) → the patterns of what is left out there; None: what is directly in it cannot be checked."""


def discover(
    target: Path, excluding: Excluding | None = None, *, gitignore: bool = True, force: bool = False
) -> tuple[list[Path], list[SourceError]]:
    """The files to check at TARGET, sorted, and what is wrong with the directories below it that could not be listed.

    A file is itself, whatever its name, and even where it is ignored or excluded; a directory its ``*.py`` and
    ``*.ipynb``. What is left out says EXCLUDING, and without GITIGNORE that alone. Raises MissingPathError, or NoPythonError
    for a directory without any.

    What is named is meant: where Git ignores or a pattern excludes TARGET itself, as they do an environment, those rules do
    not count. With FORCE the patterns do, and what they leave out is nothing to check.
    """
    if not target.is_file() and not target.is_dir():
        raise MissingPathError(target, _what(target))
    if force and excluding is not None and _named_in_vain(target, excluding):
        return [], []
    if target.is_file():
        return [target], []
    walk = _Walk(target, excluding, gitignore, force)
    files = sorted(walk.files())
    if not files and not walk.errors and not walk.refused:
        raise NoPythonError(target, "holds no Python files to check")
    return files, walk.errors


def excluded(path: Path, excluding: Excluding) -> bool:
    """Whether the patterns leave out the file PATH, which need not exist, or a directory that it lies in."""
    return _named_in_vain(path, excluding)


def unique(paths: Iterable[Path]) -> list[Path]:
    """PATHS, each file once: one that is named twice or also reached through a symbolic link by its own path."""
    found: dict[str, Path] = {}
    for path in paths:
        real = os.path.realpath(path)
        if real not in found or (_is_link(found[real], real) and not _is_link(path, real)):
            found[real] = path
    return list(found.values())


def _is_link(path: Path, real: str) -> bool:
    return str(path.absolute()) != real


def _what(path: Path) -> str:
    if path.exists():
        return "neither a file nor a directory"
    if path.is_symlink():
        return "a symbolic link that leads nowhere"
    file, _, named = str(path).partition(":")
    hint = f"; what is in {file} is named by itself: `{file} --model {named}`" if named and Path(file).is_file() else ""
    return f"no such file or directory{hint}"


Rules = list[tuple[Path, "GitIgnoreSpec"]]


class _Walk:
    """A walk through ROOT. ``errors`` are the directories that could not be listed; some were ``refused``: without settings."""

    def __init__(self, root: Path, excluding: Excluding | None, gitignore: bool, force: bool) -> None:
        self.root = root
        self.errors: list[SourceError] = []
        self.refused = False
        self._excluding = excluding
        self._gitignore = gitignore
        self._force = force
        self._rules: dict[tuple[tuple[str, Path], ...], Rules] = {}

    def files(self) -> Iterator[Path]:
        above = _inherited(self.root.resolve()) if self._gitignore else []
        ignored = _ignored(self.root.resolve(), above, directory=True)
        rules: dict[Path, Rules] = {self.root: [] if ignored else above}
        for folder, directories, names in os.walk(self.root, onerror=self._failed):
            here = Path(folder)
            active = rules.pop(here)
            own = _spec(here) if self._gitignore else None
            if own is not None:
                active = [*active, (here.resolve(), own)]
            excluded = self._excluded(here)
            kept = []
            for name in sorted(directories):
                path = here / name
                if _is_skipped(path) or _ignored(path, active, True) or _ignored(path, excluded or [], True):
                    continue
                kept.append(name)
                rules[path] = active
            directories[:] = kept
            if excluded is None:
                continue
            for name in names:
                path = here / name
                left_out = _ignored(path, active, False) or _ignored(path, excluded, False)
                if name.endswith((".py", ".ipynb")) and not left_out and path.is_file():
                    yield path

    def _excluded(self, folder: Path) -> Rules | None:
        """The settings' own patterns for FOLDER, without those that hold for the directory that was named."""
        globs = self._excluding(folder.resolve()) if self._excluding is not None else ()
        if globs is None:
            self.refused = True
            return None
        key = tuple((str(each), each.folder) for each in globs)
        if key not in self._rules:
            root = self.root.resolve()
            meant = [each for each in globs if self._force or not _ignored(root, _settings_rules([each], root), True)]
            self._rules[key] = _settings_rules(meant, root)
        return self._rules[key]

    def _failed(self, error: OSError) -> None:
        self.errors.append(UnreadableFileError(Path(error.filename), f"cannot be read: {error.strerror or error}"))


def _named_in_vain(target: Path, excluding: Excluding) -> bool:
    """Whether the patterns leave out TARGET, or a directory that it is in."""
    path = target.parent.resolve() / target.name
    globs = excluding(path.parent)
    if not globs:
        return False
    rules = _settings_rules(globs, path.parent)
    inside = [each for each in path.parents if any(each.is_relative_to(folder) for folder, _ in rules)]
    return _ignored(path, rules, target.is_dir()) or any(_ignored(each, rules, True) for each in inside)


def _settings_rules(globs: Sequence[Glob], near: Path) -> Rules:
    """Patterns of the settings, in their order. One that names no folder holds for all that is in NEAR, as well."""
    found: list[tuple[Path, list[str]]] = []
    for each in globs:
        folder = near if each.anywhere and not near.is_relative_to(each.folder) else each.folder
        if not found or found[-1][0] != folder:
            found.append((folder, []))
        found[-1][1].append(each)
    return [(folder, _read(lines)) for folder, lines in found]


def _is_skipped(path: Path) -> bool:
    name = path.name
    if name.startswith(".") or name in SKIPPED:
        return True
    return path.is_symlink() or any((path / mark).exists() for mark in ENVIRONMENT_MARKS)


def _inherited(root: Path) -> Rules:
    """The ``.gitignore`` files above ROOT, down from the top of its repository; none outside one.

    One that ignores ROOT itself says nothing about what is in it: whoever names a directory wants it checked.
    """
    above: Rules = []
    for folder in (root, *root.parents):
        if folder != root:
            spec = _spec(folder)
            if spec is not None and not _ignored(root, [(folder, spec)], True):
                above.insert(0, (folder, spec))
        if (folder / ".git").exists():
            return above
    return []


def _spec(folder: Path) -> GitIgnoreSpec | None:
    try:
        text = (folder / ".gitignore").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return _read(text.splitlines())


def _read(lines: Sequence[str]) -> GitIgnoreSpec:
    """The patterns in LINES; like Git, it takes no notice of those that are none."""
    from pathspec import GitIgnoreSpec

    try:
        return GitIgnoreSpec.from_lines(lines)
    except (ValueError, re.error):  # pathspec hands a range such as `[z-a]` on as it is
        return GitIgnoreSpec.from_lines([line for line in lines if _is_pattern(line)])


def _is_pattern(line: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except (ValueError, re.error):
        return False
    return True


def _ignored(path: Path, rules: Rules, directory: bool) -> bool:
    """Whether Git ignores PATH; the file nearest to it that says anything about it decides."""
    if not rules:
        return False
    resolved = path.parent.resolve() / path.name
    for folder, spec in reversed(rules):
        try:
            relative = resolved.relative_to(folder).as_posix()
        except ValueError:
            continue
        answer = spec.check_file(relative + "/" if directory else relative).include
        if answer is not None:
            return answer
    return False
