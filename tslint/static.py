"""The static half of a check: what the source of one file predicts, as data that can leave the process or be kept.

Everything that reads syntax trees is imported once a file is to be parsed: a hook over files that cannot matter never imports it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tslint import catalogue
from tslint.diagnostic import Basis, Claim, Diagnostic, Severity, Span
from tslint.frozen import frozen
from tslint.source import (
    OtherLanguageError,
    Source,
    SourceError,
    SourceSyntaxError,
    Suppression,
    deeply,
    matters,
    suppressions,
)

if TYPE_CHECKING:
    from tslint.facts import Facts
    from tslint.source.project import ProjectFiles

DEEP = 50_000
"""Python frames for code of the greatest depth that is parsed: a visit of one node takes several of them."""


@frozen
class Job:
    """What the result for a file depends on besides its bytes. ``routes`` are those asked for by name.

    ``named``: the file was named itself, so that its syntax is checked even where nothing in it can matter. ``root``: below it
    are the other files that imports are followed into.
    """

    routes: tuple[str, ...] = ()
    max_file_size: int = 0
    named: bool = False
    root: str = ""


@frozen
class Checked:
    """What checking a file came to. ``path`` is absolute; ``suppressions`` are its comments, in file order.

    ``reads`` are the other files that it came from. ``skipped``: one sentence, for a notebook of another language.
    """

    path: str
    diagnostics: tuple[Diagnostic, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    reads: tuple[str, ...] = ()
    skipped: str | None = None


def read(path: Path, job: Job) -> Source | Checked:
    """The source at PATH, or what is wrong with the file."""
    try:
        return Source.read(path, job.max_file_size, job.named)
    except OtherLanguageError as error:
        return Checked(str(path.absolute()), skipped=error.message)
    except SourceError as error:
        return Checked(str(path.absolute()), (unchecked(error),))


def check_source(
    source: Source, job: Job, *, written: bool = True, ask: Callable[[Facts], object] | None = None
) -> Checked:
    """What the text of SOURCE predicts, which may not be WRITTEN in its file yet. ASK is called with its facts in the end."""
    path = str(source.path)
    if not matters(source.data):
        error = source.refused() if job.named else None
        return Checked(path, (unchecked(error),) if error else ())
    try:
        facts = facts_of(source, job.root, written)
    except SourceError as error:
        return Checked(path, (unchecked(error),))
    except Exception as error:
        return Checked(path, tuple(crashed(path, "what all checks ask", error)))
    found = predicted(facts)
    from tslint import engine

    try:
        found = engine.weigh(found, facts, job.routes)
    except Exception as error:  # the severities stay those of each finding by itself
        found += crashed(path, "the weighing of severities", error)
    reads = facts.project.read
    if ask is not None:
        ask(facts)
    facts.release()
    return Checked(path, tuple(found), suppressions(source), reads)


def crashed(path: str, what: str, error: Exception) -> list[Diagnostic]:
    """The diagnostic for an ERROR in WHAT on the file PATH."""
    from tslint.engine import Crashes

    crashes = Crashes(path)
    crashes.add(what, error)
    return crashes.diagnostics()


def facts_of(source: Source, root: str, written: bool = True) -> Facts:
    """The facts of SOURCE, a file of the project at ROOT. Raises SourceSyntaxError or UnreadableFileError.

    What is not WRITTEN in its file yet is not kept for the files that import it.
    """
    from tslint.facts import Facts

    load = project(root)
    module = load.parsed(source) if written else source.parse()
    return deeply(lambda: Facts(source, module, load), DEEP)


@functools.lru_cache(maxsize=2)
def project(root: str) -> ProjectFiles:
    """The other files of the project at ROOT, those read last kept for the next file that imports them.

    They are not read again: :func:`forget_files` stands before and after a check of many.
    """
    from tslint.source.project import ProjectFiles

    return ProjectFiles(Path(root))


_keeping = False


def keep_files(keep: bool = True) -> None:
    """Says that whoever runs this process sees to it when files are others: they are kept from one check to the next."""
    global _keeping
    _keeping = keep


def forget_files(now: bool = False) -> None:
    """Lets go of the files that were kept, NOW even where they are from check to check: they may be others by the next one."""
    if now or not _keeping:
        project.cache_clear()


def predicted(facts: Facts) -> list[Diagnostic]:
    """What the checks predict from FACTS, and a diagnostic for each that crashed."""
    from tslint import engine

    found, crashes = engine.predict(facts)
    if any("RecursionError" in crash.message for crash in crashes):
        # Code so deep that Python's own stack is too small for whoever walks it.
        fresh = type(facts)(facts.source, facts.module, facts.project.load)
        found, crashes = deeply(lambda: engine.predict(fresh), DEEP, at_once=True)
    return [*found, *crashes]


def unchecked(error: SourceError) -> Diagnostic:
    """The diagnostic for a file that cannot be checked at all."""
    rule = catalogue.rules()["syntax-error" if isinstance(error, SourceSyntaxError) else "unreadable-file"]
    line, column = error.line or 1, error.column or 1
    return Diagnostic(
        rule=rule.name,
        group=rule.group,
        claim=Claim.UNCHECKABLE,
        severity=Severity.ERROR,
        basis=Basis.OBSERVED,
        message=rule.message.format(message=error.message),
        path=str(error.path.absolute()),
        span=Span(line, column, line, column + 1 if error.line else column),
        url=rule.url,
    )
