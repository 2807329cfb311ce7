"""The verbs as a library: what `tslint check` does, without a terminal.

What only a run or a fix needs is imported where one is made: starting up is most of what a static check of a file takes.
"""

from __future__ import annotations

import dataclasses
import functools
import linecache
import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tslint import static, workers
from tslint.cache import Cache
from tslint.diagnostic import Basis, Diagnostic, Fix, order
from tslint.report.content import UNCHECKED, Report, Run, fixable, shown, summarise
from tslint.report.fingerprint import fingerprinted
from tslint.settings import ModelTable, Settings
from tslint.source import (
    NotebookError,
    Source,
    SourceError,
    Suppression,
    discover,
    is_module_target,
    is_torchscript,
    suppressions,
    unique,
)
from tslint.unused import unused

if TYPE_CHECKING:
    from tslint.facts import Facts
    from tslint.forked import Work
    from tslint.request import Pickled
    from tslint.runs import OnEvidence, Ran


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


def check(
    model: Any,
    example_inputs: Any,
    *,
    other_inputs: Any = (),
    routes: Sequence[str] | None = None,
    convert: bool = True,
    verify: bool = True,
    timeout: float | None = None,
    memory: int | str | None = None,
    target: str | None = None,
    select: Sequence[str] | None = None,
    ignore: Sequence[str] | None = None,
) -> Report:
    """Checks a live model: traced, scripted, converted and compared in a child process, and its own source read beside.

    EXAMPLE_INPUTS are a tensor, a tuple of arguments, a mapping of named ones, or a pair of both; OTHER_INPUTS a list of
    further ones to compare on. ROUTES are of trace, script, mixed, export and all (None: as many as are needed), TIMEOUT is
    in seconds (600), MEMORY in bytes or such as ``"4GiB"`` (three quarters of the machine's), TARGET such as ``"iOS17"``;
    SELECT and IGNORE name rules or groups. What is not given here is taken from the project's configuration file.

    MODEL, its mode, its gradients and every random generator stay as they are. What is wrong with the model stands in the
    report. Raises TypeError for what is no model or no input of it, SettingsError for an option that cannot be used, and
    IsolationError where this process cannot be forked and the model cannot be pickled.
    """
    from tslint.live import IsolationError, own_file
    from tslint.live import settings as settings_for
    from tslint.probe import live

    given = live.given(model, example_inputs, other_inputs, sys._getframe(1))
    classes = {path: list(names) for path, names in live.classes_of(model).items()}
    file = own_file(classes)
    options = {"route": routes, "timeout": timeout, "memory": memory, "select": select, "ignore": ignore}
    flags = {"no_convert": None if convert else True, "no_verify": None if verify else True}
    one = _Check(settings_for(file, target, options | flags), None)
    run = functools.partial(one.live, type(model).__qualname__, file, classes.get(file or "", ()), target)
    if live.forkable():
        return run(lambda request, evidence: live.work(request, given, evidence), None)
    with tempfile.TemporaryDirectory(prefix="tslint-") as folder:
        try:
            pickled = live.pickle_to(str(Path(folder) / "model"), given)
        except live.Unpicklable as error:
            name = type(model).__qualname__
            raise IsolationError(
                f"`{name}` cannot be checked: this process cannot be forked, and the model not be pickled, since {error}"
            ) from error.__cause__
        return run(None, pickled)


class _Check:
    """One call of check_paths: what was read, found and tried so far."""

    def __init__(self, settings: Settings, on_evidence: OnEvidence | None) -> None:
        self.settings = settings
        self.on_evidence = on_evidence
        self.run_all = settings.run
        self.checked: dict[str, static.Checked] = {}
        self.facts: dict[str, Facts] = {}
        self.sources: dict[str, Source] = {}
        self.others: dict[str, tuple[Suppression, ...]] = {}
        self.ran_on: set[str] = set()
        self.found: list[Diagnostic] = []
        self.runs: list[Run] = []
        self.notes: list[str] = []
        self.errors: list[str] = []
        self.directory = str(Path.cwd())
        static.forget_files()

    # -- the whole ----------------------------------------------------------------------------------------------------

    def report(self, targets: list[str]) -> Report:
        running = not self.settings.static and (self.run_all or len(targets) == 1)
        to_run: dict[Path, str] = {}
        named: list[Path] = []
        listed: list[Path] = []
        for target in targets:
            path = Path(target)
            if not target.strip():
                self.errors.append("a target is empty: it is to be a file, a directory or `package.module:attribute`")
                continue
            if is_module_target(target):
                self.module(target)
                continue
            files = self.files(path)
            if not path.is_dir():
                named += [file for file in files if not self.archive(target, file)]
                to_run |= dict.fromkeys(named if running else (), target)
                continue
            listed += files
            if running and self.run_all:
                to_run |= {file: str(file) for file in files}
            elif running and (self.settings.model or self.settings.input):
                self.errors.append(f"{target} is a directory: --model and --input go with one file or module")
        once = unique([*named, *listed])
        self.read([file for file in once if file in named and file not in to_run], named=True)
        self.read([file for file in once if file not in named and file not in to_run], named=False)
        for file in once:
            if file in to_run:
                self.run(to_run[file], file)
        return self.finished()

    def finished(self) -> Report:
        kept = [d for d in self.found if self.selected(d)]
        heard = [d for d in kept if not self.suppressed(d)]
        heard += [d for d in self.unused() if self.selected(d)]
        ordered = sorted(heard, key=order)
        lines = {path: self.lines(path) for path in _paths(ordered)}
        static.forget_files()
        ordered = fingerprinted(ordered, lines, lambda path: shown(path, self.directory))
        return Report(
            diagnostics=tuple(ordered),
            runs=tuple(self.runs),
            summary=summarise(ordered, len({*self.checked, *self.facts}), sum(map(self.suppressed, kept))),
            notes=tuple(dict.fromkeys(self.notes)),
            errors=tuple(dict.fromkeys(self.errors)),
            sources=lines,
            directory=self.directory,
        )

    def fixed(self, targets: Sequence[str], report: Report) -> Report:
        """Writes (or shows, with ``--diff``) the fixes of REPORT, then checks again: what is left counts."""
        from tslint import fixes

        changed: dict[Path, tuple[Source, str]] = {}
        count = 0
        for path in sorted({d.path for d in report.diagnostics if d.path and d.fix}):
            facts = self.load(path) if path in self.checked else None
            if facts is None or not facts.source.faithful(facts.module):
                continue
            source = facts.source
            wanted = [d for d in report.diagnostics if d.path == path and d.basis != Basis.REFUTED]
            first = [d.fix for d in wanted if d.fix and fixable(d, self.settings.unsafe_fixes)]
            text, done = fixes.rounds(source.text, first, functools.partial(self.fixes_of, source.path))
            if text != source.text:
                changed[source.path] = (source, text)
                count += done
        if self.settings.diff:
            named = [(source, text, shown(str(source.path), self.directory)) for source, text in changed.values()]
            return dataclasses.replace(report, diff="".join(fixes.diff(*item) for item in named))
        errors = [error for source, text in changed.values() if (error := fixes.save(source, text))]
        again = _Check(dataclasses.replace(self.settings, fix=False), self.on_evidence)
        again.run_all = self.run_all
        left = again.report(list(targets) or ["."]) if changed else report
        return dataclasses.replace(left, fixed=count - len(errors), errors=(*left.errors, *errors))

    # -- the static half ----------------------------------------------------------------------------------------------

    def files(self, path: Path) -> list[Path]:
        """The files to check at PATH; what is wrong with it goes to the errors."""
        try:
            if path.suffix == ".ipynb" and path.is_file():
                raise NotebookError(path, NotebookError.SENTENCE)
            files, errors = discover(path, self.settings.exclude, self.settings.root)
        except SourceError as error:
            files, errors = [], [error]
        self.errors += map(str, errors)
        return files

    def job(self, named: bool) -> static.Job:
        return static.Job(self.settings.route, self.settings.max_file_size, named, str(self.settings.root))

    def read(self, files: Sequence[Path], named: bool) -> None:
        """Checks the source of FILES alone."""
        if not files:
            return
        job = self.job(named)
        cache = None if self.settings.no_cache else Cache(self.settings.root, job)
        for result in workers.check(files, job, self.settings.jobs, cache):
            self.checked[result.path] = result
            self.found += result.diagnostics

    def predicted(self, path: Path) -> list[Diagnostic]:
        """What the source of one file predicts, its facts kept for the run; severities follow with what was run."""
        name = str(path.absolute())
        source = static.read(path, self.job(named=True))
        if isinstance(source, Source):
            self.sources[name] = source
            try:
                self.facts[name] = static.facts_of(source, str(self.settings.root))
            except SourceError as error:
                source = static.Checked(name, (static.unchecked(error),))
            except Exception as error:
                source = static.Checked(name, tuple(static.crashed(name, "what all checks ask", error)))
        if isinstance(source, static.Checked):
            self.checked[name] = source
            return list(source.diagnostics)
        self.checked[name] = static.Checked(name, (), suppressions(source))
        return static.predicted(self.facts[name])

    def load(self, path: str) -> Facts | None:
        """Facts of a file, for the checks of evidence and for fixes; None where it cannot be read or parsed."""
        if path not in self.facts:
            source = self.source(path)
            if source is None:
                return None
            try:
                return static.facts_of(source, str(self.settings.root))
            except Exception:  # which the check of the file says, where it is checked
                return None
        return self.facts[path]

    def source(self, path: str) -> Source | None:
        if path not in self.sources:
            try:
                self.sources[path] = Source.read(Path(path), self.settings.max_file_size)
            except SourceError:
                return None
        return self.sources[path]

    def lines(self, path: str) -> list[str]:
        source = self.source(path)
        if source is None and not Path(path).exists():  # a cell of a notebook that is running
            return [line.rstrip("\n") for line in linecache.getlines(path)]
        return list(source.lines) if source is not None else []

    def fixes_of(self, path: Path, text: str) -> list[Fix] | None:
        """The fixes that a text, which is not yet in its file, still calls for; None where it is no longer Python."""
        source = Source(path, text.encode())
        try:
            found = static.predicted(static.facts_of(source, str(self.settings.root), written=False))
        except SourceError:
            return None
        unsafe, comments = self.settings.unsafe_fixes, suppressions(source)
        return [
            d.fix for d in found if d.fix and fixable(d, unsafe) and self.selected(d) and not _silenced(d, comments)
        ]

    # -- the run ------------------------------------------------------------------------------------------------------

    def module(self, target: str) -> None:
        """A target that names a module's attribute: there is no file to read, only something to run."""
        if self.settings.static:
            self.errors.append(f"{target} names an object, not a file: --static needs a file")
            return
        from tslint import runs

        self.joined(target, [], runs.run(target, None, None, self.settings, self.on_evidence))

    def archive(self, target: str, path: Path) -> bool:
        """Runs a TorchScript archive, which has no source to read; whether PATH is one, or something else to keep away from."""
        try:
            if path.suffix == ".py" or not is_torchscript(path):
                return False
        except SourceError as error:
            self.errors.append(str(error))
            return True
        if self.settings.static:
            self.errors.append(f"{target} is a TorchScript archive, which holds no source that --static could read")
            return True
        from tslint import runs

        self.joined(target, [], runs.run_archive(target, path, self.settings, self.on_evidence))
        return True

    def run(self, target: str, path: Path) -> None:
        """Reads PATH, runs it as TARGET, and joins what the two say."""
        from tslint import runs

        predicted = self.predicted(path)
        facts = self.facts.get(str(path.absolute()))
        ran = runs.run(target, path, facts, self.settings, self.on_evidence)
        if ran.evidence:
            self.ran_on.add(str(path.absolute()))
        self.joined(str(path), predicted, ran)

    def live(
        self,
        name: str,
        file: str | None,
        classes: Sequence[str],
        deployment_target: str | None,
        work: Work | None,
        pickled: Pickled | None,
    ) -> Report:
        """The report of a live model of the class NAME, which holds CLASSES of FILE (None: it was defined in none)."""
        from tslint import runs
        from tslint.live import held

        target = file or name
        facts = self.load(file) if file is not None else None
        ran = runs.run_live(target, self.settings, work, pickled, deployment_target)
        predicted: list[Diagnostic] = []
        if file is not None and facts is not None:
            self.facts[file] = facts
            predicted = held(static.predicted(facts), file, classes, ran.evidence)
        self.joined(target, predicted, ran)
        return self.finished()

    def joined(self, target: str, predicted: list[Diagnostic], ran: Ran) -> None:
        """Adds what source and run say together, with severities by the routes taken."""
        from tslint import engine

        found = ran.observed(predicted, self.load)
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
        if diagnostic.rule in UNCHECKED:
            return True
        wanted = not self.settings.select or bool(names & set(self.settings.select))
        return wanted and not names & set(self.settings.ignore)

    def suppressed(self, diagnostic: Diagnostic) -> bool:
        return _silenced(diagnostic, self.comments(diagnostic.path or ""))

    def comments(self, path: str) -> tuple[Suppression, ...]:
        """The comments of a file; those of a library's, which was not checked itself, hold as well."""
        if path in self.checked:
            return self.checked[path].suppressions
        if path not in self.others:
            source = self.source(path) if path else None
            self.others[path] = suppressions(source) if source is not None else ()
        return self.others[path]

    def unused(self) -> list[Diagnostic]:
        """A diagnostic for each comment that silences nothing; all of FOUND count, selected or not."""
        found: list[Diagnostic] = []
        for path, result in self.checked.items():
            if result.suppressions:
                own = [d for d in self.found if d.path == path]
                found += unused(path, result.suppressions, own, path in self.ran_on)
        return found


def _silenced(diagnostic: Diagnostic, comments: Iterable[Suppression]) -> bool:
    if diagnostic.span is None or diagnostic.rule in UNCHECKED:
        return False
    return any(c.covers(diagnostic.span) and c.names(diagnostic.rule, diagnostic.group) for c in comments)


def _configured(table: ModelTable, settings: Settings) -> str:
    """The target of a configured model, a file as a path that holds from the working directory."""
    path = settings.root / table.target
    return os.path.relpath(path) if path.exists() else table.target


def _paths(diagnostics: Sequence[Diagnostic]) -> list[str]:
    paths = [d.path for d in diagnostics] + [label.path for d in diagnostics for label in d.labels]
    return list(dict.fromkeys(path for path in paths if path))
