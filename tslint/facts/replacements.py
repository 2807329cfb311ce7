"""Assignments that come to nothing when a function is traced: others take their place before anything reads the variable."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import libcst as cst

from tslint.facts.tree import Tree, walk


class Replacements:
    """The assignments of one function to plain variables, and where these are named.

    TAKEN tells whether tracing always takes the branch of a condition, PASSED_BY whether it never comes to an expression.
    """

    def __init__(
        self,
        tree: Tree,
        function: cst.FunctionDef,
        taken: Callable[[cst.BaseExpression], bool],
        passed_by: Callable[[cst.CSTNode], bool],
    ) -> None:
        self.tree = tree
        self.function = function
        self._taken = taken
        self._passed_by = passed_by
        self._assigned: dict[str, list[tuple[cst.Assign, cst.Name]]] = {}
        self._named: dict[str, list[cst.Name]] = {}
        for node in walk(function.body):
            if isinstance(node, cst.Name):
                self._named.setdefault(node.value, []).append(node)
            elif isinstance(node, cst.Assign):
                for name in (name for target in node.targets for name in _written(target.target)):
                    self._assigned.setdefault(name.value, []).append((node, name))

    def found(self) -> Iterator[cst.Assign]:
        for several in self._assigned.values():
            if len(several) > 1:
                yield from (node for node, name in several if self._is_replaced(node, name))

    def _is_replaced(self, node: cst.Assign, target: cst.Name) -> bool:
        """Whether NODE gives a value to TARGET alone, and tracing always assigns that anew before it comes past anything
        that reads it."""
        if len(node.targets) > 1 or node.targets[0].target is not target or not self._is_straight(node):
            return False
        start = self.tree.index[node]
        later = [
            (other, name)
            for other, name in self._assigned.get(target.value, ())
            if self.tree.index[other] > start and self._is_straight(other)
        ]
        if not later:
            return False
        ends, again = later[0]
        own = {target, again}
        return not any(
            name not in own
            and (self._is_between(name, node, ends) or self._is_nested(name))
            and not self._passed_by(name)
            for name in self._named.get(target.value, ())
        )

    def _is_between(self, name: cst.Name, start: cst.Assign, end: cst.Assign) -> bool:
        index = self.tree.index
        return index[start] < index[name] < index[end] or end in self.tree.ancestors(name)

    def _is_nested(self, name: cst.Name) -> bool:
        """Whether a function within the function uses a variable, whenever that is called."""
        around = next(a for a in self.tree.ancestors(name) if isinstance(a, (cst.FunctionDef, cst.Lambda)))
        return around is not self.function

    def _is_straight(self, node: cst.Assign) -> bool:
        """Whether a statement runs exactly once when the function is traced: in its body, or a branch always taken there."""
        child: cst.CSTNode = node
        for around in self.tree.ancestors(node):
            if around is self.function:
                return True
            if isinstance(around, cst.If):
                if child is not around.body or not self._taken(around.test):
                    return False
            elif not isinstance(around, (cst.SimpleStatementLine, cst.IndentedBlock)):
                return False
            child = around
        return False


def _written(target: cst.BaseExpression) -> Iterator[cst.Name]:
    """The variables that an assignment to TARGET gives values to: itself, or those of a tuple."""
    if isinstance(target, cst.Name):
        yield target
    elif isinstance(target, (cst.Tuple, cst.List)):
        for element in target.elements:
            yield from _written(element.value)
