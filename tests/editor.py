"""An editor without a window: pygls' own client, beside `tslint server` as a process, over its standard input and output."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from commandline import environment
from lsprotocol import types
from pygls.lsp.client import LanguageClient

T = TypeVar("T")

PATIENCE = 90
"""Seconds after which what was waited for will not come any more; nothing is measured by them."""

UTF16 = types.PositionEncodingKind.Utf16


def session(test: Callable[..., Coroutine[Any, Any, T]], *arguments: Any) -> T:
    """Runs a test that waits."""
    return asyncio.run(test(*arguments))


class Editor:
    """What the server told, and what is asked of it. Texts are opened by path."""

    def __init__(self, client: LanguageClient, folder: Path) -> None:
        self.client = client
        self.folder = folder
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.published: list[types.PublishDiagnosticsParams] = []
        self.messages: list[types.ShowMessageParams] = []
        self.progress: list[Any] = []
        self.tokens: list[types.ProgressToken] = []
        self.refreshed: list[str] = []
        self.registered: list[str] = []
        self.came = asyncio.Condition()
        self.gone = False
        self.capabilities: types.ServerCapabilities

    async def until(self, holds: Callable[[], Any]) -> Any:
        """Waits until HOLDS of what the server told."""
        async with self.came:
            await asyncio.wait_for(self.came.wait_for(holds), PATIENCE)
        return holds()

    def open(self, path: Path, text: str | None = None, language: str = "python", uri: str | None = None) -> str:
        uri = uri or path.as_uri()
        self.texts[uri] = path.read_text(encoding="utf-8") if text is None else text
        self.versions[uri] = 1
        item = types.TextDocumentItem(uri, language, 1, self.texts[uri])
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    def change(self, uri: str, text: str) -> int:
        """Replaces all of a text; the number of its new version."""
        return self.edit(uri, types.TextDocumentContentChangeWholeDocument(text))

    def edit(self, uri: str, *changes: types.TextDocumentContentChangeEvent) -> int:
        self.versions[uri] += 1
        which = types.VersionedTextDocumentIdentifier(uri=uri, version=self.versions[uri])
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(which, list(changes)))
        return self.versions[uri]

    async def diagnostics(self, uri: str, version: int | None = None) -> list[types.Diagnostic]:
        """What is published of a VERSION of a text (None: the one that it has)."""
        wanted = self.versions[uri] if version is None else version
        found = await self.until(lambda: [p for p in self.published if (p.uri, p.version) == (uri, wanted)])
        return list(found[-1].diagnostics)

    async def actions(
        self, uri: str, where: types.Range, only: list[str] | None = None, known: list[types.Diagnostic] | None = None
    ) -> list[types.CodeAction]:
        context = types.CodeActionContext(known or [], only=only)
        which = types.TextDocumentIdentifier(uri)
        found = await self.client.text_document_code_action_async(types.CodeActionParams(which, where, context))
        return [action for action in found or [] if isinstance(action, types.CodeAction)]

    async def hover(self, uri: str, position: types.Position) -> str | None:
        params = types.HoverParams(types.TextDocumentIdentifier(uri), position)
        found = await self.client.text_document_hover_async(params)
        return None if found is None else found.contents.value  # type: ignore[union-attr]

    async def lenses(self, uri: str) -> list[tuple[int, str]]:
        """The lines, from 1, and titles of the lenses."""
        params = types.CodeLensParams(types.TextDocumentIdentifier(uri))
        found = await self.client.text_document_code_lens_async(params)
        return [(lens.range.start.line + 1, lens.command.title) for lens in found or [] if lens.command]

    async def command(self, name: str, *arguments: Any) -> None:
        await self.client.workspace_execute_command_async(types.ExecuteCommandParams(name, list(arguments)))

    async def left(self, how: str) -> int | None:
        """The exit status of the server once its client is gone: it says `exit` alone, or its end of the pipe is closed."""
        server = self.client._server
        assert server is not None and server.stdin is not None
        if how == "exit":
            self.client.exit(None)
        else:
            server.stdin.close()
        self.gone = True
        return await asyncio.wait_for(server.wait(), PATIENCE)


def capable(encodings: list[str] | None = None, pulls: bool = False) -> types.ClientCapabilities:
    """What VS Code says of itself, as far as it matters here."""
    return types.ClientCapabilities(
        general=types.GeneralClientCapabilities(position_encodings=encodings),
        text_document=types.TextDocumentClientCapabilities(
            publish_diagnostics=types.PublishDiagnosticsClientCapabilities(related_information=True),
            diagnostic=types.DiagnosticClientCapabilities(related_information=True) if pulls else None,
            code_action=types.CodeActionClientCapabilities(
                resolve_support=types.ClientCodeActionResolveOptions(["edit"])
            ),
        ),
        window=types.WindowClientCapabilities(work_done_progress=True),
        workspace=types.WorkspaceClientCapabilities(
            code_lens=types.CodeLensWorkspaceClientCapabilities(refresh_support=True),
            diagnostics=types.DiagnosticWorkspaceClientCapabilities(refresh_support=True) if pulls else None,
            workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True),
            did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True),
        ),
    )


@contextlib.asynccontextmanager
async def editor(
    folder: Path,
    options: Any = None,
    capabilities: types.ClientCapabilities | None = None,
    folders: list[Path] | None = None,
    env: dict[str, str] | None = None,
    command: tuple[str, ...] = ("-m", "tslint", "server"),
) -> AsyncIterator[Editor]:
    """An editor with FOLDER open (or FOLDERS, or none where that is empty), which ends as the protocol has it."""
    client = LanguageClient("editor", "1")
    one = Editor(client, folder)
    _listen(client, one)
    await client.start_io(sys.executable, *command, cwd=folder, env=env or environment())
    opened = [types.WorkspaceFolder(each.as_uri(), each.name) for each in ([folder] if folders is None else folders)]
    answer = await client.initialize_async(
        types.InitializeParams(
            capabilities=capabilities or capable(),
            workspace_folders=opened,
            initialization_options={"debounce": 0} if options is None else options,
        )
    )
    one.capabilities = answer.capabilities
    client.initialized(types.InitializedParams())
    try:
        yield one
        if not one.gone:
            await asyncio.wait_for(client.shutdown_async(None), PATIENCE)
    finally:
        if not one.gone:
            client.exit(None)
        await asyncio.wait_for(client.stop(), PATIENCE)


def _listen(client: LanguageClient, one: Editor) -> None:
    async def noted(into: list[Any], what: Any) -> None:
        async with one.came:
            into.append(what)
            one.came.notify_all()

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    async def publish(params: types.PublishDiagnosticsParams) -> None:
        params.diagnostics = list(params.diagnostics)
        await noted(one.published, params)

    @client.feature(types.WINDOW_SHOW_MESSAGE)
    async def message(params: types.ShowMessageParams) -> None:
        await noted(one.messages, params)

    @client.feature(types.WINDOW_WORK_DONE_PROGRESS_CREATE)
    async def create(params: types.WorkDoneProgressCreateParams) -> None:
        await noted(one.tokens, params.token)

    @client.feature(types.PROGRESS)
    async def progress(params: types.ProgressParams) -> None:
        await noted(one.progress, params.value)

    @client.feature(types.WORKSPACE_CODE_LENS_REFRESH)
    async def lenses(params: None) -> None:
        await noted(one.refreshed, "lenses")

    @client.feature(types.WORKSPACE_DIAGNOSTIC_REFRESH)
    async def diagnostics(params: None) -> None:
        await noted(one.refreshed, "diagnostics")

    @client.feature(types.CLIENT_REGISTER_CAPABILITY)
    async def register(params: types.RegistrationParams) -> None:
        for registration in params.registrations:
            await noted(one.registered, registration.method)


def applied(text: str, edit: types.WorkspaceEdit, encoding: str = "utf-16") -> str:
    """TEXT after EDIT, made as the protocol says, without tslint's help."""
    assert edit.document_changes, edit
    (change,) = edit.document_changes
    assert isinstance(change, types.TextDocumentEdit)
    lines = text.replace("\r\n", "\n").split("\n")
    assert "\r\n" not in text or text.count("\r\n") == len(lines) - 1
    end = "\r\n" if "\r\n" in text else "\n"
    size = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]
    code = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}[encoding]

    def offset(position: types.Position) -> int:
        before = sum(len(line) + len(end) for line in lines[: position.line])
        part = lines[position.line].encode(code)[: position.character * size]
        return before + len(part.decode(code))

    made = [(offset(item.range.start), offset(item.range.end), item.new_text) for item in change.edits]  # type: ignore[union-attr]
    for first, last, new in sorted(made, reverse=True):
        text = text[:first] + new + text[last:]
    return text
