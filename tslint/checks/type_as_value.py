"""A type, a function or an iterator used as a value: TorchScript has no values of these."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._script import parameter_label
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal

KINDS = {
    "type-as-value": "a class",
    "function-as-value": "a function",
    "isinstance-type": "a type that TorchScript does not know",
    "python-value": "a Python object",
}


@on("type-as-value", "function-as-value", "iterator-as-value", "isinstance-type", "python-value")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    kind = KINDS.get(refusal.code) or ITERATORS.get(refusal.values["kind"], "an iterator")
    yield Finding(
        refusal.node, {"name": facts.text(refusal.node), "kind": kind}, labels=parameter_label(refusal, facts)
    )


ITERATORS = {"range": "a `range`", "iterabletree": "a `zip` or `enumerate`"}
