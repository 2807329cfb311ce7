"""The files of one check: found, each read once, with its settings, its facts and its comments. Runs nothing."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tslint import static, workers
from tslint.cache import Cache
from tslint.diagnostic import Cells, Diagnostic
from tslint.report.places import shown
from tslint.settings import Settings, SettingsError
from tslint.settings.hierarchy import Hierarchy
from tslint.source import Source, SourceError, Suppression, discover, suppressions

if TYPE_CHECKING:
    from tslint.facts import Facts
    from tslint.settings.patterns import Glob


class Reading:
    """What was read so far. ``errors`` and ``notes`` are said in the report.

    TEXTS are (absolute path → bytes) of files that are read as if they held them.
    """

    def __init__(self, settings: Settings, texts: Mapping[str, bytes] | None = None) -> None:
        self.settings = settings
        self.hierarchy = Hierarchy(settings)
        self.checked: dict[str, static.Checked] = {}
        self.facts: dict[str, Facts] = {}
        self.sources: dict[str, Source] = {}
        self.caches: dict[Path, Cache] = {}
        self.others: dict[str, tuple[Suppression, ...]] = {}
        self.notes: list[str] = []
        self.errors: list[str] = []
        self.left_out = False
        self.directory = str(Path.cwd())
        static.forget_files()
        self.texts = {path: Source.of(Path(path), data) for path, data in (texts or {}).items()}

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

    # -- files ----------------------------------------------------------------------------------------------------------

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

    def read(self, files: Sequence[Path], named: bool) -> list[Diagnostic]:
        """What the source of FILES alone says."""
        shared: dict[Path, tuple[static.Job, Cache | None]] = {}
        for path in files:
            if path.parent not in shared:
                near = self.near(str(path.absolute()))
                job = self.job(near, named)
                shared[path.parent] = job, self.cache(near, job)
        tasks = [(path, *shared[path.parent]) for path in files]
        found: list[Diagnostic] = []
        for result in workers.check_all(tasks, self.settings.jobs) if tasks else ():
            self.keep(result)
            found += result.diagnostics
        return found

    def given(self, path: Path, data: bytes, ask: Callable[[Facts], object] | None = None) -> tuple[Diagnostic, ...]:
        """What DATA says as the source of PATH. ASK is called with its facts."""
        name = str(path.absolute())
        try:
            self.texts[name] = Source.given(path, data, self.settings.max_file_size)
            job = self.job(self.near(name), named=True)
            result = static.check_source(self.texts[name], job, written=False, ask=ask)
        except SourceError as error:
            result = static.Checked(name, (static.unchecked(error),))
        self.checked[name] = result
        return result.diagnostics

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
                text = "" if Path(path).exists() else "".join(linecache.getlines(path))
                if not text:
                    return None
                self.sources[path] = Source.from_text(text, Path(path))  # a cell of a notebook that is running
        return self.sources[path]

    def lines(self, path: str) -> list[str]:
        source = self.source(path)
        return list(source.shown) if source is not None else []

    def notebooks(self, paths: Iterable[str]) -> dict[str, Cells]:
        """Which of PATHS are notebooks, and where their cells are."""
        read = {path: self.source(path) for path in paths if path.endswith(".ipynb")}
        return {path: source.cells for path, source in read.items() if source is not None and source.cells is not None}

    def comments(self, path: str) -> tuple[Suppression, ...]:
        """The comments of a file; those of a library's, which was not checked itself, hold as well."""
        if path in self.checked:
            return self.checked[path].suppressions
        if path not in self.others:
            source = self.source(path) if path else None
            self.others[path] = suppressions(source) if source is not None else ()
        return self.others[path]
