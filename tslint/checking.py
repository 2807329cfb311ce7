"""One check from beginning to end: files are found and read, what can be run is run, and what both say makes the report.

What only a run or a fix needs is imported where one is made: starting up is most of what a static check of a file takes.
"""

from __future__ import annotations

import functools
import linecache
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tslint import static, workers
from tslint.cache import Cache
from tslint.catalogue import UNCHECKED
from tslint.diagnostic import Cells, Diagnostic, identity, order
from tslint.filters import Filters
from tslint.report.content import Report, summarise
from tslint.report.fingerprint import fingerprinted
from tslint.report.places import shown
from tslint.report.run import Run
from tslint.settings import Settings, SettingsError
from tslint.settings.hierarchy import Hierarchy
from tslint.source import (
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
    from tslint.baseline import Baseline
    from tslint.facts import Facts
    from tslint.forked import Work
    from tslint.request import Pickled
    from tslint.runs import OnEvidence, Ran
    from tslint.settings.patterns import Glob


class Checking:
    """One check: what was read, found and tried so far. RUN_ALL: every target is run, also where it is one of several.

    TEXTS are (absolute path → bytes) of files that are checked and run as if they held them; in the folder ANSWERS is kept what
    eager answers, or held against what is kept there already.
    """

    def __init__(
        self,
        settings: Settings,
        on_evidence: OnEvidence | None,
        run_all: bool = False,
        texts: Mapping[str, bytes] | None = None,
        answers: str = "",
    ) -> None:
        self.settings = settings
        self.on_evidence = on_evidence
        self.run_all = run_all
        self.hierarchy = Hierarchy(settings)
        self.filters = Filters(self.near, self.comments)
        self.checked: dict[str, static.Checked] = {}
        self.facts: dict[str, Facts] = {}
        self.sources: dict[str, Source] = {}
        self.caches: dict[Path, Cache] = {}
        self.others: dict[str, tuple[Suppression, ...]] = {}
        self.ran_on: set[str] = set()
        self.found: list[Diagnostic] = []
        self.joined_runs: list[list[Diagnostic]] = []
        self.runs: list[Run] = []
        self.notes: list[str] = []
        self.errors: list[str] = []
        self.left_out = False
        self.foreseen: set[tuple[object, ...]] = set()
        self.directory = str(Path.cwd())
        self.answers = answers
        self.baseline: Baseline | None = None
        if settings.baseline is not None and not settings.no_baseline:
            from tslint.baseline import Baseline

            self.baseline = Baseline(settings.baseline, settings.write_baseline)
        static.forget_files()
        self.texts = {path: Source.of(Path(path), data) for path, data in (texts or {}).items()}

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
                sources = [file for file in files if not self.archive(target, file)]
                named += sources
                to_run |= dict.fromkeys(sources if running else (), target)
                continue
            listed += files
            if running and self.run_all:
                to_run |= {file: str(file) for file in files}
            elif running and (self.settings.model or self.settings.input):
                self.errors.append(f"{target} is a directory: --model and --input go with one file or module")
        once = unique([*named, *listed])
        if self.left_out and not once:
            self.notes.append("nothing is checked: what was named is excluded, and `force-exclude` is set")
        self.read([file for file in once if file in named and file not in to_run], named=True)
        self.read([file for file in once if file not in named and file not in to_run], named=False)
        running_now = [file for file in once if file in to_run]
        predicted = {str(file.absolute()): self.predicted(file) for file in running_now}
        for file in running_now:
            self.run(to_run[file], file, predicted, file in named)
        return self.finished()

    def finished(self) -> Report:
        if len(self.joined_runs) > 1:
            from tslint import merge

            self.found += merge.across(self.joined_runs)
        else:
            self.found += [diagnostic for found in self.joined_runs for diagnostic in found]
        kept = [d for d in self.found if self.filters.selected(d)]
        heard = [d for d in kept if not self.filters.suppressed(d)]
        heard += [d for d in self.unused() if self.filters.selected(d)]
        ordered = sorted(map(self.filters.weighed, heard), key=order)
        lines = {path: self.lines(path) for path in _paths(ordered)}
        static.forget_files()
        ordered = fingerprinted(ordered, lines, lambda path: shown(path, self.directory))
        left = self.untolerated(ordered, lines)
        return Report(
            diagnostics=tuple(left),
            runs=tuple(self.runs),
            summary=summarise(
                left,
                len({*self.checked, *self.facts}),
                sum(map(self.filters.suppressed, kept)),
                len(ordered) - len(left),
            ),
            notes=tuple(dict.fromkeys(self.notes)),
            errors=tuple(dict.fromkeys(self.errors)),
            sources=lines,
            notebooks=self.notebooks(lines),
            directory=self.directory,
        )

    # -- settings -----------------------------------------------------------------------------------------------------

    def near(self, path: str | None) -> Settings:
        """The settings of the file at PATH; those of the whole run where its own cannot be used, which goes to the errors."""
        try:
            return self.hierarchy.of(path)
        except SettingsError as error:
            self.errors.append(str(error))
            return self.settings

    def excluding(self, folder: Path) -> tuple[Glob, ...] | None:
        """The patterns of what is left out of FOLDER; None where its settings cannot be used, which goes to the errors."""
        try:
            return self.hierarchy.folder(folder).excluded
        except SettingsError as error:
            self.errors.append(str(error))
            return None

    # -- the static half ----------------------------------------------------------------------------------------------

    def files(self, path: Path) -> list[Path]:
        """The files to check at PATH, each of which has its settings; what is wrong with it goes to the errors."""
        whole = self.settings
        try:
            files, errors = discover(path, self.excluding, gitignore=whole.respect_gitignore, force=whole.force_exclude)
        except SourceError as error:
            self.errors.append(str(error))
            return []
        self.left_out |= whole.force_exclude and not files and not errors
        if path.is_file() and files and self.excluding(path.absolute().parent.resolve()) is None:
            return []
        self.errors += map(str, errors)
        return files

    def root(self, path: str) -> str:
        """Below it are the other files that imports in the file at PATH are followed into."""
        return str(self.near(path).facts_root)

    def job(self, near: Settings, named: bool) -> static.Job:
        return static.Job(near.route, near.max_file_size, named, str(near.facts_root))

    def cache(self, near: Settings, job: static.Job) -> Cache | None:
        """Where results for files with the settings NEAR are kept: beside their configuration."""
        if self.settings.no_cache:
            return None
        if near.root not in self.caches or self.caches[near.root].job != job:
            self.caches[near.root] = Cache(near.root, job)
        return self.caches[near.root]

    def read(self, files: Sequence[Path], named: bool) -> None:
        """Checks the source of FILES alone."""
        shared: dict[Path, tuple[static.Job, Cache | None]] = {}
        for path in files:
            if path.parent not in shared:
                near = self.near(str(path.absolute()))
                job = self.job(near, named)
                shared[path.parent] = job, self.cache(near, job)
        tasks = [(path, *shared[path.parent]) for path in files]
        for result in workers.check_all(tasks, self.settings.jobs) if tasks else ():
            self.keep(result)
            self.found += result.diagnostics
            self.foreseen.update(map(identity, result.diagnostics))

    def given(self, path: Path, data: bytes, ask: Callable[[Facts], object] | None = None) -> None:
        """Checks DATA as the source of PATH. ASK is called with its facts."""
        name = str(path.absolute())
        try:
            self.texts[name] = Source.given(path, data, self.settings.max_file_size)
            job = self.job(self.near(name), named=True)
            result = static.check_source(self.texts[name], job, written=False, ask=ask)
        except SourceError as error:
            result = static.Checked(name, (static.unchecked(error),))
        self.checked[name] = result
        self.found += result.diagnostics
        self.foreseen.update(map(identity, result.diagnostics))

    def keep(self, result: static.Checked) -> None:
        """Remembers that a file was checked, or says why it was not."""
        if result.skipped is not None:
            self.notes.append(f"{shown(result.path, self.directory)}: {result.skipped}")
        else:
            self.checked[result.path] = result

    def predicted(self, path: Path) -> list[Diagnostic]:
        """What the source of one file predicts, its facts kept for the run; severities follow with what was run."""
        name = str(path.absolute())
        source = self.texts.get(name) or static.read(path, self.job(self.near(name), named=True))
        if isinstance(source, Source):
            self.sources[name] = source
            try:
                self.facts[name] = static.facts_of(source, self.root(name))
            except SourceError as error:
                source = static.Checked(name, (static.unchecked(error),))
            except Exception as error:
                source = static.Checked(name, tuple(static.crashed(name, "what all checks ask", error)))
        if isinstance(source, static.Checked):
            self.keep(source)
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
                return static.facts_of(source, self.root(path), written=path not in self.texts)
            except Exception:  # which the check of the file says, where it is checked
                return None
        return self.facts[path]

    def source(self, path: str) -> Source | None:
        if path not in self.sources:
            if path in self.texts:
                self.sources[path] = self.texts[path]
                return self.texts[path]
            try:
                self.sources[path] = Source.read(Path(path), self.near(path).max_file_size)
            except SourceError:
                return None
        return self.sources[path]

    def lines(self, path: str) -> list[str]:
        source = self.source(path)
        if source is None and not Path(path).exists():  # a cell of a notebook that is running
            return [line.rstrip("\n") for line in linecache.getlines(path)]
        return list(source.shown) if source is not None else []

    def notebooks(self, paths: Iterable[str]) -> dict[str, Cells]:
        """Which of PATHS are notebooks, and where their cells are."""
        read = {path: self.source(path) for path in paths if path.endswith(".ipynb")}
        return {path: source.cells for path, source in read.items() if source is not None and source.cells is not None}

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

        self.joined(target, [], runs.run_archive(target, path, self.to_run(target, path), self.on_evidence))
        return True

    def to_run(self, target: str, path: Path) -> Settings:
        """The settings to run the file at PATH with, which TARGET names."""
        return self.hierarchy.with_models_of(target, self.near(str(path.absolute())))

    def run(self, target: str, path: Path, predicted: Mapping[str, list[Diagnostic]], named: bool) -> None:
        """Runs PATH as TARGET, and joins what that says with what is PREDICTED, by file, of it and of those that ran with it.

        A file that was NAMED is meant to run; of a directory's, those run that can.
        """
        from tslint import runs

        facts = self.facts.get(str(path.absolute()))
        texts = tuple((name, source.text) for name, source in self.texts.items())
        trial = runs.Trial(self.answers, texts) if self.answers or texts else None
        ran = runs.run(target, path, facts, self.to_run(target, path), self.on_evidence, trial=trial, named=named)
        own = str(path.absolute())
        if ran.evidence:
            self.ran_on.add(own)
        others = [found for name, found in predicted.items() if name != own and name in ran.touched]
        self.joined(str(path), [d for found in (predicted[own], *others) for d in found], ran)

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

        self.foreseen.update(map(identity, predicted))
        found = ran.observed(predicted, self.load)
        routes = self.near(str(Path(target).absolute())).route if Path(target).is_file() else self.settings.route
        weighed: list[Diagnostic] = []
        for path in dict.fromkeys(d.path for d in found):
            own = [d for d in found if d.path == path]
            weighed += engine.weigh(own, self.facts.get(path or ""), {*routes, *self.scripting(target, path)})
        if ran is not None and not routes:
            file = self.facts.get(str(Path(target).absolute()))
            weighed = engine.weigh_conversions(weighed, ran.evidence, file)
        self.joined_runs.append(weighed)
        self.runs += ran.assembled(weighed)
        self.notes += ran.notes
        self.errors += ran.errors

    def scripting(self, target: str, path: str | None) -> tuple[str, ...]:
        """``script``, for the other files below a target whose own code scripts something."""
        name = str(Path(target).absolute())
        own = self.facts.get(name)
        if own is None or path == name:
            return ()
        return ("script",) if own.calls_to("torch.jit.script") else ()

    # -- the baseline ---------------------------------------------------------------------------------------------------

    def untolerated(self, found: list[Diagnostic], lines: Mapping[str, Sequence[str]]) -> list[Diagnostic]:
        """What was FOUND and is not in the baseline, which is written where that was asked for."""
        if self.baseline is None:
            return found
        from tslint.tolerance import Tolerance

        tolerance = Tolerance(self.settings, self.filters, self.baseline)
        tolerance.checked = self.checked
        tolerance.unchecked = {d.path for d in self.found if d.rule in UNCHECKED}
        tolerance.ran_on = self.ran_on
        tolerance.anything_ran = bool(self.runs)
        tolerance.foreseen = self.foreseen
        left = tolerance.left(found, lines)
        self.notes += tolerance.notes
        self.errors += tolerance.errors
        return left

    def new(self, found: list[Diagnostic], source: Source) -> list[Diagnostic]:
        """What was FOUND in the text of SOURCE, which may stand in no file yet, and is not in the baseline."""
        if self.baseline is None:
            return found
        return list(self.baseline.compare(found, {str(source.path): source.lines}).left)

    # -- comments ------------------------------------------------------------------------------------------------------

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
                found += unused(
                    path, result.suppressions, own, path in self.ran_on, functools.partial(self.lines, path)
                )
        return found


def _paths(diagnostics: Sequence[Diagnostic]) -> list[str]:
    paths = [d.path for d in diagnostics] + [label.path for d in diagnostics for label in d.labels]
    return list(dict.fromkeys(path for path in paths if path))
