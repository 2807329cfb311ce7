"""What a condition tells about the values it speaks of: ``is None``, ``isinstance``, ``self.training``, equal sizes."""

from __future__ import annotations

import libcst as cst

from tslint.facts.frame import Frame, only, without
from tslint.facts.kinds import (
    Callable,
    Constant,
    Data,
    Dict,
    FixedSize,
    Kind,
    List,
    Module,
    NoneKind,
    ShapeOf,
    Size,
    Str,
    Tensor,
    Tuple,
    Unknown,
    options,
)

TYPES: dict[str, tuple[type[Kind], ...]] = {
    "torch.Tensor": (Tensor,),
    "torch.FloatTensor": (Tensor,),
    "torch.LongTensor": (Tensor,),
    "torch.autograd.Variable": (Tensor,),
    "torch.nn.Parameter": (Tensor,),
    "builtins.list": (List,),
    "builtins.tuple": (Tuple, ShapeOf, List),
    "builtins.dict": (Dict,),
    "builtins.str": (Str,),
    "torch.nn.Module": (Module,),
    "torch.Size": (Tuple, ShapeOf),
    "collections.OrderedDict": (Dict,),
    "collections.abc.Mapping": (Dict,),
    "typing.Mapping": (Dict,),
    "typing.Dict": (Dict,),
    "typing.List": (List,),
    "typing.Tuple": (Tuple,),
    "collections.abc.Sequence": (List, Tuple, ShapeOf),
    "collections.abc.Iterable": (List, Tuple, ShapeOf, Dict, Tensor, Str, Module),
}
NUMBER_TYPES = frozenset(["builtins.int", "builtins.float", "builtins.bool", "numbers.Number", "builtins.complex"])
CERTAIN = (Tensor, NoneKind, List, Tuple, Dict, Str, ShapeOf)
"""Kinds whose type is known for sure; a constant may hold anything."""


def truth(kind: Kind) -> bool | None:
    """Whether a condition of this kind holds, where that is known for every traced call."""
    if isinstance(kind, Constant) and isinstance(kind.value, bool):
        return kind.value
    if isinstance(kind, NoneKind):
        return False
    return None


def decided(frame: Frame, test: cst.BaseExpression) -> bool | None:
    """Whether a condition that has been evaluated holds in every traced call; part of ``a or not self.training`` may tell."""
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        inner = decided(frame, test.expression)
        return None if inner is None else not inner
    if isinstance(test, cst.BooleanOperation):
        settles = isinstance(test.operator, cst.Or)
        parts = [decided(frame, test.left), decided(frame, test.right)]
        return settles if settles in parts else None if None in parts else not settles
    if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
        operator, right = test.comparisons[0].operator, decided(frame, test.comparisons[0].comparator)
        left = decided(frame, test.left)
        if isinstance(operator, (cst.Equal, cst.NotEqual)) and left is not None and right is not None:
            return (left == right) == isinstance(operator, cst.Equal)
    kind = frame.context.kinds.get(test)
    return None if kind is None else truth(kind)


def isinstance_answer(frame: Frame, value: Kind, types: cst.BaseExpression) -> bool | None:
    """The answer of ``isinstance(value, types)``, where the kind tells it."""
    accepted, numbers = _types(frame, types)
    if accepted is None:
        return None
    answers = {_is_instance(option, accepted, numbers) for option in options(value)}
    return answers.pop() if len(answers) == 1 else None


def _is_instance(kind: Kind, accepted: tuple[type[Kind], ...], numbers: bool) -> bool | None:
    if isinstance(kind, CERTAIN):
        if isinstance(kind, List) and kind.name not in ("list", "tuple"):
            return None
        if isinstance(kind, List) and kind.name == "tuple" and (Tuple in accepted) == (List in accepted):
            return List in accepted
        if (
            isinstance(kind, List)
            and kind.name == "list"
            and Tuple in accepted
            and ShapeOf in accepted
            and List in accepted
        ):
            return None
        return isinstance(kind, accepted)
    if isinstance(kind, (Size, FixedSize, Data)):
        return None if numbers or isinstance(kind, Data) else isinstance(kind, accepted)
    return None


def _types(frame: Frame, node: cst.BaseExpression) -> tuple[tuple[type[Kind], ...] | None, bool]:
    """The kinds that a type expression accepts, and whether numbers are among them; None where a type is unknown."""
    parts = [e.value for e in node.elements] if isinstance(node, cst.Tuple) else [node]
    accepted: tuple[type[Kind], ...] = ()
    numbers = False
    for part in parts:
        name = frame.analysis.names.qualified(part) if isinstance(part, (cst.Name, cst.Attribute)) else None
        if name in NUMBER_TYPES:
            numbers = True
        elif name in TYPES:
            accepted += TYPES[name]
        else:
            return None, numbers
    return accepted, numbers


def narrow(frame: Frame, test: cst.BaseExpression, answer: bool) -> None:
    """Goes on as if TEST had answered so; ``frame.dead`` where it cannot."""
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        narrow(frame, test.expression, not answer)
    elif isinstance(test, cst.BooleanOperation):
        if isinstance(test.operator, cst.And) == answer:
            narrow(frame, test.left, answer)
            if not frame.dead:
                narrow(frame, test.right, answer)
    elif isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
        _narrow_comparison(frame, test, answer)
    elif isinstance(test, cst.Call):
        _narrow_call(frame, test, answer)
    elif isinstance(test, (cst.Name, cst.Attribute)):
        kind = _known(frame, test)
        if kind is not None and answer:
            _set(frame, test, without(kind, NoneKind))


def _narrow_comparison(frame: Frame, test: cst.Comparison, answer: bool) -> None:
    target = test.comparisons[0]
    operator, right = target.operator, target.comparator
    if isinstance(operator, (cst.Is, cst.IsNot)) and isinstance(right, cst.Name) and right.value == "None":
        kind = _known(frame, test.left)
        if kind is None:
            return
        none = isinstance(operator, cst.Is) == answer
        if none and isinstance(kind, (Constant, Callable)):
            return
        _set(frame, test.left, only(kind, NoneKind, Constant) if none else without(kind, NoneKind))
    elif isinstance(operator, cst.Equal if answer else cst.NotEqual):
        _pin_equal(frame, test.left, right)


def _pin_equal(frame: Frame, left: cst.BaseExpression, right: cst.BaseExpression) -> None:
    """``x.size(1) == self.channels`` holds from here on: the size can have one value only."""
    kinds = frame.context.kinds
    for one, other in ((left, right), (right, left)):
        mine, given = kinds.get(one), kinds.get(other)
        if mine is None or _rounds(one):
            continue
        sizes = [option for option in options(mine) if isinstance(option, Size)]
        if sizes and isinstance(given, (Constant, FixedSize)):
            if isinstance(mine, Size):
                frame.pin(mine.depends)
            _set(frame, one, FixedSize(origin=sizes[0].origin))
        elif isinstance(mine, Tuple) and isinstance(given, Tuple) and mine.is_shape:
            for a, b in zip(mine.items, given.items, strict=False):
                if isinstance(a, Size) and isinstance(b, (Constant, FixedSize)):
                    frame.pin(a.depends)


def _rounds(node: cst.BaseExpression) -> bool:
    """``n % 2``, ``n // 2``: many sizes have the same."""
    return isinstance(node, cst.BinaryOperation) and (
        isinstance(node.operator, (cst.Modulo, cst.FloorDivide)) or _rounds(node.left) or _rounds(node.right)
    )


def _narrow_call(frame: Frame, test: cst.Call, answer: bool) -> None:
    name = frame.analysis.names.qualified(test.func) if isinstance(test.func, (cst.Name, cst.Attribute)) else None
    if name == "torch.is_tensor" and test.args:
        kind = _known(frame, test.args[0].value)
        if kind is not None:
            _set(frame, test.args[0].value, only(kind, Tensor, Constant) if answer else without(kind, Tensor))
    if name != "builtins.isinstance" or len(test.args) != 2:
        return
    value = test.args[0].value
    kind = _known(frame, value)
    accepted, numbers = _types(frame, test.args[1].value)
    if kind is None or accepted is None or isinstance(kind, Constant):
        return
    kept: list[Kind] = []
    for option in options(kind):
        known = _is_instance(option, accepted, numbers)
        if known is None or known is answer:
            kept.append(option)
    if not kept:
        frame.dead = True
    elif isinstance(kind, Unknown) and answer and accepted and not numbers:
        _become(frame, value, accepted)
    else:
        from tslint.facts.joins import join_all

        _set(frame, value, join_all(kept))


def _become(frame: Frame, node: cst.BaseExpression, accepted: tuple[type[Kind], ...]) -> None:
    """Something unknown turned out to be of one of these types."""
    if set(accepted) == {Tensor}:
        _set(frame, node, frame.unknown_tensor(node, "isinstance"))
    elif set(accepted) == {Dict}:
        _set(frame, node, Dict(complete=False))
    elif set(accepted) == {Str}:
        _set(frame, node, Str())


def _key(node: cst.BaseExpression) -> str | None:
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute) and isinstance(node.value, cst.Name):
        return f"{node.value.value}.{node.attr.value}"
    return None


def _known(frame: Frame, node: cst.BaseExpression) -> Kind | None:
    if isinstance(node, cst.NamedExpr):
        node = node.target
    key = _key(node)
    if key is None:
        return None
    found = frame.lookup(key)
    return found if found is not None else frame.context.kinds.get(node)


def _set(frame: Frame, node: cst.BaseExpression, kind: Kind | None) -> None:
    if isinstance(node, cst.NamedExpr):
        node = node.target
    key = _key(node)
    if kind is None:
        frame.dead = True
    elif key is not None:
        frame.env[key] = kind
