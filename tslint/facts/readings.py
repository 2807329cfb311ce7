"""Whether what an expression computes stays in the graph: tracing drops an operator whose result Python alone reads."""

from __future__ import annotations

from collections.abc import Callable as Function
from collections.abc import Iterator, Sequence
from functools import cached_property

import libcst as cst

from tslint.facts.kinds import Callable, Constant, Data, Dict, Kind, List, Module, Str, Tuple, options
from tslint.facts.tree import Tree, walk
from tslint.facts.unread import Unread

CONDITIONAL = (cst.If, cst.While, cst.IfExp, cst.CompIf, cst.Assert)
CONTAINERS = (List, Tuple, Dict, Str, Constant, Module)
"""What a tensor is the index of as a plain number (``__index__``)."""
DISPLAYS = (cst.List, cst.Set, cst.Dict, cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp, cst.StarredElement)
COMPREHENSIONS = (cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)
DECLARING = (cst.FunctionDef, cst.ClassDef, cst.Param)
STATEMENTS = (cst.BaseSmallStatement, cst.BaseCompoundStatement, cst.Lambda, cst.Module)
GATHERING = frozenset(["append", "extend"])
"""Methods that put what they are given into a list."""
DEEPEST = 8
"""Calls within calls that a value is followed into."""

Place = int | str | None
Seen = set[tuple[cst.CSTNode, Place, tuple[cst.Call, ...]]]
"""Where a value has been followed to, with the calls that led into the function."""


class Readings:
    """Follows values forward through the variables, helper functions and modules of a file. What is not understood stays in
    the graph.

    KIND tells the kind of an expression, QUALIFIED the full name of a library's thing, TRACED whether tracing comes past one,
    PASSED whether it is known to come past it in no way.
    """

    def __init__(
        self,
        tree: Tree,
        kind: Function[[cst.CSTNode], Kind],
        qualified: Function[[cst.CSTNode], str | None],
        passed: Function[[cst.BaseExpression], bool],
        traced: Function[[cst.CSTNode], bool],
    ) -> None:
        self.tree = tree
        self.kind = kind
        self.qualified = qualified
        self.passed = passed
        self.traced = traced
        self._unread = Unread(tree, kind, traced)
        self._in_python = True
        self._entered: list[tuple[cst.FunctionDef, cst.Call]] = []
        self._calls_of: dict[cst.FunctionDef, Sequence[cst.Call]] = {}

    def only_read(self, node: cst.CSTNode) -> bool:
        """Whether each use of NODE's value ends in Python: as a number (``.item()``), a condition, an index of a list."""
        self._in_python = True
        return not self._writes(node) and self._read(node, None, set())

    def only_kept(self, node: cst.CSTNode) -> bool:
        """Whether each use of NODE's value ends in an attribute that nothing reads behind it in the same trace."""
        self._in_python = False
        return self._read(node, None, set())

    def _writes(self, node: cst.CSTNode) -> bool:
        """Whether a method writes in place what may have other uses: a new tensor has none."""
        if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute):
            return False
        name = node.func.attr.value
        return name.endswith("_") and not name.endswith("__") and not self._is_new(node.func.value)

    def _is_new(self, node: cst.BaseExpression) -> bool:
        if not isinstance(node, cst.Call):
            return False
        return self.qualified(node.func) is not None or (
            isinstance(node.func, cst.Attribute) and self._is_new(node.func.value)
        )

    def _read(self, node: cst.CSTNode, place: Place, seen: Seen) -> bool:
        """Whether NODE is only read; PLACE: what of it matters, the item of a tuple or the field of an object."""
        key = node, place, tuple(call for _, call in self._entered)
        if key in seen:
            return True
        seen.add(key)
        child = node
        for parent in self.tree.ancestors(node):
            if isinstance(parent, CONDITIONAL) and child is parent.test:
                return self._in_python
            if isinstance(parent, (cst.For, cst.CompFor)):
                return self._in_python and child is parent.iter and self._target_read(parent.target, None, seen)
            if isinstance(parent, (cst.Assign, cst.AnnAssign, cst.NamedExpr)):
                return self._assigned(parent, place, seen)
            if isinstance(parent, cst.Return):
                return self._returned(parent, place, seen)
            if isinstance(parent, cst.AugAssign) and child is parent.target and child is node:
                return True  # the other uses of the variable are asked for anyway
            if isinstance(parent, cst.Expr) and isinstance(child, cst.Call):
                return self._gathered(child, node, seen)
            if isinstance(parent, STATEMENTS) or (isinstance(parent, DISPLAYS) and not self._is_joined(parent)):
                return False
            if isinstance(parent, cst.Tuple):
                place = next((i for i, element in enumerate(parent.elements) if element is child), None)
            elif isinstance(parent, cst.Subscript) and child is not parent.value:
                if self._in_python and all(isinstance(o, CONTAINERS) for o in options(self.kind(parent.value))):
                    return True
            elif isinstance(parent, cst.Call) and isinstance(child, cst.Arg):
                if self._leaves_pytorch(parent):
                    return self._in_python
                if child.keyword is not None and self._makes_fields(parent):
                    place, child = child.keyword.value, parent
                    continue
                if self._is_own(parent):
                    return self._handed(parent, child, seen)
                if self._writes(parent):
                    return False
            if self._in_python and isinstance(parent, cst.BaseExpression) and isinstance(self.kind(parent), Data):
                return True
            if isinstance(place, str) and isinstance(parent, cst.Attribute) and self._is_other_field(parent, place):
                return True
            if isinstance(parent, cst.Call) or (isinstance(place, str) and not isinstance(parent, cst.IfExp)):
                place = None
            child = parent
        return False

    def _is_other_field(self, node: cst.Attribute, field: str) -> bool:
        """Whether NODE asks an object for another field of its than FIELD, and for no method, which could ask for any."""
        parent = self.tree.parent.get(node)
        return node.attr.value != field and not (isinstance(parent, cst.Call) and parent.func is node)

    def _makes_fields(self, call: cst.Call) -> bool:
        """Whether CALL makes an object of a data class of the file, which keeps what it is given under the names of those."""
        classes = [o.node for o in options(self.kind(call.func)) if isinstance(o, Callable)]
        return bool(classes) and all(isinstance(c, cst.ClassDef) and self._is_data_class(c) for c in classes)

    def _is_data_class(self, node: cst.ClassDef) -> bool:
        decorators = [d.decorator.func if isinstance(d.decorator, cst.Call) else d.decorator for d in node.decorators]
        own = {s.name.value for s in node.body.body if isinstance(s, cst.FunctionDef)}
        plain = not own & {"__init__", "__post_init__", "__getattribute__"}
        return plain and any(self.qualified(d) == "dataclasses.dataclass" for d in decorators)

    def _is_joined(self, display: cst.CSTNode) -> bool:
        """Whether a list is made for a function of the library alone (``torch.cat([a, b])``)."""
        call = self.tree.parent.get(self.tree.parent[display])
        return type(display) is cst.List and isinstance(call, cst.Call) and self.qualified(call.func) is not None

    def _gathered(self, call: cst.Call, node: cst.CSTNode, seen: Seen) -> bool:
        """Whether CALL, a statement, appends the value of NODE to a list that is only read, or appends to NODE itself."""
        owner = call.func.value if isinstance(call.func, cst.Attribute) else None
        if not isinstance(owner, cst.Name) or call.func.attr.value not in GATHERING:  # type: ignore[attr-defined]
            return False
        if owner is node:
            return isinstance(self.kind(node), List)
        return all(self._read(use, None, seen) for use in self._uses(owner))

    def _leaves_pytorch(self, call: cst.Call) -> bool:
        """Whether CALL hands its arguments to NumPy or SciPy, which read their numbers (``linear_sum_assignment(costs)``)."""
        return (self.qualified(call.func) or "").startswith(("numpy.", "scipy."))

    def _handed(self, call: cst.Call, argument: cst.Arg, seen: Seen) -> bool:
        """Whether the functions of the file that CALL may call only read ARGUMENT, or what they return is only read."""
        for option in options(self.kind(call.func)):
            function = option.node if isinstance(option, Callable) else forward_of(option)
            if not isinstance(function, cst.FunctionDef) or len(self._entered) >= DEEPEST:
                return False
            bound = isinstance(option, Module) or isinstance(call.func, cst.Attribute)
            param = parameter_of(call, argument, function, bound)
            if param is None:
                return False
            self._entered.append((function, call))
            read = all(self._read(use, None, seen) for use in self._uses(param.name))
            self._entered.pop()
            if not read:
                return False
        return True

    def _is_own(self, call: cst.Call) -> bool:
        """Whether CALL hands its arguments to code of the project, which may do with them what it likes."""
        return any(
            (isinstance(o, Module) and (o.cls or o.items or o.layer is None)) or (isinstance(o, Callable) and o.node)
            for o in options(self.kind(call.func))
        )

    def _assigned(self, node: cst.Assign | cst.AnnAssign | cst.NamedExpr, place: Place, seen: Seen) -> bool:
        if isinstance(node, cst.NamedExpr):
            return self._target_read(node.target, place, seen) and self._read(node, place, seen)
        targets = [target.target for target in node.targets] if isinstance(node, cst.Assign) else [node.target]
        return all(self._target_read(target, place, seen) for target in targets)

    def _target_read(self, target: cst.BaseExpression, place: Place, seen: Seen) -> bool:
        if isinstance(target, (cst.Tuple, cst.List)):
            parts = [element.value for element in target.elements]
            if any(isinstance(element, cst.StarredElement) for element in target.elements):
                return False
            if isinstance(place, int) and place < len(parts):
                parts = parts[place : place + 1]
            return all(self._target_read(part, None, seen) for part in parts)
        if isinstance(target, cst.Attribute):
            return self._unread(target)
        if not isinstance(target, cst.Name):
            return False
        return all(self._read(use, place, seen) for use in self._uses(target))

    def _uses(self, target: cst.Name) -> Iterator[cst.Name]:
        """Where the function around TARGET, or the comprehension that it is a variable of, reads it while it is traced."""
        scope = self._scope(target)
        for name in walk(scope) if scope is not None else ():
            if not isinstance(name, cst.Name) or name.value != target.value:
                continue
            if self._is_use(name) and self._scope(name) is scope and not self.passed(name):
                yield name

    def _scope(self, name: cst.Name) -> cst.CSTNode | None:
        """The comprehension or function whose variable NAME is, as far as its file tells."""
        for around in self.tree.ancestors(name):
            if isinstance(around, cst.FunctionDef):
                return around
            if isinstance(around, COMPREHENSIONS) and name.value in _variables(around):
                return around
        return None

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

    def _returned(self, node: cst.Return, place: Place, seen: Seen) -> bool:
        """What a helper returns goes on where it is called; what a forward returns, or nobody calls, stays."""
        function = next((a for a in self.tree.ancestors(node) if isinstance(a, (cst.FunctionDef, cst.Lambda))), None)
        if self._entered and self._entered[-1][0] is function:
            entered = self._entered.pop()
            read = self._read(entered[1], place, seen)
            self._entered.append(entered)
            return read
        calls = self._calls(function) if isinstance(function, cst.FunctionDef) else ()
        return bool(calls) and all(self._read(call, place, seen) for call in calls)

    def _calls(self, function: cst.FunctionDef) -> Sequence[cst.Call]:
        """The calls of a function or method of the file, if any are traced those alone. Only those of its name are asked for,
        if it has no other."""
        known = self._calls_of.get(function)
        if known is None:
            named, aliased = self._by_name
            name = function.name.value
            asked = self.tree.all(cst.Call) if name in aliased else named.get(name, ())
            may = [call for call in asked if self._may_call(call, function)]
            known = self._calls_of[function] = [call for call in may if self.traced(call)] or may
        return known

    def handed_in(self, name: cst.Name) -> Sequence[cst.BaseExpression]:
        """What the calls of the function around NAME hand in for its parameter of that name, which it never assigns."""
        function = self._scope(name)
        if not isinstance(function, cst.FunctionDef):
            return ()
        named = [one for one in walk(function) if isinstance(one, cst.Name) and one.value == name.value]
        written = [one for one in named if self._is_target(one) or isinstance(self.tree.parent.get(one), cst.AugAssign)]
        param = self.tree.parent.get(written[0]) if len(written) == 1 else None
        if not isinstance(param, cst.Param):
            return ()
        found = []
        for call in self._calls(function):
            bound = isinstance(call.func, cst.Attribute)
            given = [arg.value for arg in call.args if parameter_of(call, arg, function, bound) is param]
            if len(given) != 1:
                return ()
            found += given
        return found

    def _may_call(self, call: cst.Call, function: cst.FunctionDef) -> bool:
        return any(isinstance(o, Callable) and o.node is function for o in options(self.kind(call.func)))

    @cached_property
    def _by_name(self) -> tuple[dict[str, list[cst.Call]], set[str]]:
        """The calls by the last name of what they call, and the names of what is mentioned and not called there."""
        named: dict[str, list[cst.Call]] = {}
        called = set()
        for call in self.tree.all(cst.Call):
            name = call.func.attr if isinstance(call.func, cst.Attribute) else call.func
            if isinstance(name, cst.Name):
                named.setdefault(name.value, []).append(call)
                called.add(name)
        others = (name for name in self.tree.all(cst.Name) if name not in called)
        return named, {name.value for name in others if not isinstance(self.tree.parent.get(name), DECLARING)}


def forward_of(kind: Kind) -> cst.FunctionDef | None:
    """What a call of a module of the file runs, where nothing stands around it."""
    if not isinstance(kind, Module) or kind.cls is None or kind.steps or kind.cls.method("__call__") is not None:
        return None
    forward: cst.FunctionDef | None = kind.cls.forward
    return forward


def parameter_of(call: cst.Call, argument: cst.Arg, function: cst.FunctionDef, bound: bool) -> cst.Param | None:
    """The parameter of FUNCTION that takes ARGUMENT of CALL, after `self` if BOUND to it; None where a star hides it."""
    if argument.star:
        return None
    listed = [*function.params.posonly_params, *function.params.params]
    if argument.keyword is not None:
        name = argument.keyword.value
        return next((p for p in (*listed, *function.params.kwonly_params) if p.name.value == name), None)
    before = call.args[: next(index for index, arg in enumerate(call.args) if arg is argument)]
    place = len(before) + (bound and bool(listed) and listed[0].name.value == "self")
    return None if any(arg.star for arg in before) or place >= len(listed) else listed[place]


def _variables(comprehension: cst.BaseComp) -> set[str]:
    """The names that the `for` parts of a comprehension bind."""
    found: set[str] = set()
    part: cst.CompFor | None = comprehension.for_in
    while part is not None:
        found |= {name.value for name in walk(part.target) if isinstance(name, cst.Name)}
        part = part.inner_for_in
    return found
