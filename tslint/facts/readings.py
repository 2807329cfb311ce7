"""Whether what an expression computes stays in the graph: tracing drops an operator whose result Python alone reads."""

from __future__ import annotations

from collections.abc import Callable as Function
from collections.abc import Iterator, Sequence
from functools import cached_property

import libcst as cst

from tslint.facts.kinds import Callable, Constant, Data, Dict, Kind, List, Module, Str, Tuple, options
from tslint.facts.tree import Tree, walk

CONDITIONAL = (cst.If, cst.While, cst.IfExp, cst.CompIf, cst.Assert)
CONTAINERS = (List, Tuple, Dict, Str, Constant, Module)
"""What a tensor is the index of as a plain number (``__index__``)."""
DISPLAYS = (cst.List, cst.Set, cst.Dict, cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp, cst.StarredElement)
STATEMENTS = (cst.BaseSmallStatement, cst.BaseCompoundStatement, cst.Lambda, cst.Module)


class Readings:
    """Follows values forward through the variables and helper functions of a file. What is not understood stays in the graph.

    KIND tells the kind of an expression, QUALIFIED the full name of a library's thing.
    """

    def __init__(
        self, tree: Tree, kind: Function[[cst.CSTNode], Kind], qualified: Function[[cst.CSTNode], str | None]
    ) -> None:
        self.tree = tree
        self.kind = kind
        self.qualified = qualified

    def only_read(self, node: cst.CSTNode) -> bool:
        """Whether each use of NODE's value ends in Python: as a number (``.item()``), a condition, an index of a list."""
        return not self._writes(node) and self._read(node, None, set())

    def _writes(self, node: cst.CSTNode) -> bool:
        """Whether a method writes in place what may have other uses: a new tensor has none."""
        if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute):
            return False
        return node.func.attr.value.endswith("_") and not self._is_new(node.func.value)

    def _is_new(self, node: cst.BaseExpression) -> bool:
        if not isinstance(node, cst.Call):
            return False
        return self.qualified(node.func) is not None or (
            isinstance(node.func, cst.Attribute) and self._is_new(node.func.value)
        )

    def _read(self, node: cst.CSTNode, place: int | None, seen: set[cst.CSTNode]) -> bool:
        """Whether NODE is only read; PLACE: the item of it that matters, where it is a tuple."""
        if node in seen:
            return True
        seen.add(node)
        child = node
        for parent in self.tree.ancestors(node):
            if isinstance(parent, CONDITIONAL) and child is parent.test:
                return True
            if isinstance(parent, (cst.For, cst.CompFor)):
                return child is parent.iter and self._target_read(parent.target, None, seen)
            if isinstance(parent, (cst.Assign, cst.AnnAssign, cst.NamedExpr)):
                return self._assigned(parent, place, seen)
            if isinstance(parent, cst.Return):
                return self._returned(parent, place, seen)
            if isinstance(parent, (*STATEMENTS, *DISPLAYS)):
                return False
            if isinstance(parent, cst.Tuple):
                place = next((i for i, element in enumerate(parent.elements) if element is child), None)
            elif isinstance(parent, cst.Subscript) and child is not parent.value:
                if all(isinstance(option, CONTAINERS) for option in options(self.kind(parent.value))):
                    return True
            elif isinstance(parent, cst.Call) and child is not parent.func and self._is_own(parent):
                return False
            if isinstance(parent, cst.BaseExpression) and isinstance(self.kind(parent), Data):
                return True
            if isinstance(parent, cst.Call):
                place = None
            child = parent
        return False

    def _is_own(self, call: cst.Call) -> bool:
        """Whether CALL hands its arguments to code of the project, which may do with them what it likes."""
        return any(isinstance(o, Module) or (isinstance(o, Callable) and o.node) for o in options(self.kind(call.func)))

    def _assigned(
        self, node: cst.Assign | cst.AnnAssign | cst.NamedExpr, place: int | None, seen: set[cst.CSTNode]
    ) -> bool:
        if isinstance(node, cst.NamedExpr):
            return self._target_read(node.target, place, seen) and self._read(node, place, seen)
        targets = [target.target for target in node.targets] if isinstance(node, cst.Assign) else [node.target]
        return all(self._target_read(target, place, seen) for target in targets)

    def _target_read(self, target: cst.BaseExpression, place: int | None, seen: set[cst.CSTNode]) -> bool:
        if isinstance(target, (cst.Tuple, cst.List)):
            parts = [element.value for element in target.elements]
            if any(isinstance(element, cst.StarredElement) for element in target.elements):
                return False
            if place is not None and place < len(parts):
                parts = parts[place : place + 1]
            return all(self._target_read(part, None, seen) for part in parts)
        if not isinstance(target, cst.Name):
            return False
        return all(self._read(use, place, seen) for use in self._uses(target))

    def _uses(self, target: cst.Name) -> Iterator[cst.Name]:
        """Where the function around TARGET reads a variable of this name."""
        function = next((a for a in self.tree.ancestors(target) if isinstance(a, cst.FunctionDef)), None)
        for name in walk(function) if function is not None else ():
            if isinstance(name, cst.Name) and name.value == target.value and self._is_use(name):
                yield name

    def _is_use(self, name: cst.Name) -> bool:
        parent = self.tree.parent.get(name)
        if isinstance(parent, cst.Attribute):
            return parent.attr is not name
        if isinstance(parent, cst.Arg):
            return parent.keyword is not name
        return not self._is_target(name)

    def _is_target(self, name: cst.Name) -> bool:
        child: cst.CSTNode = name
        for parent in self.tree.ancestors(name):
            if isinstance(parent, (cst.AssignTarget, cst.Param)):
                return True
            if isinstance(parent, (cst.For, cst.CompFor, cst.NamedExpr, cst.AnnAssign)):
                return child is parent.target
            if not isinstance(parent, (cst.Tuple, cst.List, cst.Element)):
                return False
            child = parent
        return False

    def _returned(self, node: cst.Return, place: int | None, seen: set[cst.CSTNode]) -> bool:
        """What a helper returns goes on where it is called; what a forward returns, or nobody calls, stays."""
        function = next((a for a in self.tree.ancestors(node) if isinstance(a, (cst.FunctionDef, cst.Lambda))), None)
        calls = self._calls.get(function, ()) if function is not None else ()
        return bool(calls) and all(self._read(call, place, seen) for call in calls)

    @cached_property
    def _calls(self) -> dict[cst.CSTNode, Sequence[cst.Call]]:
        """The calls of the file's functions and methods."""
        found: dict[cst.CSTNode, list[cst.Call]] = {}
        for call in self.tree.all(cst.Call):
            for option in options(self.kind(call.func)):
                if isinstance(option, Callable) and isinstance(option.node, cst.FunctionDef):
                    found.setdefault(option.node, []).append(call)
        return dict(found)
