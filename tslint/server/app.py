"""The messages of the Language Server Protocol, each answered by the session. The only file that registers with pygls."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import Any, cast

from lsprotocol import types
from pygls.exceptions import JsonRpcInternalError, JsonRpcInvalidRequest, JsonRpcServerNotInitialized
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol
from pygls.protocol.language_server import lsp_method

from tslint import __version__
from tslint.server import actions, lenses, shown
from tslint.server.session import Open, Session

LOOK = 3.0
"""Seconds between two looks at whether the client is still there."""

WATCHED = ("**/*.py", "**/pyproject.toml", "**/tslint.toml")


class Protocol(LanguageServerProtocol):
    """Open texts are the session's: pygls' own end lines where neither Python nor the protocol does."""

    def handle_message(self, message: Any) -> None:
        """Before `initialize` and after `shutdown` a request is refused, and what wants no answer is passed over."""
        method, asked = getattr(message, "method", ""), getattr(message, "id", None)
        begun = hasattr(self._server, "session") or method == types.INITIALIZE
        if method == types.EXIT or not method or (begun and not self._shutdown):
            super().handle_message(message)
        elif asked is not None:
            error = JsonRpcInvalidRequest("the server was shut down") if begun else JsonRpcServerNotInitialized()
            self._send_response(asked, None, error.to_response_error())

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        session(self).opened(params.text_document)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        session(self).changed(params.text_document.uri, params.text_document.version, params.content_changes)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        session(self).closed(params.text_document.uri)


def session(protocol: LanguageServerProtocol) -> Session:
    return cast(Server, protocol._server).session


class Server(LanguageServer):
    session: Session
    was_shut_down = False

    def report_server_error(self, error: Exception, source: Any) -> None:
        if source is not JsonRpcInternalError:  # that it could not be sent cannot be sent either
            super().report_server_error(error, source)

    def shutdown(self) -> None:
        if self._thread_pool is not None:  # the thread that reads standard input is not waited for: it may have no end
            self._thread_pool.shutdown(wait=False)
            self._thread_pool = None
        super().shutdown()  # type: ignore[no-untyped-call]  # pygls


server = Server("tslint", __version__, protocol_cls=Protocol)


def start() -> int:
    """Serves the client at the other end of standard input and output; 1 where it left without having said so.

    Nothing else may read from the one or write to the other: what prints goes to standard error.
    """
    if sys.stdin.isatty():
        print("tslint server: speaks the Language Server Protocol with an editor that starts it", file=sys.stderr)
    sys.stdout.flush()
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    server.start_io(incoming, outgoing)
    return 0 if server.was_shut_down else 1


# -- beginning and end -------------------------------------------------------------------------------------------------


@server.feature(types.INITIALIZE)
def initialize(ls: Server, params: types.InitializeParams) -> None:
    ls.session = Session(ls, params.initialization_options)
    if params.process_id is not None and os.name == "posix" and _is_there(params.process_id):
        threading.Thread(target=_end_with, args=(params.process_id,), daemon=True).start()
    ls.session.pulls = ls.session.can("text_document.diagnostic") and ls.session.can(
        "workspace.diagnostics.refresh_support"
    )
    if ls.session.pulls:
        options = types.DiagnosticOptions(
            inter_file_dependencies=True, workspace_diagnostics=False, identifier="tslint"
        )
        ls.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, options)(pull)


def _end_with(client: int) -> None:
    """Ends this process some seconds after the client's; a run that is still going on ends with it."""
    while _is_there(client):
        time.sleep(LOOK)
    os._exit(1)


def _is_there(process: int) -> bool:
    """Whether a process of this machine has that number: the client's may be one of another machine, or outside a container."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


@server.feature(types.INITIALIZED)
def initialized(ls: Server, params: types.InitializedParams) -> None:
    ls.session.configure(ls.session.sent)
    if ls.session.can("workspace.did_change_watched_files.dynamic_registration"):
        watchers = [types.FileSystemWatcher(pattern) for pattern in WATCHED]
        options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
        registration = types.Registration("tslint-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
        ls.client_register_capability(types.RegistrationParams([registration]))


@server.feature(types.SHUTDOWN)
async def shutdown(ls: Server, params: None) -> None:
    ls.was_shut_down = True
    await ls.session.ended()


# -- texts and settings ------------------------------------------------------------------------------------------------


@server.feature(types.TEXT_DOCUMENT_DID_SAVE)
def did_save(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
    ls.session.saved(params.text_document.uri)


@server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
def did_change_files(ls: Server, params: types.DidChangeWatchedFilesParams) -> None:
    changed = [change.uri for change in params.changes if change.type == types.FileChangeType.Changed]
    settings = any(change.uri.endswith(".toml") for change in params.changes)
    if settings or len(changed) < len(params.changes):
        ls.session.everything_again(settings)
    for uri in changed:
        ls.session.saved(uri)


@server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
def did_change_configuration(ls: Server, params: types.DidChangeConfigurationParams) -> None:
    if isinstance(params.settings, dict) and isinstance(params.settings.get("tslint"), dict):
        ls.session.everything_again(settings=True)
        ls.session.configure(params.settings["tslint"])


# -- what is asked about a text ----------------------------------------------------------------------------------------


async def pull(ls: Server, params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
    one = await ls.session.current(params.text_document.uri)
    if one is None:
        return types.RelatedFullDocumentDiagnosticReport([])
    serial = str(one.serial)
    if params.previous_result_id == serial:
        return types.RelatedUnchangedDocumentDiagnosticReport(serial)
    items = ls.session.published(one, ls.session.found(one))
    return types.RelatedFullDocumentDiagnosticReport(items, result_id=serial)


@server.feature(types.TEXT_DOCUMENT_HOVER)
async def hover(ls: Server, params: types.HoverParams) -> types.Hover | None:
    one = await ls.session.current(params.text_document.uri)
    if one is None:
        return None
    here = types.Range(params.position, params.position)
    return shown.hover(actions.at(ls.session.found(one), one.document, here), one.document, ls.session.markup)


@server.feature(types.TEXT_DOCUMENT_CODE_LENS, types.CodeLensOptions())
async def code_lens(ls: Server, params: types.CodeLensParams) -> list[types.CodeLens]:
    one = await ls.session.current(params.text_document.uri)
    return [] if one is None else ls.session.lenses(one)


@server.feature(
    types.TEXT_DOCUMENT_CODE_ACTION,
    types.CodeActionOptions(code_action_kinds=actions.KINDS, resolve_provider=True),
)
async def code_action(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
    one = await ls.session.current(params.text_document.uri)
    if one is None or one.result is None:
        return []
    only = params.context.only
    offered: list[types.CodeAction] = []
    if actions.wanted(types.CodeActionKind.QuickFix.value, only):
        found = actions.at(ls.session.found(one), one.document, params.range)
        known = ls.session.published(one, found)
        offered += actions.quick_fixes(found, one.document, known, versioned(ls), one.result.faithful)
    if actions.wanted(actions.FIX_ALL, only) and actions.any_safe(ls.session.found(one), one.result.faithful):
        everything = types.CodeAction(
            actions.FIX_ALL_TITLE, actions.FIX_ALL, data={"uri": one.document.uri, "version": one.document.version}
        )
        if not resolves(ls):
            everything.edit = await fix_all(ls, one)
        if resolves(ls) or everything.edit is not None:
            offered.append(everything)
    return offered


@server.feature(types.CODE_ACTION_RESOLVE)
async def resolve(ls: Server, params: types.CodeAction) -> types.CodeAction:
    data: Any = params.data
    one = await ls.session.current(data["uri"]) if isinstance(data, dict) else None
    if one is not None and one.document.version == data["version"]:
        params.edit = await fix_all(ls, one)
    return params


async def fix_all(ls: Server, one: Open) -> types.WorkspaceEdit | None:
    """What `--fix` would make of an open text; None where that changes nothing."""
    document, result = one.document, one.result
    assert result is not None
    checker = ls.session.checker
    text = await checker.do(lambda: checker.fixed(document.path, document.text, result.settings))
    edits = document.edits_to(text)
    return actions.changes(document, edits, versioned(ls)) if edits else None


def versioned(ls: Server) -> bool:
    return ls.session.can("workspace.workspace_edit.document_changes")


def resolves(ls: Server) -> bool:
    support = ls.client_capabilities.text_document
    actions_ = support.code_action if support is not None else None
    properties = actions_.resolve_support.properties if actions_ and actions_.resolve_support else ()
    return "edit" in properties


# -- runs --------------------------------------------------------------------------------------------------------------


@server.command(lenses.RUN)
async def run(ls: Server, *arguments: Any) -> None:
    await ls.session.run(*words(arguments))


@server.command(lenses.CANCEL)
async def cancel(ls: Server, *arguments: Any) -> None:
    await ls.session.cancel(words(arguments)[0])


def words(arguments: tuple[Any, ...]) -> tuple[str, str]:
    """The URI and the class that a command was given; the latter may be left out."""
    texts = [argument for argument in arguments if isinstance(argument, str)]
    return (texts or [""])[0], (texts[1:] or [""])[0]
