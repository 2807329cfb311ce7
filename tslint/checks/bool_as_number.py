"""A bool where an operator takes a number: the tracer records an operator that TorchScript does not have."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint import rewrite
from tslint.checks import on
from tslint.diagnostic import Finding, Fix
from tslint.facts.facts import Facts
from tslint.facts.kinds import Constant, Kind

NUMBERS: dict[str, dict[int, str]] = {
    "masked_fill": {2: "value"}, "masked_fill_": {2: "value"}, "fill_": {1: "value"}, "full": {1: "fill_value"},
    "full_like": {1: "fill_value"}, "new_full": {2: "fill_value"}, "clamp": {1: "min", 2: "max"}, "pow": {1: "exponent"},
    "eq": {1: "other"}, "ne": {1: "other"}, "lt": {1: "other"}, "le": {1: "other"}, "gt": {1: "other"}, "ge": {1: "other"},
    "nn.functional.leaky_relu": {1: "negative_slope"}, "nn.functional.elu": {1: "alpha"},
    "nn.functional.celu": {1: "alpha"}, "nn.functional.softplus": {1: "beta", 2: "threshold"},
    "nn.functional.hardtanh": {1: "min_val", 2: "max_val"}, "nn.functional.threshold": {1: "threshold", 2: "value"},
}  # fmt: skip
"""Arguments that are numbers to the operator, by position (the tensor is the first). A test holds each against torch."""
LAYERS: dict[str, dict[int, str]] = {
    "LeakyReLU": {0: "negative_slope"}, "ELU": {0: "alpha"}, "CELU": {0: "alpha"},
    "Softplus": {0: "beta", 1: "threshold"}, "Hardtanh": {0: "min_val", 1: "max_val"},
    "Threshold": {0: "threshold", 1: "value"},
}  # fmt: skip
"""The same of constructors: ``nn.LeakyReLU(True)`` sets the slope, not ``inplace``."""
COMPARISONS = (
    cst.Equal, cst.NotEqual, cst.LessThan, cst.LessThanEqual, cst.GreaterThan, cst.GreaterThanEqual
)  # fmt: skip


@on(cst.Comparison, traced=True)
def predict_comparison(node: cst.Comparison, facts: Facts) -> Iterator[Finding]:
    """``mask == True``."""
    if len(node.comparisons) != 1:
        return
    target = node.comparisons[0]
    if isinstance(target.operator, COMPARISONS):
        for tensor, other in ((node.left, target.comparator), (target.comparator, node.left)):
            if facts.is_tensor(tensor) and _is_bool(facts.kind(other)):
                yield _finding(node, other, facts, _plain(node, tensor, other, facts), _number(other, facts))


@on(cst.Call, traced=True)
def predict(call: cst.Call, facts: Facts) -> Iterator[Finding]:
    operator, owner = facts.operator(call) or ("", None)
    wanted = NUMBERS.get(operator)
    if wanted is not None:
        yield from _in_call(call, wanted, owner is not None, facts)


@on(Facts)
def predict_layers(facts: Facts, _: Facts) -> Iterator[Finding]:
    """Layers that stand in a Sequential are called by it, and nowhere in the file."""
    for name, wanted in LAYERS.items():
        for call in facts.calls_to(f"torch.nn.{name}", f"torch.nn.modules.activation.{name}"):
            if facts.module_class(call) is not None:
                yield from _in_call(call, wanted, False, facts)


def _in_call(call: cst.Call, wanted: dict[int, str], is_method: bool, facts: Facts) -> Iterator[Finding]:
    for position, name in wanted.items():
        given = facts.argument(call, position - is_method, name)
        if given is not None and _is_bool(facts.kind(given)):
            fix = _number(given, facts) if name == "other" else None
            yield _finding(given, given, facts, "write the number, or convert the result with `.bool()`", fix)


def _is_bool(kind: Kind) -> bool:
    return isinstance(kind, Constant) and kind.type == "bool"


def _plain(node: cst.Comparison, tensor: cst.BaseExpression, other: cst.BaseExpression, facts: Facts) -> str:
    operator = node.comparisons[0].operator
    value = facts.kind(other)
    positive = isinstance(value, Constant) and value.value is True
    if (
        isinstance(operator, (cst.Equal, cst.NotEqual))
        and isinstance(value, Constant)
        and isinstance(value.value, bool)
    ):
        same = positive == isinstance(operator, cst.Equal)
        return f"of a mask, `{facts.text(tensor)}`" + (" itself says it" if same else " inverted with `~` says it")
    return "compare with a number"


def _number(value: cst.BaseExpression, facts: Facts) -> Fix | None:
    """``True`` becomes ``1`` where it is compared with: PyTorch takes the two for equal."""
    number = {"True": "1", "False": "0"}.get(value.value if isinstance(value, cst.Name) else "")
    return rewrite.safe(f"Compare with `{number}`", rewrite.replace(value, number, facts)) if number else None


def _finding(node: cst.CSTNode, value: cst.BaseExpression, facts: Facts, help: str, fix: Fix | None = None) -> Finding:
    return Finding(node, {"value": facts.text(value)}, fix=fix, help=help)
