"""The verbs as a library: what `tslint check` does, without a terminal.

What only a run or a fix needs is imported where one is made: starting up is most of what a static check of a file takes.
"""

from __future__ import annotations

import dataclasses
import functools
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tslint import catalogue, engine
from tslint.diagnostic import Basis, Claim, Diagnostic, Fix, Severity, Span
from tslint.facts import Facts
from tslint.report.content import Report, Run, fixable, shown, summarise
from tslint.settings import ModelTable, Settings
from tslint.source import Source, SourceError, SourceSyntaxError, UnreadableFileError, discover, suppressions

if TYPE_CHECKING:
    from tslint.runs import OnEvidence, Ran

MODULE_TARGET = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*(\(.*\))?", re.DOTALL)
"""``package.module:attribute``, with literal arguments if wanted; never a path that exists."""


def check_paths(targets: Sequence[str], settings: Settings, on_evidence: OnEvidence | None = None) -> Report:
    """Checks files, directories and ``package.module:attribute`` targets; without any, the configured models, else ``.``.

    ON_EVIDENCE is called with each piece of evidence as the child reports it. Never raises for what is wrong with the
    targets or the models: that stands in the report.
    """
    check = _Check(settings, on_evidence)
    named = list(targets)
    if not named:
        named = list(dict.fromkeys(_configured(table, settings) for table in settings.models))
        check.run_all = bool(named)
    report = check.report(named or ["."])
    if settings.fix or settings.diff:
        return check.fixed(named, report)
    return report


class _Check:
    """One call of check_paths: what was read, found and tried so far."""

    def __init__(self, settings: Settings, on_evidence: OnEvidence | None) -> None:
        self.settings = settings
        self.on_evidence = on_evidence
        self.run_all = settings.run
        self.sources: dict[str, Source] = {}
        self.facts: dict[str, Facts] = {}
        self.found: list[Diagnostic] = []
        self.runs: list[Run] = []
        self.notes: list[str] = []
        self.errors: list[str] = []
        self.directory = str(Path.cwd())

    # -- the whole ----------------------------------------------------------------------------------------------------

    def report(self, targets: list[str]) -> Report:
        running = not self.settings.static and (self.run_all or len(targets) == 1)
        for target in targets:
            path = Path(target)
            if not path.exists() and MODULE_TARGET.fullmatch(target):
                self.module(target)
                continue
            single = running and not path.is_dir()
            for file in self.files(path):
                predicted = self.predicted(file)
                ran = self.ran(target if single else str(file), file) if single or (self.run_all and running) else None
                self.joined(str(file), predicted, ran)
            if running and path.is_dir() and not self.run_all and (self.settings.model or self.settings.input):
                self.errors.append(f"{target} is a directory: --model and --input go with one file or module")
        return self.finished()

    def finished(self) -> Report:
        kept = [d for d in self.found if self.selected(d)]
        heard = [d for d in kept if not self.suppressed(d)]
        lines = {path: list(source.lines) for path, source in self.sources.items()}
        ordered = engine.fingerprinted(sorted(heard, key=engine.order), lines, lambda path: shown(path, self.directory))
        return Report(
            diagnostics=tuple(ordered),
            runs=tuple(self.runs),
            summary=summarise(ordered, len(self.facts), len(kept) - len(heard)),
            notes=tuple(dict.fromkeys(self.notes)),
            errors=tuple(dict.fromkeys(self.errors)),
            sources={path: self.lines(path) for path in _paths(ordered)},
            directory=self.directory,
        )

    def fixed(self, targets: Sequence[str], report: Report) -> Report:
        """Writes (or shows, with ``--diff``) the fixes of REPORT, then checks again: what is left counts."""
        from tslint import fixes

        changed: dict[Path, tuple[Source, str]] = {}
        count = 0
        for path in sorted({d.path for d in report.diagnostics if d.path and d.fix}):
            source = self.sources.get(path)
            if source is None or path not in self.facts or not source.faithful(self.facts[path].module):
                continue
            wanted = [d for d in report.diagnostics if d.path == path and d.basis != Basis.REFUTED]
            first = [d.fix for d in wanted if d.fix and fixable(d, self.settings.unsafe_fixes)]
            text, done = fixes.rounds(source.text, first, functools.partial(self.fixes_of, source.path))
            if text != source.text:
                changed[source.path] = (source, text)
                count += done
        if self.settings.diff:
            return dataclasses.replace(report, diff="".join(_diff(*item, self.directory) for item in changed.values()))
        errors = [error for source, text in changed.values() if (error := _write(source, text))]
        again = _Check(dataclasses.replace(self.settings, fix=False), self.on_evidence)
        again.run_all = self.run_all
        left = again.report(list(targets) or ["."]) if changed else report
        return dataclasses.replace(left, fixed=count - len(errors), errors=(*left.errors, *errors))

    # -- the static half ----------------------------------------------------------------------------------------------

    def files(self, path: Path) -> list[Path]:
        try:
            return discover(path)
        except SourceError as error:
            self.errors.append(str(error))
            return []

    def predicted(self, path: Path) -> list[Diagnostic]:
        """Reads one file and returns what its source predicts; a file that cannot be read or parsed is one diagnostic."""
        try:
            source = Source.read(path)
            self.sources[str(source.path)] = source
            facts = Facts(source, source.parse())
        except (SourceSyntaxError, UnreadableFileError) as error:
            return [_unchecked(error)]
        except SourceError as error:
            self.errors.append(str(error))
            return []
        self.facts[str(source.path)] = facts
        found, crashes = engine.predict(facts)
        self.errors += crashes
        return found

    def load(self, path: str) -> Facts | None:
        """Facts of a file that the run touched, for the checks of evidence; None where it cannot be read."""
        if path not in self.facts:
            try:
                source = Source.read(Path(path))
                self.sources[path] = source
                return Facts(source, source.parse())
            except SourceError:
                return None
        return self.facts[path]

    def lines(self, path: str) -> list[str]:
        if path not in self.sources:
            self.load(path)
        return list(self.sources[path].lines) if path in self.sources else []

    def fixes_of(self, path: Path, text: str) -> list[Fix] | None:
        """The fixes that a text, which is not yet in its file, still calls for; None where it is no longer Python."""
        source = Source(path, text.encode())
        try:
            found, _ = engine.predict(Facts(source, source.parse()))
        except SourceError:
            return None
        unsafe = self.settings.unsafe_fixes
        return [d.fix for d in found if d.fix and fixable(d, unsafe) and self.selected(d) and not self.suppressed(d)]

    # -- the run ------------------------------------------------------------------------------------------------------

    def module(self, target: str) -> None:
        """A target that names a module's attribute: there is no file to read, only something to run."""
        if self.settings.static:
            self.errors.append(f"{target} names an object, not a file: --static needs a file")
            return
        self.joined(target, [], self.ran(target, None))

    def ran(self, target: str, path: Path | None) -> Ran:
        from tslint import runs

        facts = self.facts.get(str(path.absolute())) if path is not None else None
        return runs.run(target, path, facts, self.settings, self.on_evidence)

    def joined(self, target: str, predicted: list[Diagnostic], ran: Ran | None) -> None:
        """Adds what source and run say together, with severities by the routes taken."""
        found = predicted if ran is None else ran.observed(predicted, self.load)
        weighed: list[Diagnostic] = []
        for path in dict.fromkeys(d.path for d in found):
            own = [d for d in found if d.path == path]
            weighed += engine.weigh(
                own, self.facts.get(path or ""), {*self.settings.route, *self.scripting(target, path)}
            )
        if ran is not None and not self.settings.route:
            file = self.facts.get(str(Path(target).absolute()))
            weighed = engine.weigh_conversions(weighed, ran.evidence, file)
        self.found += weighed
        if ran is not None:
            self.runs += ran.assembled(weighed)
            self.notes += ran.notes
            self.errors += ran.errors

    def scripting(self, target: str, path: str | None) -> tuple[str, ...]:
        """``script``, for the library files below a target whose own code scripts something."""
        own = self.facts.get(str(Path(target).absolute()))
        if own is None or path in self.facts:
            return ()
        return ("script",) if own.calls_to("torch.jit.script") else ()

    # -- what is left out ---------------------------------------------------------------------------------------------

    def selected(self, diagnostic: Diagnostic) -> bool:
        names = {diagnostic.rule, diagnostic.group}
        if diagnostic.claim == Claim.UNCHECKABLE:
            return True
        wanted = not self.settings.select or bool(names & set(self.settings.select))
        return wanted and not names & set(self.settings.ignore)

    def suppressed(self, diagnostic: Diagnostic) -> bool:
        source = self.sources.get(diagnostic.path or "")
        if source is None or diagnostic.span is None or diagnostic.claim == Claim.UNCHECKABLE:
            return False
        line = diagnostic.span.line
        return any(
            comment.covers(name, line)
            for comment in suppressions(source)
            for name in (diagnostic.rule, diagnostic.group)
        )


def _configured(table: ModelTable, settings: Settings) -> str:
    """The target of a configured model, a file as a path that holds from the working directory."""
    path = settings.root / table.target
    return os.path.relpath(path) if path.exists() else table.target


def _unchecked(error: SourceSyntaxError | UnreadableFileError) -> Diagnostic:
    """The diagnostic for a file that cannot be checked at all."""
    rule = catalogue.rules()["syntax-error" if isinstance(error, SourceSyntaxError) else "unreadable-file"]
    span = Span(error.line, error.column or 1, error.line, (error.column or 1) + 1) if error.line else None
    return Diagnostic(
        rule=rule.name,
        group=rule.group,
        claim=Claim.UNCHECKABLE,
        severity=Severity.ERROR,
        basis=Basis.OBSERVED,
        message=rule.message.format(message=error.message),
        path=str(error.path.absolute()),
        span=span,
        url=rule.url,
    )


def _paths(diagnostics: Sequence[Diagnostic]) -> list[str]:
    paths = [d.path for d in diagnostics] + [label.path for d in diagnostics for label in d.labels]
    return list(dict.fromkeys(path for path in paths if path))


def _write(source: Source, text: str) -> str | None:
    """Writes a fixed file; one sentence where it cannot be, and the file is then as it was."""
    from tslint import fixes

    try:
        if source.path.read_bytes() != source.data:
            return f"{source.path} changed while it was checked, so its fixes were not written"
        fixes.write(source.path, text.encode(source.encoding))
    except (OSError, UnicodeEncodeError) as error:
        return f"{source.path} could not be written: {getattr(error, 'strerror', None) or error}"
    return None


def _diff(source: Source, text: str, directory: str) -> str:
    import difflib

    name = shown(str(source.path), directory)
    old, new = source.text.splitlines(keepends=True), text.splitlines(keepends=True)
    return "".join(difflib.unified_diff(old, new, name, name))
