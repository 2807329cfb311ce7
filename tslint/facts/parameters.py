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
from tslint.facts.tensors import members
from tslint.facts.tree import walk, words

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


NO_TENSOR = words("""
    keys items values get update append extend pop insert join format startswith endswith lower upper strip setdefault
    nodes edges ndata edata num_nodes edge_index edge_attr x y pos batch tensors mask tensor image_sizes decode encode
    coordinate_map_key indice_dict spatial_shape batch_sizes sorted_indices unsorted_indices
""")
"""Attributes of mappings, lists, strings, graphs and sparse, nested or packed batches: they speak against a tensor, also of a
variable that the function assigns anew, and though sparse tensors have `values`."""


QUESTIONS = frozenset({"isinstance", "hasattr", "getattr"})


def _use(analysis: Analysis, function: cst.FunctionDef, name: str) -> str | None:
    """A use that speaks against a tensor: called, indexed by a string, or asked for what tensors do not have."""
    known = analysis.uses.get(function)
    if known is None:
        known = analysis.uses[function] = _uses(function)
    return known.get(name)


def _uses(function: cst.FunctionDef) -> dict[str, str]:
    found: dict[str, str] = {}
    several = _several(function)
    for node in walk(function.body):
        if isinstance(node, cst.Call):
            if isinstance(node.func, cst.Name):
                found.setdefault(node.func.value, "unknown")
        elif isinstance(node, cst.Subscript) and _walks_backwards(node):
            root = _sliced(node)
            if isinstance(root, cst.Name) and root.value not in several:
                found.setdefault(root.value, "list")
        elif isinstance(node, cst.Subscript) and isinstance(node.value, cst.Name):
            first = node.slice[0].slice if node.slice else None
            if isinstance(first, cst.Index) and isinstance(first.value, (cst.SimpleString, cst.FormattedString)):
                found.setdefault(node.value.value, "unknown")
        elif isinstance(node, cst.Attribute) and isinstance(node.value, cst.Name):
            foreign = not node.attr.value.startswith("_") and node.attr.value not in members()
            if node.attr.value in NO_TENSOR or (foreign and node.value.value not in several):
                found.setdefault(node.value.value, "unknown")
        elif isinstance(node, cst.Comparison) and isinstance(node.left, cst.Name):
            for target in node.comparisons:
                text = isinstance(target.comparator, cst.SimpleString)
                if text and isinstance(target.operator, (cst.Equal, cst.NotEqual)):
                    found.setdefault(node.left.value, "unknown")
        elif (isinstance(node, (cst.StarredElement, cst.StarredDictElement)) and isinstance(node.value, cst.Name)) or (
            isinstance(node, cst.Arg) and node.star and isinstance(node.value, cst.Name)
        ):
            found.setdefault(node.value.value, "unknown")
    return found


def _sliced(node: cst.BaseExpression) -> cst.BaseExpression:
    """What NODE is a slice of."""
    while isinstance(node, cst.Subscript) and len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Slice):
        node = node.value
    return node


def _walks_backwards(node: cst.Subscript) -> bool:
    """Whether NODE is a slice with a negative step, which no tensor has."""
    part = node.slice[0].slice if len(node.slice) == 1 else None
    step = part.step if isinstance(part, cst.Slice) else None
    return isinstance(step, cst.UnaryOperation) and isinstance(step.operator, cst.Minus)


def _several(function: cst.FunctionDef) -> set[str]:
    """The names that may stand for more than one thing in FUNCTION: assigned in it, or asked what they are."""
    found: set[str] = set()
    for node in walk(function.body):
        if isinstance(node, (cst.AssignTarget, cst.AugAssign, cst.AnnAssign, cst.NamedExpr, cst.For)):
            found |= {name.value for name in walk(node.target) if isinstance(name, cst.Name)}
        elif isinstance(node, cst.AsName):
            found |= {name.value for name in walk(node.name) if isinstance(name, cst.Name)}
        elif (
            isinstance(node, cst.Call)
            and isinstance(node.func, cst.Name)
            and node.func.value in QUESTIONS
            and node.args
        ):
            found |= {name.value for name in walk(node.args[0].value) if isinstance(name, cst.Name)}
    return found
