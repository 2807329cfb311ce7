"""What the parameters of a function are when nothing in the file calls it: annotations, defaults, and their use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from tslint.facts.kinds import (
    CONSTANT,
    NONE,
    UNKNOWN,
    Constant,
    Dict,
    Either,
    Kind,
    List,
    Module,
    NoneKind,
    Shape,
    Str,
    Tensor,
    Tuple,
    Unknown,
    Value,
    options,
)
from tslint.facts.uses import uses_of

if TYPE_CHECKING:
    from tslint.facts.infer import Analysis

PLAIN = {"int": "int", "float": "float", "bool": "bool", "complex": "complex"}


def annotation_kind(analysis: Analysis, node: cst.BaseExpression, value: Value) -> Kind | None:
    """The kind that an annotation promises; None where it says nothing."""
    if isinstance(node, cst.SimpleString):
        text = node.raw_value
        try:
            node = cst.parse_expression(text)
        except cst.ParserSyntaxError:
            return None
        if isinstance(node, cst.Name):
            return _by_name(node.value, value)
        return Tensor(Shape(value)) if text.strip() in ("torch.Tensor",) else None
    if isinstance(node, cst.Name) and node.value == "None":
        return NONE
    if isinstance(node, (cst.Name, cst.Attribute)):
        name = analysis.names.qualified(node) or ""
        found = _by_name(name.rpartition(".")[2], value) if name else None
        if found is not None:
            return found
        cls = analysis.classes.module_class(node)
        return Module(cls) if cls is not None else UNKNOWN
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.BitOr):
        left = annotation_kind(analysis, node.left, value)
        right = annotation_kind(analysis, node.right, value)
        return _union([left, right])
    if isinstance(node, cst.Subscript):
        return _generic(analysis, node, value)
    return UNKNOWN


def _by_name(last: str, value: Value) -> Kind | None:
    if last in PLAIN:
        return Constant(PLAIN[last], argument=True)
    if last == "str":
        return Str()
    if last in ("Tensor", "FloatTensor", "LongTensor", "BoolTensor", "IntTensor"):
        return Tensor(Shape(value))
    if last in ("list", "List", "Sequence", "Iterable"):
        return List(UNKNOWN, UNKNOWN)
    if last in ("dict", "Dict", "Mapping", "OrderedDict"):
        return Dict((), UNKNOWN, complete=False)
    if last in ("tuple", "Tuple"):
        return List(UNKNOWN, UNKNOWN, None, "tuple")
    if last in ("Any",):
        return None
    return None


def _generic(analysis: Analysis, node: cst.Subscript, value: Value) -> Kind | None:
    name = (analysis.names.qualified(node.value) or "") if isinstance(node.value, (cst.Name, cst.Attribute)) else ""
    last = name.rpartition(".")[2]
    inner = [e.slice.value for e in node.slice if isinstance(e.slice, cst.Index)]
    if not inner:
        return UNKNOWN
    if last == "Optional":
        return _union([annotation_kind(analysis, inner[0], value), NONE])
    if last == "Union":
        return _union([annotation_kind(analysis, i, value) for i in inner])
    if last in ("List", "list", "Sequence", "Iterable"):
        element = annotation_kind(analysis, inner[0], Value(value.name, value.context)) or UNKNOWN
        return List(element, Constant(argument=True))
    if last in ("Dict", "dict", "Mapping", "OrderedDict"):
        element = annotation_kind(analysis, inner[-1], Value(value.name, value.context)) or UNKNOWN
        return Dict((), element, complete=False)
    if last in ("Tuple", "tuple"):
        if len(inner) == 2 and isinstance(inner[1], cst.Ellipsis):
            element = annotation_kind(analysis, inner[0], Value(value.name, value.context)) or UNKNOWN
            return List(element, Constant(argument=True), None, "tuple")
        kinds = [annotation_kind(analysis, i, Value(value.name, value.context)) or UNKNOWN for i in inner]
        return Tuple(tuple(kinds))
    if last in ("Annotated", "Final"):
        return annotation_kind(analysis, inner[0], value)
    return _by_name(last, value) or UNKNOWN


def _union(kinds: list[Kind | None]) -> Kind | None:
    known = [k for k in kinds if k is not None]
    if len(known) == len(kinds) and UNKNOWN in known and not any(isinstance(k, Tensor) for k in known):
        return UNKNOWN
    if len(known) != len(kinds) or UNKNOWN in known:
        return None
    parts: list[Kind] = []
    for kind in known:
        if kind not in parts:
            parts.append(kind)
    return parts[0] if len(parts) == 1 else Either(tuple(parts))


def assumed(analysis: Analysis, function: cst.FunctionDef, param: cst.Param, value: Value, forward: bool) -> Kind:
    """The kind of a parameter that no call of the file tells."""
    if param.annotation is not None:
        found = annotation_kind(analysis, param.annotation.annotation, value)
        if found is not None:
            if isinstance(param.default, cst.Name) and param.default.value == "None" and not isinstance(found, Either):
                return Either((found, NONE)) if found is not UNKNOWN else UNKNOWN
            return found
    default = param.default
    if default is not None:
        kind = _by_default(default)
        if kind is not NONE:
            return kind
    if not forward:
        return UNKNOWN
    use = _use(analysis, function, param.name.value)
    if use is not None:
        return UNKNOWN if use == "unknown" else List(UNKNOWN, UNKNOWN)
    tensor = Tensor(Shape(value))
    return tensor if default is None else Either((tensor, NONE))


def _by_default(default: cst.BaseExpression) -> Kind:
    if isinstance(default, cst.Name):
        if default.value == "None":
            return NONE
        if default.value in ("True", "False"):
            return Constant("bool", argument=True)
        return UNKNOWN
    if isinstance(default, cst.Integer):
        return Constant("int", argument=True)
    if isinstance(default, cst.Float):
        return Constant("float", argument=True)
    if isinstance(default, (cst.SimpleString, cst.ConcatenatedString)):
        return Str()
    if isinstance(default, cst.UnaryOperation):
        return Constant(argument=True)
    if isinstance(default, (cst.Tuple, cst.List, cst.Dict)):
        return UNKNOWN
    return CONSTANT if isinstance(default, cst.Attribute) else UNKNOWN


def believes(analysis: Analysis, function: cst.FunctionDef | cst.Lambda, name: str, handed: Kind) -> bool:
    """Whether the annotation or use of a parameter tells more than what it is HANDED: a tensor, or that one was a guess."""
    param = parameter(function, name)
    if param is None:
        return False
    if param.annotation is None:
        if isinstance(function, cst.Lambda) or not (_is_handed_on(handed) and _is_left_open(param)):
            return False
        return _use(analysis, function, name) is not None
    promised = annotation_kind(analysis, param.annotation.annotation, Value(name, None))
    if isinstance(handed, Unknown):
        return isinstance(promised, Tensor)
    given = [option for option in options(handed) if not isinstance(option, (NoneKind, List, Tuple))]
    return isinstance(promised, List) and bool(given) and all(isinstance(option, Tensor) for option in given)


def _is_handed_on(kind: Kind) -> bool:
    """Whether something is a tensor only as far as the parameter is one that it came in by."""
    given = [option for option in options(kind) if not isinstance(option, NoneKind)]
    return bool(given) and all(
        isinstance(o, Tensor) and o.shape.base is not None and o.shape.base.context is not None and not o.shape.known
        for o in given
    )


def _is_left_open(param: cst.Param) -> bool:
    return param.default is None or (isinstance(param.default, cst.Name) and param.default.value == "None")


def parameter(function: cst.FunctionDef | cst.Lambda, name: str) -> cst.Param | None:
    """The parameter of FUNCTION called NAME."""
    params = function.params
    for param in (*params.posonly_params, *params.params, *params.kwonly_params):
        if param.name.value == name:
            return param
    return None


def _use(analysis: Analysis, function: cst.FunctionDef, name: str) -> str | None:
    """A use that speaks against a tensor: called, indexed by a string, or asked for what tensors do not have."""
    known = analysis.uses.get(function)
    if known is None:
        known = analysis.uses[function] = uses_of(function)
    return known.get(name)
