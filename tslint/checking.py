"""One check from beginning to end: files are read, what can be run is run, and what both say makes the report.

What only a run or a fix needs is imported where one is made: starting up is most of what a static check of a file takes.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tslint import static
from tslint.catalogue import UNCHECKED
from tslint.diagnostic import Diagnostic, identity, order
from tslint.filters import Filters
from tslint.reading import Reading
from tslint.report.content import Report, summarise
from tslint.report.fingerprint import fingerprinted
from tslint.report.places import shown
from tslint.report.run import Run
from tslint.settings import Settings
from tslint.source import Source, SourceError, is_module_target, is_torchscript, unique
from tslint.unused import unused

if TYPE_CHECKING:
    from tslint.baseline import Baseline
    from tslint.forked import Work
    from tslint.request import Pickled
    from tslint.runs import OnEvidence, Ran


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
        self.reading = Reading(settings, texts)
        self.filters = Filters(self.reading.near, self.reading.comments)
        self.ran_on: set[str] = set()
        self.found: list[Diagnostic] = []
        self.joined_runs: list[list[Diagnostic]] = []
        self.runs: list[Run] = []
        self.foreseen: set[tuple[object, ...]] = set()
        self.answers = answers
        self.baseline: Baseline | None = None
        if settings.baseline is not None and not settings.no_baseline:
            from tslint.baseline import Baseline

            self.baseline = Baseline(settings.baseline, settings.write_baseline)

    @property
    def errors(self) -> list[str]:
        """What kept tslint from its work, a sentence each."""
        return self.reading.errors

    @property
    def notes(self) -> list[str]:
        return self.reading.notes

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
            files = self.reading.files(path)
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
        if len(targets) > 1 and once and not running and (self.settings.model or self.settings.input):
            self.errors.append(f"{len(targets)} targets are named: --model and --input go with one file or module")
        if self.reading.left_out and not once:
            self.notes.append("nothing is checked: what was named is excluded, and `force-exclude` is set")
        for meant in (True, False):
            alone = [file for file in once if (file in named) == meant and file not in to_run]
            self.foresee(self.reading.read(alone, meant))
        running_now = [file for file in once if file in to_run]
        predicted = {str(file.absolute()): self.reading.predicted(file) for file in running_now}
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
        lines = {path: self.reading.lines(path) for path in _paths(ordered)}
        static.forget_files()
        ordered = fingerprinted(ordered, lines, lambda path: shown(path, self.reading.directory))
        left = self.untolerated(ordered, lines)
        return Report(
            diagnostics=tuple(left),
            runs=tuple(self.runs),
            summary=summarise(
                left,
                len({*self.reading.checked, *self.reading.facts}),
                sum(map(self.filters.suppressed, kept)),
                len(ordered) - len(left),
                info=self.settings.lists_info,
            ),
            notes=tuple(dict.fromkeys(self.notes)),
            errors=tuple(dict.fromkeys(self.errors)),
            sources=lines,
            notebooks=self.reading.notebooks(lines),
            directory=self.reading.directory,
        )

    def foresee(self, predicted: Iterable[Diagnostic]) -> None:
        """Adds what the source of files predicted that do not run."""
        new = list(predicted)
        self.found += new
        self.foreseen.update(map(identity, new))

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
        return self.reading.hierarchy.with_models_of(target, self.reading.near(str(path.absolute())))

    def run(self, target: str, path: Path, predicted: Mapping[str, list[Diagnostic]], named: bool) -> None:
        """Runs PATH as TARGET, and joins what that says with what is PREDICTED, by file, of it and of those that ran with it.

        A file that was NAMED is meant to run; of a directory's, those run that can.
        """
        from tslint import runs

        facts = self.reading.facts.get(str(path.absolute()))
        texts = tuple((name, source.text) for name, source in self.reading.texts.items())
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
        facts = self.reading.load(file) if file is not None else None
        ran = runs.run_live(target, self.settings, work, pickled, deployment_target)
        predicted: list[Diagnostic] = []
        if file is not None and facts is not None:
            self.reading.facts[file] = facts
            predicted = held(static.predicted(facts), file, classes, ran.evidence)
        self.joined(target, predicted, ran)
        return self.finished()

    def joined(self, target: str, predicted: list[Diagnostic], ran: Ran) -> None:
        """Adds what source and run say together, with severities by the routes taken."""
        from tslint import engine

        self.foreseen.update(map(identity, predicted))
        found = ran.observed(predicted, self.reading.load)
        routes = (
            self.reading.near(str(Path(target).absolute())).route if Path(target).is_file() else self.settings.route
        )
        weighed: list[Diagnostic] = []
        for path in dict.fromkeys(d.path for d in found):
            own = [d for d in found if d.path == path]
            weighed += engine.weigh(own, self.reading.facts.get(path or ""), {*routes, *self.scripting(target, path)})
        if ran is not None and not routes:
            file = self.reading.facts.get(str(Path(target).absolute()))
            weighed = engine.weigh_conversions(weighed, ran.evidence, file)
        self.joined_runs.append(weighed)
        self.runs += ran.assembled(weighed)
        self.reading.notes += ran.notes
        self.reading.errors += ran.errors

    def scripting(self, target: str, path: str | None) -> tuple[str, ...]:
        """``script``, for the other files below a target whose own code scripts something."""
        name = str(Path(target).absolute())
        own = self.reading.facts.get(name)
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
        tolerance.checked = self.reading.checked
        tolerance.unchecked = {d.path for d in self.found if d.rule in UNCHECKED}
        tolerance.ran_on = self.ran_on
        tolerance.anything_ran = bool(self.runs)
        tolerance.foreseen = self.foreseen
        left = tolerance.left(found, lines)
        self.reading.notes += tolerance.notes
        self.reading.errors += tolerance.errors
        return left

    def new(self, found: list[Diagnostic], source: Source) -> list[Diagnostic]:
        """What was FOUND in the text of SOURCE, which may stand in no file yet, and is not in the baseline."""
        if self.baseline is None:
            return found
        return list(self.baseline.compare(found, {str(source.path): source.lines}).left)

    def unused(self) -> list[Diagnostic]:
        """A diagnostic for each comment that silences nothing; all of FOUND count, selected or not."""
        found: list[Diagnostic] = []
        for path, result in self.reading.checked.items():
            if result.suppressions:
                own = [d for d in self.found if d.path == path]
                found += unused(
                    path, result.suppressions, own, path in self.ran_on, functools.partial(self.reading.lines, path)
                )
        return found


def _paths(diagnostics: Sequence[Diagnostic]) -> list[str]:
    paths = [d.path for d in diagnostics] + [label.path for d in diagnostics for label in d.labels]
    return list(dict.fromkeys(path for path in paths if path))
