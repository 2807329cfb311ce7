"""The edit that takes away an import which a fix leaves without a use. One that bears a comment is let be."""

from __future__ import annotations

import re
from collections.abc import Sequence

import libcst as cst

from tslint.diagnostic import Edit, Span
from tslint.facts.facts import Facts
from tslint.facts.names import dotted
from tslint.source.text import Source

Imported = (cst.Import, cst.ImportFrom)
TYPE_COMMENT = re.compile(r"#\s*type:.*")


def root(node: cst.BaseExpression) -> cst.Name | None:
    """The name that an expression begins with: ``math`` of ``math.sqrt``."""
    while isinstance(node, cst.Attribute):
        node = node.value
    return node if isinstance(node, cst.Name) else None


def uses(name: str, facts: Facts) -> list[cst.Name]:
    """The places of the file that may mean what an import calls NAME, in source order."""
    found = []
    for node in facts.nodes(cst.Name):
        if node.value != name:
            continue
        parent = facts.parent(node)
        attribute = isinstance(parent, cst.Attribute) and parent.attr is node
        keyword = isinstance(parent, cst.Arg) and parent.keyword is node
        if not attribute and not keyword and not _is_in_import(node, facts):
            found.append(node)
    return found


def _is_in_import(node: cst.Name, facts: Facts) -> bool:
    return any(isinstance(around, (*Imported, cst.ImportAlias)) for around in facts.tree.ancestors(node))


def without(name: cst.Name, facts: Facts) -> Edit | None:
    """The edit that takes away the import of NAME, which is the only thing that uses it; None where it has to stay.

    It stays where others may take the name from this file (``__init__.py``, ``import m as m``, ``__all__``), where a string
    or a type comment names it, where a comment stands beside it, and where nothing else is in its block.
    """
    binding = facts.names.definition(name)
    if binding is None or not isinstance(binding.node, Imported) or isinstance(binding.node.names, cst.ImportStar):
        return None
    if facts.source.path.name == "__init__.py" or not facts.is_own(binding.node) or _is_named(name.value, facts):
        return None
    if [use for use in uses(name.value, facts) if use is not name]:
        return None
    imported = sum(_bound(alias) == name.value for node in _imports(facts) for alias in _aliases(node))
    alias = next((alias for alias in binding.node.names if _bound(alias) == name.value), None)
    if imported != 1 or alias is None or (alias.asname is not None and dotted(alias.name) == name.value):
        return None
    if len(binding.node.names) > 1:
        return _alias(alias, binding.node.names, facts)
    return _line(binding.node, facts)


def _imports(facts: Facts) -> list[cst.Import | cst.ImportFrom]:
    return [*facts.nodes(cst.Import), *facts.nodes(cst.ImportFrom)]


def _aliases(node: cst.Import | cst.ImportFrom) -> Sequence[cst.ImportAlias]:
    return () if isinstance(node.names, cst.ImportStar) else node.names


def _bound(alias: cst.ImportAlias) -> str | None:
    """What an import calls a thing in the file; None where it binds the first part of a dotted name."""
    if alias.asname is not None:
        return alias.asname.name.value if isinstance(alias.asname.name, cst.Name) else None
    return alias.name.value if isinstance(alias.name, cst.Name) else (dotted(alias.name) or "").partition(".")[0]


def _is_named(name: str, facts: Facts) -> bool:
    """Whether a string that is no docstring, or a type comment, has NAME as a word: in ``__all__``, an annotation …"""
    word = re.compile(rf"\b{re.escape(name)}\b")
    strings = [n for n in facts.nodes(cst.SimpleString) if not isinstance(facts.parent(n), cst.Expr)]
    return any(word.search(node.value) for node in strings) or any(
        word.search(comment) for comment in TYPE_COMMENT.findall(facts.source.text)
    )


def _alias(alias: cst.ImportAlias, names: Sequence[cst.ImportAlias], facts: Facts) -> Edit | None:
    """Without one of several names of an import."""
    index = next(i for i, each in enumerate(names) if each is alias)
    start, end = facts.span(alias), _end(alias, facts)
    if index + 1 < len(names):
        following = facts.span(names[index + 1])
        span = Span(start.line, start.column, following.line, following.column)
    else:
        before = _end(names[index - 1], facts)
        span = Span(before.end_line, before.end_column, end.end_line, end.end_column)
    return None if "#" in facts.source.slice(span) else Edit(span, "")


def _end(alias: cst.ImportAlias, facts: Facts) -> Span:
    return facts.span(alias.asname.name if alias.asname is not None else alias.name)


def _line(node: cst.Import | cst.ImportFrom, facts: Facts) -> Edit | None:
    """Without the line of an import, and without the blank lines that it stood between."""
    line = facts.parent(node)
    block = facts.parent(line) if line is not None else None
    if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1 or "#" in facts.module.code_for_node(node):
        return None
    if line.trailing_whitespace.comment is not None or not isinstance(block, (cst.Module, cst.IndentedBlock)):
        return None
    if isinstance(block, cst.IndentedBlock) and len(block.body) == 1:
        return None
    span, source = facts.span(node), facts.source
    first, last = span.line, span.end_line + 1
    if _is_blank(last, source):
        if first == 1 or block.body[0] is line:
            while _is_blank(last, source):
                last += 1
        else:
            while _is_blank(first - 1, source):
                first -= 1
    return Edit(Span(first, 1, last, 1), "")


def _is_blank(line: int, source: Source) -> bool:
    return 1 <= line <= len(source.lines) and not source.lines[line - 1].strip()
