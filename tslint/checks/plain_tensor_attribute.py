"""A tensor kept in an attribute that is neither a parameter nor a buffer: the model does not know of it.

Measured on torch 2.13: the trace holds it as a constant, if it requires no gradient; else torch.jit.trace refuses it.
What moves or casts the model (``to``, ``half``, ``cuda``) leaves it behind.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.checks import on
from tslint.checks._attributes import FOLLOWING, elements, is_handed_on, used
from tslint.checks._places import branches
from tslint.checks._registering import buffered
from tslint.diagnostic import Claim, Finding, Severity
from tslint.facts.classes import Attribute, ModuleClass
from tslint.facts.facts import Facts
from tslint.facts.kinds import Constant, Kind, Tensor, options
from tslint.facts.tree import words

MOVING = words("to cuda half double bfloat16")
CARRYING = words("""
    to cuda cpu float half double bfloat16 view reshape unsqueeze squeeze transpose permute expand repeat clone contiguous
    mul div add sub t type_as flatten
""")
"""Methods whose result requires gradients where their tensor does."""


@on(Facts)
def check(facts: Facts, _: Facts) -> Iterator[Finding]:
    for cls in facts.module_classes:
        for attribute in cls.attributes.values():
            if attribute.registered or attribute.value is None:
                continue
            if _needs_gradient(attribute, facts):
                yield from _refused(cls, attribute, facts)
            elif all(isinstance(o, Tensor) and o.role == "plain" for o in options(attribute.kind)):
                yield from _left_behind(cls, attribute, facts)


def _refused(cls: ModuleClass, attribute: Attribute, facts: Facts) -> Iterator[Finding]:
    places = used(cls, attribute, facts)
    if places and not is_handed_on(cls, attribute, facts):
        yield Finding(
            attribute.node,
            {
                "attribute": f"self.{attribute.name}",
                "problem": "requires gradients and is no parameter, which torch.jit.trace refuses",
            },
            claim=Claim.TRACE_FAILS,
            severity=Severity.WARNING if branches(attribute.node, facts) else Severity.ERROR,
            labels=(facts.label(places[0], "it is used here"),),
            help=f"make it an `nn.Parameter` (in an `nn.ParameterList`), or detach it and call "
            f'`self.register_buffer("{attribute.name}", …)`',
        )


def _left_behind(cls: ModuleClass, attribute: Attribute, facts: Facts) -> Iterator[Finding]:
    """A warning where the file moves or casts the model, and forward does not bring the tensor after it."""
    moves = [call for call in facts.nodes(cst.Call) if _moves(call, cls, facts)]
    places = [node for node in used(cls, attribute, facts) if not _follows(node, facts)] if moves else []
    if places:
        yield Finding(
            attribute.node,
            {
                "attribute": f"self.{attribute.name}",
                "problem": "is no buffer, and stays behind where the model is moved or cast",
            },
            claim=Claim.WRONG_CALL,
            severity=Severity.WARNING,
            labels=(facts.label(moves[0], "the model is moved here"), facts.label(places[0], "it is used here")),
            fix=buffered(cls, attribute, facts),
            help=f'call `self.register_buffer("{attribute.name}", …)`',
        )


def _needs_gradient(attribute: Attribute, facts: Facts) -> bool:
    """Whether an attribute holds a tensor that requires gradients, or a list or dict of parameters."""
    if attribute.value is not None and requires_gradient(attribute.value, facts):
        return True
    return any(_is_parameter(kind) for element in elements(attribute.kind) for kind in options(element))


def _is_parameter(kind: Kind) -> bool:
    return isinstance(kind, Tensor) and kind.role == "parameter"


def requires_gradient(node: cst.BaseExpression, facts: Facts) -> bool:
    """Whether an expression certainly makes a tensor that requires gradients."""
    if isinstance(node, cst.BinaryOperation):
        return requires_gradient(node.left, facts) or requires_gradient(node.right, facts)
    if isinstance(node, cst.UnaryOperation):
        return requires_gradient(node.expression, facts)
    if isinstance(node, cst.Attribute):
        return _is_parameter(facts.kind(node))
    if not isinstance(node, cst.Call):
        return False
    if facts.qualified(node.func) == "torch.nn.Parameter":
        return _flag(node, 1, facts) is not False
    if _flag(node, None, facts):
        return True
    if isinstance(node.func, cst.Attribute) and facts.qualified(node.func) is None:
        if node.func.attr.value == "requires_grad_":
            return not node.args
        return node.func.attr.value in CARRYING and requires_gradient(node.func.value, facts)
    return False


def _flag(call: cst.Call, index: int | None, facts: Facts) -> bool | None:
    """What ``requires_grad=`` says; None where it is left out or open."""
    given = facts.argument(call, index if index is not None else len(call.args), "requires_grad")
    kind = facts.kind(given) if given is not None else None
    return kind.value if isinstance(kind, Constant) and isinstance(kind.value, bool) else None


def _moves(call: cst.Call, cls: ModuleClass, facts: Facts) -> bool:
    """Whether the calling code moves or casts an instance of CLS, or of one that holds it."""
    if not isinstance(call.func, cst.Attribute) or call.func.attr.value not in MOVING or facts.is_traced_code(call):
        return False
    moved = facts.instance_class(call.func.value)
    return moved is not None and cls in facts.classes.held_by([moved])


def _follows(node: cst.Attribute, facts: Facts) -> bool:
    """``self.mask.to(x.device)``."""
    parent = facts.parent(node)
    return isinstance(parent, cst.Attribute) and parent.attr.value in FOLLOWING
