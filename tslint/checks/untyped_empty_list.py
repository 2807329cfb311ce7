"""An empty list without a type: torch.jit.script takes it for a list of tensors, and it is filled with something else."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint import rewrite
from tslint.checks import on
from tslint.checks._observed import is_empty_list, one_line
from tslint.diagnostic import Finding, Fix, Place
from tslint.evidence import ScriptRefused
from tslint.facts.context import Context
from tslint.facts.empties import EmptyList
from tslint.facts.facts import Facts
from tslint.facts.kinds import (
    BakedSize,
    Constant,
    Dict,
    Either,
    FixedSize,
    Kind,
    List,
    NoneKind,
    Size,
    Str,
    Tensor,
    Tuple,
    Unknown,
)

WHOLE = frozenset({"builtins.range", "builtins.len", "builtins.int", "math.floor", "math.ceil", "math.isqrt"})
"""Functions of sizes that give whole numbers."""
PLURALS = {"int": "numbers (int)", "float": "numbers (float)", "bool": "bools", "str": "strings"}


@on(cst.FunctionDef)
def predict(function: cst.FunctionDef, facts: Facts) -> Iterator[Finding]:
    if facts.reached(function):
        for found in facts.empty_lists(function):
            if not found.typed and _is_known(found.element, facts):
                yield Finding(
                    found.node,
                    {"name": found.target, "element": _words(found.element, facts)},
                    fix=_annotation(found, facts),
                    help=_help(found, facts),
                )


@on(ScriptRefused)
def observe(evidence: ScriptRefused, context: Context) -> Iterator[Finding]:
    if is_empty_list(evidence):
        found = _list_at(evidence, context)
        facts = context.facts(evidence.place)
        if found is None or facts is None or evidence.place is None:
            values = {"name": evidence.class_name, "element": "something else"}
            yield Finding(evidence.place, values, caption=one_line(evidence.message))
            return
        place = Place(evidence.place.path, facts.span(found.node), facts.symbol(found.node))
        yield Finding(
            place,
            {"name": found.target, "element": _words(found.element, facts)},
            caption=_type_error(evidence.message),
            help=_help(found, facts),
        )


def _is_known(element: Kind, facts: Facts) -> bool:
    """Whether all that is put into a list is known, and none of it is a tensor."""
    if isinstance(element, Either):
        return all(_is_known(option, facts) for option in element.options)
    return not isinstance(element, (Unknown, Tensor, Dict)) and (
        type_of(element, facts) is not None or _is_container(element)
    )


def _is_container(element: Kind) -> bool:
    return isinstance(element, (Tuple, List, NoneKind))


def type_of(kind: Kind, facts: Facts) -> str | None:
    """How TorchScript writes the type of a value; None where the source does not tell."""
    if isinstance(kind, Constant):
        return kind.type if kind.type in ("int", "float", "bool", "str") else None
    if isinstance(kind, (Size, FixedSize)):
        return "int"
    if isinstance(kind, BakedSize):
        return "int" if isinstance(kind.by, cst.Call) and facts.qualified(kind.by.func) in WHOLE else None
    if isinstance(kind, Str):
        return "str"
    if isinstance(kind, Tensor):
        return "torch.Tensor"
    if isinstance(kind, Tuple):
        items = [type_of(item, facts) for item in kind.items]
        known = [item for item in items if item is not None]
        return f"tuple[{', '.join(known)}]" if items and len(known) == len(items) else None
    if isinstance(kind, List):
        element = type_of(kind.element, facts)
        return f"list[{element}]" if element else None
    return None


def _words(element: Kind, facts: Facts) -> str:
    if isinstance(element, Tuple):
        return "tuples"
    if isinstance(element, List):
        return "lists"
    if isinstance(element, NoneKind):
        return "None"
    return PLURALS.get(type_of(element, facts) or "", "something else")


def _annotation(found: EmptyList, facts: Facts) -> Fix | None:
    """``name: list[int] = []``, which TorchScript accepts from torch 1.11 on, and Python ignores for a local variable."""
    type_ = type_of(found.element, facts)
    statement = facts.parent(found.node)
    if type_ is None or not isinstance(statement, cst.Assign) or len(statement.targets) != 1:
        return None
    target = statement.targets[0].target
    if not isinstance(target, cst.Name) or ("torch." in type_ and not _imports_torch(facts)):
        return None
    title = f"Annotate `{found.target}` as `list[{type_}]`"
    return rewrite.safe(title, rewrite.after(target, f": list[{type_}]", facts))


def _imports_torch(facts: Facts) -> bool:
    return any(facts.qualified(name) == "torch" and name.value == "torch" for name in facts.nodes(cst.Name))


def _help(found: EmptyList, facts: Facts) -> str:
    type_ = type_of(found.element, facts)
    return (
        f"`{found.target}: list[{type_}] = []` says what it holds"
        if type_
        else "annotate it, or start with a first value"
    )


def _list_at(evidence: ScriptRefused, context: Context) -> EmptyList | None:
    """The empty list that the refused statement fills."""
    facts = context.facts(evidence.place)
    if facts is None:
        return None
    for function in context.nodes_at(evidence.place, cst.FunctionDef):
        named = {name.value for name in context.nodes_at(evidence.place, cst.Name)}
        for call in context.nodes_at(evidence.place, cst.Call):
            if isinstance(call.func, cst.Attribute) and isinstance(call.func.value, cst.Name):
                named.add(call.func.value.value)
        lists = [found for found in facts.empty_lists(function) if not found.typed]
        found = next((found for found in lists if found.target in named), lists[0] if len(lists) == 1 else None)
        if found is not None:
            return found
    return None


def _type_error(message: str) -> str:
    """The line of the compiler's message that names the types."""
    lines = [line for line in message.splitlines() if "matched to type" in line or "Empty lists default" in line]
    return one_line(lines[0] if lines else message)
