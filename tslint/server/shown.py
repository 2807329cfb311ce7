"""Diagnostics as a client shows them, and what it shows where somebody points at one. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from lsprotocol import types

from tslint import catalogue
from tslint.diagnostic import Basis, Claim, Diagnostic, Severity
from tslint.report import page
from tslint.server.documents import Document, range_of

SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFO: types.DiagnosticSeverity.Information,
}

Lines = Mapping[str, Sequence[str]]
"""The lines of the files that labels stand in, by absolute path."""


def diagnostics(found: Iterable[Diagnostic], document: Document, lines: Lines, related: bool) -> list[types.Diagnostic]:
    """FOUND in DOCUMENT; with RELATED the client shows other places beside."""
    return [_diagnostic(diagnostic, document, lines, related) for diagnostic in found]


def place(diagnostic: Diagnostic, document: Document) -> types.Range:
    """Where it stands; the first line of the document, where it has no place."""
    if diagnostic.span is None:
        return types.Range(types.Position(0, 0), types.Position(0, 0))
    return document.range(diagnostic.span)


def touches(one: types.Range, other: types.Range) -> bool:
    """Whether two ranges share a character or an end."""
    return _start(one) <= _end(other) and _start(other) <= _end(one)


def hover(found: Sequence[Diagnostic], document: Document, kind: types.MarkupKind) -> types.Hover | None:
    """What is said of FOUND, all at one place, with the page of each rule; None where there is nothing.

    The text is Markdown, which a client of KIND plain text shows as it is written.
    """
    if not found:
        return None
    parts = [_said(diagnostic) for diagnostic in found]
    known = catalogue.rules()
    pages = [page.markdown(known[rule]) for rule in dict.fromkeys(d.rule for d in found) if rule in known]
    text = "\n\n---\n\n".join([*parts, *pages])
    return types.Hover(types.MarkupContent(kind, text), place(found[0], document))


def _diagnostic(diagnostic: Diagnostic, document: Document, lines: Lines, related: bool) -> types.Diagnostic:
    refuted = diagnostic.basis == Basis.REFUTED
    return types.Diagnostic(
        range=place(diagnostic, document),
        message=_message(diagnostic),
        severity=types.DiagnosticSeverity.Hint if refuted else SEVERITIES[diagnostic.severity],
        code=diagnostic.rule,
        code_description=types.CodeDescription(diagnostic.url) if diagnostic.url else None,
        source="tslint",
        related_information=_related(diagnostic, document, lines) if related else None,
        data={"basis": diagnostic.basis.value, "claim": diagnostic.claim.value, "fingerprint": diagnostic.fingerprint},
    )


def _message(diagnostic: Diagnostic) -> str:
    """The message with its basis where a run gave it one, then what is printed below the code, a line each."""
    known = diagnostic.basis != Basis.PREDICTED and diagnostic.claim != Claim.UNCHECKABLE
    basis = f" ({diagnostic.basis.value})" if known else ""
    return "\n".join([f"{diagnostic.message}{basis}", *_rest(diagnostic)])


def _rest(diagnostic: Diagnostic) -> list[str]:
    rest = [diagnostic.caption] if diagnostic.caption else []
    rest += [f"note: {note}" for note in diagnostic.notes]
    if diagnostic.basis == Basis.REFUTED and diagnostic.refuted_by:
        rest.append(f"refuted by: {', '.join(diagnostic.refuted_by)}")
    text = diagnostic.help or (diagnostic.fix.title if diagnostic.fix else "")
    return [*rest, f"help: {text}"] if text else rest


def _related(
    diagnostic: Diagnostic, document: Document, lines: Lines
) -> list[types.DiagnosticRelatedInformation] | None:
    found = []
    for label in diagnostic.labels:
        own = label.path == str(document.path)
        text = document.lines if own else lines.get(label.path, ())
        uri = document.uri if own else Path(label.path).as_uri() if Path(label.path).is_absolute() else None
        if uri is not None:
            at = range_of(label.span, text, document.encoding)
            found.append(types.DiagnosticRelatedInformation(types.Location(uri, at), label.message))
    return found or None


def _said(diagnostic: Diagnostic) -> str:
    """One diagnostic as Markdown."""
    head = f"**{diagnostic.severity.value}[{diagnostic.rule}]** {diagnostic.message} *({diagnostic.basis.value})*"
    return "\n\n".join([head, *map(_fenced, _rest(diagnostic))])


def _fenced(text: str) -> str:
    """TEXT with the code below its first line in a fence."""
    first, _, code = text.partition("\n")
    return f"{first}\n\n```python\n{textwrap.dedent(code).strip()}\n```" if code.strip() else first


def _start(range_: types.Range) -> tuple[int, int]:
    return range_.start.line, range_.start.character


def _end(range_: types.Range) -> tuple[int, int]:
    return range_.end.line, range_.end.character
