"""A TorchScript program converted without a list of its inputs."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint import rewrite
from tslint.checks import on
from tslint.checks._conversion import conversions, hides_arguments, is_program
from tslint.diagnostic import Edit, Finding, Fix, Span
from tslint.facts.facts import Facts
from tslint.facts.kinds import Kind, List, NoneKind, Tensor, Tuple, options

DESCRIBED = ("TensorType", "ImageType")
HELP = "describe each input: `inputs=[ct.TensorType(shape=example.shape)]`"


@on(Facts)
def check(facts: Facts, _: Facts) -> Iterator[Finding]:
    for call, model, kinds in conversions(facts):
        if hides_arguments(call) or not all(is_program(kind) for kind in kinds):
            continue
        inputs = facts.argument(call, 2, "inputs")
        name = facts.text(model)
        if inputs is None:
            yield Finding(call, {"model": name, "problem": "without `inputs`"}, help=HELP)
            continue
        problem = _problem(inputs, facts)
        if problem is not None:
            fix = _listed(inputs, facts) if problem.endswith("no list") else None
            yield Finding(inputs, {"model": name, "problem": problem}, fix=fix, help=None if fix else HELP)


def _problem(inputs: cst.BaseExpression, facts: Facts) -> str | None:
    """What ``ct.convert`` has against INPUTS, on every path that leads there."""
    if _is_description(inputs, facts):
        return "with `inputs` that are no list"
    found = {_of_kind(kind) for kind in options(facts.calling_kind(inputs))}
    if len(found) == 1 and None not in found:
        return found.pop()
    if isinstance(inputs, cst.List) and any(_lacks_shape(element.value, facts) for element in inputs.elements):
        return "with an input whose shape is not given"
    return None


def _of_kind(kind: Kind) -> str | None:
    if isinstance(kind, NoneKind):
        return "without `inputs`"
    if isinstance(kind, (Tuple, Tensor)) or (isinstance(kind, List) and kind.name == "tuple"):
        return "with `inputs` that are no list"
    if isinstance(kind, List) and kind.name == "list" and kind.items:
        return "with tensors for `inputs`" if all(isinstance(item, Tensor) for item in kind.items) else None
    return None


def _is_description(node: cst.BaseExpression, facts: Facts) -> bool:
    name = (facts.qualified(node.func) or "") if isinstance(node, cst.Call) else ""
    return name.startswith("coremltools.") and name.rpartition(".")[2] in DESCRIBED


def _lacks_shape(node: cst.BaseExpression, facts: Facts) -> bool:
    return (
        isinstance(node, cst.Call)
        and _is_description(node, facts)
        and not hides_arguments(node)
        and facts.argument(node, 1, "shape") is None
    )


def _listed(inputs: cst.BaseExpression, facts: Facts) -> Fix | None:
    """A list in the place of a tuple, or around a single description."""
    text = rewrite.source(inputs, facts)
    if isinstance(inputs, cst.Tuple) and len(inputs.lpar) == 1 and inputs.elements:
        span = facts.span(inputs)
        if (
            span.column is None
            or span.end_column is None
            or not facts.source.line(span.line)[: span.column - 1].endswith("(")
        ):
            return None
        around = Span(span.line, span.column - 1, span.end_line, span.end_column + 1)
        return rewrite.safe("Write a list", Edit(around, f"[{text.rstrip().rstrip(',')}]"))
    if _is_description(inputs, facts):
        return rewrite.safe("Write a list", rewrite.replace(inputs, f"[{text}]", facts))
    return None
