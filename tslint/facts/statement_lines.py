"""On which line each statement begins, as Python's own parser tells: it takes a tenth of the time that LibCST's does."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import libcst as cst

HAVING_BODY = frozenset([cst.ClassDef, cst.FunctionDef, cst.If, cst.For, cst.While, cst.With])

NEXT = re.compile(rb"^[^\s#)\]}]", re.MULTILINE)
"""The next statement at the left margin; or a line of a text or an expression, and what ends there does not parse."""

NOTHING = cst.SimpleStatementSuite([cst.Pass()])


class StatementLines:
    """The lines of a module's statements; the suites inside one are looked at once it has been entered.

    Knows none where Python's parser and LibCST's may count differently. A class or function is parsed by itself where the text
    tells its first line: the name is defined once at the left margin.
    """

    def __init__(self, module: cst.Module, text: bytes) -> None:
        self._module = module
        self._text = text if _counts_alike(text) else None
        self._known: dict[cst.CSTNode, tuple[ast.stmt, int]] = {}
        self._entered: set[cst.CSTNode] = set()
        self._top = frozenset(module.body)

    def line(self, statement: cst.CSTNode) -> int | None:
        if statement in self._top and statement not in self._known and self._text is not None:
            self._find(statement, self._text)
        found = self._known.get(statement)
        return None if found is None else found[0].lineno + found[1]

    def enter(self, statement: cst.CSTNode) -> None:
        """From now on the statements directly inside STATEMENT are known, too."""
        if statement not in self._entered:
            self._entered.add(statement)
            theirs, above = self._known[statement]
            for suite, statements in _suites(statement, theirs):
                if type(suite) is cst.IndentedBlock:
                    self._pair(suite.body, statements, above)

    def _find(self, statement: cst.CSTNode, text: bytes) -> None:
        """Learns where a statement of the module stands, and perhaps where all of them do."""
        if isinstance(statement, (cst.ClassDef, cst.FunctionDef)):
            name = statement.name.value
            starts = [match.start() for match in _definitions(name).finditer(text)]
            same = [
                s for s in self._module.body if isinstance(s, (cst.ClassDef, cst.FunctionDef)) and s.name.value == name
            ]
            if len(starts) == len(same) == 1:
                end = NEXT.search(text, starts[0] + 1)
                alone = _parsed(text[starts[0] : end.start() if end else len(text)])
                if len(alone) == 1:
                    self._known[statement] = alone[0], text.count(b"\n", 0, starts[0])
                    return
        self._text = None
        self._pair(self._module.body, _parsed(text), 0)

    def _pair(self, ours: Sequence[cst.CSTNode], theirs: Sequence[ast.stmt], above: int) -> None:
        """Notes that statements are the same in both trees; the other parser's had lines ABOVE it that it did not see."""
        found: dict[cst.CSTNode, tuple[ast.stmt, int]] = {}
        index = 0
        for statement in ours:
            if index >= len(theirs):
                return
            found[statement] = theirs[index], above
            index += len(statement.body) if isinstance(statement, cst.SimpleStatementLine) else 1
        if index == len(theirs):
            self._known.update(found)


def _definitions(name: str) -> re.Pattern[bytes]:
    """What begins a class or function of this name at the left margin."""
    return re.compile(rb"^(?:class|def|async[ \t]+def)[ \t]+" + re.escape(name.encode()) + rb"\b", re.MULTILINE)


def header(statement: cst.CSTNode, part: cst.CSTNode | None) -> cst.CSTNode:
    """STATEMENT without its suites, where PART of it is what matters and is in none: the other parts are the same nodes."""
    if type(statement) not in HAVING_BODY or part is None or part is statement.body:  # type: ignore[attr-defined]
        return statement
    if not hasattr(statement, "orelse"):
        return statement.with_changes(body=NOTHING)
    return statement if part is statement.orelse else statement.with_changes(body=NOTHING, orelse=None)


def _counts_alike(text: bytes) -> bool:
    """Whether both parsers take the same places for ends of lines."""
    return b"\x0c" not in text and text.count(b"\r") == text.count(b"\r\n")


def _parsed(text: bytes) -> Sequence[ast.stmt]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()


def _suites(ours: Any, theirs: Any) -> Iterator[tuple[cst.CSTNode, Sequence[ast.stmt]]]:
    """The suites of a compound statement, for both parsers."""
    if type(ours) not in HAVING_BODY:
        return
    yield ours.body, theirs.body
    orelse = getattr(ours, "orelse", None)
    if type(orelse) is cst.Else:
        yield orelse.body, theirs.orelse
    elif type(orelse) is cst.If:
        yield from _suites(orelse, theirs.orelse[0])
