"""A parameter without an annotation, which TorchScript takes for a tensor, and which is something else."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint import rewrite
from tslint.checks import _annotations, on
from tslint.checks._script import INFERRED, named_parameter, of_optional, of_parameter, parameter_label, written
from tslint.diagnostic import Finding, Fix
from tslint.facts.facts import Facts
from tslint.facts.kinds import Constant, Kind, Str, Tensor, options
from tslint.facts.torchscript.compiler import Refusal


@on(
    "default", "argument", "overload", "range", "truth", "no-attribute", "hasattr-object", "unpack", "tensor-index",
    "tuple-index", "not-iterable", "not-subscriptable", "multiple-index", "key-type", "item-type",
)  # fmt: skip
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    if of_parameter(refusal) and not of_optional(refusal):
        values = refusal.values
        if refusal.code == "default":
            yield Finding(refusal.node, {"name": f"`{values['name']}`", "problem": f"its default is {_a(values['type'])}"},
                          fix=_typed(facts.enclosing_function(refusal.node), values["name"], values["type"], facts),
                          help=_help(values["name"], values["type"]))  # fmt: skip
        elif values.get("wanted") == INFERRED:
            problem = (
                f"`{values['function']}` is handed {_a(values['found'])} here"
                if "function" in values
                else "it is not one"
            )
            yield Finding(refusal.node, {"name": f"`{values.get('argument', 'it')}`", "problem": problem},
                          fix=_handed(refusal, facts), help=_help(values.get("argument", ""), values["found"]))  # fmt: skip
        else:
            param = named_parameter(refusal.node, facts)
            name = f"`{param.name.value}`" if param is not None else "a parameter"
            number = refusal.code == "range" and param is not None and param.default is None
            function = facts.enclosing_function(refusal.node)
            yield Finding(refusal.node, {"name": name, "problem": "it is used as something else here"},
                          fix=_typed(function, param.name.value, "int", facts) if param and number else None,
                          labels=parameter_label(refusal, facts))  # fmt: skip


def _a(type_: str) -> str:
    return f"{'an' if type_[0] in 'aeiouAEIO' else 'a'} {written(type_)}"


def _help(name: str, type_: str) -> str | None:
    return f"annotate it: `{name}: {type_}`" if name and type_ in ("int", "float", "bool", "str") else None


def _handed(refusal: Refusal, facts: Facts) -> Fix | None:
    """The annotation of a parameter of the function that a call hands something else than a tensor."""
    call = next((n for n in (refusal.node, *facts.tree.ancestors(refusal.node)) if isinstance(n, cst.Call)), None)
    function = _annotations.callee(call, facts) if call is not None else None
    if function is None or refusal.values.get("function") != function.name.value:
        return None
    return _typed(function, refusal.values.get("argument", ""), refusal.values["found"], facts)


def _typed(function: cst.FunctionDef | None, name: str, type_: str, facts: Facts) -> Fix | None:
    param = _annotations.parameter(function, name)
    if function is None or param is None or _disagrees(function, param, type_, facts):
        return None
    edit = _annotations.annotated(param, type_, facts) if type_ in _annotations.NUMBERS else None
    return rewrite.safe(f"Annotate `{name}` as `{type_}`", edit) if edit is not None else None


def _disagrees(function: cst.FunctionDef, param: cst.Param, type_: str, facts: Facts) -> bool:
    """Whether the default, or a call of the file, gives a parameter of FUNCTION a value of another type."""
    params = [*function.params.posonly_params, *function.params.params]
    in_class = function in (cls.methods.get(function.name.value) for cls in facts.module_classes)
    is_bound = in_class and not function.decorators
    index = params.index(param) - is_bound if param in params else len(params)
    if index < 0:
        return True
    given = [param.default] if param.default is not None else []
    for call in facts.nodes(cst.Call):
        argument = facts.argument(call, index, param.name.value)
        if argument is not None and _annotations.callee(call, facts) is function:
            given.append(argument)
    kinds = [option for value in given for option in options(facts.kind(value))]
    return any(isinstance(kind, (Constant, Tensor, Str)) and _type(kind) not in (None, type_) for kind in kinds)


def _type(kind: Kind) -> str | None:
    if isinstance(kind, Constant):
        return kind.type
    return "str" if isinstance(kind, Str) else "Tensor"
