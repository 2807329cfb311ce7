"""What the server knows of one client: its open texts, what was found in them, and the runs that it asked for.

Everything here happens in the event loop's thread but for the reading of source, which is the checker's.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.capabilities import get_capability
from pygls.lsp.server import LanguageServer

from tslint.diagnostic import Diagnostic
from tslint.report.content import Report, visible
from tslint.server import lenses, running, shown
from tslint.server.checker import Checker, Result
from tslint.server.documents import Document, path_of
from tslint.server.options import Given, default_settings, read, root_of, settings_for
from tslint.settings import SettingsError

PYTHON = (".py", ".pyi")

ANSWER = 5.0
"""Seconds in which a client answers before a run goes on without showing its progress."""


@dataclass(eq=False)
class Running:
    """A run that goes on: of the class ``model``, or of the file where that is empty; ``step`` is what it does now."""

    model: str
    task: asyncio.Task[None] | None = None
    step: str = "waiting"


@dataclass(eq=False)
class Open:
    """An open text. ``settled`` while ``result`` is of the text as it is; ``serial`` counts what was found in it, and
    ``problem`` is what is wrong with its settings."""

    document: Document
    root: Path
    result: Result | None = None
    checking: asyncio.Task[None] | None = None
    timer: asyncio.TimerHandle | None = None
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    serial: int = 0
    ran: running.Ran | None = None
    others: dict[str, str] = field(default_factory=dict)
    running: Running | None = None
    closed: bool = False
    problem: str = ""


class Session:
    """All of it for one client, which is asked and told through SERVER. SENT are the settings that it came with."""

    def __init__(self, server: LanguageServer, sent: Any = None) -> None:
        self.server = server
        self.checker = Checker()
        self.opens: dict[str, Open] = {}
        self.given = Given()
        self.sent = sent
        self.generation = 0
        self.told: set[str] = set()
        self.one_run = asyncio.Lock()
        self.pulls = False

    # -- the client ---------------------------------------------------------------------------------------------------

    def can(self, capability: Any) -> bool:
        """Whether the client has a CAPABILITY, named as lsprotocol names it."""
        return bool(get_capability(self.server.client_capabilities, capability, None))

    @property
    def markup(self) -> types.MarkupKind:
        """What the client reads on hover."""
        formats = get_capability(self.server.client_capabilities, "text_document.hover.content_format", None)
        known = not formats or types.MarkupKind.Markdown in formats
        return types.MarkupKind.Markdown if known else types.MarkupKind.PlainText

    def tell(self, sentence: str, kind: types.MessageType = types.MessageType.Error) -> None:
        """Shows SENTENCE to the user, once for as long as nothing about the settings changes."""
        if sentence not in self.told:
            self.told.add(sentence)
            self.server.window_show_message(types.ShowMessageParams(kind, f"tslint: {sentence}"))

    def configure(self, data: Any) -> None:
        """Takes what the client sets; what cannot be used is said, and the server goes on without it."""
        try:
            self.given, self.sent = read(data), data
        except SettingsError as error:
            self.given, self.sent = Given(), None
            self.tell(str(error))

    @property
    def folders(self) -> list[Path]:
        """The folders that the client has open."""
        workspace = self.server.workspace
        found = [path_of(folder.uri, Path()) for folder in workspace.folders.values()]
        if not found and workspace.root_path:
            found = [Path(workspace.root_path)]
        return [folder for folder in found if folder is not None]

    # -- texts --------------------------------------------------------------------------------------------------------

    def opened(self, item: types.TextDocumentItem) -> None:
        folders = self.folders
        path = path_of(item.uri, folders[0] if folders else Path.cwd())
        if path is None or path.suffix == ".ipynb" or (item.language_id != "python" and path.suffix not in PYTHON):
            return
        self.closed(item.uri)
        encoding = str(
            getattr(self.server.workspace.position_encoding, "value", self.server.workspace.position_encoding)
        )
        document = Document(item.uri, path, item.text, item.version, encoding)
        self.opens[item.uri] = Open(document, root_of(path, folders))
        self._schedule(self.opens[item.uri], 0)

    def changed(self, uri: str, version: int, changes: Sequence[types.TextDocumentContentChangeEvent]) -> None:
        one = self.opens.get(uri)
        if one is None:
            return
        one.document = one.document.changed(changes, version)
        one.settled.clear()
        self._schedule(one, self.given.debounce)

    def saved(self, uri: str) -> None:
        """A file holds something else now: whoever reads it is checked again."""
        path = path_of(uri, Path())
        self.checker.forget()
        for other in self.opens.values():
            if other.result is not None and str(path) in other.result.reads:
                self._again(other)

    def closed(self, uri: str) -> None:
        one = self.opens.pop(uri, None)
        if one is None:
            return
        one.closed = True
        if one.timer is not None:
            one.timer.cancel()
        if one.running is not None and one.running.task is not None:
            one.running.task.cancel()
        one.settled.set()
        if not self.pulls:
            self.server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    def everything_again(self, settings: bool) -> None:
        """Files are others, or SETTINGS, under which nothing was run yet: all open texts are checked again."""
        self.checker.forget()
        if settings:
            self.told.clear()
        for one in self.opens.values():
            one.ran = None if settings else one.ran
            self._again(one)

    def _again(self, one: Open) -> None:
        self.generation += 1
        one.settled.clear()
        one.result = None
        self._schedule(one, 0)

    # -- checking -----------------------------------------------------------------------------------------------------

    async def current(self, uri: str) -> Open | None:
        """The open text once it was checked as it is; None for what is not open, or not Python."""
        one = self.opens.get(uri)
        while one is not None and not one.closed and not one.settled.is_set():
            await one.settled.wait()
        return one if one is not None and not one.closed and one.result is not None else None

    def _schedule(self, one: Open, seconds: float) -> None:
        if one.timer is not None:
            one.timer.cancel()
        one.timer = asyncio.get_running_loop().call_later(seconds, self._due, one)

    def _due(self, one: Open) -> None:
        one.timer = None
        if one.checking is None and not one.closed:
            one.checking = asyncio.ensure_future(self._check(one))

    async def _check(self, one: Open) -> None:
        try:
            result, problem = await self.checker.do(lambda: self._checked(one))
        except Exception as error:
            result = Result(one.document.text, self.generation, Report(), default_settings(self.given, one.root))
            problem = f"a fault of tslint itself ended a check ({type(error).__name__}: {error}); please report it"
        finally:
            one.checking = None
        if problem != one.problem:  # what was mended may go wrong again
            self.told.discard(one.problem)
        one.problem = problem
        for sentence in filter(None, (problem, *result.report.errors)):
            self.tell(sentence)
        if one.closed:
            return
        if result.text != one.document.text or result.generation != self.generation:
            if one.timer is None:  # nobody else will see to it
                self._due(one)
            return
        one.result = result
        one.settled.set()
        self._show(one)

    def _checked(self, one: Open) -> tuple[Result, str]:
        """In the checker's thread: what there is in the text as it is by now, and what is wrong with the settings."""
        document, generation, problem = one.document, self.generation, ""
        try:
            settings = settings_for(document.path, self.given, one.root)
        except SettingsError as error:
            settings, problem = default_settings(self.given, one.root), str(error)
        return self.checker.check(document.path, document.text, settings, generation), problem

    # -- what is shown ------------------------------------------------------------------------------------------------

    def found(self, one: Open) -> list[Diagnostic]:
        """The diagnostics of an open text: of its last run, if it is still the same text; else those predicted."""
        assert one.result is not None
        ran = one.ran if one.ran is not None and one.ran.text == one.document.text else None
        everything = list(ran.diagnostics if ran is not None else one.result.report.diagnostics)
        own = [d for d in everything if d.path is None or _same(d.path, one.document.path)]
        for other in self.opens.values():
            if other is not one and other.ran is not None and other.others.get(one.document.uri) == one.document.text:
                more = [d for d in other.ran.diagnostics if d.path and _same(d.path, one.document.path)]
                known = {(d.rule, d.span) for d in more}
                own = [d for d in own if (d.rule, d.span) not in known] + more
        settings = one.result.settings
        return visible(own, settings.show_info, settings.show_refuted)

    def published(self, one: Open, found: Sequence[Diagnostic]) -> list[types.Diagnostic]:
        """FOUND in an open text as the client knows it."""
        assert one.result is not None
        lines: dict[str, Sequence[str]] = {}
        for other in self.opens.values():
            lines |= other.ran.lines if other.ran is not None else {}
        lines |= {**one.result.report.sources, **(one.ran.lines if one.ran is not None else {})}
        related = self.can("text_document.publish_diagnostics.related_information") or (
            self.pulls and self.can("text_document.diagnostic.related_information")
        )
        return shown.diagnostics(found, one.document, lines, related)

    def lenses(self, one: Open) -> list[types.CodeLens]:
        assert one.result is not None
        ran = one.ran if one.ran is not None and one.ran.text == one.document.text else None
        now = one.running
        model, step = (None, "") if now is None else (now.model, now.step)
        verdicts = ran.verdicts if ran is not None else {}
        return lenses.lenses(one.document.uri, one.result.classes, verdicts, model, step)

    def _show(self, one: Open) -> None:
        """Publishes what is known of an open text by now; a client that asks for it itself does so after a change."""
        one.serial += 1
        if not self.pulls:
            items = self.published(one, self.found(one))
            self.server.text_document_publish_diagnostics(
                types.PublishDiagnosticsParams(one.document.uri, items, one.document.version)
            )

    def _refresh(self, diagnostics: bool) -> None:
        if self.can("workspace.code_lens.refresh_support"):
            self.server.workspace_code_lens_refresh(None)
        if diagnostics and self.pulls:
            self.server.workspace_diagnostic_refresh(None)

    # -- runs ---------------------------------------------------------------------------------------------------------

    async def run(self, uri: str, model: str) -> None:
        """Begins a run of the class MODEL of an open file, or of the file where that is empty. It goes on behind."""
        one = await self.current(uri)
        if one is None or one.result is None:
            what = f"{uri} is not open as a Python file" if uri else "no file was named"
            self.tell(f"{what}, so nothing was run", types.MessageType.Warning)
            return
        path = one.document.path
        if not path.is_file():
            self.told.discard(f"{path.name} is not saved yet: a run imports the file")
            self.tell(f"{path.name} is not saved yet: a run imports the file", types.MessageType.Warning)
            return
        await self.cancel(uri)
        inner = any(cls.name == model and not cls.root for cls in one.result.classes)
        asked = running.Asked(path, one.root, one.document.text, model, "class" if inner else "file", self.sent)
        now = one.running = Running(model)
        now.task = asyncio.ensure_future(self._run(one, now, asked))

    async def cancel(self, uri: str) -> None:
        """Ends the run of an open file, if there is one, with everything that it started."""
        one = self.opens.get(uri)
        if one is None or one.running is None or one.running.task is None:
            return
        task = one.running.task
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    async def ended(self) -> None:
        """Ends every run."""
        for uri in list(self.opens):
            await self.cancel(uri)

    async def _run(self, one: Open, now: Running, asked: running.Asked) -> None:
        token: str | None = None
        end = "stopped"

        def step(name: str) -> None:
            now.step = name
            self._refresh(diagnostics=False)
            if token is not None:
                self.server.work_done_progress.report(token, types.WorkDoneProgressReport(message=name))

        try:
            self._refresh(diagnostics=False)
            token = await self._progress(one, now)
            async with self.one_run:
                texts = {uri: other.document.text for uri, other in self.opens.items()}
                step("starting")
                ran = await running.run(asked, step)
            end = self._took(one, ran, texts)
        except running.RunFailed as error:
            end = str(error)
            self.told.discard(end)
            self.tell(end)
        finally:
            if one.running is now:
                one.running = None
            if token is not None:
                self.server.work_done_progress.end(token, types.WorkDoneProgressEnd(message=end))
            self._refresh(diagnostics=True)

    def _took(self, one: Open, ran: running.Ran, texts: dict[str, str]) -> str:
        """Keeps what a run found, if it is about the text as it is; a few words on how it ended."""
        if one.closed or ran.text != one.document.text:
            return "the text changed meanwhile"
        earlier = one.ran.verdicts if one.ran is not None and one.ran.text == ran.text else {}
        one.ran = running.Ran(ran.text, ran.diagnostics, {**earlier, **ran.verdicts}, ran.said, ran.lines)
        one.others = texts
        for other in self.opens.values():
            if other.settled.is_set() and other.result is not None:
                self._show(other)
        if ran.verdicts:
            return "; ".join(ran.verdicts.values())
        failed = [d.message for d in ran.diagnostics if d.rule == "model-failed"]
        sentence = "; ".join([*ran.said, *failed]) or "nothing was run"
        self.told.discard(sentence)
        self.tell(sentence, types.MessageType.Warning)
        return sentence

    async def _progress(self, one: Open, now: Running) -> str | None:
        """The token of the progress that the client shows of a run, and can cancel it by; None where it shows none."""
        if not self.can("window.work_done_progress"):
            return None
        token = str(uuid.uuid4())
        try:
            await asyncio.wait_for(self.server.work_done_progress.create_async(token), ANSWER)
        except Exception:  # a client that has it, and refuses all the same, or never answers
            return None
        title = f"tslint runs {now.model or one.document.path.name}"
        self.server.work_done_progress.begin(token, types.WorkDoneProgressBegin(title=title, cancellable=True))
        loop = asyncio.get_running_loop()
        stopped = self.server.work_done_progress.tokens[token]
        stopped.add_done_callback(lambda _: loop.call_soon(now.task.cancel) if now.task is not None else None)
        return token


def _same(path: str, other: Path) -> bool:
    return path == str(other) or os.path.realpath(path) == os.path.realpath(other)
