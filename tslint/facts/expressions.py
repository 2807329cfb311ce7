"""The kinds of expressions, one function a type of node."""

from __future__ import annotations

from collections.abc import Callable as Function
from typing import Any

import libcst as cst

from tslint.facts import shapes
from tslint.facts.arithmetic import binary, compare, invert
from tslint.facts.attributes import attribute, global_name
from tslint.facts.calls import call
from tslint.facts.frame import Frame, without
from tslint.facts.joins import join, join_all
from tslint.facts.kinds import (
    CONSTANT,
    UNKNOWN,
    Callable,
    Constant,
    Data,
    Dict,
    Either,
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
    present,
)
from tslint.facts.layerwise import runs_a_layer_each
from tslint.facts.literals import string_of
from tslint.facts.narrowing import narrow, truth
from tslint.facts.shapes import dims_at
from tslint.facts.subscripts import subscript

MAX_DEPTH = 120
"""Expressions nested more deeply are left unknown (Python's own recursion limit is not far above)."""


def evaluate(frame: Frame, node: cst.BaseExpression) -> Kind:
    """The kind of NODE, noted for it and for all expressions in it."""
    room = TABLE.get(type(node))
    if room is None or frame.depth > MAX_DEPTH:
        return UNKNOWN
    frame.depth += 1
    kind = room(frame, node)
    frame.depth -= 1
    context = frame.context
    context.kinds[node] = kind
    context.blocks[node] = frame.block
    return kind


def _name(frame: Frame, node: cst.Name) -> Kind:
    found = frame.env.get(node.value)
    if found is not None:
        return found
    found = frame.context.outer.get(node.value)
    return found if found is not None else global_name(frame, node)


def _integer(frame: Frame, node: cst.Integer) -> Kind:
    try:
        return Constant("int", int(node.value.replace("_", ""), 0))
    except ValueError:
        return Constant("int")


def _float(frame: Frame, node: cst.Float) -> Kind:
    try:
        return Constant("float", float(node.value.replace("_", "")))
    except ValueError:
        return Constant("float")


def _imaginary(frame: Frame, node: cst.Imaginary) -> Kind:
    return Constant("complex")


def _string(frame: Frame, node: cst.SimpleString) -> Kind:
    value = string_of(node)
    return Constant("bytes") if isinstance(value, bytes) else Str(value)


def _joined_string(frame: Frame, node: cst.ConcatenatedString) -> Kind:
    evaluate(frame, node.left)
    evaluate(frame, node.right)
    return Str()


def _formatted(frame: Frame, node: cst.FormattedString) -> Kind:
    for part in node.parts:
        if isinstance(part, cst.FormattedStringExpression):
            evaluate(frame, part.expression)
    return Str()


def _ellipsis(frame: Frame, node: cst.Ellipsis) -> Kind:
    return Constant("ellipsis", ...)


def _binary(frame: Frame, node: cst.BinaryOperation) -> Kind:
    # Sums of thousands of terms nest to the left: go down in a loop.
    chain = [node]
    left = node.left
    while isinstance(left, cst.BinaryOperation):
        chain.append(left)
        left = left.left
    kind = evaluate(frame, left)
    for operation in reversed(chain):
        kind = binary(frame, operation, operation.operator, kind, evaluate(frame, operation.right))
        if operation is not node:
            frame.record(operation, kind)
    return kind


def _unary(frame: Frame, node: cst.UnaryOperation) -> Kind:
    return invert(frame, node, evaluate(frame, node.expression))


HALF = frozenset(["torch.float16", "torch.half", "torch.bfloat16"])


def _half_precision(frame: Frame, node: cst.Comparison) -> bool | None:
    """The answer where a tensor's type is held against half precision: models are traced in single precision."""
    target = node.comparisons[0]
    operator, right = type(target.operator), target.comparator
    if len(node.comparisons) > 1 or operator not in (cst.Equal, cst.NotEqual, cst.In, cst.NotIn):
        return None
    if not (isinstance(node.left, cst.Attribute) and node.left.attr.value == "dtype"):
        return None
    types = (
        [element.value for element in right.elements] if isinstance(right, (cst.Tuple, cst.List, cst.Set)) else [right]
    )
    if not types or any(frame.analysis.names.qualified(one) not in HALF for one in types):
        return None
    owner = frame.context.kinds.get(node.left.value, UNKNOWN)
    if not all(isinstance(option, (Tensor, Module, Unknown)) for option in options(owner)):
        return None
    return operator in (cst.NotEqual, cst.NotIn)


def _comparison(frame: Frame, node: cst.Comparison) -> Kind:
    left = evaluate(frame, node.left)
    half = _half_precision(frame, node)
    result: Kind | None = None if half is None else Constant("bool", half)
    if result is not None:
        evaluate(frame, node.comparisons[0].comparator)
        return result
    for target in node.comparisons:
        right = evaluate(frame, target.comparator)
        one = compare(frame, node, target.operator, left, right)
        result = one if result is None else join(result, one)
        left = right
    return result if result is not None else UNKNOWN


def _boolean(frame: Frame, node: cst.BooleanOperation) -> Kind:
    conjunction = isinstance(node.operator, cst.And)
    left = evaluate(frame, node.left)
    state = frame.save()
    narrow(frame, node.left, conjunction)
    if frame.dead:
        frame.restore(state)
        return left
    known = truth(left)
    with frame.inside(untraced=known is not None and known is not conjunction):
        right = evaluate(frame, node.right)
    frame.restore((state[0], state[1] & frame.pins, state[2]))
    if known is not None:
        return right if known == conjunction else left
    if truth(right) is not None and truth(right) is not conjunction:
        return Constant("bool", not conjunction)  # whichever of the two it is, it decides alike
    if truth(right) is not None and truth(right) != conjunction:
        return right  # `flag and self.training`: false whatever the flag is
    if not conjunction:
        kept = without(left, NoneKind)
        return right if kept is None else join(kept, right)
    return join(left, right)


def _conditional(frame: Frame, node: cst.IfExp) -> Kind:
    test = evaluate(frame, node.test)
    known = truth(test)
    state = frame.save()
    results = []
    states = []
    for branch, answer in ((node.body, True), (node.orelse, False)):
        frame.restore(state)
        narrow(frame, node.test, answer)
        if frame.dead:
            continue
        with frame.inside(untraced=known is not None and known is not answer):
            kind = evaluate(frame, branch)
        if known is None or known is answer:
            results.append(kind)
            states.append(frame.save())
    if not results:
        frame.restore(state)
        return UNKNOWN
    frame.merge(states)
    return join_all(results)


def _tuple(frame: Frame, node: cst.Tuple) -> Kind:
    items = _elements(frame, node.elements)
    return List(name="tuple") if items is None else Tuple(tuple(items))


def _list(frame: Frame, node: cst.List) -> Kind:
    items = _elements(frame, node.elements)
    if items is None:
        return List()
    element = join_all(items)
    return List(element, Constant("int", len(items)), tuple(items), empty=not items)


def _elements(frame: Frame, elements: Any) -> list[Kind] | None:
    """The kinds of the elements of a display; None where a star hides how many there are."""
    items: list[Kind] | None = []
    for element in elements:
        kind = evaluate(frame, element.value)
        if isinstance(element, cst.StarredElement):
            inner = spread(kind)
            items = None if inner is None or items is None else [*items, *inner]
        elif items is not None:
            items.append(kind)
    return items


def spread(kind: Kind) -> list[Kind] | None:
    """What ``*kind`` stands for; None where the number is not known."""
    if isinstance(kind, Tuple):
        return list(kind.items)
    if isinstance(kind, ShapeOf):
        return [kind]
    if isinstance(kind, List) and kind.items is not None and isinstance(kind.length, Constant):
        return list(kind.items) if kind.length.value == len(kind.items) else None
    return None


def _set(frame: Frame, node: cst.Set) -> Kind:
    items = _elements(frame, node.elements)
    return List(join_all(items or ()), CONSTANT, name="set")


def _dict(frame: Frame, node: cst.Dict) -> Kind:
    items: dict[str, Kind] = {}
    complete = True
    element: Kind | None = None
    for part in node.elements:
        kind = evaluate(frame, part.value)
        if isinstance(part, cst.DictElement):
            key = evaluate(frame, part.key)
            element = kind if element is None else join(element, kind)
            if isinstance(key, Str) and key.value is not None:
                items[key.value] = kind
            else:
                complete = False
        elif isinstance(kind, Dict):
            items.update(kind.items)
            complete = complete and kind.complete
            element = kind.element if element is None else join(element, kind.element)
        else:
            complete = False
    return Dict(tuple(items.items()), element if element is not None else UNKNOWN, complete)


def _comprehension(frame: Frame, node: Any) -> Kind:
    saved = dict(frame.env)
    length = _bind_generator(frame, node.for_in)
    if isinstance(node, cst.DictComp):
        evaluate(frame, node.key)
        element = evaluate(frame, node.value)
    else:
        element = evaluate(frame, node.elt)
    frame.env = saved
    inner = node.for_in.iter
    if isinstance(inner, cst.Call) and inner.args:
        given = frame.context.kinds.get(inner.args[0].value, UNKNOWN)
        length = CONSTANT if runs_a_layer_each(frame, node, given) else length
    if isinstance(node, cst.DictComp):
        return Dict((), element, complete=False)
    name = "set" if isinstance(node, cst.SetComp) else "generator" if isinstance(node, cst.GeneratorExp) else "list"
    return List(element, length, (element,), name)


def _bind_generator(frame: Frame, part: cst.CompFor) -> Kind:
    from tslint.facts.assignments import assign

    iterable = evaluate(frame, part.iter)
    assign(frame, part.target, element_of(frame, iterable, part.iter))
    length = length_of(iterable, part.iter)
    for condition in part.ifs:
        test = evaluate(frame, condition.test)
        narrow(frame, condition.test, True)
        frame.dead = False
        if not isinstance(test, Constant):
            length = UNKNOWN
    if part.inner_for_in is not None:
        inner = _bind_generator(frame, part.inner_for_in)
        length = inner if isinstance(length, Constant) else length
    return length


def element_of(frame: Frame, iterable: Kind, node: cst.CSTNode) -> Kind:
    """The kind of one element when ITERABLE is iterated."""
    results: list[Kind] = []
    for kind in present(iterable):
        if isinstance(kind, Tensor):
            shape = shapes.removed(kind.shape, [0])
            results.append(Tensor(shape) if shape is not None else frame.unknown_tensor(node, "element"))
        elif isinstance(kind, List):
            results.append(kind.element)
        elif isinstance(kind, Tuple):
            results.append(join_all(kind.items))
        elif isinstance(kind, ShapeOf):
            results.append(Size(shapes.total(kind.shape), origin=kind.origin))
        elif isinstance(kind, Dict):
            results.append(Str())
        elif isinstance(kind, Module) and (kind.layer or "").endswith(("Sequential", "ModuleList")):
            results.append(join_all(kind.items) if kind.items else UNKNOWN)
        elif isinstance(kind, Data):
            results.append(kind)
        elif isinstance(kind, Constant):
            results.append(Constant(argument=kind.argument))
        else:
            results.append(UNKNOWN)
    return join_all(results)


def length_of(iterable: Kind, node: cst.CSTNode | None = None) -> Kind:
    """What the number of rounds of a loop over ITERABLE depends on."""
    if isinstance(iterable, Either):
        return join_all(length_of(o, node) for o in present(iterable))
    if isinstance(iterable, Tensor):
        return shapes.size(dims_at(iterable.shape, 0), node)
    if isinstance(iterable, List):
        return iterable.length
    if isinstance(iterable, (Tuple, ShapeOf)):
        exact = isinstance(iterable, Tuple) and not any(isinstance(i, ShapeOf) for i in iterable.items)
        return Constant("int", len(iterable.items)) if exact and isinstance(iterable, Tuple) else Constant("int")
    if isinstance(iterable, (Constant, Module, Str, Dict)):
        return CONSTANT
    return iterable if isinstance(iterable, Data) else UNKNOWN


def _lambda(frame: Frame, node: cst.Lambda) -> Kind:
    return Callable(node)


def _named(frame: Frame, node: cst.NamedExpr) -> Kind:
    from tslint.facts.assignments import assign

    kind = evaluate(frame, node.value)
    assign(frame, node.target, kind)
    return kind


def _await(frame: Frame, node: cst.Await) -> Kind:
    evaluate(frame, node.expression)
    return UNKNOWN


def _yield(frame: Frame, node: cst.Yield) -> Kind:
    if isinstance(node.value, cst.From):
        evaluate(frame, node.value.item)
    elif node.value is not None:
        evaluate(frame, node.value)
    return UNKNOWN


TABLE: dict[type, Function[[Frame, Any], Kind]] = {
    cst.Name: _name,
    cst.Attribute: attribute,
    cst.Integer: _integer,
    cst.Float: _float,
    cst.Imaginary: _imaginary,
    cst.SimpleString: _string,
    cst.ConcatenatedString: _joined_string,
    cst.FormattedString: _formatted,
    cst.Ellipsis: _ellipsis,
    cst.BinaryOperation: _binary,
    cst.UnaryOperation: _unary,
    cst.Comparison: _comparison,
    cst.BooleanOperation: _boolean,
    cst.IfExp: _conditional,
    cst.Tuple: _tuple,
    cst.List: _list,
    cst.Set: _set,
    cst.Dict: _dict,
    cst.ListComp: _comprehension,
    cst.SetComp: _comprehension,
    cst.DictComp: _comprehension,
    cst.GeneratorExp: _comprehension,
    cst.Lambda: _lambda,
    cst.NamedExpr: _named,
    cst.Await: _await,
    cst.Yield: _yield,
    cst.Subscript: subscript,
    cst.Call: call,
}
