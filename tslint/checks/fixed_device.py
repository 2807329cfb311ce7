"""A GPU asked for by name in forward: the model runs on machines that have one, and Core ML's is none.

Measured on torch 2.13: ``torch.zeros(n, device=x.device)`` is recorded with the device of the example input; that matters
to nobody who converts the trace, and is no finding.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint import rewrite
from tslint.checks import on
from tslint.checks._places import asks_machine, deciding
from tslint.diagnostic import Finding, Fix, Severity
from tslint.facts.facts import Facts
from tslint.facts.kinds import Callable, Constant, Module, Str, Tensor, options

HELP = "use the device of the input (`device=x.device`, `x.new_zeros(…)`), or a buffer"


@on(cst.Call, traced=True)
def check(call: cst.Call, facts: Facts) -> Iterator[Finding]:
    if not _names_a_gpu(call, facts):
        return
    conditions = deciding(call, facts)
    if any(asks_machine(test, facts) or _is_a_flag(test, facts) for test in conditions):
        return
    yield Finding(call, {"call": facts.text(call)}, severity=Severity.WARNING, fix=_moved(call, facts), help=HELP)


def _moved(call: cst.Call, facts: Facts) -> Fix | None:
    """The device of the first tensor that the function is handed, in the place of the GPU."""
    tensor = rewrite.tensor_parameter(facts.enclosing_function(call), facts)
    if tensor is None:
        return None
    func, device, title = call.func, f"{tensor}.device", f"Use `{tensor}.device`"
    if facts.qualified(func) == "torch.device":
        return rewrite.unsafe(title, rewrite.replace(call, device, facts))
    named = facts.argument(call, len(call.args), "device")
    if _is_method(call, "to", facts) or _is_method(call, "cuda", facts):
        assert isinstance(func, cst.Attribute)
        if not facts.is_tensor(func.value) or len(call.args) > (func.attr.value == "to"):
            return None
        owner = rewrite.source(func.value, facts)
        if owner == tensor:
            return rewrite.unsafe(f"Leave `{tensor}` where it is", rewrite.replace(call, tensor, facts))
        moved = f"{rewrite.atom(func.value, facts)}.to({device})"
        return rewrite.unsafe(title, rewrite.replace(call, moved, facts))
    return rewrite.unsafe(title, rewrite.replace(named, device, facts)) if named is not None else None


def _names_a_gpu(call: cst.Call, facts: Facts) -> bool:
    """``.cuda()``, ``.to("cuda")``, ``device="cuda:0"``, ``torch.device("cuda")``, ``torch.cuda.FloatTensor(…)``."""
    name = facts.qualified(call.func) or ""
    if name.startswith("torch.cuda.") and name.endswith("Tensor"):
        return True
    device = facts.argument(call, 0 if name == "torch.device" else len(call.args), "device")
    if device is not None and (name.startswith("torch.") or _is_method(call, "to", facts)):
        return _is_gpu(device, facts)
    if _is_method(call, "to", facts):
        return bool(call.args) and _is_gpu(call.args[0].value, facts)
    return _is_method(call, "cuda", facts)


def _is_method(call: cst.Call, name: str, facts: Facts) -> bool:
    """Whether CALL calls a method of this name of a tensor or a module."""
    if not isinstance(call.func, cst.Attribute) or call.func.attr.value != name:
        return False
    kinds = options(facts.kind(call.func))
    return any(isinstance(kind, Callable) and isinstance(kind.owner, (Tensor, Module)) for kind in kinds)


def _is_gpu(device: cst.BaseExpression, facts: Facts) -> bool:
    kinds = options(facts.kind(device))
    return all(isinstance(kind, Str) and (kind.value or "").partition(":")[0] == "cuda" for kind in kinds)


def _is_a_flag(test: cst.BaseExpression, facts: Facts) -> bool:
    """Whether a condition asks for an option of the model (``self.use_gpu``), and not for what an argument is."""
    if isinstance(test, cst.BooleanOperation):
        return _is_a_flag(test.left, facts) or _is_a_flag(test.right, facts)
    if isinstance(test, cst.UnaryOperation):
        return _is_a_flag(test.expression, facts)
    asked = [test.left] if isinstance(test, cst.Comparison) else [test]
    return any(isinstance(kind, (Constant, Str)) for node in asked for kind in options(facts.kind(node)))
