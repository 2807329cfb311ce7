"""Expressions, one function a type of node: what each stands for to TorchScript."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from tslint.facts.literals import string_of
from tslint.facts.torchscript import types
from tslint.facts.torchscript.calls import call
from tslint.facts.torchscript.compiler import Compiler, Definition, Refusal, Scope, Stop
from tslint.facts.torchscript.conditions import condition, given, refine
from tslint.facts.torchscript.first_class import as_tuple
from tslint.facts.torchscript.lookup import attribute
from tslint.facts.torchscript.names import global_value
from tslint.facts.torchscript.operators import Positional, call_operator
from tslint.facts.torchscript.schemas import MISSING
from tslint.facts.torchscript.subscripts import subscript
from tslint.facts.torchscript.syntax import format_refused
from tslint.facts.torchscript.types import Type
from tslint.facts.torchscript.values import OPEN, OPEN_VALUE, Open, Simple, Sugared, simple

Hint = Type | None


def _name(compiler: Compiler, definition: Definition, node: cst.Name, hint: Hint) -> Sugared:
    found = definition.scope.find(node.value)
    if found is not None:
        return OPEN_VALUE if type(found) is Simple and found.made in compiler.untyped else found
    name = node.value
    if name == "None":
        return Simple(types.NONE, None)
    if name in ("True", "False"):
        return Simple(types.BOOL, name == "True")
    gone = definition.scope.gone.get(name)
    if gone is not None:
        code, values, place = gone
        compiler.refusals.append(Refusal(place or node, code, values, node))
        raise Stop
    return global_value(compiler, definition, node)


def _attribute(compiler: Compiler, definition: Definition, node: cst.Attribute, hint: Hint) -> Sugared:
    return attribute(compiler, definition, node)


def _integer(compiler: Compiler, definition: Definition, node: cst.Integer, hint: Hint) -> Sugared:
    try:
        return Simple(types.INT, int(node.value.replace("_", ""), 0))
    except ValueError:
        return simple(types.INT)


def _float(compiler: Compiler, definition: Definition, node: cst.Float, hint: Hint) -> Sugared:
    try:
        return Simple(types.FLOAT, float(node.value.replace("_", "")))
    except ValueError:
        return simple(types.FLOAT)


def _imaginary(compiler: Compiler, definition: Definition, node: cst.Imaginary, hint: Hint) -> Sugared:
    return simple(types.COMPLEX)


def _string(compiler: Compiler, definition: Definition, node: cst.SimpleString, hint: Hint) -> Sugared:
    return Simple(types.STR, string_of(node))


def _text(compiler: Compiler, definition: Definition, node: cst.CSTNode, hint: Hint) -> Sugared:
    return simple(types.STR)


def _formatted(compiler: Compiler, definition: Definition, node: cst.FormattedString, hint: Hint) -> Sugared:
    for part in node.parts:
        if type(part) is cst.FormattedStringExpression:
            compiler.value(definition, part.expression)
    return simple(types.STR)


def _ellipsis(compiler: Compiler, definition: Definition, node: cst.Ellipsis, hint: Hint) -> Sugared:
    return OPEN_VALUE


BINARY: dict[type, str] = {
    cst.Add: "add", cst.Subtract: "sub", cst.Multiply: "mul", cst.Divide: "div", cst.FloorDivide: "floordiv",
    cst.Power: "pow", cst.MatrixMultiply: "matmul", cst.BitAnd: "__and__", cst.BitOr: "__or__", cst.BitXor: "__xor__",
    cst.LeftShift: "__lshift__", cst.RightShift: "__rshift__", cst.Modulo: "remainder",
}  # fmt: skip
COMPARISONS: dict[type, str] = {
    cst.Equal: "eq", cst.NotEqual: "ne", cst.LessThan: "lt", cst.LessThanEqual: "le", cst.GreaterThan: "gt",
    cst.GreaterThanEqual: "ge", cst.In: "__contains__", cst.NotIn: "__contains__",
}  # fmt: skip


def _binary(compiler: Compiler, definition: Definition, node: cst.BinaryOperation, hint: Hint) -> Sugared:
    # Sums of thousands of terms nest to the left: go down in a loop.
    chain = [node]
    while type(chain[-1].left) is cst.BinaryOperation:
        chain.append(chain[-1].left)
    left = compiler.value(definition, chain[-1].left)
    place: cst.CSTNode = chain[-1].left
    for operation in reversed(chain):
        right = compiler.value(definition, operation.right)
        left = operated(compiler, operation, BINARY[type(operation.operator)], (left, place), (right, operation.right))
        place = operation
    return left


def operated(
    compiler: Compiler,
    node: cst.CSTNode,
    name: str,
    left: tuple[Simple, cst.CSTNode],
    right: tuple[Simple, cst.CSTNode],
) -> Simple:
    """A binary operator on two values."""
    one, two = left[0].type, right[0].type
    if one.kind in ("Class", "opaque") or two.kind == "opaque":
        return OPEN_VALUE
    if name == "remainder" and one is types.STR:
        refused = format_refused(left[0].literal) if type(left[0].literal) is str else None
        if refused is not None:
            compiler.refuse(node, "format-refused", text=refused)
        return simple(types.STR)
    if one is types.UNKNOWN or two is types.UNKNOWN:
        return _half_known(name, one, two)
    args: Positional = [(given(left[0]), left[1]), (given(right[0]), right[1])]
    return call_operator(compiler, node, f"aten::{name}", args, {}, None)


def _half_known(name: str, one: Type, two: Type) -> Simple:
    """With one side unknown, a tensor on the other makes a tensor; nothing else is told."""
    if "Tensor" in (one.kind, two.kind) and name != "__contains__":
        return simple(types.TENSOR)
    if name in ("eq", "ne", "lt", "le", "gt", "ge", "__contains__") and (
        one.kind != "unknown" or two.kind != "unknown"
    ):
        other = one if two is types.UNKNOWN else two
        if other in (types.STR, types.NONE):
            return simple(types.BOOL)
    return OPEN_VALUE


def _unary(compiler: Compiler, definition: Definition, node: cst.UnaryOperation, hint: Hint) -> Sugared:
    kind = type(node.operator)
    if kind is cst.Not:
        found = condition(compiler, definition, node)
        return Simple(types.BOOL, MISSING if found.static is None else found.static)
    value = compiler.value(definition, node.expression)
    if value.type is types.UNKNOWN or value.type.kind in ("Class", "opaque"):
        return OPEN_VALUE
    name = "aten::neg" if kind is cst.Minus else "aten::bitwise_not"
    result = call_operator(compiler, node, name, [(given(value), node.expression)], {}, None)
    if kind is cst.Minus and type(value.literal) in (int, float):
        return Simple(result.type, -value.literal)
    return result


def _comparison(compiler: Compiler, definition: Definition, node: cst.Comparison, hint: Hint) -> Sugared:
    result: Simple | None = None
    left, place = node.left, node.left
    for target in node.comparisons:
        kind = type(target.operator)
        if kind in (cst.Is, cst.IsNot):
            found = (
                condition(compiler, definition, cst.Comparison(left, [target]))
                if len(node.comparisons) > 1
                else condition(compiler, definition, node)
            )
            one = Simple(types.BOOL, MISSING if found.static is None else found.static)
        else:
            first = compiler.value(definition, left)
            second = compiler.value(definition, target.comparator)
            pair = ((first, place), (second, target.comparator))
            if kind in (cst.In, cst.NotIn):
                pair = (pair[1], pair[0])
            one = operated(compiler, node, COMPARISONS[kind], *pair)
            if kind is cst.NotIn and one.type is not types.UNKNOWN:
                one = simple(types.BOOL)
        result = one if result is None else simple(types.BOOL)
        left = place = target.comparator
    assert result is not None
    return result


def _boolean(compiler: Compiler, definition: Definition, node: cst.BooleanOperation, hint: Hint) -> Sugared:
    found = condition(compiler, definition, node)
    return Simple(types.BOOL, MISSING if found.static is None else found.static)


def _conditional(compiler: Compiler, definition: Definition, node: cst.IfExp, hint: Hint) -> Sugared:
    found = condition(compiler, definition, node.test)
    if found.static is not None:
        return compiler.value(definition, node.body if found.static else node.orelse, hint)
    values: list[Simple] = []
    outer = definition.scope
    for branch, known in ((node.body, found.true), (node.orelse, found.false)):
        definition.scope = Scope(outer)
        refine(definition, known)
        try:
            values.append(compiler.value(definition, branch, hint))
        finally:
            definition.scope = outer
    joined = types.unify(values[0].type, values[1].type)
    if joined is None:
        raise compiler.stop(
            node, "if-expression", true=types.written(values[0].type), false=types.written(values[1].type)
        )
    return Simple(joined)


def _list(compiler: Compiler, definition: Definition, node: cst.List, hint: Hint) -> Sugared:
    wanted = types.unwrapped(hint) if hint is not None else None
    element = wanted.args[0] if wanted is not None and wanted.kind == "List" else None
    values = _items(compiler, definition, node.elements, element)
    if values is None:
        return OPEN_VALUE
    if element is not None:
        return Simple(types.list_of(element))
    if not values:
        return Simple(types.list_of(types.TENSOR), MISSING, True, node)
    joined = types.unify_all((v.type for v in values), to_union=True)
    if joined is None:
        raise compiler.stop(node, "mixed-list", types=", ".join(dict.fromkeys(types.written(v.type) for v in values)))
    return Simple(types.list_of(joined if joined is not types.INFERRED else types.TENSOR))


def _items(compiler: Compiler, definition: Definition, elements: Any, hint: Hint = None) -> list[Simple] | None:
    """The values of a list or tuple display; None where a star hides some."""
    values: list[Simple] = []
    for element in elements:
        if type(element) is cst.StarredElement:
            items = as_tuple(compiler, element.value, compiler.sugared(definition, element.value), None)
            if items is None:
                return None
            values += [compiler.as_value(element.value, item) for item in items]
        else:
            values.append(compiler.value(definition, element.value, hint))
    return values


def _tuple(compiler: Compiler, definition: Definition, node: cst.Tuple, hint: Hint) -> Sugared:
    values = _items(compiler, definition, node.elements)
    return OPEN_VALUE if values is None else Simple(types.tuple_of(v.type for v in values))


def _dict(compiler: Compiler, definition: Definition, node: cst.Dict, hint: Hint) -> Sugared:
    wanted = types.unwrapped(hint) if hint is not None else None
    keys: list[Type] = []
    values: list[Type] = []
    inner = wanted.args[1] if wanted is not None and wanted.kind == "Dict" else None
    for element in node.elements:
        assert type(element) is cst.DictElement
        keys.append(compiler.value(definition, element.key).type)
        values.append(compiler.value(definition, element.value, inner).type)
    if wanted is not None and wanted.kind == "Dict":
        return Simple(wanted)
    if not keys:
        return Simple(types.dict_of(types.STR, types.TENSOR), MISSING, False, node)
    key = types.unify_all(keys)
    if key is None or any(not types.is_subtype(k, keys[0]) for k in keys):
        raise compiler.stop(node, "mixed-dict", types=", ".join(dict.fromkeys(map(types.written, keys))))
    value = types.unify_all(values, to_union=True)
    return Simple(types.dict_of(key, types.UNKNOWN if value is None else value))


def _comprehension(compiler: Compiler, definition: Definition, node: Any, hint: Hint) -> Sugared:
    from tslint.facts.torchscript.statements import run_for

    found: list[tuple[Type, Type]] = []
    outer = definition.scope
    definition.scope = Scope(outer)

    def body() -> None:
        if type(node) is cst.DictComp:
            found.append((compiler.value(definition, node.key).type, compiler.value(definition, node.value).type))
        else:
            found.append((types.UNKNOWN, compiler.value(definition, node.elt).type))

    try:
        run_for(compiler, definition, node.for_in.target, node.for_in.iter, body)
    finally:
        definition.scope = outer
    if hint is not None and hint.kind in ("List", "Dict"):
        return Simple(hint)
    if not found:
        return Simple(types.list_of(types.TENSOR))
    key, value = found[0]
    for _, other in found[1:]:
        if not types.is_subtype(other, value):
            raise compiler.stop(node, "mixed-list", types=f"{types.written(value)}, {types.written(other)}")
    value = types.TENSOR if value is types.INFERRED else value
    return Simple(types.dict_of(key, value) if type(node) is cst.DictComp else types.list_of(value))


def _subscript(compiler: Compiler, definition: Definition, node: cst.Subscript, hint: Hint) -> Sugared:
    return subscript(compiler, definition, node)


def _call(compiler: Compiler, definition: Definition, node: cst.Call, hint: Hint) -> Sugared:
    return call(compiler, definition, node, hint)


def _refused(compiler: Compiler, definition: Definition, node: cst.CSTNode, hint: Hint) -> Sugared:
    return OPEN


TABLE: dict[type, Callable[[Compiler, Definition, Any, Hint], Sugared]] = {
    cst.Name: _name,
    cst.Attribute: _attribute,
    cst.Integer: _integer,
    cst.Float: _float,
    cst.Imaginary: _imaginary,
    cst.SimpleString: _string,
    cst.ConcatenatedString: _text,
    cst.FormattedString: _formatted,
    cst.Ellipsis: _ellipsis,
    cst.BinaryOperation: _binary,
    cst.UnaryOperation: _unary,
    cst.Comparison: _comparison,
    cst.BooleanOperation: _boolean,
    cst.IfExp: _conditional,
    cst.List: _list,
    cst.Tuple: _tuple,
    cst.Dict: _dict,
    cst.ListComp: _comprehension,
    cst.GeneratorExp: _comprehension,
    cst.DictComp: _comprehension,
    cst.Subscript: _subscript,
    cst.Call: _call,
}
__all__ = ["TABLE", "Open", "Stop"]
