"""The syntax that TorchScript's front end refuses, wherever it stands in a function, also where nothing would run it.

Read off ``torch/jit/frontend.py`` (torch 2.13): every node that it builds, and the conditions on them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import libcst as cst

from tslint.facts.tree import Tree, walk

STATEMENTS: dict[type, str] = {
    cst.FunctionDef: "a nested function",
    cst.ClassDef: "a nested class",
    cst.Try: "`try`",
    cst.TryStar: "`try`",
    cst.Import: "`import`",
    cst.ImportFrom: "`import`",
    cst.Global: "`global`",
    cst.Nonlocal: "`nonlocal`",
    cst.Match: "`match`",
    cst.TypeAlias: "`type`",
}
EXPRESSIONS: dict[type, str] = {
    cst.Lambda: "`lambda`",
    cst.NamedExpr: "`:=`",
    cst.Await: "`await`",
    cst.Yield: "`yield`",
    cst.SetComp: "a set comprehension",
    cst.Set: "a set",
}
CLOSED = frozenset({cst.FunctionDef, cst.ClassDef, cst.Lambda})


class RefusedSyntax:
    """(node, construct) of everything in a function's body that the front end refuses, by function, in source order."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._found: dict[cst.FunctionDef, list[tuple[cst.CSTNode, str]]] = {}
        for kind in REFUSED:
            nodes: Sequence[cst.CSTNode] = tree.all(kind)
            self._add(nodes)
        for found in self._found.values():
            found.sort(key=lambda one: tree.index[one[0]])

    def of(self, function: cst.FunctionDef) -> Iterator[tuple[cst.CSTNode, str]]:
        if function.asynchronous is not None:
            yield function.name, "`async def`"
        if function not in self._found and not self.tree.own(function):
            self._found[function] = []
            self._add(node for node in walk(function.body) if type(node) in REFUSED)
        for node, construct in self._found.get(function, ()):
            yield _small(node), construct

    def _add(self, nodes: Iterable[cst.CSTNode]) -> None:
        """Those of NODES that are refused, each to the function that holds it."""
        for node in nodes:
            kind = type(node)
            room = CONDITIONS.get(kind)
            construct = room(node) if room is not None else STATEMENTS.get(kind) or EXPRESSIONS[kind]
            function = None if construct is None else self._function(node)
            if construct is not None and function is not None:
                self._found.setdefault(function, []).append((node, construct))

    def _function(self, node: cst.CSTNode) -> cst.FunctionDef | None:
        """The function whose body holds NODE; None where it stands in something that is itself refused, or in no function."""
        below = node
        for around in self.tree.ancestors(node):
            if type(around) in CLOSED:
                return around if type(around) is cst.FunctionDef and below is around.body else None
            below = around
        return None


def _small(node: cst.CSTNode) -> cst.CSTNode:
    """The part of a statement that is worth pointing at."""
    if type(node) is cst.FunctionDef or type(node) is cst.ClassDef:
        return node.name
    return node


def _for(node: cst.For) -> str | None:
    if node.asynchronous is not None:
        return "`async for`"
    return "`for … else`" if node.orelse is not None else None


def _while(node: cst.While) -> str | None:
    return "`while … else`" if node.orelse is not None else None


def _with(node: cst.With) -> str | None:
    return "`async with`" if node.asynchronous is not None else None


def _annotated(node: cst.AnnAssign) -> str | None:
    if node.value is None:
        return "an annotation without a value"
    target = node.target
    if type(target) is cst.Attribute and type(target.value) is cst.Name and target.value.value == "self":
        return "an annotated attribute outside `__init__`"
    return None


def _augmented(node: cst.AugAssign) -> str | None:
    kind = type(node.operator)
    if kind is cst.FloorDivideAssign:
        return "`//=`"
    return "`@=`" if kind is cst.MatrixMultiplyAssign else None


def _raise(node: cst.Raise) -> str | None:
    return "`raise` without an exception" if node.exc is None else None


def _comprehension(node: cst.ListComp | cst.GeneratorExp | cst.DictComp) -> str | None:
    part = node.for_in
    if part.inner_for_in is not None:
        return "a comprehension with two `for`"
    if part.asynchronous is not None:
        return "an asynchronous comprehension"
    return "an `if` in a comprehension" if part.ifs else None


def _dict(node: cst.Dict) -> str | None:
    return "`**` in a dict" if any(type(e) is cst.StarredDictElement for e in node.elements) else None


def _argument(node: cst.Arg) -> str | None:
    return "`**` in a call" if node.star == "**" else None


def _unary(node: cst.UnaryOperation) -> str | None:
    return "unary `+`" if type(node.operator) is cst.Plus else None


def _bytes(node: cst.SimpleString) -> str | None:
    return "a bytes literal" if "b" in node.prefix.lower() else None


def _formatted(node: cst.FormattedStringExpression) -> str | None:
    if node.conversion is not None:
        return "a conversion in an f-string"
    return "a format in an f-string" if node.format_spec is not None else None


CONDITIONS: dict[type, Callable[[Any], str | None]] = {
    cst.For: _for,
    cst.While: _while,
    cst.With: _with,
    cst.AnnAssign: _annotated,
    cst.AugAssign: _augmented,
    cst.Raise: _raise,
    cst.ListComp: _comprehension,
    cst.GeneratorExp: _comprehension,
    cst.DictComp: _comprehension,
    cst.Dict: _dict,
    cst.Arg: _argument,
    cst.UnaryOperation: _unary,
    cst.SimpleString: _bytes,
    cst.FormattedStringExpression: _formatted,
}
REFUSED = (*STATEMENTS, *EXPRESSIONS, *CONDITIONS)


SPECIFIERS = re.compile(r"%(.)")
"""As ``%`` of a string finds them: a character each, no width, no precision."""
FIELDS = re.compile(r"\{[^{}]+\}")
"""What ``format`` of a string leaves as it is: it knows ``{}`` alone."""


def format_refused(text: str) -> str | None:
    """The first part of TEXT that ``TEXT % values`` stops at when it runs."""
    return next((match[0] for match in SPECIFIERS.finditer(text) if match[1] not in "%sdifFeEc"), None)


def format_ignored(text: str) -> str | None:
    """The first replacement field of TEXT that ``TEXT.format(…)`` does not replace."""
    found = FIELDS.search(text.replace("{{", "").replace("}}", ""))
    return found[0] if found else None


def hands_on(place: cst.CSTNode, parameter: cst.Name) -> bool:
    """Whether PLACE is the ``**kwargs`` of a call that passes PARAMETER on: it goes when the parameter does."""
    value = place.value if type(place) is cst.Arg and place.star == "**" else None
    return type(value) is cst.Name and value.value == parameter.value


def variadic(params: cst.Parameters) -> cst.Name | None:
    """The parameter that makes the number of arguments variable, or has to be named and may be left out."""
    if params.star_kwarg is not None:
        return params.star_kwarg.name
    if type(params.star_arg) is cst.Param:
        return params.star_arg.name
    return next((param.name for param in params.kwonly_params if param.default is not None), None)
