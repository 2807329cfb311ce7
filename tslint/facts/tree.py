"""The tree of a file: one walk that notes parents and nodes by type; positions only once somebody asks."""

from __future__ import annotations

import collections.abc
import dataclasses
import functools
import itertools
import typing
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import libcst as cst

from tslint.diagnostic import Span
from tslint.facts.positions import Positions
from tslint.facts.statement_lines import StatementLines, header

Node = TypeVar("Node", bound=cst.CSTNode)


def _compare_nodes_in_c() -> None:
    """LibCST's nodes equal themselves alone, by two methods in Python; those of ``object`` say the same ten times as fast."""
    todo: list[type] = [cst.CSTNode]
    while todo:
        kind = todo.pop()
        kind.__eq__ = object.__eq__  # type: ignore[method-assign, assignment]
        kind.__hash__ = object.__hash__  # type: ignore[method-assign, assignment]
        todo += kind.__subclasses__()


_compare_nodes_in_c()


def words(text: str) -> frozenset[str]:
    """The words of a table."""
    return frozenset(text.split())


LAYOUT = words("""
    lpar rpar lbracket rbracket lbrace rbrace leading_lines lines_after_decorators lines_after_module_docstring header
    footer comma semicolon dot equal colon indent operator tok first_colon second_colon trailing_whitespace comment
    newline encoding default_indent default_newline has_trailing_newline star asynchronous leading_whitespace trailing_comma
""")
_FIELDS: dict[type, tuple[str, ...]] = {}
_IS_NODE: dict[type, bool] = {}
"""Whether objects of a type are nodes: LibCST's nodes are abstract base classes, which `issubclass` is slow for."""


def is_node_type(kind: type) -> bool:
    """Whether KIND is a type of syntax nodes."""
    known = _IS_NODE.get(kind)
    return _IS_NODE.setdefault(kind, cst.CSTNode in kind.__mro__) if known is None else known


def is_statement(node: cst.CSTNode) -> bool:
    """Whether NODE is a compound statement or a line of simple ones."""
    return cst.BaseStatement in type(node).__mro__


def _fields_backwards(kind: type) -> tuple[str, ...]:
    """The names of the fields that hold nodes of meaning, the last first: no text, no white space, no punctuation."""
    known = _FIELDS.get(kind)
    if known is None:
        names = [f.name for f in dataclasses.fields(kind) if f.type is not str]
        known = tuple(n for n in names if n not in LAYOUT and not n.startswith(("whitespace", "_")))
        _FIELDS[kind] = known = _in_source_order(kind, known)[::-1]
    return known


def _in_source_order(kind: type, names: tuple[str, ...]) -> tuple[str, ...]:
    """LibCST declares the fields of some nodes in another order than they are written in."""
    first: dict[type, tuple[str, ...]] = {
        cst.IfExp: ("body", "test", "orelse"),
        cst.FunctionDef: ("decorators", "name", "type_parameters", "params", "returns", "body"),
        cst.ClassDef: ("decorators", "name", "type_parameters", "bases", "keywords", "body"),
        cst.Parameters: ("posonly_params", "params", "star_arg", "kwonly_params", "star_kwarg"),
        cst.DictElement: ("key", "value"),
    }
    order = first.get(kind, ())
    return tuple(n for n in order if n in names) + tuple(n for n in names if n not in order)


Step = Callable[[cst.CSTNode, dict[cst.CSTNode, cst.CSTNode], list[cst.CSTNode]], None]
STEPS = {
    "nodes": """
    value = node.{name}
    for child in value:
        parent[child] = node
    stack += value[::-1]
""",
    "node": """
    value = node.{name}
    parent[value] = node
    stack.append(value)
""",
    "perhaps": """
    value = node.{name}
    sort = type(value)
    if sort is list or sort is tuple:
        for child in value:
            parent[child] = node
        stack += value[::-1]
    elif is_node_type(sort):
        parent[value] = node
        stack.append(value)
""",
}


@functools.cache
def _step(kind: type) -> Step | None:
    """What notes the parent of the nodes right below one of type KIND and stacks them, the first on top; None for leaves.

    Made for the type from what its fields are declared to hold: asking each value what it is takes twice as long.
    """
    declared = {field.name: field.type for field in dataclasses.fields(kind)}
    parts = []
    for name in _fields_backwards(kind):
        holds = declared[name]
        if typing.get_origin(holds) is collections.abc.Sequence:
            form = "nodes"
        elif isinstance(holds, type) and is_node_type(holds):
            form = "node"
        else:
            form = "perhaps"
        parts.append(STEPS[form].format(name=name))
    if not parts:
        return None
    given: dict[str, object] = {"is_node_type": is_node_type}
    exec(f"def step(node, parent, stack):{''.join(parts)}", given)
    return typing.cast(Step, given["step"])


class _Index(dict[cst.CSTNode, int]):
    """The order of a file's own nodes; those of files that were taken in are looked for in their trees."""

    def __init__(self, nodes: Sequence[cst.CSTNode], first: int, others: Sequence[Tree]) -> None:
        super().__init__(zip(nodes, itertools.count(first)))
        self._others = others

    def __missing__(self, node: cst.CSTNode) -> int:
        for other in self._others:
            if node in other.index:
                return other.index[node]
        raise KeyError(node)


class Tree:
    """``parent`` maps each node of meaning to the one around it; ``all`` gives those of a type in source order.

    Modules of other files can be taken in: their nodes have parents and places too, but are none of the file's own.
    """

    def __init__(self, module: cst.Module, text: bytes | None = None, first: int = 0) -> None:
        self.module = module
        self.parent: dict[cst.CSTNode, cst.CSTNode] = {}
        self.by_type: dict[type, list[cst.CSTNode]] = {}
        self._first = first
        self._nodes: list[cst.CSTNode] = []
        self._others: list[Tree] = []
        self._attributes: dict[str, list[cst.Attribute]] | None = None
        self._spans: dict[cst.CSTNode, Span] = {}
        self._positions: dict[tuple[cst.CSTNode, bool], Positions] = {}
        self._lines: dict[cst.Module, StatementLines] = {}
        self._texts: dict[cst.Module, bytes | None] = {module: text}
        self._walk()

    @functools.cached_property
    def index(self) -> _Index:
        """The order of nodes: that of the source among those of a file, which come before those of others."""
        return _Index(self._nodes, self._first, self._others)

    def adopt(self, other: Tree) -> None:
        """Takes in the tree of another file, which was made with its FIRST index behind all of this one's."""
        self.parent.update(other.parent)
        self._others.append(other)
        self._texts.update(other._texts)

    def own(self, node: cst.CSTNode) -> bool:
        """Whether NODE is of the file itself."""
        return node in self.index

    def module_of(self, node: cst.CSTNode) -> cst.Module:
        """The module that holds NODE."""
        if self.own(node):
            return self.module
        while type(node) is not cst.Module:
            node = self.parent[node]
        return node

    def _walk(self) -> None:
        parent, by_type, note = self.parent, self.by_type, self._nodes.append
        kinds: dict[type, tuple[Callable[[cst.CSTNode], None], Step | None]] = {}
        stack: list[cst.CSTNode] = [self.module]
        while stack:
            node = stack.pop()
            note(node)
            kind = type(node)
            known = kinds.get(kind)
            if known is None:
                group = by_type[kind] = []
                known = kinds[kind] = group.append, _step(kind)
            group_it, step = known
            group_it(node)
            if step is not None:
                step(node, parent, stack)

    def all(self, kind: type[Node]) -> Sequence[Node]:
        """All nodes of exactly this type, in source order."""
        return self.by_type.get(kind, [])  # type: ignore[return-value]  # grouped by their type

    def attributes(self, *names: str) -> list[cst.Attribute]:
        """The attributes (``x.data``) of these names."""
        if self._attributes is None:
            self._attributes = {}
            for node in self.all(cst.Attribute):
                self._attributes.setdefault(node.attr.value, []).append(node)
        return [node for name in names for node in self._attributes.get(name, ())]

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The nodes around NODE, innermost first."""
        current = self.parent.get(node)
        while current is not None:
            yield current
            current = self.parent.get(current)

    def inside(self, node: cst.CSTNode, kind: type[Node], nested: bool = True) -> Iterator[Node]:
        """The nodes of exactly this type below NODE, in source order; NESTED: in functions and classes within it, too."""
        for found in walk(node, nested):
            if type(found) is kind:
                yield found

    def span(self, node: cst.CSTNode) -> Span:
        """Where NODE stands. Computed for one statement at a time, once somebody asks."""
        found = self._spans.get(node)
        if found is None:
            found = self._spans[node] = self._positions_around(node).span(node)
        return found

    def _positions_around(self, node: cst.CSTNode) -> Positions:
        """The positions in the innermost statement around NODE whose line is known: no more is written out than that."""
        around = [node, *self.ancestors(node)]
        module = self.module_of(node)
        lines = self._lines.get(module)
        if lines is None:
            text = self._texts[module]
            lines = self._lines[module] = StatementLines(module, module.bytes if text is None else text)
        statement: cst.CSTNode = module
        below: cst.CSTNode | None = None
        line, depth = 1, 0
        indents: list[str] = []
        for current, inner in zip(reversed(around), [*reversed(around[:-1]), None], strict=True):
            found = lines.line(current)
            if found is not None:
                statement, below, line, depth = current, inner, found, len(indents)
                lines.enter(current)
            elif type(current) is cst.IndentedBlock:
                indents.append(module.default_indent if current.indent is None else current.indent)
        written = header(statement, below)
        key = (statement, written is statement)
        positions = self._positions.get(key)
        if positions is None:
            positions = self._positions[key] = Positions(module, written, line, indents[:depth])
        return positions


def walk(node: cst.CSTNode, nested: bool = True) -> Iterator[cst.CSTNode]:
    """NODE and all below it in source order; without NESTED, functions, lambdas and classes inside are not entered."""
    stack = [node]
    closed = (cst.FunctionDef, cst.ClassDef, cst.Lambda)
    while stack:
        current = stack.pop()
        yield current
        if not nested and current is not node and type(current) in closed:
            continue
        for name in _fields_backwards(type(current)):
            value = getattr(current, name)
            sort = type(value)
            if sort is list or sort is tuple:
                stack += value[::-1]
            elif _IS_NODE.get(sort) or (sort not in _IS_NODE and is_node_type(sort)):
                stack.append(value)
