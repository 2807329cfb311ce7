"""The verb ``init``: shows what would be written, asks, writes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from tslint import setup
from tslint.cli.output import Usage, write
from tslint.settings import nearest


def init(kind: str, yes: bool = False, diff: bool = False) -> int:
    """Set tslint up where you work: `vscode` (two tasks), `github` (a workflow, a problem matcher) or `pre-commit` (a hook).

    What is there already stays: only what is missing is added to it. The change is shown as a diff, and written if you say so.

    Exit status: 0 all of it is there; 1 something is missing and was not written; 2 a file could not be added to.
    """
    if kind not in setup.KINDS:
        one_of = ", ".join(f"`{name}`" for name in setup.KINDS)
        raise Usage(
            f"there is nothing to set up for `{kind}`{nearest(kind, setup.KINDS) or f'; there is for {one_of}'}"
        )
    if yes and diff:
        raise Usage("--yes and --diff contradict each other")
    try:
        changes = setup.planned(kind, Path.cwd())
        wanted = [change for change in changes if change.needed]
        if not wanted:
            print(f"nothing to do: {_named(changes)} {'has' if len(changes) == 1 else 'have'} it all")
            return 0
        write(setup.diff(wanted), None)
        if diff:
            return 1
        if not yes and not _agreed():
            print("tslint: nothing was written", file=sys.stderr)
            return 1
        for change in wanted:
            setup.write(change)
            print(f"{'added to' if change.old is not None else 'wrote'} {change.name}")
    except setup.Refused as refused:
        print(f"tslint: error: {refused}", file=sys.stderr)
        if refused.text:
            print(f"\n{refused.text}", end="", file=sys.stderr)
        return 2
    print(setup.KINDS[kind].then)
    return 0


def _named(changes: Sequence[setup.Change]) -> str:
    return " and ".join(f"`{change.name}`" for change in changes)


def _agreed() -> bool:
    """What somebody at a terminal answers; no, where nobody is."""
    if not sys.stdin.isatty():
        print("tslint: say --yes to write this where nobody can be asked", file=sys.stderr)
        return False
    print("Write this? [y/N] ", end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline()
    if not answer:  # Ctrl-D ends no line
        print(file=sys.stderr)
    return answer.strip().lower() in ("y", "yes")
