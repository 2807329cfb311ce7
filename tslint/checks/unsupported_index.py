"""An index that TorchScript does not take."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._script import of_parameter, written
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on(
    "tensor-index", "slice-bound", "slice-literal", "slice-assignment", "tuple-index", "tuple-range", "tuple-literal",
    "tuple-assignment", "not-iterable", "not-subscriptable", "multiple-index",
)  # fmt: skip
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    if not of_parameter(refusal):
        yield Finding(refusal.node, {"code": facts.text(refusal.node), "problem": _problem(refusal)})


def _problem(refusal: Refusal) -> str:
    type_ = written(refusal.values.get("type", ""))
    return {
        "tensor-index": f"a tensor is indexed with a {type_}",
        "slice-bound": f"a slice is bounded by a {type_}",
        "slice-literal": f"a {refusal.values.get('what', 'tuple')} is sliced at what is not written there",
        "slice-assignment": f"a slice of a {type_} is assigned to",
        "tuple-index": f"a tuple is indexed with a {type_}",
        "tuple-range": f"index {refusal.values.get('index')} of a tuple of {refusal.values.get('length')}",
        "tuple-literal": "a tuple of different types is indexed with what is not written there",
        "tuple-assignment": "an item of a tuple is assigned to",
        "not-iterable": f"a {type_} is looped over",
        "not-subscriptable": f"a {type_} is indexed",
        "multiple-index": f"a {type_} is indexed like a tensor",
    }[refusal.code]
