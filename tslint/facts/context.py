"""Facts of every file that a run touched: what checks of evidence ask about the code at a place."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import libcst as cst

from tslint.diagnostic import Place

if TYPE_CHECKING:
    from tslint.facts.facts import Facts

Node = TypeVar("Node", bound=cst.CSTNode)


class Context:
    """``load`` gives the facts of a file by its absolute path, or None where it cannot be read or parsed."""

    def __init__(self, load: Callable[[str], Facts | None]) -> None:
        self._load = load
        self._facts: dict[str, Facts | None] = {}

    def facts(self, place: Place | None) -> Facts | None:
        """Facts of the file that PLACE is in."""
        if place is None:
            return None
        if place.path not in self._facts:
            self._facts[place.path] = self._load(place.path)
        return self._facts[place.path]

    def nodes_at(self, place: Place | None, kind: type[Node]) -> list[Node]:
        """Nodes of type KIND at PLACE, innermost first.

        With columns: those whose span contains the place. Without (Python 3.10): those that overlap its lines.
        """
        facts = self.facts(place)
        if facts is None or place is None:
            return []
        found = []
        for node in facts.nodes(kind):
            span = facts.span(node)
            if place.span.column is None:
                hit = span.line <= place.span.end_line and place.span.line <= span.end_line
            else:
                hit = span.contains(place.span)
            if hit:
                found.append((span, node))
        found.sort(
            key=lambda pair: (pair[0].end_line - pair[0].line, (pair[0].end_column or 0) - (pair[0].column or 0))
        )
        return [node for _, node in found]
