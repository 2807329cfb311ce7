"""What statements of a file read, bind and change, by name; and their text, other names put in."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence

from tslint.diagnostic import Span

Scope = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)

SEEDS = ("manual_seed", "seed", "manual_seed_all", "default_rng")


def reads(node: ast.AST) -> set[str]:
    """Every name that NODE reads, those of functions inside of it too."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def binds(statement: ast.AST) -> set[str]:
    """The names that STATEMENT gives a value in its own scope."""
    found: set[str] = set()
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {statement.name}
    for node in _own(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {bound(alias) for alias in node.names}
    return found


def bound(alias: ast.alias) -> str:
    """The name that an import binds."""
    return alias.asname or alias.name.partition(".")[0]


def _own(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, Scope):
            yield from _own(child)


def changes(statement: ast.AST) -> set[str]:
    """The variables whose objects STATEMENT may change: it calls a method of theirs, passes them on, or sets a part of them."""
    found: set[str] = set()
    for node in _own(statement):
        if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store):
            found |= {root} if (root := root_of(node)) else set()
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        inner: Sequence[ast.expr] = [call.func.value] if isinstance(call.func, ast.Attribute) else []
        given = [*inner, *call.args, *(keyword.value for keyword in call.keywords)]
        found |= {root for item in given if (root := root_of(item))}
    if isinstance(statement, ast.AugAssign):
        found |= {root} if (root := root_of(statement.target)) else set()
    return found


def root_of(node: ast.AST) -> str | None:
    """``a`` of ``a.b[0].c()``."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call, ast.Starred)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def prepares(statement: ast.AST) -> bool:
    """Whether STATEMENT makes ready what every later one builds on: it seeds generators, or tells where modules are found."""
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        return False
    text = ast.unparse(statement.value.func)
    return text.rpartition(".")[2] in SEEDS or text.startswith("sys.path.")


def segment(
    source: str, node: ast.expr | ast.stmt, names: Mapping[str, ast.expr] | None = None, hole: ast.expr | None = None
) -> str:
    """The text of NODE as it stands in SOURCE, dedented: with other expressions for the variables NAMES, HOLE left out as NUL."""
    names = names or {}
    lines = lines_of(source)
    start = _offset(lines, node.lineno, node.col_offset)
    text = source[start : _offset(lines, node.end_lineno or 0, node.end_col_offset or 0)]
    found: list[tuple[int, int, str]] = []
    inside = set(ast.walk(hole)) if hole is not None else set()
    if hole is not None:
        at = _offset(lines, hole.lineno, hole.col_offset)
        found.append((at, _offset(lines, hole.end_lineno or 0, hole.end_col_offset or 0) - at, "\0"))
    for name in ast.walk(node):
        if isinstance(name, ast.Name) and name.id in names and name not in inside:
            other = segment(source, names[name.id], {k: v for k, v in names.items() if k != name.id})
            found.append((_offset(lines, name.lineno, name.col_offset), len(name.id), other))
    for at, length, other in sorted(found, reverse=True):
        text = text[: at - start] + other + text[at - start + length :]
    first = lines[node.lineno - 1]
    return textwrap.dedent(first[: len(first) - len(first.lstrip())] + text)


def lines_of(source: str) -> list[str]:
    """The lines of SOURCE with their ends, as ``ast`` counts them: a form feed ends none."""
    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", source)


def span(node: ast.expr, lines: Sequence[str]) -> Span:
    """Where NODE stands, its columns in characters from 1, as everywhere here."""
    end, end_offset = node.end_lineno or node.lineno, node.end_col_offset or 0
    first = len(lines[node.lineno - 1].encode()[: node.col_offset].decode())
    last = len(lines[end - 1].encode()[:end_offset].decode())
    return Span(node.lineno, first + 1, end, last + 1)


def _offset(lines: Sequence[str], line: int, column: int) -> int:
    """The index of a character from its line and its column in bytes of UTF-8, as ``ast`` counts it."""
    return sum(map(len, lines[: line - 1])) + len(lines[line - 1].encode()[:column].decode())
