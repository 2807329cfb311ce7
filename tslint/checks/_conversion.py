"""What the code that converts hands to ``ct.convert``."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.facts.conversion_calls import TORCHSCRIPT
from tslint.facts.facts import Facts
from tslint.facts.kinds import CoreModel, Kind, Module, Step, Str, options
from tslint.facts.names import dotted

CONVERT = "coremltools.convert"


Conversion = tuple[cst.Call, cst.BaseExpression, tuple[Kind, ...]]
"""A call of ``ct.convert``, the model that it is handed, and what that can be."""


def conversions(facts: Facts) -> Iterator[Conversion]:
    """The calls of ``ct.convert``, but for those that a test expects to raise."""
    for call in facts.calls_to(CONVERT):
        model = facts.argument(call, 0, "model")
        if model is not None and not _is_expected_to_raise(call, facts):
            yield call, model, options(facts.calling_kind(model))


def _is_expected_to_raise(call: cst.Call, facts: Facts) -> bool:
    """Whether CALL stands in ``with pytest.raises(…)`` or ``with self.assertRaises(…)``."""
    for around in facts.tree.ancestors(call):
        if isinstance(around, cst.With):
            for item in around.items:
                name = dotted(item.item.func) if isinstance(item.item, cst.Call) else None
                if (name or "").rpartition(".")[2] in ("raises", "assertRaises", "assertRaisesRegex"):
                    return True
    return False


def saves(facts: Facts) -> Iterator[tuple[cst.Call, tuple[CoreModel, ...]]]:
    """The calls that save what ``ct.convert`` made, each with what that can be."""
    if not facts.calls_to(CONVERT):
        return
    for call in facts.nodes(cst.Call):
        if isinstance(call.func, cst.Attribute) and call.func.attr.value == "save":
            kinds = options(facts.calling_kind(call.func.value))
            models = tuple(kind for kind in kinds if isinstance(kind, CoreModel))
            if len(models) == len(kinds):
                yield call, models


def is_program(kind: Kind) -> bool:
    """Whether KIND is a TorchScript program, or the path of a saved one."""
    if isinstance(kind, Module):
        return kind.step(*TORCHSCRIPT) is not None
    return isinstance(kind, Str) and (kind.value or "").endswith((".pt", ".pth"))


def step(kinds: tuple[Kind, ...], *names: str) -> Step | None:
    """The step with one of these NAMES that a model has taken, whichever of KINDS it is."""
    found = [kind.step(*names) if isinstance(kind, Module) else None for kind in kinds]
    return found[0] if found and all(found) else None


def hides_arguments(call: cst.Call) -> bool:
    """Whether a star hides which arguments CALL is given."""
    return any(arg.star for arg in call.args)
