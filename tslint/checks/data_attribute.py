"""``x.data`` of a tensor that is computed from an input: the tracer does not follow it and records a constant."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint import rewrite
from tslint.checks import on
from tslint.checks._places import is_learned, uses
from tslint.checks._sizes import holds_baked_size, holds_size
from tslint.diagnostic import Claim, Finding, Fix, Severity
from tslint.facts.facts import Facts
from tslint.facts.kinds import Kind, List, ShapeOf, Tensor, Tuple, options

HARMLESS = frozenset(
    {"dim", "ndim", "ndimension", "dtype", "type", "device", "get_device", "is_cuda", "is_contiguous", "layout", "new",
     "new_zeros", "new_ones", "new_empty", "new_full", "new_tensor", "requires_grad", "is_floating_point", "element_size"}
)  # fmt: skip
"""What is asked of a tensor that no value in it and no size of it decides."""
SIZES = frozenset({"size", "shape", "numel", "nelement", "__len__"})
LIKE = frozenset({"zeros_like", "ones_like", "empty_like", "rand_like", "randn_like", "full_like"})
"""Functions that read a size of their first argument alone."""


@on(cst.Attribute, named=("data",))
def predict(node: cst.Attribute, facts: Facts) -> Iterator[Finding]:
    if not facts.is_traced_code(node):
        return
    if (
        not _is_computed(node.value, facts)
        or not _is_read(node, facts)
        or not facts.reaches_output(node)
        or not _matters(node, facts)
    ):
        return
    yield Finding(
        node,
        {"tensor": facts.text(node)},
        claim=Claim.TRACE_FAILS if _is_all_that_returns(node, facts) else Claim.TRACE_DIFFERS,
        severity=Severity.ERROR,
        fix=_detached(node, facts),
        help=f"`{rewrite.atom(node.value, facts)}.detach()` stays in the graph",
    )


def _detached(node: cst.Attribute, facts: Facts) -> Fix | None:
    """``x.data`` becomes ``x.detach()``, unless it is written into: autograd would watch that."""
    parent = facts.parent(node)
    names: list[cst.Name] = []
    if isinstance(parent, cst.Assign) and isinstance(parent.targets[0].target, cst.Name):
        names = uses(parent.targets[0].target, facts)
    if any(_writes(use, facts) for use in (node, *names)):
        return None
    text = f"{rewrite.atom(node.value, facts)}.detach()"
    return rewrite.safe(f"Write `{text}`", rewrite.replace(node.attr, "detach()", facts))


def _writes(node: cst.CSTNode, facts: Facts) -> bool:
    """``x.add_(1)``, ``x[0] = 1``, ``x += 1``."""
    parent = facts.parent(node)
    if isinstance(parent, cst.Attribute) and parent.value is node:
        return parent.attr.value.endswith("_")
    if isinstance(parent, cst.Subscript) and parent.value is node:
        return isinstance(facts.parent(parent), (cst.AssignTarget, cst.AugAssign))
    return isinstance(parent, cst.AugAssign) and parent.target is node


def _is_computed(node: cst.BaseExpression, facts: Facts) -> bool:
    """Whether NODE is a tensor that an input decides (a parameter's data are constants anyway)."""
    roles = {option.role for option in options(facts.kind(node)) if isinstance(option, Tensor)}
    return facts.is_tensor(node) and roles == {"value"} and not is_learned(node, facts)


def _is_read(node: cst.Attribute, facts: Facts) -> bool:
    """Not ``x.data = y``."""
    parent = facts.parent(node)
    return not (isinstance(parent, cst.AssignTarget) or (isinstance(parent, cst.AugAssign) and parent.target is node))


def _matters(node: cst.Attribute, facts: Facts) -> bool:
    """Whether a value or a size that can change is used of the data."""
    use = facts.parent(node)
    if isinstance(use, cst.Attribute):
        if use.attr.value in HARMLESS:
            return use.attr.value == "new" and _takes_size(facts.parent(use), facts)
        if use.attr.value in SIZES:
            outer = facts.parent(use)
            called = isinstance(outer, cst.Call) and outer.func is use
            size: cst.CSTNode = outer if called and outer is not None else use
            further = facts.parent(size)
            if isinstance(further, cst.Subscript) and further.value is size:
                size = further
            kind = facts.kind(size)
            if any(isinstance(option, ShapeOf) for option in options(kind)):
                return bool(facts.open_dimensions(node))
            return holds_baked_size(kind) or holds_size(kind)
    if isinstance(use, cst.Arg):
        call = facts.parent(use)
        if isinstance(call, cst.Call) and (facts.qualified(call.func) or "").rpartition(".")[2] in LIKE:
            return bool(facts.open_dimensions(node))
    return True


def _takes_size(call: cst.CSTNode | None, facts: Facts) -> bool:
    """``x.data.new(n, 2)``: a new tensor whose shape was written down."""
    return isinstance(call, cst.Call) and any(holds_size(facts.kind(argument.value)) for argument in call.args)


def _is_all_that_returns(node: cst.Attribute, facts: Facts) -> bool:
    """Whether forward returns a tensor that was computed from such data alone: the tracer finds no way to its inputs."""
    function = facts.enclosing_function(node)
    cls = facts.module_class(node)
    if function is None or cls is None or cls.is_inner or function is not cls.methods.get("forward"):
        return False
    return any(_holds_untraced(kind) for _, kind in facts.returns(function))


def _holds_untraced(kind: Kind) -> bool:
    if isinstance(kind, Tuple):
        return any(map(_holds_untraced, kind.items))
    if isinstance(kind, List):
        return _holds_untraced(kind.element)
    return any(isinstance(option, Tensor) and option.role == "untraced" for option in options(kind))
