"""What makes a module know of what an attribute of it holds: containers of modules, and buffers."""

from __future__ import annotations

import re

import libcst as cst

from tslint import rewrite
from tslint.checks._attributes import elements, mentions
from tslint.diagnostic import Edit, Fix, Span
from tslint.facts.classes import Attribute, ModuleClass
from tslint.facts.facts import Facts
from tslint.facts.kinds import Module, options

LISTS = (cst.List, cst.ListComp)
DICTS = (cst.Dict, cst.DictComp)
KEY = re.compile(r"""['"]\w+['"]""")
TAKEN = frozenset({"keys", "values", "items", "pop", "clear", "update", "type", "forward", "train", "training"})
"""Keys that would hide what a ModuleDict has itself."""
ASSIGNING = re.compile(r"[ \t]*=[ \t]*")


def contained(cls: ModuleClass, attribute: Attribute, facts: Facts) -> Fix | None:
    """``self.layers = nn.ModuleList([…])``, or a ModuleDict, where the attribute is set once, to a list or dict of modules."""
    value, module = attribute.value, rewrite.spelled("torch.nn", facts)
    if value is None or module is None or not _is_set_once(cls, attribute, facts):
        return None
    held = [kind for element in elements(attribute.kind) for kind in options(element)]
    if not held or not all(isinstance(kind, Module) for kind in held):
        return None
    if isinstance(value, cst.Tuple):
        container, opening, closing = "ModuleList", "([", "])"
    elif isinstance(value, (*LISTS, *DICTS)):
        container, opening, closing = "ModuleList" if isinstance(value, LISTS) else "ModuleDict", "(", ")"
    else:
        return None
    if isinstance(value, cst.DictComp) or (isinstance(value, cst.Dict) and not all(map(_is_key, value.elements))):
        return None
    return rewrite.unsafe(
        f"Make it an `{module}.{container}`",
        rewrite.before(value, f"{module}.{container}{opening}", facts),
        rewrite.after(value, closing, facts),
    )


def _is_key(element: cst.BaseDictElement) -> bool:
    """Whether a key of a dict can be one of a ModuleDict: a literal string that is a name and no method's."""
    key = element.key if isinstance(element, cst.DictElement) else None
    text = key.value if isinstance(key, cst.SimpleString) else ""
    return KEY.fullmatch(text) is not None and text[1:-1] not in TAKEN


def buffered(cls: ModuleClass, attribute: Attribute, facts: Facts) -> Fix | None:
    """``self.register_buffer("mask", …, persistent=False)``: what is saved of the model stays as it is."""
    assign, value = _assignment(attribute, facts), attribute.value
    if assign is None or value is None or not _is_set_once(cls, attribute, facts):
        return None
    target = assign.targets[0].target
    if not isinstance(target, cst.Attribute) or not isinstance(target.value, cst.Name) or isinstance(value, cst.Tuple):
        return None
    start, whole = facts.span(target), facts.span(assign)
    rest = facts.source.slice(Span(start.end_line, start.end_column, whole.end_line, whole.end_column))
    sign = ASSIGNING.match(rest)
    if sign is None or start.end_column is None:
        return None
    opening = Span(start.line, start.column, start.end_line, start.end_column + sign.end())
    return rewrite.safe(
        f"Register `{attribute.name}` as a buffer",
        Edit(opening, f'{target.value.value}.register_buffer("{attribute.name}", '),
        rewrite.after(assign, ", persistent=False)", facts),
    )


def _assignment(attribute: Attribute, facts: Facts) -> cst.Assign | None:
    target = facts.parent(attribute.node)
    assign = facts.parent(target) if isinstance(target, cst.AssignTarget) else None
    return assign if isinstance(assign, cst.Assign) else None


def _is_set_once(cls: ModuleClass, attribute: Attribute, facts: Facts) -> bool:
    """Whether one statement alone sets an attribute: in ``__init__``, on its every path, behind that of ``nn.Module``."""
    node, function = _assignment(attribute, facts), facts.enclosing_function(attribute.node)
    if function is None or function.name.value != "__init__" or node is None:
        return False
    if len(node.targets) != 1 or not facts.is_own(node) or _is_in_class_body(attribute.name, cls, facts):
        return False
    block = facts.parent(facts.parent(node) or node)
    if block is not function.body or not isinstance(block, cst.IndentedBlock):
        return False
    sets = (cst.AssignTarget, cst.AnnAssign, cst.AugAssign, cst.Del)
    places = [n for n in mentions(cls, attribute.name, facts) if isinstance(facts.parent(n), sets)]
    return len(places) == 1 and _follows_base(node, function, facts)


def _is_in_class_body(name: str, cls: ModuleClass, facts: Facts) -> bool:
    return any(
        node.value == name and facts.enclosing_function(node) is None and facts.module_class(node) in cls.lineage
        for node in facts.nodes(cst.Name)
    )


def _follows_base(node: cst.Assign, function: cst.FunctionDef, facts: Facts) -> bool:
    """Whether ``super().__init__()`` was called before: ``nn.Module`` registers nothing earlier."""
    for call in facts.nodes(cst.Call):
        if not isinstance(call.func, cst.Attribute) or call.func.attr.value != "__init__":
            continue
        if facts.enclosing_function(call) is function:
            return facts.tree.index[call] < facts.tree.index[node]
    return False
