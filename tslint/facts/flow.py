"""Which expressions matter to what a function returns or leaves behind: a slice backwards over names."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from tslint.facts.replacements import Replacements
from tslint.facts.tree import Tree, walk

SILENT_CALLS = frozenset(["print", "warn", "warning", "info", "debug", "error", "log", "write", "isinstance"])
CONDITIONS = (cst.Comparison, cst.BooleanOperation)
WORDS = (cst.SimpleString, cst.ConcatenatedString, cst.FormattedString, cst.Lambda)


class Flow:
    """The slice of one function. Conservative: what is not understood counts as reaching the output.

    What tracing replaces at once does not count (:class:`Replacements`, which asks TAKEN and PASSED_BY).
    """

    def __init__(
        self,
        tree: Tree,
        function: cst.FunctionDef,
        taken: Callable[[cst.BaseExpression], bool] = lambda _: False,
        passed_by: Callable[[cst.CSTNode], bool] = lambda _: False,
    ) -> None:
        self.tree = tree
        self.function = function
        self._replaced = frozenset(Replacements(tree, function, taken, passed_by).found())
        self.relevant = self._relevant()

    def reaches(self, node: cst.CSTNode) -> bool:
        """Whether the value of NODE may flow into the result, into state, or decide about either."""
        below: cst.CSTNode = node
        for around in self.tree.ancestors(node):
            if isinstance(around, cst.Call) and below is not around.func and self._is_silent(around):
                return False
            if isinstance(around, (cst.Raise, cst.Assert)):
                return False
            if isinstance(around, (cst.Assign, cst.AnnAssign, cst.AugAssign)):
                return self._assignment_matters(around)
            if isinstance(around, (cst.If, cst.While)) and below is around.test:
                return self._body_matters(around)
            if isinstance(around, cst.For) and below is around.iter:
                return self._body_matters(around) or bool(_names(around.target) & self.relevant)
            if isinstance(around, cst.Expr):
                return self._expression_matters(around)
            if isinstance(around, (cst.Return, cst.FunctionDef, cst.Lambda, cst.With)):
                return True
            below = around
        return True

    def _is_silent(self, call: cst.Call) -> bool:
        func = call.func
        name = func.attr.value if isinstance(func, cst.Attribute) else func.value if isinstance(func, cst.Name) else ""
        result_dropped = isinstance(self.tree.parent.get(call), cst.Expr)
        if name in SILENT_CALLS:
            return result_dropped or isinstance(func, cst.Name)
        return result_dropped and _only_checks(call)

    def _assignment_matters(self, node: cst.Assign | cst.AnnAssign | cst.AugAssign) -> bool:
        targets = [t.target for t in node.targets] if isinstance(node, cst.Assign) else [node.target]
        if isinstance(node, cst.Assign) and node in self._replaced:
            return False
        return any(not _is_plain(t) or _names(t) & self.relevant for t in targets)

    def _expression_matters(self, node: cst.Expr) -> bool:
        value = node.value
        if isinstance(value, cst.Call):
            if self._is_silent(value):
                return False
            if isinstance(value.func, cst.Attribute):
                root = _root(value.func)
                return root is None or root in self.relevant or root == "self"
            return True
        return not isinstance(value, (cst.Name, cst.Attribute, cst.Comparison, cst.Tuple, cst.SimpleString))

    def _body_matters(self, node: cst.If | cst.While | cst.For) -> bool:
        for inner in walk(node):
            if isinstance(inner, (cst.Return, cst.Break, cst.Continue, cst.Yield)):
                return True
            if isinstance(inner, (cst.Assign, cst.AnnAssign, cst.AugAssign)) and self._assignment_matters(inner):
                return True
            if isinstance(inner, cst.Expr) and self._expression_matters(inner):
                return True
        return False

    def _relevant(self) -> set[str]:
        """The names whose values may reach the output, to a fixpoint."""
        wanted: set[str] = set()
        edges: list[tuple[set[str], set[str]]] = []
        conditions: list[tuple[cst.If | cst.While | cst.For, set[str]]] = []
        for node in walk(self.function.body):
            if isinstance(node, (cst.Return, cst.Yield)) and node.value is not None:
                wanted |= _names(node.value)
            elif isinstance(node, cst.Assign):
                if node in self._replaced:
                    continue
                read = _names(node.value)
                for target in node.targets:
                    if _is_plain(target.target):
                        edges.append((_names(target.target), read))
                    else:
                        wanted |= _mutated(target.target, read, edges)
            elif isinstance(node, (cst.AnnAssign, cst.AugAssign)) and node.value is not None:
                if _is_plain(node.target):
                    edges.append((_names(node.target), _names(node.value)))
                else:
                    wanted |= _mutated(node.target, _names(node.value), edges)
            elif isinstance(node, cst.NamedExpr):
                edges.append((_names(node.target), _names(node.value)))
            elif isinstance(node, cst.For):
                edges.append((_names(node.target), _names(node.iter)))
                conditions.append((node, _names(node.iter)))
            elif isinstance(node, (cst.If, cst.While)):
                conditions.append((node, _names(node.test)))
            elif isinstance(node, cst.CompFor):
                edges.append((_names(node.target), _names(node.iter)))
            elif isinstance(node, cst.WithItem) and node.asname is not None:
                edges.append((_names(node.asname.name), _names(node.item)))
            elif isinstance(node, cst.Expr) and isinstance(node.value, cst.Call):
                func = node.value.func
                read = set().union(*(_names(a.value) for a in node.value.args)) if node.value.args else set()
                root = _root(func) if isinstance(func, cst.Attribute) else None
                if self._is_silent(node.value):
                    continue
                if root is None or root == "self":
                    wanted |= read
                else:
                    edges.append(({root}, read))
        self.relevant = wanted
        size = -1
        while len(self.relevant) != size:
            size = len(self.relevant)
            for targets, read in edges:
                if targets & self.relevant:
                    self.relevant |= read
            for node, read in conditions:
                if not read <= self.relevant and self._body_matters(node):
                    self.relevant |= read
        return self.relevant


def _only_checks(call: cst.Call) -> bool:
    """Whether a function is given conditions and words alone: it may raise, and has nothing to leave a result in."""
    if not isinstance(call.func, cst.Name):
        return False
    given = [argument.value for argument in call.args]
    return any(isinstance(value, CONDITIONS) for value in given) and all(
        isinstance(value, (*CONDITIONS, *WORDS)) for value in given
    )


def _mutated(target: cst.BaseExpression, read: set[str], edges: list[tuple[set[str], set[str]]]) -> set[str]:
    """An item or attribute is assigned: what is read matters if the owner does; state of ``self`` always does."""
    root = _root(target)
    if root is None or root == "self":
        return read
    edges.append(({root}, read | _names(target)))
    return set()


def _is_plain(target: cst.BaseExpression) -> bool:
    if isinstance(target, (cst.Tuple, cst.List)):
        return all(_is_plain(e.value) for e in target.elements)
    if isinstance(target, cst.Subscript):
        root = _root(target)
        return root is not None and root != "self"
    return isinstance(target, (cst.Name, cst.StarredElement))


def _root(node: cst.BaseExpression) -> str | None:
    while isinstance(node, (cst.Attribute, cst.Subscript)):
        node = node.value
    return node.value if isinstance(node, cst.Name) else None


def _names(node: cst.CSTNode) -> set[str]:
    return {found.value for found in walk(node) if type(found) is cst.Name}
