"""Which expressions matter to what a function returns or leaves behind: a slice backwards over names."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from tslint.facts.replacements import Replacements
from tslint.facts.tree import Tree, walk
from tslint.facts.views import ITEM_WRITES, PARTS, TURNED, VIEWS

SILENT_CALLS = frozenset(["print", "warn", "warning", "info", "debug", "error", "log", "write", "isinstance"])
CONDITIONS = (cst.Comparison, cst.BooleanOperation)
WORDS = (cst.SimpleString, cst.ConcatenatedString, cst.FormattedString, cst.Lambda)


class Flow:
    """The slice of one function. Conservative: what is not understood counts as reaching the output.

    What tracing replaces at once does not count (:class:`Replacements`, which asks TAKEN and PASSED_BY). LOST is given where the
    flow in a Core ML program is asked for: the statements that write in place what nothing sees there. An in-place operator on
    a variable is then not seen by the tensor that the variable is a view of.
    """

    def __init__(
        self,
        tree: Tree,
        function: cst.FunctionDef,
        lost: frozenset[cst.Expr] | None = None,
        taken: Callable[[cst.BaseExpression], bool] = lambda _: False,
        passed_by: Callable[[cst.CSTNode], bool] = lambda _: False,
    ) -> None:
        self.tree = tree
        self.function = function
        self.lost = lost
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
            if self._is_silent(value) or node in (self.lost or ()):
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
                if self._is_silent(node.value) or node in (self.lost or ()):
                    continue
                if root is None or root == "self":
                    wanted |= read
                else:
                    edges.append(({root}, read))
        self.relevant = wanted
        edges += self._aliases()
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

    def _aliases(self) -> list[tuple[set[str], set[str]]]:
        """What is written into another name of something, or a part or a view (``a, b = y.chunk(2)``), is written into that."""
        written, parts = set[str](), list[tuple[set[str], set[str]]]()
        for node in walk(self.function.body):
            if isinstance(node, cst.Assign):
                root = _viewed(node.value)
                for target in (assign.target for assign in node.targets):
                    if isinstance(target, (cst.Subscript, cst.Attribute)):
                        written.add(_root(target) or "")
                    elif root is not None:
                        parts.append(({root}, _names(target)))
            elif isinstance(node, cst.AugAssign):
                if self.lost is None or not isinstance(node.target, cst.Name):
                    written.add(_root(node.target) or "")
            elif isinstance(node, cst.Expr) and isinstance(node.value, cst.Call):
                func = node.value.func
                if isinstance(func, cst.Attribute) and (self.lost is None or func.attr.value in ITEM_WRITES):
                    written.add(_root(func) or "")
        size = -1
        while len(written) != size:
            size = len(written)
            written |= {name for owner, taken in parts if taken & written for name in owner}
        return [(owner, taken & written) for owner, taken in parts if taken & written]


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


def _viewed(node: cst.BaseExpression) -> str | None:
    """The variable that an expression is, or is a part or a view of, by subscripts and the methods that make views."""
    base: cst.BaseExpression | None = node
    while base is not None and not isinstance(base, cst.Name):
        base = _base(base)
    return base.value if base is not None else None


def _base(node: cst.BaseExpression) -> cst.BaseExpression | None:
    if isinstance(node, cst.Subscript):
        return node.value
    called, views = (node.func, VIEWS | PARTS) if isinstance(node, cst.Call) else (node, TURNED)
    return called.value if isinstance(called, cst.Attribute) and called.attr.value in views else None


def _names(node: cst.CSTNode) -> set[str]:
    """The variables in an expression: no attributes, and no keywords of a call."""
    found, others = set[cst.Name](), set[cst.CSTNode]()
    for below in walk(node):
        if type(below) is cst.Name:
            found.add(below)
        elif isinstance(below, cst.Attribute):
            others.add(below.attr)
        elif isinstance(below, cst.Arg) and below.keyword is not None:
            others.add(below.keyword)
    return {name.value for name in found - others}
