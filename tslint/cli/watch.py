"""``--watch``: a check again whenever a file changes. The only file that imports watchfiles.

Each round begins and ends with a line of fixed words, which an editor's problem matcher waits for.
"""

from __future__ import annotations

import contextlib
import gc
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tslint import catalogue, cli
from tslint.cli.output import Usage, is_terminal
from tslint.frozen import frozen
from tslint.settings import OPTIONS, SettingsError, files
from tslint.source import is_module_target
from tslint.source.discovery import SKIPPED

if TYPE_CHECKING:
    from tslint.report.content import Report

SUFFIXES = (".py", ".ipynb")
CONFIGURATION = frozenset(["tslint.toml", "pyproject.toml", ".gitignore"])
TOGETHER = ("stdin_filename", "add_ignore", "write_baseline", "save", "repro")

POLL_MS = 200
"""How often the watcher comes back without a change, so that an interruption is noticed."""

CLEAR = "\x1b[2J\x1b[3J\x1b[H"


@frozen
class Watched:
    """``recursive``: what lies in folders of the FOLDERS counts, too. ``files`` are watched one by one."""

    folders: tuple[Path, ...]
    files: tuple[Path, ...]
    recursive: bool


def watch(targets: Sequence[str], given: Mapping[str, Any]) -> int:
    """Checks TARGETS until it is interrupted, which ends it with status 130."""
    if "-" in targets:
        raise Usage("--watch and standard input contradict each other")
    for name in TOGETHER:
        if given.get(name) is not None:
            raise Usage(f"--watch and --{name.replace('_', '-')} contradict each other")
    try:
        import watchfiles  # noqa: F401 -- tells at once whether it is there
    except ImportError:
        raise Usage('--watch needs watchfiles: `pip install "tslint[watch]"`') from None
    gc.enable()  # this process is to last
    options = {name: value for name, value in given.items() if name != "watch"}
    with contextlib.suppress(KeyboardInterrupt):
        _rounds(list(targets), options)
    return cli.INTERRUPTED


def _rounds(targets: list[str], given: Mapping[str, Any]) -> None:
    watched: Watched | None = None
    while True:
        now = _watched(targets, given)
        if now != watched:
            watched, changes = now, _changes(now)
            next(changes)  # from here on no change is missed
        _check(targets, given)
        changed = next(filter(None, changes))
        if not changed.isdisjoint(watched.files):
            watched = None  # a file that was replaced is another one for the system


def _check(targets: list[str], given: Mapping[str, Any]) -> None:
    if is_terminal(sys.stdout):
        print(CLEAR, end="")
    _say("checking...")
    try:
        _, report = cli.check_once(targets, given)
        said = _count(report)
    except (Usage, SettingsError, catalogue.PageError) as error:
        print(f"tslint: error: {error}", file=sys.stderr, flush=True)
        said = "could not check"
    except Exception:
        import traceback

        traceback.print_exc()
        said = "could not check"
    _say(f"{said}, watching for changes")


def _count(report: Report) -> str:
    number = report.summary.error + report.summary.warning + len(report.errors)
    return f"found {number or 'no'} problem{'' if number == 1 else 's'}"


def _say(words: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] tslint: {words}", flush=True)


def _watched(targets: Sequence[str], given: Mapping[str, Any]) -> Watched:
    """The directories that are targets, the folders of files that are, and the configuration and the baseline."""
    places = [_place(Path(target)) for target in targets or ["."]]
    config: Path | None = Path(given["config"]) if given.get("config") else None
    read = [config, Path(given["baseline"]) if given.get("baseline") else None]
    with contextlib.suppress(SettingsError):
        config = config or files.find(files.start_of(targets))
        read.append(config)  # which a round may be waited for to mend
        read += [file.path for file in (files.chain(config, OPTIONS) if config is not None else ())]
    known = {path.resolve() for path in read if path is not None}
    folders = {place if place.is_dir() else _folder(place) for place in places}
    return Watched(
        tuple(sorted(folders)), tuple(sorted(path for path in known if path.is_file())), any(map(Path.is_dir, places))
    )


def _place(target: Path) -> Path:
    """TARGET; for ``package.module:attribute`` the directory from which it is imported."""
    return Path.cwd() if is_module_target(str(target)) else target.resolve()


def _folder(path: Path) -> Path:
    """The nearest folder above PATH that there is."""
    return next(parent for parent in path.parents if parent.is_dir())


def _changes(watched: Watched) -> Iterator[frozenset[Path]]:
    """The files that matter and changed, from the first ``next`` on; none where nothing changed for a while."""
    import watchfiles

    stream = watchfiles.watch(
        *watched.folders,
        *watched.files,
        watch_filter=None,
        rust_timeout=POLL_MS,
        yield_on_timeout=True,
        recursive=watched.recursive,
    )
    for changes in stream:
        yield frozenset(path for path in (Path(path) for _, path in changes) if matters(path, watched))


def matters(path: Path, watched: Watched) -> bool:
    """Whether a check may say something else since PATH changed: source and configuration, outside what is never searched."""
    if path in watched.files:
        return True
    if path.name not in CONFIGURATION and (path.suffix not in SUFFIXES or path.name.startswith(".")):
        return False
    for folder in watched.folders:
        if path.is_relative_to(folder):
            parents = path.relative_to(folder).parts[:-1]
            return not any(part.startswith(".") or part in SKIPPED for part in parents)
    return False
