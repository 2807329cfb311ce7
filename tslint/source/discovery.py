"""The Python files of a directory: what Git ignores, hidden directories and environments left out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tslint.source.errors import MissingPathError, NoPythonError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

SKIPPED = frozenset({"__pycache__", "__pypackages__", "node_modules", "site-packages"})
ENVIRONMENT_MARKS = ("pyvenv.cfg", "conda-meta")


def discover(target: Path) -> list[Path]:
    """The files to check at TARGET, sorted: a file is itself, whatever its name; a directory its ``*.py``.

    What is named is meant: where Git ignores TARGET itself, as it does an environment, the rules above it do not count.
    Raises MissingPathError, or NoPythonError for a directory without any.
    """
    if target.is_file():
        return [target]
    if not target.is_dir():
        raise MissingPathError(target, "no such file or directory")
    files = sorted(_walk(target))
    if not files:
        raise NoPythonError(target, "holds no Python files")
    return files


Rules = list[tuple[Path, "GitIgnoreSpec"]]


def _walk(root: Path) -> Iterator[Path]:
    above = _inherited(root.resolve())
    rules: dict[Path, Rules] = {root: [] if _ignored(root.resolve(), above, directory=True) else above}
    for folder, directories, names in os.walk(root):
        here = Path(folder)
        active = rules.pop(here)
        own = _spec(here)
        if own is not None:
            active = [*active, (here.resolve(), own)]
        kept = []
        for name in sorted(directories):
            path = here / name
            if _is_skipped(path) or _ignored(path, active, directory=True):
                continue
            kept.append(name)
            rules[path] = active
        directories[:] = kept
        for name in names:
            path = here / name
            if name.endswith(".py") and path.is_file() and not _ignored(path, active, directory=False):
                yield path


def _is_skipped(path: Path) -> bool:
    name = path.name
    if name.startswith(".") or name in SKIPPED:
        return True
    return path.is_symlink() or any((path / mark).exists() for mark in ENVIRONMENT_MARKS)


def _inherited(root: Path) -> Rules:
    """The ``.gitignore`` files above ROOT, down from the top of its repository; none outside one."""
    above: Rules = []
    for folder in (root, *root.parents):
        if folder != root:
            spec = _spec(folder)
            if spec is not None:
                above.insert(0, (folder, spec))
        if (folder / ".git").exists():
            return above
    return []


def _spec(folder: Path) -> GitIgnoreSpec | None:
    try:
        text = (folder / ".gitignore").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(text.splitlines())


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
