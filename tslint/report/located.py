"""The last step of a report: what stands in a notebook is placed in its cells. Pure.

Until then a notebook is one module, and whoever compares, silences or fixes knows nothing of cells.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from tslint.diagnostic import Cells, Diagnostic, Label, Place, Span, from_json, to_json
from tslint.report.content import Report
from tslint.report.places import source_key


def located(report: Report) -> Report:
    """REPORT with a cell for each place in a notebook, its lines those of the cell."""
    if not report.notebooks:
        return report
    move = _Move(report.notebooks)
    return dataclasses.replace(
        report,
        diagnostics=tuple(map(move.diagnostic, report.diagnostics)),
        runs=tuple(map(move.anything, report.runs)),
        sources=_code(report),
        notebooks={},
    )


def in_cell(diagnostic: Diagnostic, notebooks: Mapping[str, Cells]) -> Diagnostic:
    """DIAGNOSTIC as a report shows it."""
    return _Move(notebooks).diagnostic(diagnostic)


def _code(report: Report) -> dict[str, Any]:
    """The lines of each file, those of a notebook by cell."""
    found: dict[str, Any] = {}
    for path, lines in report.sources.items():
        cells = report.notebooks.get(path)
        if cells is None:
            found[path] = lines
            continue
        for first, number, count in cells.starts:
            found[source_key(path, number)] = lines[first - 1 : first - 1 + count]
    return found


class _Move:
    def __init__(self, notebooks: Mapping[str, Cells]) -> None:
        self.notebooks = notebooks

    def diagnostic(self, diagnostic: Diagnostic) -> Diagnostic:
        moved = self.anything(dataclasses.replace(diagnostic, fix=None))
        assert isinstance(moved, Diagnostic)
        cells = self.notebooks.get(diagnostic.path or "")
        if cells is None or diagnostic.fix is None:
            return dataclasses.replace(moved, fix=diagnostic.fix)
        edits = []
        for edit in diagnostic.fix.edits:
            number, span = cells.span(edit.span)
            edits.append(dataclasses.replace(edit, span=span, cell=number))
        return dataclasses.replace(moved, fix=dataclasses.replace(diagnostic.fix, edits=tuple(edits)))

    def anything(self, value: Any) -> Any:
        """VALUE, frozen data or the JSON of some, with all places in it moved."""
        if isinstance(value, (list, tuple)):
            return type(value)(map(self.anything, value))
        if isinstance(value, dict):
            moved = {key: self.anything(item) for key, item in value.items()}
            return self._json(moved) if "path" in value and "span" in value else moved
        if not dataclasses.is_dataclass(value) or isinstance(value, (type, Span)):
            return value
        fields = {field.name: self.anything(getattr(value, field.name)) for field in dataclasses.fields(value)}
        if isinstance(value, (Place, Label, Diagnostic)):
            cells = self.notebooks.get(value.path or "")
            if cells is not None and value.span is not None:
                fields["cell"], fields["span"] = cells.span(value.span)
        return dataclasses.replace(value, **fields)

    def _json(self, place: dict[str, Any]) -> dict[str, Any]:
        cells = self.notebooks.get(place["path"])
        if cells is None or not isinstance(place["span"], dict):
            return place
        number, span = cells.span(from_json(Span, place["span"]))
        return {**place, "span": to_json(span), "cell": number}
