"""What the checks of attributes that hold something unregistered have in common."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.checks._places import uses
from tslint.facts.classes import Attribute, ModuleClass
from tslint.facts.facts import Facts
from tslint.facts.kinds import Dict, Kind, List, Tuple, options
from tslint.facts.names import dotted
from tslint.facts.tree import words

ADDING = frozenset({"append", "extend", "insert"})
FOLLOWING = words("to type_as cuda cpu float half double bfloat16 type")
"""Methods with which forward itself brings a tensor where the others are."""
HOLDING = (cst.List, cst.Tuple, cst.Dict, cst.Element, cst.DictElement, cst.ListComp, cst.DictComp, cst.IfExp)


def mentions(cls: ModuleClass, name: str, facts: Facts) -> list[cst.Attribute]:
    """The places in a class, and in its bases and those derived from it, that name an attribute of the module."""
    found = []
    for node in facts.nodes(cst.Attribute):
        if node.attr.value == name and isinstance(node.value, cst.Name):
            function = facts.enclosing_function(node)
            owner = facts.module_class(node)
            if function is not None and owner is not None and (owner in cls.lineage or cls in owner.lineage):
                found.append(node)
    return found


def used(cls: ModuleClass, attribute: Attribute, facts: Facts) -> list[cst.Attribute]:
    """Where traced code reads an attribute for what the model returns."""
    return [
        node
        for node in mentions(cls, attribute.name, facts)
        if not isinstance(facts.parent(node), cst.AssignTarget)
        if facts.is_traced_code(node) and facts.reaches_output(node)
    ]


def is_handed_on(cls: ModuleClass, attribute: Attribute, facts: Facts) -> bool:
    """Whether code outside of forward does anything with an attribute but set it, add to it and count it."""
    for node in mentions(cls, attribute.name, facts):
        if facts.is_traced_code(node):
            continue
        parent = facts.parent(node)
        around = facts.parent(parent) if parent is not None else None
        is_set = isinstance(parent, (cst.AssignTarget, cst.AnnAssign)) and parent.target is node
        is_grown = isinstance(parent, cst.Attribute) and parent.attr.value in ADDING
        is_counted = isinstance(around, cst.Call) and facts.qualified(around.func) == "builtins.len"
        if not (is_set or is_grown or is_counted):
            return True
    return False


def elements(kind: Kind) -> Iterator[Kind]:
    """What a plain list, tuple or dict holds, at any depth."""
    for option in options(kind):
        if isinstance(option, (List, Tuple)):
            items = option.items if option.items is not None else (option.element,) if isinstance(option, List) else ()
            for item in items:
                yield item
                yield from elements(item)
        elif isinstance(option, Dict):
            for item in (*(value for _, value in option.items), *(() if option.complete else (option.element,))):
                yield item
                yield from elements(item)


def is_held_here_alone(call: cst.Call, attribute: Attribute, facts: Facts) -> bool:
    """Whether what CALL makes goes into the attribute and nowhere else, directly or by a variable of that one use."""
    node: cst.CSTNode = call
    parent = facts.parent(node)
    while isinstance(parent, HOLDING):
        node, parent = parent, facts.parent(parent)
    if isinstance(parent, cst.Arg):
        around = facts.parent(parent)
        return isinstance(around, cst.Call) and _adds(around, attribute)
    if not isinstance(parent, cst.Assign) or len(parent.targets) != 1:
        return False
    target = parent.targets[0].target
    if isinstance(target, cst.Name):
        return bool(names := uses(target, facts)) and all(_is_added(name, attribute, facts) for name in names)
    return isinstance(target, cst.Attribute) and target.attr.value == attribute.name


def added_by(call: cst.Call, attribute: Attribute, facts: Facts) -> cst.Call | None:
    """The ``self.layers.append(…)`` that is handed what CALL makes."""
    around = (node for node in facts.tree.ancestors(call) if isinstance(node, cst.Call))
    return next((node for node in around if _adds(node, attribute)), None)


def _adds(call: cst.Call, attribute: Attribute) -> bool:
    """``self.layers.append(…)``."""
    func = call.func
    return isinstance(func, cst.Attribute) and func.attr.value in ADDING and _ends_in(func.value, attribute.name)


def _is_added(name: cst.Name, attribute: Attribute, facts: Facts) -> bool:
    parent = facts.parent(name)
    around = facts.parent(parent) if isinstance(parent, cst.Arg) else None
    return isinstance(around, cst.Call) and _adds(around, attribute)


def _ends_in(node: cst.BaseExpression, name: str) -> bool:
    return (dotted(node) or "").rpartition(".")[2] == name
