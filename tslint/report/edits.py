"""Several edits of one file as one. Pure."""

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
            between = _between(source, place, start)
            if between is None:
                return None
            text += between
        text += edit.text
        place = (edit.span.end_line, edit.span.end_column or 1)
    if place is None or place[0] - ordered[0].span.line >= LINES:
        return None
    return Edit(Span(ordered[0].span.line, ordered[0].span.column, *place), text)


def _between(source: Sequence[str], start: tuple[int, int], end: tuple[int, int]) -> str | None:
    """The text from START to END, each a line and a column; None where it is not in SOURCE or they overlap."""
    if start > end or not 1 <= end[0] <= len(source) + 1:
        return None
    lines = [*source, ""][start[0] - 1 : end[0]]
    lines[-1] = lines[-1][: end[1] - 1]
    lines[0] = lines[0][start[1] - 1 :]
    return "\n".join(lines)
