"""Whether an error of the script comes of what the recorders answered: then it is ours, and says nothing of the script."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator
from types import FrameType
from typing import Any

from tslint.probe.entry.anything import Anything
from tslint.probe.entry.converting import check_arguments
from tslint.probe.entry.saved import Saved
from tslint.probe.entry.standins import ExportStandIn, StandIn
from tslint.probe.frames import Territory

_COMPOUND = (ast.If, ast.While, ast.For, ast.With, ast.Try)


def line_of_ours(error: BaseException, territory: Territory, saved: Saved) -> int | None:
    """The line of the user's on which ERROR came of a stand-in, or of a file that was not written; None where it did not."""
    frame, line = _innermost(error, territory)
    if frame is None or _of_a_real_check(error):
        return None
    if isinstance(error, OSError) and any(saved.holds(name) for name in (error.filename, error.filename2)):
        return line
    kinds: tuple[type, ...] = (Anything, ExportStandIn)
    if isinstance(error, AttributeError):
        kinds = (*kinds, StandIn)
    return line if _works_with(frame, line, kinds) else None


def _of_a_real_check(error: BaseException) -> bool:
    """Whether `ct.convert` itself refused the call."""
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code is check_arguments.__code__:
            return True
        traceback = traceback.tb_next
    return False


def _innermost(error: BaseException, territory: Territory) -> tuple[FrameType | None, int]:
    """The innermost frame of the user's that ERROR passed, and its line there."""
    found: tuple[FrameType | None, int] = (None, 0)
    traceback = error.__traceback__
    while traceback is not None:
        if territory.holds(traceback.tb_frame.f_code.co_filename):
            found = traceback.tb_frame, traceback.tb_lineno
        traceback = traceback.tb_next
    return found


def _works_with(frame: FrameType, line: int, kinds: tuple[type, ...]) -> bool:
    """Whether the statement on LINE, or a condition around it, uses a value of KINDS or one computed from such a value."""
    variables = {**frame.f_globals, **frame.f_locals}
    tainted = {name for name, value in variables.items() if _is_one(value, kinds)}
    body = _body(frame)
    if not tainted or body is None:
        return False
    statements = [node for node in ast.walk(body) if isinstance(node, ast.stmt)]
    _spread(statements, tainted)
    return any(
        _names(part) & tainted
        for statement in statements
        if statement.lineno <= line <= (statement.end_lineno or statement.lineno)
        for part in _read(statement)
    )


def _is_one(value: Any, kinds: tuple[type, ...]) -> bool:
    """By type: what a stand-in claims to be is no answer here."""
    if type(value) in (list, tuple):
        return any(type(item) in kinds for item in value[:64])
    if type(value) is dict:
        return any(type(item) in kinds for item in list(value.values())[:64])
    return type(value) in kinds


def _body(frame: FrameType) -> ast.AST | None:
    """The function, or the module, whose code FRAME runs."""
    code = frame.f_code
    try:
        tree = ast.parse("".join(linecache.getlines(code.co_filename)))
    except (SyntaxError, ValueError):
        return None
    if code.co_name == "<module>":
        return tree
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, functions) and node.name == code.co_name:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            if first == code.co_firstlineno:
                return node
    return None


def _spread(statements: list[ast.stmt], tainted: set[str]) -> None:
    """Adds the variables that are computed from tainted ones, however often removed."""
    grown = True
    while grown:
        size = len(tainted)
        for statement in statements:
            if isinstance(statement, (ast.Assign, ast.AugAssign, ast.AnnAssign)) and statement.value is not None:
                targets: list[ast.AST] = (
                    list(statement.targets) if isinstance(statement, ast.Assign) else [statement.target]
                )
                if _names(statement.value) & tainted:
                    tainted.update(name for target in targets for name in _names(target))
            elif isinstance(statement, ast.For) and _names(statement.iter) & tainted:
                tainted.update(_names(statement.target))
        grown = len(tainted) > size


def _read(statement: ast.stmt) -> Iterator[ast.AST]:
    """What a statement evaluates by itself: of one that holds others, its head alone."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return
    if not isinstance(statement, _COMPOUND):
        yield statement
    elif isinstance(statement, (ast.If, ast.While)):
        yield statement.test
    elif isinstance(statement, ast.For):
        yield statement.iter
    elif isinstance(statement, ast.With):
        yield from (item.context_expr for item in statement.items)


def _names(node: ast.AST) -> set[str]:
    return {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}
