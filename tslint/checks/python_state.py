"""Python state that forward carries from one call to the next: the trace keeps it as it was when the model was traced.

Measured on torch 2.13: what is assigned to an attribute while the model is traced is not in the graph. Reading it gives
the value of that moment, as a constant, in every call. A buffer (or any tensor) that is changed in place is in the graph,
and goes on changing. A cache (``if self.mask is None``) is no state: filled again, it holds the same.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.checks import on
from tslint.checks._attributes import FOLLOWING
from tslint.checks._places import ancestors, branches
from tslint.diagnostic import Finding
from tslint.facts.classes import Attribute, ModuleClass
from tslint.facts.facts import Facts
from tslint.facts.kinds import Callable, Tensor, options
from tslint.facts.names import dotted
from tslint.facts.tree import walk

HELP = "hand it in and return it, or keep it in a buffer that is changed in place (`self.{name}.copy_(…)`)"


@on(Facts)
def check(facts: Facts, _: Facts) -> Iterator[Finding]:
    for cls in facts.module_classes:
        changes: dict[str, list[Attribute]] = {}
        for change in facts.state_changes(cls):
            changes.setdefault(change.name, []).append(change)
        for name, writes in changes.items():
            if len(writes) == 1 and _is_carried(cls, writes[0], facts):
                write = writes[0]
                yield Finding(
                    write.node,
                    {"attribute": f"self.{name}"},
                    help=HELP.format(name=name),
                )


def _is_carried(cls: ModuleClass, write: Attribute, facts: Facts) -> bool:
    """Whether an attribute is read before it is written, for something that matters to what the model returns."""
    target = write.node
    if not isinstance(target, cst.Attribute) or not facts.is_traced_code(target) or _fills_a_cache(target, facts):
        return False
    if branches(target, facts):
        return False  # what a mode of the model's own writes, and another one reads
    statement = _statement(target, facts)
    if isinstance(statement, cst.AugAssign) and _is_tensor(cls, write.name):
        return False  # changed in place: that is in the graph
    if isinstance(statement, cst.Assign) and (
        _only_moves(statement.value, target) or _may_hand_back(statement.value, facts)
    ):
        return False
    reads = [read for read in _mentions(target, facts) if facts.module_class(read) in cls.lineage]
    own = [read for read in reads if any(around is statement for around in facts.tree.ancestors(read))]
    own = [read for read in own if not _is_an_example(read, facts)]
    others = [read for read in reads if read not in own and facts.is_traced_code(read) and facts.reaches_output(read)]
    if not own and _is_item(target, facts):
        return False  # a cache with keys
    if own or not isinstance(statement, cst.Assign):  # `self.n += 1`, `self.h = f(self.h)`, `self.seen.append(x)`
        return bool(others)
    function, place = facts.enclosing_function(target), facts.tree.index[target]
    return any(facts.enclosing_function(read) is function and facts.tree.index[read] < place for read in others)


def _is_an_example(read: cst.Attribute, facts: Facts) -> bool:
    """``torch.zeros(1).type_as(self.pointer)``: asks for its type and device alone."""
    parent = facts.parent(read)
    call = facts.parent(parent) if isinstance(parent, cst.Arg) else None
    return isinstance(call, cst.Call) and isinstance(call.func, cst.Attribute) and call.func.attr.value in FOLLOWING


def _is_item(target: cst.Attribute, facts: Facts) -> bool:
    """``self.cache[key] = …``."""
    parent = facts.parent(target)
    return isinstance(parent, cst.Subscript) and isinstance(facts.parent(parent), cst.AssignTarget)


def _only_moves(value: cst.BaseExpression, target: cst.Attribute) -> bool:
    """``self.mask = self.mask.to(x)``: done twice, it changes nothing the second time; so for each of a list, or unless None."""
    if isinstance(value, cst.IfExp):
        parts = (value.body, value.orelse)
        return _mentions_in(value.test, target) and all(_is_none(part) or _only_moves(part, target) for part in parts)
    held = _unmoved(value)
    if isinstance(held, cst.ListComp):
        part = held.for_in
        same = dotted(_unmoved(held.elt)) == dotted(part.target) is not None
        return same and dotted(part.iter) == dotted(target)
    return dotted(held) == dotted(target)


def _is_none(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value == "None"


def _may_hand_back(value: cst.BaseExpression, facts: Facts) -> bool:
    """``self.table = self.extended(x, self.table)``, which returns what it was handed if that will do: a cache."""
    if not isinstance(value, cst.Call):
        return False
    for kind in options(facts.kind(value.func)):
        if isinstance(kind, Callable) and isinstance(kind.node, cst.FunctionDef):
            names = {param.name.value for param, _ in facts.parameters(kind.node)}
            returned = (node.value for node in walk(kind.node.body) if isinstance(node, cst.Return))
            if any(isinstance(value, cst.Name) and value.value in names for value in returned):
                return True
    return False


def _unmoved(node: cst.BaseExpression) -> cst.BaseExpression:
    while isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value in FOLLOWING:
        node = node.func.value
    return node


def _statement(target: cst.Attribute, facts: Facts) -> cst.CSTNode | None:
    """The statement that writes the attribute: an assignment, or a call that changes what it holds."""
    return next((node for node in facts.tree.ancestors(target) if isinstance(node, cst.BaseSmallStatement)), None)


def _mentions(target: cst.Attribute, facts: Facts) -> list[cst.Attribute]:
    """The other places that name the attribute in the same way."""
    text = dotted(target)
    return [node for node in facts.nodes(cst.Attribute) if node is not target and dotted(node) == text]


def _fills_a_cache(target: cst.Attribute, facts: Facts) -> bool:
    """Whether the attribute itself decides if it is written: by a branch around, or one before that returns, or one around
    each call of the method that writes it."""
    if _is_asked_around_calls(target, facts):
        return True
    here = facts.tree.index[target]
    for mention in _mentions(target, facts):
        for parent, child in ancestors(mention, facts):
            if isinstance(parent, cst.If) and child is parent.test:
                around = any(node is parent for node in facts.tree.ancestors(target))
                leaves = any(isinstance(node, cst.Return) for node in walk(parent.body))
                if around or (leaves and facts.tree.index[parent] < here):
                    return True
    return any(_asks_for(call, target, facts) for call in facts.calls_to("builtins.hasattr", "builtins.getattr"))


def _is_asked_around_calls(target: cst.Attribute, facts: Facts) -> bool:
    """``if n > self.table.size(0): self.grow(n)``."""
    writer = facts.enclosing_function(target)
    if writer is None:
        return False
    name = f"{dotted(target.value)}.{writer.name.value}"
    calls = [call for call in facts.nodes(cst.Call) if dotted(call.func) == name and facts.is_traced_code(call)]
    tests = [[branch.test for branch in branches(call, facts)] for call in calls]
    return bool(calls) and all(any(_mentions_in(test, target) for test in around) for around in tests)


def _mentions_in(test: cst.BaseExpression, target: cst.Attribute) -> bool:
    return any(isinstance(node, cst.Attribute) and dotted(node) == dotted(target) for node in walk(test))


def _asks_for(call: cst.Call, target: cst.Attribute, facts: Facts) -> bool:
    """``hasattr(self, "mask")``."""
    name = facts.argument(call, 1, "name")
    return isinstance(name, cst.SimpleString) and name.raw_value == target.attr.value


def _is_tensor(cls: ModuleClass, name: str) -> bool:
    """Whether the constructor makes the attribute a tensor."""
    known = next((base.attributes[name] for base in cls.lineage if name in base.attributes), None)
    return known is not None and all(isinstance(kind, Tensor) for kind in options(known.kind))
