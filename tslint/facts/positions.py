"""Where the nodes of a statement stand: the code is written out once, and each node notes the tokens that are its own.

Relies on ``CSTNode._codegen`` and the hooks of LibCST's ``CodegenState`` (``before_codegen``, ``after_codegen``,
``record_syntactic_position``), as ``libcst.metadata.PositionProvider`` does; that takes three times as long, since it
counts lines and columns for every token. Tried with LibCST 1.5 to 1.9.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate

import libcst as cst
from libcst._nodes.internal import CodegenState

from tslint.diagnostic import Span
from tslint.source.text import deeply

FRAMES = 1_000_000

_NEWLINE = re.compile(r"\r\n?|\n")


class _State(CodegenState):
    """Notes for each node the range of its tokens; what ``record_syntactic_position`` says goes before what is around it."""

    def __init__(self, module: cst.Module) -> None:
        super().__init__(module.default_indent, module.default_newline)
        self.ranges: dict[cst.CSTNode, tuple[int, int]] = {}
        self._starts: list[int] = []

    def before_codegen(self, node: cst.CSTNode) -> None:
        self._starts.append(len(self.tokens))

    def after_codegen(self, node: cst.CSTNode) -> None:
        start = self._starts.pop()
        if node not in self.ranges:
            self.ranges[node] = (start, len(self.tokens))

    @contextmanager
    def record_syntactic_position(
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> Iterator[None]:
        start = len(self.tokens)
        yield
        end = len(self.tokens)
        first = start if start_node is None else self.ranges[start_node][0]
        self.ranges[node] = (first, end if end_node is None else self.ranges[end_node][1])


class Positions:
    """The places of all nodes of STATEMENT, which begins on LINE of its file, behind INDENTS; of a whole module with LINE 1."""

    def __init__(self, module: cst.Module, statement: cst.CSTNode, line: int, indents: Sequence[str] = ()) -> None:
        state = deeply(lambda: _written(module, statement, indents), FRAMES)
        self._ranges = state.ranges
        self._offsets = [0, *accumulate(map(len, state.tokens))]
        self._lines = [0, *(match.end() for match in _NEWLINE.finditer("".join(state.tokens)))]
        self._down = line - self._line(self._ranges[statement][0]) if statement is not module else 0

    def _line(self, token: int) -> int:
        return bisect_right(self._lines, self._offsets[token])

    def __contains__(self, node: cst.CSTNode) -> bool:
        return node in self._ranges

    def span(self, node: cst.CSTNode) -> Span:
        """Where NODE stands. Raises KeyError where it is not of this statement."""
        start, end = self._ranges[node]
        line, end_line = self._line(start), self._line(end)
        column = self._offsets[start] - self._lines[line - 1] + 1
        end_column = self._offsets[end] - self._lines[end_line - 1] + 1
        return Span(line + self._down, column, end_line + self._down, end_column)


def _written(module: cst.Module, statement: cst.CSTNode, indents: Sequence[str]) -> _State:
    state = _State(module)
    state.indent_tokens.extend(indents)
    statement._codegen(state)
    return state
