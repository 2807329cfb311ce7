"""Numbers that the source spells out: literals, arithmetic on them, and variables that are assigned once."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping

import libcst as cst

from tslint.facts.names import Names

Spelled = float | list["Spelled"] | tuple["Spelled", ...]
"""A number, a list (or tuple) of them, or, as a Python tuple, an array, on which arithmetic goes element by element."""

OPERATORS: dict[type[cst.BaseBinaryOp], Callable[[float, float], float]] = {
    cst.Add: operator.add,
    cst.Subtract: operator.sub,
    cst.Multiply: operator.mul,
    cst.Divide: operator.truediv,
}
ARRAYS = frozenset(["numpy.array", "numpy.asarray", "torch.tensor", "torch.Tensor", "torch.as_tensor"])
SAME = frozenset(["builtins.float", "builtins.list", "builtins.tuple", "numpy.float32"])
METHODS = frozenset(["tolist", "item"])
MAX_DEPTH = 20

Variables = Mapping[str, Spelled]


def spelled(node: cst.BaseExpression, names: Names, variables: Variables = {}, depth: int = 0) -> Spelled | None:  # noqa: B006 - never changed
    """What NODE spells out, VARIABLES being those of a comprehension around it; None where the source does not tell."""
    room = ROOMS.get(type(node))
    if room is None or depth > MAX_DEPTH:
        return None
    try:
        return room(node, names, variables, depth + 1)
    except (ZeroDivisionError, OverflowError, ValueError):
        return None


def _literal(node: cst.Integer | cst.Float, names: Names, variables: Variables, depth: int) -> Spelled | None:
    return float(node.evaluated_value)


def _list(node: cst.List | cst.Tuple, names: Names, variables: Variables, depth: int) -> Spelled | None:
    items = [
        None if isinstance(element, cst.StarredElement) else spelled(element.value, names, variables, depth)
        for element in node.elements
    ]
    return [item for item in items if item is not None] if None not in items else None


def _name(node: cst.Name, names: Names, variables: Variables, depth: int) -> Spelled | None:
    if node.value in variables:
        return variables[node.value]
    binding = names.definition(node)
    if binding is None or len(names.bindings(names.scope(binding.node), node.value)) != 1:
        return None
    if binding.value is not None:
        return spelled(binding.value, names, {}, depth)
    return _unpacked(binding.node, names, depth)


def _unpacked(target: cst.CSTNode, names: Names, depth: int) -> Spelled | None:
    """What ``mean, std = …`` gives to one of its names."""
    element, row, target_of, assign = list(names.tree.ancestors(target))[:4]
    if not (isinstance(row, cst.Tuple) and isinstance(target_of, cst.AssignTarget) and isinstance(assign, cst.Assign)):
        return None
    values = spelled(assign.value, names, {}, depth)
    if not isinstance(values, (list, tuple)) or len(values) != len(row.elements):
        return None
    return next((value for other, value in zip(row.elements, values, strict=True) if other is element), None)


def _negative(node: cst.UnaryOperation, names: Names, variables: Variables, depth: int) -> Spelled | None:
    value = spelled(node.expression, names, variables, depth)
    if not isinstance(node.operator, cst.Minus) or value is None or isinstance(value, list):
        return None
    return _each(operator.mul, -1.0, value)


def _binary(node: cst.BinaryOperation, names: Names, variables: Variables, depth: int) -> Spelled | None:
    left = spelled(node.left, names, variables, depth)
    right = spelled(node.right, names, variables, depth)
    combine = OPERATORS.get(type(node.operator))
    if left is None or right is None or combine is None:
        return None
    if isinstance(left, list) and isinstance(right, float) and isinstance(node.operator, cst.Multiply):
        return left * int(right) if right < 16 else None
    if (isinstance(left, list) and not isinstance(right, tuple)) or (
        isinstance(right, list) and not isinstance(left, tuple)
    ):
        return None
    return _each(combine, left, right)


def _each(combine: Callable[[float, float], float], left: Spelled, right: Spelled) -> Spelled | None:
    """COMBINE of two numbers, or of the elements of arrays and a number or array."""
    if isinstance(left, float) and isinstance(right, float):
        return combine(left, right)
    lefts = [] if isinstance(left, float) else list(left)
    rights = [] if isinstance(right, float) else list(right)
    if isinstance(left, float):
        lefts = [left] * len(rights)
    if isinstance(right, float):
        rights = [right] * len(lefts)
    if len(lefts) != len(rights):
        return None
    found = [_each(combine, a, b) for a, b in zip(lefts, rights, strict=True)]
    return tuple(item for item in found if item is not None)


def _call(node: cst.Call, names: Names, variables: Variables, depth: int) -> Spelled | None:
    func = node.func
    if isinstance(func, cst.Attribute) and func.attr.value in METHODS and not node.args:
        value = spelled(func.value, names, variables, depth)
        return list(value) if isinstance(value, tuple) else value
    name = names.qualified(func)
    if name not in ARRAYS | SAME or not node.args or node.args[0].star:
        return None
    value = spelled(node.args[0].value, names, variables, depth)
    if name in ARRAYS:
        return tuple(value) if isinstance(value, list) else value
    return list(value) if isinstance(value, tuple) else value


def _item(node: cst.Subscript, names: Names, variables: Variables, depth: int) -> Spelled | None:
    row = spelled(node.value, names, variables, depth)
    index = node.slice[0].slice
    if isinstance(row, float) or row is None or len(node.slice) != 1 or not isinstance(index, cst.Index):
        return None
    place = spelled(index.value, names, variables, depth)
    return row[int(place)] if isinstance(place, float) and -len(row) <= place < len(row) else None


def _comprehension(
    node: cst.ListComp | cst.GeneratorExp, names: Names, variables: Variables, depth: int
) -> Spelled | None:
    loop = node.for_in
    if loop.ifs or loop.inner_for_in is not None:
        return None
    rows = _rows(loop.iter, names, variables, depth)
    targets = loop.target.elements if isinstance(loop.target, cst.Tuple) else None
    found: list[Spelled] = []
    for row in rows or ():
        values = [row] if targets is None else row
        named = [loop.target] if targets is None else [element.value for element in targets]
        if isinstance(values, float) or len(values) != len(named):
            return None
        inner = {n.value: v for n, v in zip(named, values, strict=True) if isinstance(n, cst.Name)}
        value = spelled(node.elt, names, {**variables, **inner}, depth)
        if value is None:
            return None
        found.append(value)
    return found if rows is not None else None


def _rows(node: cst.BaseExpression, names: Names, variables: Variables, depth: int) -> list[Spelled] | None:
    """What a loop over NODE goes through: the items of a list, or those of several at once (``zip``)."""
    if isinstance(node, cst.Call) and names.qualified(node.func) == "builtins.zip":
        columns = [spelled(arg.value, names, variables, depth) for arg in node.args]
        sequences = [list(column) for column in columns if isinstance(column, (list, tuple))]
        return [list(row) for row in zip(*sequences, strict=False)] if len(sequences) == len(columns) else None
    value = spelled(node, names, variables, depth)
    return list(value) if isinstance(value, (list, tuple)) else None


ROOMS: dict[type, Callable[..., Spelled | None]] = {
    cst.Integer: _literal,
    cst.Float: _literal,
    cst.List: _list,
    cst.Tuple: _list,
    cst.Name: _name,
    cst.UnaryOperation: _negative,
    cst.BinaryOperation: _binary,
    cst.Call: _call,
    cst.Subscript: _item,
    cst.ListComp: _comprehension,
    cst.GeneratorExp: _comprehension,
}
