"""Which files a kind of setup consists of, what becomes of each, and writing them."""

from __future__ import annotations

import difflib
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

from tslint import fixes
from tslint.frozen import frozen
from tslint.setup import blocks, merging
from tslint.setup.refusal import Refusal


class Refused(Exception):
    """A file cannot be added to, or not be written; the message is one sentence, ``text`` what is to be added by hand."""

    def __init__(self, message: str, text: str = "") -> None:
        super().__init__(message)
        self.text = text


@frozen
class Part:
    """A file of a setup: the paths it may have, the first of them where there is none yet, and its template."""

    paths: tuple[str, ...]
    template: str
    merge: Callable[[str], str]


@frozen
class Kind:
    """``at_root``: its files are looked for in the root of the repository, wherever in it one works. ``then``: what is left to
    do."""

    parts: tuple[Part, ...]
    at_root: bool
    then: str


KINDS = {
    "vscode": Kind(
        (Part((".vscode/tasks.json",), "tasks.json", merging.tasks),),
        at_root=False,
        then="`Tasks: Run Task` has `tslint: check`, and `tslint: watch`, which needs `tslint[watch]`",
    ),
    "github": Kind(
        (
            Part((".github/tslint-matcher.json",), "matcher.json", merging.matcher),
            Part((".github/workflows/tslint.yml", ".github/workflows/tslint.yaml"), "workflow.yml", merging.workflow),
        ),
        at_root=True,
        then="the workflow runs once both files are pushed",
    ),
    "pre-commit": Kind(
        (Part((".pre-commit-config.yaml",), "pre-commit.yaml", merging.pre_commit),),
        at_root=True,
        then="`pre-commit install` lets Git run it",
    ),
}


@frozen
class Change:
    """What becomes of the file at ``path``, called ``name`` from the working directory; ``old`` is None where it is new."""

    path: Path
    name: str
    old: bytes | None
    new: bytes

    @property
    def needed(self) -> bool:
        return self.old != self.new


def planned(kind: str, directory: Path) -> tuple[Change, ...]:
    """What becomes of the files of KIND for somebody who works in DIRECTORY. Raises Refused."""
    root = (_repository(directory) if KINDS[kind].at_root else None) or directory
    return tuple(_change(part, root, directory) for part in KINDS[kind].parts)


def diff(changes: Sequence[Change]) -> str:
    """CHANGES as a unified diff."""
    found = []
    for change in changes:
        old = None if change.old is None else _lines(change.old)
        before = "/dev/null" if old is None else change.name
        for line in difflib.unified_diff(old or [], _lines(change.new), before, change.name):
            found.append(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n")
    return "".join(found)


def write(change: Change) -> None:
    """Writes the file at one go; raises Refused where that is not possible, and the file is then as it was."""
    path = change.path
    try:
        if (path.read_bytes() if path.exists() else None) != change.old:
            raise Refused(f"`{change.name}` has changed meanwhile, so it was not written")
        if change.old is not None and not path.stat().st_mode & fixes.WRITABLE:
            raise Refused(f"`{change.name}` is read-only, so it was not written")
        path.parent.mkdir(parents=True, exist_ok=True)
        if change.old is None:
            path.touch()  # with the mode that the user's mask gives, which is then kept
        fixes.write(path, change.new)
    except OSError as error:
        raise Refused(f"`{change.name}` cannot be written: {error.strerror or error}") from None


def _repository(directory: Path) -> Path | None:
    """The root of the Git repository that DIRECTORY is in."""
    return next((folder for folder in (directory, *directory.parents) if (folder / ".git").exists()), None)


def _change(part: Part, root: Path, directory: Path) -> Change:
    path = next((root / name for name in part.paths if os.path.lexists(root / name)), root / part.paths[0])
    name = Path(os.path.relpath(path, directory)).as_posix()
    old = _read(path, name)
    try:
        text = "" if old is None else old.decode("utf-8")
        return Change(path, name, old, part.merge(text).encode("utf-8"))
    except UnicodeDecodeError:
        reason = "it is not UTF-8"
    except Refusal as refusal:
        reason = str(refusal)
    raise Refused(
        f"`{name}` is left as it is, since {reason}; add by hand what it lacks of this:",
        merging.template(part.template),
    )


def _read(path: Path, name: str) -> bytes | None:
    try:
        if not os.path.lexists(path):
            return None
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            raise Refused(f"`{name}` is not a file")
        return path.read_bytes()
    except OSError as error:
        raise Refused(f"`{name}` cannot be read: {error.strerror or error}") from None


def _lines(content: bytes) -> list[str]:
    return blocks.split(content.decode("utf-8"))
