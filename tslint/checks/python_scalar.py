"""A number read out of a tensor: tracing records it as a constant."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint import rewrite
from tslint.checks import on
from tslint.checks._observed import SCALARS, baked_rule, call_text, change, generalisation, labels
from tslint.checks._places import is_learned, iterated_over, meets_tensor, only_decides
from tslint.diagnostic import Claim, Finding, Fix, Severity
from tslint.evidence import ConstantBaked
from tslint.facts.context import Context
from tslint.facts.facts import Facts
from tslint.facts.kinds import Constant, FixedSize, Tensor, options
from tslint.facts.signatures import KEPT

NUMBERS = ("math.", "numpy.")
"""Libraries whose functions turn a tensor into a number or an array of their own."""
ARRAYS = "scipy."
"""The library whose functions take an array first, and options behind it; none of them knows of tensors."""
METHODS = frozenset({"item", "tolist", "numpy"})


@on(cst.Call, traced=True)
def predict(call: cst.Call, facts: Facts) -> Iterator[Finding]:
    tensor = _read(call, facts)
    if tensor is None or iterated_over(call, facts) or only_decides(call, facts):
        return
    pinned = isinstance(facts.kind(call), (Constant, FixedSize))
    if pinned or is_learned(tensor, facts) or not facts.reaches_output(call) or facts.only_kept(call):
        return
    certain = facts.qualified(call.func) != "builtins.len" or facts.certain(call)
    yield Finding(
        call,
        {"call": _named(call, facts)},
        claim=Claim.TRACE_DIFFERS if certain else Claim.TRACE_SPECIALISES,
        severity=Severity.ERROR if certain else Severity.WARNING,
        fix=_size(call, tensor, facts) or _kept(call, tensor, facts),
        help=_help(call, tensor, facts),
    )


@on(ConstantBaked)
def observe(evidence: ConstantBaked, context: Context) -> Iterator[Finding]:
    if baked_rule(evidence, context) == "python-scalar":
        claim, severity = generalisation(evidence)
        yield Finding(
            evidence.place,
            {"call": call_text(evidence, context)},
            claim=claim,
            severity=severity,
            labels=labels(evidence.stack, evidence.place, evidence.use),
            caption=change(evidence, context),
        )


def _read(call: cst.Call, facts: Facts) -> cst.BaseExpression | None:
    """The tensor that CALL takes a Python value from while it is traced."""
    if isinstance(call.func, cst.Attribute) and call.func.attr.value in METHODS:
        source = call.func.value
    elif call.args and _takes_the_number(facts.qualified(call.func) or "", len(call.args)):
        source = call.args[0].value
    else:
        return None
    return source if facts.is_tensor(source) else None


def _takes_the_number(function: str, arguments: int) -> bool:
    if function.startswith(ARRAYS):
        return True
    return arguments == 1 and function not in KEPT and (function in SCALARS or function.startswith(NUMBERS))


def _named(call: cst.Call, facts: Facts) -> str:
    if isinstance(call.func, cst.Attribute) and call.func.attr.value in METHODS:
        return f".{call.func.attr.value}()"
    return facts.text(call.func)


def _size(call: cst.Call, tensor: cst.BaseExpression, facts: Facts) -> Fix | None:
    """``len(x)`` is ``x.size(0)``."""
    if facts.qualified(call.func) != "builtins.len":
        return None
    text = f"{rewrite.atom(tensor, facts)}.size(0)"
    return rewrite.safe(f"Write `{text}`", rewrite.replace(call, text, facts))


def _kept(call: cst.Call, tensor: cst.BaseExpression, facts: Facts) -> Fix | None:
    """``x.sum().item()`` becomes ``x.sum().detach()`` where it enters arithmetic with tensors: a tensor without dimensions does
    there what a number does. ``detach`` stops gradients, as ``item`` did; PyTorch subtracts no bools.
    """
    func = call.func
    if not isinstance(func, cst.Attribute) or func.attr.value != "item" or call.args or not meets_tensor(call, facts):
        return None
    asked = isinstance(tensor, cst.Call) and facts.text(tensor.func).rpartition(".")[2] in ("any", "all")
    kinds = options(facts.kind(tensor))
    if asked or not all(isinstance(kind, Tensor) and kind.shape.rank == 0 for kind in kinds):
        return None
    return rewrite.safe(f"Write `{facts.text(tensor)}.detach()`", rewrite.replace(func.attr, "detach", facts))


def _help(call: cst.Call, tensor: cst.BaseExpression, facts: Facts) -> str:
    if facts.qualified(call.func) == "builtins.len":
        return f"`{rewrite.atom(tensor, facts)}.size(0)` stays in the graph"
    return "compute with the tensor itself: operations on tensors stay in the graph"
