"""Attributes that a module sets while it is traced, and that nothing reads behind it: their values reach no output."""

from __future__ import annotations

from collections.abc import Callable as Function
from collections.abc import Iterator
from functools import cached_property

import libcst as cst

from tslint.facts.kinds import Callable, Kind, Module, options
from tslint.facts.tree import Tree, walk

LOOPS = (cst.For, cst.While, cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)
DEEPEST = 8
"""Calls within calls that are followed outwards."""


class Unread:
    """Asks for one file, by the names of attributes, whoever they belong to. KIND tells the kind of an expression, TRACED
    whether tracing comes past one."""

    def __init__(self, tree: Tree, kind: Function[[cst.CSTNode], Kind], traced: Function[[cst.CSTNode], bool]) -> None:
        self.tree = tree
        self.kind = kind
        self.traced = traced

    def __call__(self, target: cst.Attribute) -> bool:
        """Whether no value that is assigned to TARGET (``self.offset``) is read in the same trace."""
        name = target.attr.value
        function = self._function(target)
        if function is None or not isinstance(target.value, cst.Name) or target.value.value != "self":
            return False
        if any(name in text.value for text in self.tree.all(cst.SimpleString) if text.value[1:-1] == name):
            return False  # getattr(self, "offset")
        reads = [a for a in self.tree.all(cst.Attribute) if a.attr.value == name and self._may_read(a, target)]
        if not reads:
            return True
        straight = all(self._function(read) is function and self._passes(read, target) for read in reads)
        return straight and not self._is_repeated(target) and self._runs_once(function, 0)

    def _may_read(self, node: cst.Attribute, target: cst.Attribute) -> bool:
        """Whether NODE reads what TARGET is assigned to, in code that is traced or in a function that may be handed about."""
        parent = self.tree.parent.get(node)
        written = isinstance(parent, cst.AssignTarget) or (isinstance(parent, cst.AnnAssign) and parent.target is node)
        if written or self._is_of_another(node, target):
            return False
        return self.traced(node) or (self._class(node) is None and self._function(node) is not None)

    def _is_of_another(self, one: cst.Attribute, two: cst.Attribute) -> bool:
        """Whether the two are attributes of ``self`` in classes of which no object is both."""
        if not (isinstance(one.value, cst.Name) and one.value.value == "self"):
            return False
        owners = {around.name.value for node in (one, two) if (around := self._class(node)) is not None}
        return len(owners) == 2 and not any(owners <= family for family in self._families)

    def _class(self, node: cst.CSTNode) -> cst.ClassDef | None:
        return next((a for a in self.tree.ancestors(node) if isinstance(a, cst.ClassDef)), None)

    @cached_property
    def _families(self) -> list[set[str]]:
        """The classes of the file by their names, each with all that it derives from."""
        bases = {
            node.name.value: {name.value for base in node.bases for name in walk(base) if isinstance(name, cst.Name)}
            for node in self.tree.all(cst.ClassDef)
        }
        families = []
        for name in bases:
            family, size = {name}, 0
            while len(family) != size:
                size = len(family)
                family = family.union(*(bases.get(member, ()) for member in family))
            families.append(family)
        return families

    def _passes(self, read: cst.CSTNode, write: cst.CSTNode) -> bool:
        """Whether READ comes before WRITE, or in a branch that is not taken where WRITE is."""
        return self.tree.index[read] < self.tree.index[write] or any(
            arm is not other and other is not around.test for around, arm, other in self._shared(write, read)
        )

    def _shared(self, one: cst.CSTNode, two: cst.CSTNode) -> Iterator[tuple[cst.If, cst.CSTNode, cst.CSTNode]]:
        """The ``if`` statements around both, with the part of each that holds ONE and TWO."""
        arms = dict(self._arms(two))
        for around, arm in self._arms(one):
            if around in arms:
                yield around, arm, arms[around]

    def _arms(self, node: cst.CSTNode) -> Iterator[tuple[cst.If, cst.CSTNode]]:
        child = node
        for around in self.tree.ancestors(node):
            if isinstance(around, cst.If):
                yield around, child
            child = around

    def _function(self, node: cst.CSTNode) -> cst.FunctionDef | None:
        return next((a for a in self.tree.ancestors(node) if isinstance(a, cst.FunctionDef)), None)

    def _runs_once(self, function: cst.FunctionDef, depth: int) -> bool:
        """Whether a trace comes past FUNCTION no more than once: each of its callers calls it once, and outside of loops."""
        if depth > DEEPEST:
            return False
        callers: set[cst.FunctionDef] = set()
        for call in self.tree.all(cst.Call):
            if not self._may_call(call, function) or not self.traced(call):
                continue
            caller = self._function(call)
            if caller is None or caller in callers or self._is_repeated(call):
                return False
            callers.add(caller)
        return all(self._runs_once(caller, depth + 1) for caller in callers)

    def _may_call(self, call: cst.Call, function: cst.FunctionDef) -> bool:
        name = call.func.attr if isinstance(call.func, cst.Attribute) else call.func
        if function.name.value != "forward" and not (isinstance(name, cst.Name) and name.value == function.name.value):
            return False
        return any(_is_of(option, function) for option in options(self.kind(call.func)))

    def _is_repeated(self, node: cst.CSTNode) -> bool:
        for around in self.tree.ancestors(node):
            if isinstance(around, cst.FunctionDef):
                return False
            if isinstance(around, LOOPS):
                return True
        return False


def _is_of(kind: Kind, function: cst.FunctionDef) -> bool:
    """Whether a call of KIND comes to FUNCTION; of an object that nothing is known of, it may."""
    if isinstance(kind, Module):
        if kind.cls is None and not kind.items:
            return kind.layer is None and function.name.value == "forward"
        return (kind.cls is not None and kind.cls.forward is function) or any(_is_of(i, function) for i in kind.items)
    return isinstance(kind, Callable) and kind.node is function
