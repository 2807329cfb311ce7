"""Annotations that a fix writes: of parameters, with the import that they need."""

from __future__ import annotations

import sys

import libcst as cst

from tslint import rewrite
from tslint.diagnostic import Edit, Span
from tslint.facts.facts import Facts
from tslint.facts.kinds import Callable, Module
from tslint.facts.names import dotted

NUMBERS = frozenset({"int", "float", "bool", "str"})


def annotated(param: cst.Param, type_: str, facts: Facts) -> Edit | None:
    """``name: type``, and ``name: type = default``; None where it has an annotation already, or its default stands apart."""
    if param.annotation is not None or not facts.is_own(param):
        return None
    if param.default is None:
        return rewrite.after(param.name, f": {type_}", facts)
    name, default = facts.span(param.name), facts.span(param.default)
    between = Span(name.end_line, name.end_column, default.line, default.column)
    if facts.source.slice(between).strip() != "=":
        return None
    return Edit(between, f": {type_} = ")


def optional(param: cst.Param, facts: Facts) -> list[Edit]:
    """``name: Optional[torch.Tensor] = None``, and the import of ``Optional``; nothing where it cannot be written."""
    word, imported = typing_name("Optional", facts)
    torch = rewrite.spelled("torch", facts)
    edit = annotated(param, f"{word}[{torch}.Tensor]", facts)
    return [edit, *imported] if torch is not None and edit is not None else []


def is_none(param: cst.Param) -> bool:
    """Whether the default of a parameter is None."""
    return isinstance(param.default, cst.Name) and param.default.value == "None"


def callee(call: cst.Call, facts: Facts) -> cst.FunctionDef | None:
    """The function of the file that CALL runs: a function, a method, or the forward of a module of the file."""
    kind = facts.kind(call.func)
    if isinstance(kind, Module) and kind.cls is not None:
        found = kind.cls.forward
    else:
        found = kind.node if isinstance(kind, Callable) else None
    return found if isinstance(found, cst.FunctionDef) and facts.is_own(found) else None


def parameter(function: cst.FunctionDef | None, name: str) -> cst.Param | None:
    """The parameter NAME of a function."""
    if function is None:
        return None
    params = (*function.params.posonly_params, *function.params.params, *function.params.kwonly_params)
    return next((param for param in params if param.name.value == name), None)


def typing_name(name: str, facts: Facts) -> tuple[str, list[Edit]]:
    """How the file spells a name of ``typing``, and the edits that import it where it does not yet."""
    bound = facts.names.bindings(facts.module, name)
    if bound:
        mine = [binding for binding in bound if binding.imported == f"typing.{name}"]
        return (name, []) if mine == bound else (f"typing.{name}", _imported("import typing", facts))
    for statement in _top(facts):
        for node in statement.body:
            if isinstance(node, cst.Import) and any(dotted(a.name) == "typing" and not a.asname for a in node.names):
                return f"typing.{name}", []
    for statement in _top(facts):
        for node in statement.body:
            if isinstance(node, cst.ImportFrom) and dotted(node.module) == "typing" and not node.relative:
                return name, _beside(name, node, facts)
    return name, _imported(f"from typing import {name}", facts)


def module_name(name: str, facts: Facts) -> tuple[str, list[Edit]]:
    """How the file spells a module of the standard library, and the edits that import it where it does not yet."""
    called = rewrite.spelled(name, facts)
    if called is not None:
        return called, []
    return name, _imported(f"import {name}", facts)


def _top(facts: Facts) -> list[cst.SimpleStatementLine]:
    return [statement for statement in facts.module.body if isinstance(statement, cst.SimpleStatementLine)]


def _beside(name: str, node: cst.ImportFrom, facts: Facts) -> list[Edit]:
    """NAME among those that are imported from ``typing`` already, in order."""
    if isinstance(node.names, cst.ImportStar):
        return []
    for alias in node.names:
        if (dotted(alias.name) or "") > name:
            return [rewrite.before(alias, f"{name}, ", facts)]
    last = node.names[-1]
    return [rewrite.after(last.asname.name if last.asname is not None else last.name, f", {name}", facts)]


def _imported(text: str, facts: Facts) -> list[Edit]:
    """A new import before the first one of the file, with a blank line between unless both are of the standard library."""
    imports = [s for s in _top(facts) if isinstance(s.body[0], (cst.Import, cst.ImportFrom))]
    imports = [s for s in imports if _package(s.body[0]) != "__future__"]
    if not imports:
        return []
    standard = _package(imports[0].body[0]) in sys.stdlib_module_names
    return [rewrite.before(imports[0], f"{text}\n" if standard else f"{text}\n\n", facts)]


def _package(node: cst.CSTNode) -> str:
    if isinstance(node, cst.Import):
        return (dotted(node.names[0].name) or "").partition(".")[0]
    if isinstance(node, cst.ImportFrom) and node.module is not None and not node.relative:
        return (dotted(node.module) or "").partition(".")[0]
    return ""
