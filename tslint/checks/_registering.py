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
    assign, module = _assignment(cls, attribute, facts), rewrite.spelled("torch.nn", facts)
    if assign is None or module is None:
        return None
    value = assign.value
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
    assign, value = _assignment(cls, attribute, facts), attribute.value
    if assign is None or value is not assign.value:
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


def _assignment(cls: ModuleClass, attribute: Attribute, facts: Facts) -> cst.Assign | None:
    """The one statement that sets an attribute: in ``__init__``, on its every path, behind the ``__init__`` of ``nn.Module``."""
    sets = (cst.AssignTarget, cst.AnnAssign, cst.AugAssign, cst.Del)
    places = [parent for n in mentions(cls, attribute.name, facts) if isinstance(parent := facts.parent(n), sets)]
    assign = facts.parent(places[0]) if len(places) == 1 else None
    function = facts.enclosing_function(assign) if assign is not None else None
    if not isinstance(assign, cst.Assign) or len(assign.targets) != 1 or not facts.is_own(assign):
        return None
    if function is None or function.name.value != "__init__" or _is_in_class_body(attribute.name, cls, facts):
        return None
    line = facts.parent(assign)
    in_every_case = line is not None and facts.parent(line) is function.body
    return assign if in_every_case and _follows_base(assign, function, facts) else None


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
