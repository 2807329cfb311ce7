"""A wrapper class written into a file, and put round its model where the file traces or builds it."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import libcst as cst

from tslint import rewrite
from tslint.checks._outputs import Refused, refused_part
from tslint.diagnostic import Edit, Fix
from tslint.facts.classes import ModuleClass
from tslint.facts.facts import Facts
from tslint.facts.kinds import Dict, Kind

BUILDS = "build_model"
"""The function that a check calls for the model."""


def keys(kind: Kind) -> list[str]:
    """The keys of a mapping that is known to hold tensors alone, and all of them."""
    if isinstance(kind, Dict) and kind.complete and all(refused_part(value) is None for _, value in kind.items):
        return list(kind.keys)
    return []


def wrapping(refused: Refused, facts: Facts, more: Sequence[Edit] = ()) -> Fix | None:
    """A wrapper class that returns the values of a mapping, and the wrapper round the model; with the edits MORE.

    Only where there is no doubt which model is traced, or built, and what it returns.
    """
    cls, node = refused.cls, refused.cls.node
    found = keys(refused.value)
    base = next((base.value for base in node.bases if facts.qualified(base.value) == "torch.nn.Module"), None)
    names = _parameter_names(refused.function)
    name = f"{cls.name}Outputs"
    if not found or base is None or names is None or cls.is_inner or facts.enclosing_function(node) is not None:
        return None
    if len(facts.returns(refused.function)) != 1 or any(other.value == name for other in facts.nodes(cst.Name)):
        return None
    written = [_parameter(parameter, facts) for parameter in refused.function.params.params[1:]]
    around = [*_where_traced(cls, name, facts), *more] or _where_built(cls, name, facts)
    if None in written or not around:
        return None
    return rewrite.unsafe(
        f"Trace a wrapper that returns {', '.join(f'`{key}`' for key in found)}",
        rewrite.wrapper(node, name, rewrite.source(base, facts), ", ".join(filter(None, written)), names, found, facts),
        *around,
    )


def of_method(cls: ModuleClass, function: cst.FunctionDef, given: cst.Attribute, facts: Facts) -> Fix | None:
    """A module whose forward calls a method of CLS, in the place of the method, which is GIVEN."""
    node, method = cls.node, function.name.value
    name = f"{cls.name}{''.join(part.capitalize() for part in method.split('_'))}"
    module, names = rewrite.spelled("torch.nn", facts), _parameter_names(function)
    if module is None or names is None or not facts.is_own(node) or facts.enclosing_function(node) is not None:
        return None
    written = [_parameter(parameter, facts) for parameter in function.params.params[1:]]
    if None in written or any(other.value == name for other in facts.nodes(cst.Name)):
        return None
    parameters = ", ".join(filter(None, written))
    text = rewrite.wrapper_class(name, f"{module}.Module", parameters, ", ".join(names), [""], f".{method}")
    model = rewrite.source(given.value, facts)
    return rewrite.unsafe(
        f"Trace a module whose `forward` calls `{method}`",
        rewrite.after(node, f"\n\n\n{text}", facts),
        rewrite.replace(given, f"{name}({model}).eval()", facts),
    )


def _where_traced(cls: ModuleClass, name: str, facts: Facts) -> list[Edit]:
    """The wrapper NAME round every model of CLS that the file traces."""
    models = [facts.argument(call, 0, "func") for call in facts.calls_to("torch.jit.trace")]
    known = [model for model in models if model is not None and facts.instance_class(model) is cls]
    if not known and len(models) == 1 and models[0] is not None:
        roots = [other for other in facts.module_classes if not other.is_inner]
        known = [models[0]] if roots == [cls] and facts.is_traced(cls) else []
    return [edit for model in known for edit in _around(model, name, True, facts)]


def _where_built(cls: ModuleClass, name: str, facts: Facts) -> list[Edit]:
    """The wrapper NAME round what ``build_model`` returns, where nothing else of the file calls it or makes a program of it."""
    if facts.calls_to("torch.jit.", "torch.export.", "coremltools."):
        return []
    functions = [node for node in facts.nodes(cst.FunctionDef) if node.name.value == BUILDS]
    if len(functions) != 1 or facts.symbol(functions[0]) != BUILDS:
        return []
    if [n for n in facts.nodes(cst.Name) if n.value == BUILDS and n is not functions[0].name]:
        return []
    returned = [node.value for node in facts.nodes(cst.Return) if facts.enclosing_function(node) is functions[0]]
    if len(returned) != 1 or returned[0] is None or facts.instance_class(returned[0]) is not cls:
        return []
    return _around(returned[0], name, facts.mode_of(returned[0]) != "train", facts)


def _around(model: cst.BaseExpression, name: str, evaluated: bool, facts: Facts) -> list[Edit]:
    """``Name(model).eval()``: the wrapper is a module of its own, made in training mode. ``model.eval()`` keeps its call."""
    func = model.func if isinstance(model, cst.Call) and not model.args else None
    text = f"{name}({rewrite.source(model, facts)})"
    if isinstance(func, cst.Attribute) and func.attr.value == "eval" and not func.lpar:
        text, evaluated = f"{name}({rewrite.source(func.value, facts)})", True
    return [rewrite.replace(model, f"{text}.eval()" if evaluated else text, facts)]


def _parameter(parameter: cst.Param, facts: Facts) -> str | None:
    """A parameter as the wrapper takes it; None where its default is no literal, which may mean nothing outside its class."""
    text = parameter.name.value
    if parameter.annotation is not None:
        text += f": {rewrite.source(parameter.annotation.annotation, facts)}"
    if parameter.default is None:
        return text
    default = facts.module.code_for_node(parameter.default)
    try:
        ast.literal_eval(default)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    return f"{text} = {default}" if parameter.annotation is not None else f"{text}={default}"


def _parameter_names(function: cst.FunctionDef) -> list[str] | None:
    """The names of the positional parameters behind ``self``; None where there are others."""
    params = function.params
    others = (
        isinstance(params.star_arg, cst.Param) or params.star_kwarg or params.kwonly_params or params.posonly_params
    )
    return None if others else [parameter.name.value for parameter in params.params[1:]]
