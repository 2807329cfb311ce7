"""A module handed to ``ct.convert`` as it is, without being traced, scripted or exported."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint import rewrite
from tslint.checks import on
from tslint.checks._conversion import conversions, is_program
from tslint.diagnostic import Finding, Fix
from tslint.facts.facts import Facts
from tslint.facts.kinds import Callable, Kind, Module, Str, Tensor, options


@on(Facts)
def check(facts: Facts, _: Facts) -> Iterator[Finding]:
    for call, model, kinds in conversions(facts):
        what = {_eager(kind, facts) for kind in kinds}
        if None not in what and len(what) == 1 and _is_from_torch(call, facts):
            yield Finding(
                model,
                {"model": facts.text(model), "what": what.pop() or ""},
                fix=_traced(call, model, kinds, facts),
                help="trace it first: `ct.convert(torch.jit.trace(model.eval(), example), inputs=…)`",
            )


def _traced(call: cst.Call, model: cst.BaseExpression, kinds: tuple[Kind, ...], facts: Facts) -> Fix | None:
    """``torch.jit.trace(model.eval(), …)`` in the place of the module, for tensors of the shapes that ``inputs`` describes."""
    torch, inputs = rewrite.spelled("torch", facts), facts.argument(call, 2, "inputs")
    if torch is None or not isinstance(inputs, cst.List) or not all(isinstance(kind, Module) for kind in kinds):
        return None
    examples = [_example(element.value, torch, facts) for element in inputs.elements]
    known = [example for example in examples if example is not None]
    if not known or len(known) < len(examples):
        return None
    text = rewrite.atom(model, facts)
    module = text if facts.mode_of(model) == "eval" else f"{text}.eval()"
    given = known[0] if len(known) == 1 else f"({', '.join(known)})"
    traced = f"{torch}.jit.trace({module}, {given})"
    return rewrite.unsafe(f"Write `{traced}`", rewrite.replace(model, traced, facts))


def _example(description: cst.BaseExpression, torch: str, facts: Facts) -> str | None:
    """A tensor that fits a description: the one whose shape is named there, else one of the numbers that stand there."""
    name = (facts.qualified(description.func) or "") if isinstance(description, cst.Call) else ""
    if not isinstance(description, cst.Call) or name not in ("coremltools.TensorType", "coremltools.ImageType"):
        return None
    shape = facts.argument(description, 1, "shape")
    if any(arg.star or (arg.keyword is not None and arg.keyword.value == "dtype") for arg in description.args):
        return None
    if isinstance(shape, cst.Attribute) and shape.attr.value == "shape" and isinstance(shape.value, cst.Name):
        kinds = options(facts.calling_kind(shape.value))
        return shape.value.value if all(isinstance(kind, Tensor) for kind in kinds) else None
    sizes = [element.value for element in shape.elements] if isinstance(shape, (cst.Tuple, cst.List)) else []
    if not sizes or not all(isinstance(size, cst.Integer) for size in sizes):
        return None
    return f"{torch}.rand({', '.join(facts.text(size) for size in sizes)})"


def _is_from_torch(call: cst.Call, facts: Facts) -> bool:
    """Whether ``source=`` names PyTorch, or nothing."""
    source = facts.argument(call, 1, "source")
    kind = facts.calling_kind(source) if source is not None else Str("auto")
    return isinstance(kind, Str) and kind.value in ("auto", "pytorch")


def _eager(kind: Kind, facts: Facts) -> str | None:
    """What KIND is that is no program yet; None where it is one, or may be."""
    if isinstance(kind, Module):
        return (
            None
            if is_program(kind) or not (kind.cls or kind.layer or kind.steps)
            else "a module that is neither traced nor scripted"
        )
    if not isinstance(kind, Callable):
        return None
    if isinstance(kind.owner, Module):
        return "a method" if not is_program(kind.owner) else None
    if isinstance(kind.node, cst.ClassDef) and any(cls.node is kind.node for cls in facts.module_classes):
        return "a class"
    return None
