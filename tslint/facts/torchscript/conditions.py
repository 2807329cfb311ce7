"""Conditions: what is known of them when the module is compiled, and what they tell about the variables they ask about."""

from __future__ import annotations

import libcst as cst

from tslint.facts.torchscript import types
from tslint.facts.torchscript.compiler import Compiler, Definition, Scope
from tslint.facts.torchscript.schemas import MISSING, Given
from tslint.facts.torchscript.types import Type
from tslint.facts.torchscript.values import OPEN_VALUE, ModuleS, Open, OperatorS, Simple

Refinements = dict[str, Type]
REAL = frozenset({"bool", "int", "float", "Tensor", "number", "complex", "str"})


class Condition:
    """``static``: the answer, where the compiler knows it and compiles one branch alone. ``true`` and ``false`` are the
    types of variables in the branches."""

    __slots__ = ("false", "static", "true")

    def __init__(
        self, static: bool | None = None, true: Refinements | None = None, false: Refinements | None = None
    ) -> None:
        self.static = static
        self.true = true or {}
        self.false = false or {}


def refine(definition: Definition, known: Refinements) -> None:
    """Takes what a condition told for the types of variables."""
    for name, kind in known.items():
        definition.scope.names[name] = Simple(kind)


def condition(compiler: Compiler, definition: Definition, node: cst.BaseExpression) -> Condition:
    """NODE as a condition. Raises Stop where it is none."""
    kind = type(node)
    if kind is cst.BooleanOperation:
        return _logical(compiler, definition, node)  # type: ignore[arg-type]
    if kind is cst.UnaryOperation and type(node.operator) is cst.Not:  # type: ignore[attr-defined]
        inner = condition(compiler, definition, node.expression)  # type: ignore[attr-defined]
        return Condition(None if inner.static is None else not inner.static, inner.false, inner.true)
    if kind is cst.Comparison and len(node.comparisons) == 1:  # type: ignore[attr-defined]
        target = node.comparisons[0]  # type: ignore[attr-defined]
        if type(target.operator) in (cst.Is, cst.IsNot):
            return _identity(compiler, definition, node.left, target)  # type: ignore[attr-defined]
    if kind is cst.Call:
        found = _question(compiler, definition, node)  # type: ignore[arg-type]
        if found is not None:
            return found
    value = _truthful(compiler, definition, node)
    static = value.literal if type(value.literal) is bool else None
    if static is None and value.literal is not MISSING and value.type in (types.INT, types.FLOAT):
        static = bool(value.literal)
    return Condition(static)


def _truthful(compiler: Compiler, definition: Definition, node: cst.BaseExpression) -> Simple:
    """The value of a condition. Raises Stop where it has no truth."""
    found = compiler.sugared(definition, node)
    if type(found) is ModuleS:
        raise compiler.stop(node, "truth", type="module")
    value = compiler.as_value(node, found)
    to_bool(compiler, node, value)
    return value


def to_bool(compiler: Compiler, node: cst.CSTNode, value: Simple) -> None:
    """Refuses what has no truth: numbers, tensors, strings, lists and dicts have one, None, tuples and modules have not."""
    kind = value.type
    if kind is types.UNKNOWN or kind.kind in ("bool", "int", "float", "Tensor", "number", "List", "Dict", "str"):
        return
    if kind.kind == "Class" or kind.kind == "opaque":
        return
    raise compiler.stop(node, "truth", type=types.written(kind))


def _logical(compiler: Compiler, definition: Definition, node: cst.BooleanOperation) -> Condition:
    is_or = type(node.operator) is cst.Or
    left = condition(compiler, definition, node.left)
    outer = definition.scope
    definition.scope = Scope(outer)
    refine(definition, left.false if is_or else left.true)
    try:
        right = condition(compiler, definition, node.right)
    finally:
        definition.scope = outer
    static: bool | None = None
    answers = (left.static, right.static)
    if is_or:
        static = True if True in answers else (False if answers == (False, False) else None)
        return Condition(static, _common(left.true, right.true), {**left.false, **right.false})
    static = False if False in answers else (True if answers == (True, True) else None)
    return Condition(static, {**left.true, **right.true}, _common(left.false, right.false))


def _common(one: Refinements, two: Refinements) -> Refinements:
    return {name: kind for name, kind in one.items() if two.get(name) is kind}


def _identity(
    compiler: Compiler, definition: Definition, left: cst.BaseExpression, target: cst.ComparisonTarget
) -> Condition:
    is_it = type(target.operator) is cst.Is
    one = _value_or_module(compiler, definition, left)
    two = _value_or_module(compiler, definition, target.comparator)
    states = (_none(one.type), _none(two.type))
    if type(left) is cst.Name and two.type is types.NONE and one.type.kind == "Tensor":
        _undefined(compiler, definition, left)
    if states == ("always", "always"):
        return Condition(is_it)
    if set(states) == {"always", "never"}:
        return Condition(not is_it)
    asked, other, name = (one, two, left) if two.type is types.NONE else (two, one, target.comparator)
    if other.type is types.NONE and type(name) is cst.Name and asked.type.kind == "Optional":
        known = {name.value: asked.type.args[0]}
        return Condition(None, {} if is_it else known, known if is_it else {})
    return Condition()


def _undefined(compiler: Compiler, definition: Definition, node: cst.Name) -> None:
    """Notes that a parameter of forward, a tensor by its type, is asked whether it is None: its default is, in Python."""
    function = definition.node
    if function.name.value != "forward" or definition.scope.find(node.value) is None:
        return
    for param in (*function.params.params, *function.params.kwonly_params):
        default = param.default
        if param.name.value == node.value and type(default) is cst.Name and default.value == "None":
            compiler.refuse(param.name, "none-parameter", name=node.value)


def _value_or_module(compiler: Compiler, definition: Definition, node: cst.BaseExpression) -> Simple:
    found = compiler.sugared(definition, node)
    if type(found) is ModuleS:
        return Simple(types.OPAQUE)
    return OPEN_VALUE if type(found) is Open else compiler.as_value(node, found)


def _none(kind: Type) -> str:
    if kind is types.NONE:
        return "always"
    if kind is types.UNKNOWN or kind.kind in ("Optional", "Any") or (kind.kind == "Union" and types.NONE in kind.args):
        return "maybe"
    return "never"


def _question(compiler: Compiler, definition: Definition, node: cst.Call) -> Condition | None:
    """``isinstance``, ``hasattr`` and the functions that tell what is at work."""
    func = node.func
    name = func.value if type(func) is cst.Name else ""
    if name == "isinstance" and len(node.args) == 2 and definition.scope.find(name) is None:
        return is_instance(compiler, definition, node.args[0].value, node.args[1].value)
    if name == "hasattr" and len(node.args) == 2:
        return has_attribute(compiler, definition, node)
    found = compiler.sugared(definition, func)
    if type(found) is OperatorS:
        if found.name in ("aten::is_scripting",):
            return Condition(True)
        if found.name == "aten::has_torch_function":
            return Condition(False)
    return None


def has_attribute(compiler: Compiler, definition: Definition, node: cst.Call) -> Condition:
    from tslint.facts.literals import string_of
    from tslint.facts.torchscript.attributes import defines

    owner = compiler.sugared(definition, node.args[0].value)
    key = node.args[1].value
    if type(key) is not cst.SimpleString:
        raise compiler.stop(key, "attribute-name", function="hasattr")
    if type(owner) is ModuleS:
        return Condition(defines(owner.value, string_of(key)))
    if type(owner) is Simple and types.is_known(owner.type) and owner.type.kind != "Class":
        raise compiler.stop(node, "hasattr-object", type=types.written(owner.type))
    return Condition()


def is_instance(
    compiler: Compiler, definition: Definition, node: cst.BaseExpression, wanted: cst.BaseExpression
) -> Condition:
    """``isinstance(x, T)``: decided by the types alone wherever they allow it."""
    kinds = _types(compiler, wanted)
    found = compiler.sugared(definition, node)
    if type(found) is ModuleS or type(found) is Open or kinds is None:
        return Condition()
    value = compiler.as_value(node, found)
    if not types.is_known(value.type) or any(not types.is_known(k) for k in kinds):
        return Condition()
    known: Refinements = {}
    other: Refinements = {}
    if type(node) is cst.Name and len(kinds) == 1 and types.is_subtype(kinds[0], value.type):
        known[node.value] = kinds[0]
    if type(node) is cst.Name and value.type.kind in ("Optional", "Union"):
        parts = (*value.type.args, types.NONE) if value.type.kind == "Optional" else value.type.args
        left = [p for p in parts if not any(types.is_subtype(p, k) for k in kinds)]
        taken = [p for p in parts if p not in left]
        if left:
            other[node.value] = types.union_of(left)
        if taken:
            known[node.value] = types.union_of(taken)
    if any(types.is_subtype(value.type, k) for k in kinds):
        return Condition(True, known, other)
    if not any(_possible(k, value.type) for k in kinds):
        return Condition(False, known, other)
    return Condition(None, known, other)


def _possible(kind: Type, actual: Type) -> bool:
    if types.is_subtype(kind, actual) or actual is types.ANY:
        return True
    inner = types.unwrapped(actual)
    parts = inner.args if inner.kind == "Union" else (inner,)
    return any(
        types.is_subtype(part, kind)
        or (kind is types.ANY_LIST and part.kind == "List")
        or (kind is types.ANY_TUPLE and part.kind == "Tuple")
        for part in parts
    )


def _types(compiler: Compiler, node: cst.BaseExpression) -> list[Type] | None:
    from tslint.facts.torchscript.annotations import NoType

    if type(node) is cst.Tuple:
        found: list[Type] = []
        for element in node.elements:
            inner = _types(compiler, element.value)
            if inner is None:
                return None
            found += inner
        return found
    try:
        return [compiler.annotations.read(node)]
    except NoType as error:
        if _may_be_compiled(compiler, node):
            return None
        raise compiler.stop(node, "isinstance-type", type=error.name) from None


def _may_be_compiled(compiler: Compiler, node: cst.BaseExpression) -> bool:
    """Whether NODE names a module's class of which the program may hold an instance: its type is known by then."""
    name = compiler.names.qualified(node) if type(node) in (cst.Name, cst.Attribute) else None
    if name is not None and name.startswith("torch.nn."):
        return True
    cls = compiler.machine.classes.module_class(node)
    return cls is not None and len(compiler.machine.built.get(cls, ())) > 1


def given(value: Simple) -> Given:
    return Given(value.type, value.literal, value.empty, value.made)
