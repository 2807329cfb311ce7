"""Loops over the modules of a ModuleList that are written with an index."""

from __future__ import annotations

import libcst as cst

from tslint import rewrite
from tslint.checks._places import ancestors
from tslint.diagnostic import Edit, Fix
from tslint.facts.facts import Facts
from tslint.facts.tree import walk


def over_modules(index: cst.CSTNode, facts: Facts) -> Fix | None:
    """``for i in range(len(self.layers))`` becomes ``for layer in self.layers``, or one with ``enumerate``; INDEX is the ``i``.

    Other lists that the same loop indexes are handed to ``zip``, if they are modules too.
    """
    loop = _loop(index, facts)
    if loop is None or not isinstance(index, cst.Name):
        return None
    first = _list_of_range(loop, facts) or _list_as_long(loop, index, facts)
    if first is None:
        return None
    names = [n for n in walk(loop.body) if isinstance(n, cst.Name) and n.value == index.value and _is_use(n, facts)]
    found = [(name, _looked_up(name, facts)) for name in names]
    if any(isinstance(facts.parent(node), STORED) for name, lookup in found for node in (name, lookup or name)):
        return None
    lists: dict[str, list[cst.Subscript]] = {rewrite.source(first, facts): []}
    for _, lookup in found:
        if lookup is not None and _is_modules(lookup.value, facts):
            lists.setdefault(rewrite.source(lookup.value, facts), []).append(lookup)
    if any(_is_changed(text, loop, facts) for text in lists) or not lists[rewrite.source(first, facts)]:
        return None
    counted = sum(map(len, lists.values())) < len(found) or _is_used_behind(index.value, loop, facts)
    return _written(index.value, loop, lists, counted, facts)


STORED = (cst.AssignTarget, cst.AugAssign, cst.Del, cst.For, cst.CompFor, cst.NamedExpr, cst.AnnAssign)


def _written(index: str, loop: cst.For, lists: dict[str, list[cst.Subscript]], counted: bool, facts: Facts) -> Fix:
    names: dict[str, str] = {}
    for text in lists:
        name = rewrite.fresh(_singular(text), loop, facts)
        names[text] = name if name not in names.values() else rewrite.fresh(f"{name}_of_{len(names)}", loop, facts)
    target, over = ", ".join(names.values()), ", ".join(names)
    if len(names) > 1:
        target, over = (f"({target})" if counted else target), f"zip({over})"
    if counted:
        target, over = f"{index}, {target}", f"enumerate({over})"
    edits: list[Edit] = [rewrite.replace(loop.target, target, facts), rewrite.replace(loop.iter, over, facts)]
    for text, lookups in lists.items():
        edits += [rewrite.replace(lookup, names[text], facts) for lookup in lookups]
    return rewrite.safe(f"Loop over {' and '.join(f'`{text}`' for text in lists)}", *edits)


def _loop(index: cst.CSTNode, facts: Facts) -> cst.For | None:
    """The innermost loop that counts INDEX up."""
    for around, child in ancestors(index, facts):
        if isinstance(around, (cst.FunctionDef, cst.Lambda)):
            return None
        if not isinstance(around, cst.For) or child is not around.body or not isinstance(around.target, cst.Name):
            continue
        if isinstance(index, cst.Name) and around.target.value == index.value:
            return around
    return None


def _list_of_range(loop: cst.For, facts: Facts) -> cst.BaseExpression | None:
    """The list in ``range(len(…))``."""
    call = loop.iter
    if not isinstance(call, cst.Call) or facts.qualified(call.func) != "builtins.range" or len(call.args) != 1:
        return None
    length = call.args[0].value
    if not isinstance(length, cst.Call) or facts.qualified(length.func) != "builtins.len" or len(length.args) != 1:
        return None
    found = length.args[0].value
    return found if isinstance(found, cst.Attribute) and isinstance(found.value, cst.Name) and not found.lpar else None


def _list_as_long(loop: cst.For, index: cst.Name, facts: Facts) -> cst.BaseExpression | None:
    """The list that INDEX looks a module up in, where ``range(2)`` says how many modules are written there."""
    lookup = _looked_up(index, facts)
    call = loop.iter
    if lookup is None or not isinstance(call, cst.Call) or facts.qualified(call.func) != "builtins.range":
        return None
    number = call.args[0].value if len(call.args) == 1 else None
    for value in _values(lookup.value, facts) if isinstance(number, cst.Integer) else ():
        held = value.args[0].value if isinstance(value, cst.Call) and len(value.args) == 1 else None
        if not isinstance(held, cst.List) or any(isinstance(item, cst.StarredElement) for item in held.elements):
            return None
        if number is None or not isinstance(number, cst.Integer) or len(held.elements) != int(number.value, 0):
            return None
    return lookup.value if isinstance(number, cst.Integer) and _is_modules(lookup.value, facts) else None


def _is_use(name: cst.Name, facts: Facts) -> bool:
    parent = facts.parent(name)
    attribute = isinstance(parent, cst.Attribute) and parent.attr is name
    return not attribute and not (isinstance(parent, cst.Arg) and parent.keyword is name)


def _looked_up(name: cst.Name, facts: Facts) -> cst.Subscript | None:
    """``self.layers[i]``, of which NAME is the ``i``."""
    index = facts.parent(name)
    element = facts.parent(index) if isinstance(index, cst.Index) else None
    around = facts.parent(element) if isinstance(element, cst.SubscriptElement) else None
    return around if isinstance(around, cst.Subscript) and len(around.slice) == 1 and not name.lpar else None


def _is_modules(node: cst.BaseExpression, facts: Facts) -> bool:
    """Whether NODE is an attribute of the module that holds modules in a ModuleList, on every path."""
    values = _values(node, facts)
    return bool(values) and all(
        isinstance(value, cst.Call) and facts.qualified(value.func) == "torch.nn.ModuleList" for value in values
    )


def _values(node: cst.BaseExpression, facts: Facts) -> list[cst.BaseExpression | None]:
    """What the class around NODE, and its bases, set the attribute NODE to."""
    cls = facts.module_class(node)
    if not isinstance(node, cst.Attribute) or not isinstance(node.value, cst.Name) or node.lpar or cls is None:
        return []
    name = node.attr.value
    return [base.attributes[name].value for base in cls.lineage if name in base.attributes]


def _is_changed(text: str, loop: cst.For, facts: Facts) -> bool:
    """Whether the loop gives a list another value, or grows it."""
    for node in walk(loop.body):
        if isinstance(node, cst.Attribute) and rewrite.source(node, facts) == text:
            parent = facts.parent(node)
            if isinstance(parent, (*STORED, cst.Attribute)):
                return True
    return False


def _is_used_behind(index: str, loop: cst.For, facts: Facts) -> bool:
    """Whether the number of the last round is read outside of the loop, which no other loop counts."""
    function = facts.enclosing_function(loop)
    own = set(walk(loop))
    for name in facts.names_in(function) if function is not None else ():
        if name.value != index or name in own or not _is_use(name, facts):
            continue
        counted = any(
            isinstance(around, (cst.For, cst.CompFor))
            and isinstance(around.target, cst.Name)
            and around.target.value == index
            for around in (name, *facts.tree.ancestors(name))
        )
        comprehension = any(
            isinstance(around, (cst.ListComp, cst.DictComp, cst.SetComp, cst.GeneratorExp))
            for around in facts.tree.ancestors(name)
        )
        if not counted and not comprehension:
            return True
    return False


def _singular(text: str) -> str:
    """``layer`` for ``self.layers``."""
    name = text.rpartition(".")[2].strip("_")
    if name.endswith("ies") and len(name) > 4:
        return f"{name[:-3]}y"
    return name[:-1] if name.endswith("s") and not name.endswith("ss") and len(name) > 2 else "module"
