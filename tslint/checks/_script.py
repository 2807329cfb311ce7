"""Which rule a refusal of TorchScript's compiler belongs to, and the words that the rules of scripting share."""

from __future__ import annotations

import re

import libcst as cst

from tslint import rewrite
from tslint.diagnostic import Fix, Label
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal
from tslint.facts.tree import walk

INFERRED = "Tensor (inferred)"
"""The compiler's word for the type of a parameter without an annotation."""


def of_parameter(refusal: Refusal) -> bool:
    """Whether the compiler took a parameter for a tensor, for want of an annotation, and that is what it stumbles over."""
    values = refusal.values
    return INFERRED in (values.get("found"), values.get("wanted"), values.get("type"), values.get("base")) or bool(
        values.get("inferred")
    )


def of_optional(refusal: Refusal) -> bool:
    """Whether a value that may be None is used as if it were not."""
    values = refusal.values
    return values.get("found", "").startswith("Optional[") or bool(values.get("none"))


BARE = frozenset({"tuple", "list"})


def written(type_: str) -> str:
    """A type as messages show it; of a bare ``tuple`` or ``list``, what TorchScript misses in it."""
    return f"`{type_.replace(INFERRED, 'Tensor')}`{' of untyped items' if type_ in BARE else ''}"


def parameter_label(refusal: Refusal, facts: Facts) -> tuple[Label, ...]:
    """The parameter without an annotation that the refused code names, where it stands in the function around it."""
    param = named_parameter(refusal.node, facts)
    return () if param is None else (facts.label(param.name, "has no annotation: a tensor"),)


def named_parameter(node: cst.CSTNode, facts: Facts) -> cst.Param | None:
    """The first parameter without an annotation that NODE names."""
    function = facts.enclosing_function(node)
    if function is None:
        return None
    params = {
        param.name.value: param
        for param in (*function.params.posonly_params, *function.params.params, *function.params.kwonly_params)
        if param.annotation is None and param.name.value not in ("self", "cls")
    }
    return next((params[n.value] for n in walk(node) if type(n) is cst.Name and n.value in params), None)


PYTHON = {"List": "list", "Dict": "dict", "Tuple": "tuple", "Tensor": "torch.Tensor"}
PLURALS = {"int": "numbers (int)", "float": "numbers (float)", "bool": "bools", "str": "strings", "NoneType": "None"}


def annotation(type_: str) -> str | None:
    """A type of TorchScript as a Python annotation; None where it needs an import, or is not known."""
    plain = type_.replace(INFERRED, "Tensor")
    if any(word in plain for word in ("unknown", "Optional", "Union", "NoneType", "Any", "number", "()")):
        return None
    return re.sub(r"\w+", lambda match: PYTHON.get(match[0], match[0]), plain)


def holding(type_: str) -> str:
    """What a list of this type holds, in words."""
    item = type_.removeprefix("List[")[:-1].replace(INFERRED, "Tensor")
    if item in PLURALS:
        return PLURALS[item]
    return {"Tuple": "tuples", "List": "lists", "Dict": "dicts"}.get(item.partition("[")[0], f"`{item}`")


def assigned_name(node: cst.CSTNode, facts: Facts) -> str | None:
    """The variable that an expression is assigned to, alone or beside others (``xs, ys = [], []``)."""
    around = facts.parent(node)
    if isinstance(around, cst.Assign):
        target: cst.CSTNode = around.targets[0].target
    else:
        row = facts.parent(around) if around is not None else None
        statement = facts.parent(row) if row is not None else None
        if not isinstance(row, cst.Tuple) or not isinstance(statement, cst.Assign):
            return None
        names = statement.targets[0].target
        if not isinstance(names, cst.Tuple) or len(names.elements) != len(row.elements):
            return None
        index = next(i for i, element in enumerate(row.elements) if element.value is node)
        target = names.elements[index].value
    return target.value if isinstance(target, cst.Name) else None


def annotated(node: cst.CSTNode, type_: str, facts: Facts) -> Fix | None:
    """``name: list[int] = []``, which TorchScript accepts from torch 1.11 on, and Python ignores for a local variable."""
    text, statement = annotation(type_), facts.parent(node)
    if text is None or not isinstance(statement, cst.Assign) or len(statement.targets) != 1:
        return None
    target = statement.targets[0].target
    if not isinstance(target, cst.Name) or ("torch." in text and not _imports_torch(facts)):
        return None
    return rewrite.safe(f"Annotate `{target.value}` as `{text}`", rewrite.after(target, f": {text}", facts))


def _imports_torch(facts: Facts) -> bool:
    return any(facts.qualified(name) == "torch" and name.value == "torch" for name in facts.nodes(cst.Name))
