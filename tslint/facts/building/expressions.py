"""The values of expressions, one function a type of node."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import libcst as cst

from tslint.facts.building.iteration import iterated
from tslint.facts.building.machine import Frame, Machine
from tslint.facts.building.operations import as_value, binary, compare, computed
from tslint.facts.building.values import (
    NONE,
    UNKNOWN,
    Arguments,
    Built,
    Function,
    Known,
    Library,
    Mapping,
    ModuleValue,
    Sequence,
    TensorValue,
    Unknown,
    Value,
    join,
    plain_type,
    truth,
)
from tslint.facts.literals import string_of

MOST_ITEMS = 64


def _name(machine: Machine, frame: Frame, node: cst.Name) -> Value:
    found = frame.env.get(node.value)
    if found is not None:
        return found
    found = frame.closure.get(node.value)
    if found is not None:
        return found
    if node.value in CONSTANTS:
        return CONSTANTS[node.value]
    return machine.global_name(node)


CONSTANTS: dict[str, Value] = {"None": NONE, "True": Known(True), "False": Known(False)}


def _attribute(machine: Machine, frame: Frame, node: cst.Attribute) -> Value:
    root: Any = node
    while type(root) is cst.Attribute:
        root = root.value
    if type(root) is cst.Name and root.value not in frame.env and root.value not in frame.closure:
        qualified = machine.names.qualified(node)
        if qualified is not None:
            return library_value(qualified)
    return machine.attribute(machine.evaluate(frame, node.value), node.attr.value)


def library_value(qualified: str) -> Value:
    from tslint.facts.building.library import CONSTANT_VALUES

    found = CONSTANT_VALUES.get(qualified)
    return Library(qualified) if found is None else found


def _integer(machine: Machine, frame: Frame, node: cst.Integer) -> Value:
    try:
        return Known(int(node.value.replace("_", ""), 0))
    except ValueError:
        return Unknown("int")


def _float(machine: Machine, frame: Frame, node: cst.Float) -> Value:
    try:
        return Known(float(node.value.replace("_", "")))
    except ValueError:
        return Unknown("float")


def _string(machine: Machine, frame: Frame, node: cst.SimpleString) -> Value:
    return Known(string_of(node))


def _joined(machine: Machine, frame: Frame, node: cst.ConcatenatedString) -> Value:
    return binary(cst.Add, machine.evaluate(frame, node.left), machine.evaluate(frame, node.right))


def _formatted(machine: Machine, frame: Frame, node: cst.FormattedString) -> Value:
    text = ""
    for part in node.parts:
        if type(part) is cst.FormattedStringText:
            text += part.value
        else:
            assert type(part) is cst.FormattedStringExpression
            value = machine.evaluate(frame, part.expression)
            if type(value) is not Known or part.format_spec is not None or part.conversion is not None:
                return Unknown("str")
            text += str(value.value)
    return Known(text)


def _binary(machine: Machine, frame: Frame, node: cst.BinaryOperation) -> Value:
    # Sums of thousands of terms nest to the left: go down in a loop.
    chain = [node]
    while type(chain[-1].left) is cst.BinaryOperation:
        chain.append(chain[-1].left)
    value = machine.evaluate(frame, chain[-1].left)
    for operation in reversed(chain):
        kind = type(operation.operator)
        right = machine.evaluate(frame, operation.right)
        value = UNKNOWN if kind is cst.MatrixMultiply else binary(kind, value, right)
    return value


def _unary(machine: Machine, frame: Frame, node: cst.UnaryOperation) -> Value:
    value = machine.evaluate(frame, node.expression)
    kind = type(node.operator)
    if kind is cst.Not:
        known = truth(value)
        return Unknown("bool") if known is None else Known(not known)
    if type(value) is Known:
        return computed({cst.Minus: lambda v: -v, cst.Plus: lambda v: +v}.get(kind, lambda v: ~v), value.value)
    return value if type(value) in (TensorValue, Unknown) else UNKNOWN


def _comparison(machine: Machine, frame: Frame, node: cst.Comparison) -> Value:
    left = machine.evaluate(frame, node.left)
    answer: bool | None = True
    for target in node.comparisons:
        right = machine.evaluate(frame, target.comparator)
        one = truth(compare(type(target.operator), left, right))
        if one is False:
            return Known(False)
        answer = answer and one
        left = right
    return Unknown("bool") if answer is None else Known(answer)


def _boolean(machine: Machine, frame: Frame, node: cst.BooleanOperation) -> Value:
    conjunction = type(node.operator) is cst.And
    left = machine.evaluate(frame, node.left)
    known = truth(left)
    if known is not None:
        return machine.evaluate(frame, node.right) if known is conjunction else left
    right = machine.evaluate(frame, node.right)
    decided = truth(right)
    if decided is not None and decided is not conjunction and type(right) is Known and plain_type(left) == "bool":
        return Known(decided)
    return join(left, right)


def _conditional(machine: Machine, frame: Frame, node: cst.IfExp) -> Value:
    known = truth(machine.evaluate(frame, node.test))
    if known is not None:
        return machine.evaluate(frame, node.body if known else node.orelse)
    return join(machine.evaluate(frame, node.body), machine.evaluate(frame, node.orelse))


def _sequence(kind: str) -> Callable[[Machine, Frame, Any], Value]:
    def evaluate(machine: Machine, frame: Frame, node: Any) -> Value:
        result = Sequence(kind)
        for element in node.elements:
            value = machine.evaluate(frame, element.value)
            if type(element) is cst.StarredElement:
                items, exact = iterated(value)
                result.items += items
                result.exact = result.exact and exact
            else:
                result.items.append(value)
        return result

    return evaluate


def _dict(machine: Machine, frame: Frame, node: cst.Dict) -> Value:
    result = Mapping()
    for element in node.elements:
        value = machine.evaluate(frame, element.value)
        if type(element) is cst.StarredDictElement:
            if type(value) is Mapping:
                result.items.update(value.items)
                result.exact = result.exact and value.exact
            else:
                result.exact = False
            continue
        key = machine.evaluate(frame, element.key)  # type: ignore[attr-defined]
        if type(key) is Known:
            result.items[key.value] = value
        else:
            result.exact = False
    return result


COMPREHENSIONS: dict[type, str] = {cst.ListComp: "list", cst.SetComp: "set", cst.GeneratorExp: "list"}


def _comprehension(machine: Machine, frame: Frame, node: Any) -> Value:
    kind = COMPREHENSIONS.get(type(node))
    outer = dict(frame.env)
    result: Value
    if kind is None:
        mapping = Mapping()
        for exact in _rounds(machine, frame, node.for_in):
            key, value = machine.evaluate(frame, node.key), machine.evaluate(frame, node.value)
            mapping.exact = mapping.exact and exact and type(key) is Known
            if type(key) is Known:
                mapping.items[key.value] = value
        result = mapping
    else:
        sequence = Sequence(kind)
        for exact in _rounds(machine, frame, node.for_in):
            sequence.items.append(machine.evaluate(frame, node.elt))
            sequence.exact = sequence.exact and exact
        result = sequence
    frame.env = outer
    return result


def _rounds(machine: Machine, frame: Frame, part: cst.CompFor) -> Iterator[bool]:
    """Binds the targets for each round that is known; yields whether the rounds are all known so far."""
    items, exact = iterated(machine.evaluate(frame, part.iter))
    if not exact:
        items = [*items, UNKNOWN]
    for item in items[:MOST_ITEMS]:
        machine.fuel -= 1
        machine.assign(frame, part.target, item)
        answers = [truth(machine.evaluate(frame, condition.test)) for condition in part.ifs]
        if False in answers:
            continue
        known = exact and None not in answers and len(items) <= MOST_ITEMS
        if part.inner_for_in is None:
            yield known
        else:
            for inner in _rounds(machine, frame, part.inner_for_in):
                yield known and inner


def _lambda(machine: Machine, frame: Frame, node: cst.Lambda) -> Value:
    return Function(node, closure=frame.env)


def _named(machine: Machine, frame: Frame, node: cst.NamedExpr) -> Value:
    value = machine.evaluate(frame, node.value)
    machine.assign(frame, node.target, value)
    return value


def _subscript(machine: Machine, frame: Frame, node: cst.Subscript) -> Value:
    owner = machine.evaluate(frame, node.value)
    part = node.slice[0].slice if len(node.slice) == 1 else None
    if type(owner) is TensorValue:
        return TensorValue()
    if type(part) is cst.Slice:
        return _sliced(machine, frame, owner, part)
    if type(part) is not cst.Index:
        return UNKNOWN
    key = machine.evaluate(frame, part.value)
    if type(owner) is Sequence:
        return _item(owner.items, owner.exact, key)
    if type(owner) is Mapping:
        if type(key) is Known:
            try:
                found = owner.items.get(key.value)
            except TypeError:
                found = None
            return UNKNOWN if found is None else found
        return _any(list(owner.items.values()))
    if isinstance(owner, ModuleValue):
        if type(key) is Known and str(key.value) in owner.members:
            return owner.members[str(key.value)]
        return _item(list(owner.members.values()), owner.exact, key)
    if type(owner) is Known and type(key) is Known:
        return computed(lambda a, b: a[b], owner.value, key.value)
    return UNKNOWN


def _item(items: list[Value], exact: bool, key: Value) -> Value:
    if type(key) is Known and isinstance(key.value, int):
        if -len(items) <= key.value < len(items) and (exact or key.value >= 0):
            return items[key.value]
        return UNKNOWN if exact else _any(items)
    return _any(items) if exact else UNKNOWN


def _any(items: list[Value]) -> Value:
    result: Value | None = None
    for item in items[:8]:
        result = item if result is None else join(result, item)
    return result or UNKNOWN


def _sliced(machine: Machine, frame: Frame, owner: Value, part: cst.Slice) -> Value:
    bounds = [None if b is None else machine.evaluate(frame, b) for b in (part.lower, part.upper, part.step)]
    numbers = [b.value if type(b) is Known else None for b in bounds]
    known = all(b is None or (type(b) is Known and isinstance(b.value, int)) for b in bounds)
    if type(owner) is Sequence:
        if known and owner.exact:
            return Sequence(owner.kind, owner.items[slice(*numbers)])
        return Sequence(owner.kind, owner.items, False)
    if type(owner) is Known and known:
        return computed(lambda value: value[slice(*numbers)], owner.value)
    if isinstance(owner, ModuleValue):
        result = Sequence("list", owner.members.values(), owner.exact)
        if known and owner.exact:
            result.items = result.items[slice(*numbers)]
        return result
    return UNKNOWN


def _call(machine: Machine, frame: Frame, node: cst.Call) -> Value:
    func = node.func
    if type(func) is cst.Attribute and type(func.value) is cst.Call:
        inner = func.value.func
        if type(inner) is cst.Name and inner.value == "super":
            from tslint.facts.building.modules import call_super

            return call_super(machine, frame, node, func.attr.value, arguments_of(machine, frame, node))
    function = machine.evaluate(frame, func)
    return machine.call(frame, node, function, arguments_of(machine, frame, node))


def arguments_of(machine: Machine, frame: Frame, node: cst.Call) -> Arguments:
    """The arguments of a call, stars spread as far as they are known."""
    result = Arguments()
    for arg in node.args:
        value = machine.evaluate(frame, arg.value)
        if arg.star == "*":
            items, exact = iterated(value)
            result.positional += items
            result.exact = result.exact and exact
        elif arg.star == "**":
            if type(value) is Mapping:
                result.keywords.update({key: item for key, item in value.items.items() if isinstance(key, str)})
                result.exact = result.exact and value.exact
            else:
                result.exact = False
        elif arg.keyword is not None:
            result.keywords[arg.keyword.value] = value
        else:
            result.positional.append(value)
    return result


def _ellipsis(machine: Machine, frame: Frame, node: cst.Ellipsis) -> Value:
    return as_value(...)


def receiver_of(frame: Frame) -> Built | None:
    return frame.receiver if type(frame.receiver) is Built else None


TABLE: dict[type, Callable[[Machine, Frame, Any], Value]] = {
    cst.Name: _name,
    cst.Attribute: _attribute,
    cst.Integer: _integer,
    cst.Float: _float,
    cst.SimpleString: _string,
    cst.ConcatenatedString: _joined,
    cst.FormattedString: _formatted,
    cst.Ellipsis: _ellipsis,
    cst.BinaryOperation: _binary,
    cst.UnaryOperation: _unary,
    cst.Comparison: _comparison,
    cst.BooleanOperation: _boolean,
    cst.IfExp: _conditional,
    cst.Tuple: _sequence("tuple"),
    cst.List: _sequence("list"),
    cst.Set: _sequence("set"),
    cst.Dict: _dict,
    cst.ListComp: _comprehension,
    cst.SetComp: _comprehension,
    cst.GeneratorExp: _comprehension,
    cst.DictComp: _comprehension,
    cst.Lambda: _lambda,
    cst.NamedExpr: _named,
    cst.Subscript: _subscript,
    cst.Call: _call,
}
