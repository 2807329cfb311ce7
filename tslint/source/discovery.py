"""The Python files of a directory: what Git or the settings leave out, hidden directories and environments not among them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tslint.source.errors import MissingPathError, NoPythonError, SourceError, UnreadableFileError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

SKIPPED = frozenset({"__pycache__", "__pypackages__", "node_modules", "site-packages"})
ENVIRONMENT_MARKS = ("pyvenv.cfg", "conda-meta")


NAMED = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*(\(.*\))?", re.DOTALL)


def is_module_target(target: str) -> bool:
    """Whether TARGET is ``package.module:attribute``, with literal arguments if wanted: no path, nor ``file.py:Net``."""
    return bool(NAMED.fullmatch(target)) and not Path(target).exists() and not Path(target.partition(":")[0]).is_file()


def discover(
    target: Path, exclude: Sequence[str] = (), root: Path | None = None
) -> tuple[list[Path], list[SourceError]]:
    """The files to check at TARGET, sorted, and what is wrong with the directories below it that could not be listed.

    A file is itself, whatever its name, and even where it is ignored or excluded; a directory its ``*.py``. EXCLUDE are
    patterns as in ``.gitignore``, which start from ROOT. Raises MissingPathError, or NoPythonError for a directory
    without any.

    What is named is meant: where Git ignores TARGET itself, as it does an environment, the rules above it do not count.
    """
    if target.is_file():
        return [target], []
    if not target.is_dir():
        raise MissingPathError(target, _what(target))
    walk = _Walk(target)
    files = sorted(walk.files(exclude, root or Path.cwd()))
    if not files and not walk.errors:
        notebooks = any(target.rglob("*.ipynb"))
        more = ", and notebooks come with a later version" if notebooks else ""
        raise NoPythonError(target, f"holds no Python files to check{more}")
    return files, walk.errors


def excluded(path: Path, exclude: Sequence[str], root: Path) -> bool:
    """Whether the patterns EXCLUDE, which start from ROOT, leave out the file PATH or a directory that it lies in."""
    return bool(exclude) and _ignored(path, [(root.resolve(), _read(exclude))], directory=False)


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
    """A walk through ROOT; ``errors`` are the directories that could not be listed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.errors: list[SourceError] = []

    def files(self, exclude: Sequence[str], start: Path) -> Iterator[Path]:
        above = _inherited(self.root.resolve())
        ignored = _ignored(self.root.resolve(), above, directory=True)
        rules: dict[Path, Rules] = {self.root: [] if ignored else above}
        excluded = _excluded(exclude, start.resolve(), self.root.resolve())
        for folder, directories, names in os.walk(self.root, onerror=self._failed):
            here = Path(folder)
            active = rules.pop(here)
            own = _spec(here)
            if own is not None:
                active = [*active, (here.resolve(), own)]
            kept = []
            for name in sorted(directories):
                path = here / name
                if _is_skipped(path) or _ignored(path, active, True) or _ignored(path, excluded, True):
                    continue
                kept.append(name)
                rules[path] = active
            directories[:] = kept
            for name in names:
                path = here / name
                left_out = _ignored(path, active, False) or _ignored(path, excluded, False)
                if name.endswith(".py") and not left_out and path.is_file():
                    yield path

    def _failed(self, error: OSError) -> None:
        self.errors.append(UnreadableFileError(Path(error.filename), f"cannot be read: {error.strerror or error}"))


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


def _excluded(patterns: Sequence[str], start: Path, root: Path) -> Rules:
    """The settings' own patterns, those left out that hold for the directory that was named."""
    if not patterns:
        return []
    return [(start, _read([each for each in patterns if not _ignored(root, [(start, _read([each]))], True)]))]


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
    except ValueError:
        return GitIgnoreSpec.from_lines([line for line in lines if _is_pattern(line)])


def _is_pattern(line: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
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
