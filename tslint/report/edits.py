"""Code of a file by its places, and several edits of it as one. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from tslint.diagnostic import Edit, Span

LINES = 40
"""What is replaced as a whole, at most: nobody reads more in a review."""


def joined(edits: Sequence[Edit], source: Sequence[str]) -> Edit | None:
    """One edit that does what EDITS do to the lines of SOURCE; None where these are not known or lie too far apart."""
    if len(edits) == 1:
        return edits[0]
    ordered = sorted(edits, key=lambda edit: edit.span)
    text = ""
    place = None
    for edit in ordered:
        start = (edit.span.line, edit.span.column or 1)
        if place is not None:
            between = code_at(Span(*place, *start), source)
            if between is None:
                return None
            text += between
        text += edit.text
        place = (edit.span.end_line, edit.span.end_column or 1)
    if place is None or place[0] - ordered[0].span.line >= LINES:
        return None
    return Edit(Span(ordered[0].span.line, ordered[0].span.column, *place), text)


def code_at(span: Span, source: Sequence[str]) -> str | None:
    """The code of SPAN, whole lines where it has no columns; None where it is not in SOURCE or ends before it begins."""
    start, end = (span.line, span.column or 1), (span.end_line, span.end_column)
    if not 1 <= span.line <= span.end_line <= len(source) + 1 or (end[1] is not None and start > (end[0], end[1])):
        return None
    lines = [*source, ""][span.line - 1 : span.end_line]
    if end[1] is not None:
        lines[-1] = lines[-1][: end[1] - 1]
    lines[0] = lines[0][start[1] - 1 :]
    return "\n".join(lines)
