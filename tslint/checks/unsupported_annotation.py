"""An annotation that TorchScript cannot read, or that the default value does not fit."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint import rewrite
from tslint.checks import _annotations, on
from tslint.checks._script import written
from tslint.diagnostic import Finding, Fix
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("annotation", "default-type", "string-annotation")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    values = refusal.values
    if refusal.code == "annotation":
        problem = f"TorchScript has no type for `{facts.text(refusal.node)}`"
    elif refusal.code == "string-annotation":
        problem = f"the annotation of `{values['name']}` is a string when the class is scripted"
    else:
        default = f"the default of `{values['name']}` is {written(values['type'])}"
        problem = f"{default}, and its annotation {written(values['wanted'])}"
    yield Finding(refusal.node, {"problem": problem}, fix=_or_none(refusal, facts))


def _or_none(refusal: Refusal, facts: Facts) -> Fix | None:
    """``count: int = None`` becomes ``count: Optional[int] = None``."""
    param = _annotations.parameter(facts.enclosing_function(refusal.node), refusal.values.get("name", ""))
    if param is None or param.annotation is None or not _annotations.is_none(param):
        return None
    word, imported = _annotations.typing_name("Optional", facts)
    type_ = param.annotation.annotation
    if type_.lpar or isinstance(type_, (cst.SimpleString, cst.ConcatenatedString)):
        return None
    return rewrite.safe(
        f"Annotate `{param.name.value}` as optional",
        rewrite.replace(type_, f"{word}[{rewrite.source(type_, facts)}]", facts),
        *imported,
    )
