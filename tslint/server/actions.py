"""What a client can offer to do about diagnostics: make their fixes, one or all safe ones, or silence one. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lsprotocol import types

from tslint.diagnostic import Applicability, Basis, Diagnostic
from tslint.report.content import fixable
from tslint.server import shown
from tslint.server.documents import Document
from tslint.silence import silencing
from tslint.source import Source

FIX_ALL = "source.fixAll.tslint"
KINDS = [types.CodeActionKind.QuickFix, FIX_ALL]
FIX_ALL_TITLE = "Fix all safe tslint problems"


def wanted(kind: str, only: Sequence[str] | None) -> bool:
    """Whether a client that asked for ONLY some kinds (None: for all) wants one of this KIND."""
    return only is None or any(kind == each or kind.startswith(f"{each}.") or not each for each in only)


def quick_fixes(
    found: Iterable[Diagnostic],
    document: Document,
    published: Sequence[types.Diagnostic],
    versioned: bool,
    faithful: bool,
) -> list[types.CodeAction]:
    """The fix of each of FOUND, safe ones first, then for each the comment that silences it.

    PUBLISHED are the same as the client knows them. Where the text is not FAITHFUL to what was read, nothing is fixed.
    """
    pairs = list(zip(found, published, strict=True))
    fixes = [(d, known) for d, known in pairs if faithful and d.fix is not None and d.basis != Basis.REFUTED]
    fixes.sort(key=lambda pair: pair[0].fix is not None and pair[0].fix.applicability != Applicability.SAFE)
    actions = [_fix(diagnostic, known, document, versioned) for diagnostic, known in fixes]
    for diagnostic, known in pairs:
        action = _ignore(diagnostic, known, document, versioned)
        if action is not None and all(other.title != action.title or other.edit != action.edit for other in actions):
            actions.append(action)
    return actions


def any_safe(found: Iterable[Diagnostic], faithful: bool) -> bool:
    """Whether one of FOUND has a fix that can be made without thinking."""
    return faithful and any(fixable(d) and d.basis != Basis.REFUTED for d in found)


def changes(document: Document, edits: Sequence[types.TextEdit], versioned: bool) -> types.WorkspaceEdit:
    """EDITS of DOCUMENT; VERSIONED: the client can refuse them for another version than they were made for."""
    if not versioned:
        return types.WorkspaceEdit(changes={document.uri: edits})
    which = types.OptionalVersionedTextDocumentIdentifier(uri=document.uri, version=document.version)
    return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(text_document=which, edits=list(edits))])


def _fix(diagnostic: Diagnostic, known: types.Diagnostic, document: Document, versioned: bool) -> types.CodeAction:
    assert diagnostic.fix is not None
    safe = diagnostic.fix.applicability == Applicability.SAFE
    return types.CodeAction(
        title=f"tslint ({diagnostic.rule}): {diagnostic.fix.title}"
        + ("" if safe else " (unsafe: it can change what the code does)"),
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[known],
        is_preferred=safe,
        edit=changes(document, document.edits(diagnostic.fix.edits), versioned),
    )


def _ignore(
    diagnostic: Diagnostic, known: types.Diagnostic, document: Document, versioned: bool
) -> types.CodeAction | None:
    edits = silencing(Source.from_text(document.text, document.path), diagnostic)
    if not edits:
        return None
    return types.CodeAction(
        title=f"tslint ({diagnostic.rule}): Ignore here",
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[known],
        edit=changes(document, document.edits(edits), versioned),
    )


def at(found: Iterable[Diagnostic], document: Document, where: types.Range) -> list[Diagnostic]:
    """Those of FOUND that WHERE touches."""
    return [diagnostic for diagnostic in found if shown.touches(shown.place(diagnostic, document), where)]
