"""A parameter without an annotation, which TorchScript takes for a tensor, and which is something else."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._script import INFERRED, named_parameter, of_optional, of_parameter, parameter_label, written
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
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
                          help=_help(values["name"], values["type"]))  # fmt: skip
        elif values.get("wanted") == INFERRED:
            problem = (
                f"`{values['function']}` is handed {_a(values['found'])} here"
                if "function" in values
                else "it is not one"
            )
            yield Finding(refusal.node, {"name": f"`{values.get('argument', 'it')}`", "problem": problem},
                          help=_help(values.get("argument", ""), values["found"]))  # fmt: skip
        else:
            param = named_parameter(refusal.node, facts)
            name = f"`{param.name.value}`" if param is not None else "a parameter"
            yield Finding(refusal.node, {"name": name, "problem": "it is used as something else here"},
                          labels=parameter_label(refusal, facts))  # fmt: skip


def _a(type_: str) -> str:
    return f"{'an' if type_[0] in 'aeiouAEIO' else 'a'} {written(type_)}"


def _help(name: str, type_: str) -> str | None:
    return f"annotate it: `{name}: {type_}`" if name and type_ in ("int", "float", "bool", "str") else None
