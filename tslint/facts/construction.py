"""What a class is constructed with: the kinds of the parameters of ``__init__``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from tslint.facts.attributes import library
from tslint.facts.classes import ModuleClass
from tslint.facts.frame import Env
from tslint.facts.joins import join_all
from tslint.facts.kinds import (
    CONSTANT,
    UNKNOWN,
    Callable,
    Constant,
    Dict,
    Kind,
    List,
    Module,
)

if TYPE_CHECKING:
    from tslint.facts.infer import Analysis


def constructor_parameters(analysis: Analysis, init: cst.FunctionDef, cls: ModuleClass) -> Env:
    """The parameters of ``__init__``: constants, or the modules and functions that the file itself hands in."""
    params = init.params
    env: Env = {}
    everything = [*params.posonly_params, *params.params, *params.kwonly_params]
    for index, param in enumerate(everything):
        if index == 0:
            env[param.name.value] = Module(cls)
        else:
            env[param.name.value] = _argument(analysis, cls, param, index - 1)
    if isinstance(params.star_arg, cst.Param):
        env[params.star_arg.name.value] = List(UNKNOWN, CONSTANT, None, "tuple")
    if params.star_kwarg is not None:
        env[params.star_kwarg.name.value] = Dict((), Constant(argument=True), complete=False)
    return env


def _argument(analysis: Analysis, cls: ModuleClass, param: cst.Param, index: int) -> Kind:
    """A constant; a module, class or function where the file itself constructs the class with one."""
    handed: list[Kind] = []
    for call in constructions(analysis, cls):
        given = next(
            (a.value for a in call.args if a.keyword is not None and a.keyword.value == param.name.value), None
        )
        plain = [a for a in call.args if a.keyword is None]
        if given is None and index < len(plain) and not any(a.star for a in plain[: index + 1]):
            given = plain[index].value
        kind = _module_like(analysis, given) if given is not None else None
        if kind is not None:
            handed.append(kind)
    default = _module_like(analysis, param.default) if param.default is not None else None
    if default is not None:
        handed.append(default)
    if handed:
        return join_all(handed)
    return Constant(_literal_type(param), argument=True)


def constructions(analysis: Analysis, cls: ModuleClass) -> list[cst.Call]:
    """The calls in the file that construct CLS."""
    if analysis.constructions is None:
        analysis.constructions = {}
        for call in analysis.tree.all(cst.Call):
            found = analysis.classes.module_class(call.func)
            if found is not None:
                analysis.constructions.setdefault(found, []).append(call)
    return analysis.constructions.get(cls, [])


def _module_like(analysis: Analysis, node: cst.BaseExpression) -> Kind | None:
    """The kind of an argument that is a module, a class or a function, read off its expression alone."""
    instance = analysis.classes.instance_class(node)
    if instance is not None:
        return Module(instance, call=node if isinstance(node, cst.Call) else None)
    if isinstance(node, (cst.Name, cst.Attribute)):
        qualified = analysis.names.qualified(node)
        if qualified is not None and qualified.startswith("torch.") and not qualified.startswith("torch.float"):
            return library(qualified)
        binding = analysis.names.definition(node) if isinstance(node, cst.Name) else None
        if binding is not None and isinstance(binding.node, (cst.FunctionDef, cst.ClassDef)):
            return Callable(binding.node)
    if isinstance(node, cst.Call) and isinstance(node.func, (cst.Name, cst.Attribute)):
        qualified = analysis.names.qualified(node.func)
        if qualified is not None and qualified.startswith("torch.nn."):
            kind = analysis.module_value(node)
            return kind if isinstance(kind, Module) else None
    return None


def _literal_type(param: cst.Param) -> str | None:
    default = param.default
    if isinstance(default, cst.Integer):
        return "int"
    if isinstance(default, cst.Float):
        return "float"
    if isinstance(default, cst.SimpleString):
        return "str"
    if isinstance(default, cst.Name) and default.value in ("True", "False"):
        return "bool"
    if param.annotation is not None and isinstance(param.annotation.annotation, cst.Name):
        return param.annotation.annotation.value
    return None
