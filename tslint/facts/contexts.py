"""How values pass between functions: arguments to parameters, and results back into the caller's terms.

A function is analysed once for each way of being called, with inputs of its own; what a caller handed in is
substituted afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from tslint.facts import shapes
from tslint.facts.frame import Args, Binding, Context, Frame
from tslint.facts.joins import join_all
from tslint.facts.kinds import (
    FIXED,
    NONE,
    UNKNOWN,
    BakedSize,
    Constant,
    Dict,
    Dim,
    Dims,
    Either,
    FixedSize,
    Kind,
    List,
    Shape,
    ShapeOf,
    Size,
    Tensor,
    Tuple,
    Value,
    depends_of,
)

if TYPE_CHECKING:
    from tslint.facts.infer import Analysis


def bind(analysis: Analysis, frame: Frame, function: cst.FunctionDef | cst.Lambda, args: Args) -> dict[str, Kind]:
    """The parameters of a function with what a call hands them; defaults where it hands nothing."""
    params = function.params
    positional = [*params.posonly_params, *params.params]
    result: dict[str, Kind] = {}
    keywords = dict(args.keywords)
    for index, param in enumerate(positional):
        name = param.name.value
        if index < len(args.positional):
            result[name] = args.positional[index]
        elif name in keywords:
            result[name] = keywords.pop(name)
        else:
            result[name] = _left_out(analysis, param, args)
    for param in params.kwonly_params:
        name = param.name.value
        result[name] = keywords.pop(name) if name in keywords else _left_out(analysis, param, args)
    if isinstance(params.star_arg, cst.Param):
        rest = args.positional[len(positional) :]
        star = Tuple(tuple(rest)) if not args.opaque else List(join_all([*rest, UNKNOWN]), UNKNOWN, None, "tuple")
        result[params.star_arg.name.value] = star
    if params.star_kwarg is not None:
        element = join_all(keywords.values()) if keywords else UNKNOWN
        result[params.star_kwarg.name.value] = Dict(tuple(keywords.items()), element, not args.opaque)
    return result


def _left_out(analysis: Analysis, param: cst.Param, args: Args) -> Kind:
    if args.opaque or param.default is None:
        return UNKNOWN
    kind = analysis.class_constant(param.default)
    return NONE if kind == NONE else kind


# -- abstraction ------------------------------------------------------------------------------------------------------------


def skeleton(kind: Kind) -> object:
    """What tells two ways of calling apart: the kind without the tensors and sizes that it is about."""
    if isinstance(kind, Tensor):
        return ("tensor", shapes.rank_of(kind.shape), kind.role, shapes.is_lasting(kind.shape))
    if isinstance(kind, (Size, FixedSize)):
        return "size"
    if isinstance(kind, BakedSize):
        return "baked"
    if isinstance(kind, ShapeOf):
        return ("shape", kind.start, kind.stop)
    if isinstance(kind, Tuple):
        return ("tuple", kind.name, kind.is_shape, *(skeleton(i) for i in kind.items))
    if isinstance(kind, List):
        items = None if kind.items is None else tuple(skeleton(i) for i in kind.items)
        return ("list", kind.name, kind.empty, skeleton(kind.element), skeleton(kind.length), items)
    if isinstance(kind, Dict):
        return (
            "dict",
            kind.name,
            kind.complete,
            tuple((k, skeleton(v)) for k, v in kind.items),
            skeleton(kind.element),
        )
    if isinstance(kind, Either):
        return ("either", *(skeleton(o) for o in kind.options))
    if isinstance(kind, Constant) and isinstance(kind.value, float):
        return Constant(kind.type)
    return kind


Leaf = Shape | Dims


def leaves(kind: Kind) -> Iterator[Leaf]:
    """The shapes and sizes in a kind, in a fixed order."""
    if isinstance(kind, (Tensor, ShapeOf)):
        yield kind.shape
    elif isinstance(kind, (Size, FixedSize, BakedSize)):
        yield depends_of(kind)
    elif isinstance(kind, Tuple):
        for item in kind.items:
            yield from leaves(item)
    elif isinstance(kind, List):
        yield from leaves(kind.element)
        yield from leaves(kind.length)
        for item in kind.items or ():
            yield from leaves(item)
    elif isinstance(kind, Dict):
        for _, item in kind.items:
            yield from leaves(item)
        yield from leaves(kind.element)
    elif isinstance(kind, Either):
        for option in kind.options:
            yield from leaves(option)


def instantiate(kind: Kind, name: str, context: Context, values: list[Value]) -> Kind:
    """The same kind about inputs of CONTEXT's own, which are added to VALUES in the order of :func:`leaves`."""

    def value(rank: int | None = None) -> Value:
        made = Value(name, context)
        if rank is not None:
            made.learn_rank(rank)
        values.append(made)
        return made

    if isinstance(kind, Tensor):
        rank = shapes.rank_of(kind.shape)
        own = value(rank)
        base = shapes.PARAMETER if shapes.is_lasting(kind.shape) else own
        return Tensor(Shape(base, rank), kind.role, origin=kind.origin)
    if isinstance(kind, ShapeOf):
        return ShapeOf(Shape(value(shapes.rank_of(kind.shape))), kind.start, kind.stop, origin=kind.origin)
    if isinstance(kind, (Size, FixedSize)):
        return Size(frozenset((Dim(value(), None),)), origin=kind.origin)
    if isinstance(kind, BakedSize):
        return BakedSize(frozenset((Dim(value(), None),)), kind.by, origin=kind.origin)
    if isinstance(kind, Tuple):
        return replace(kind, items=tuple(instantiate(i, name, context, values) for i in kind.items))
    if isinstance(kind, List):
        element = instantiate(kind.element, name, context, values)
        length = instantiate(kind.length, name, context, values)
        items = None if kind.items is None else tuple(instantiate(i, name, context, values) for i in kind.items)
        return List(element, length, items, kind.name, kind.empty)
    if isinstance(kind, Dict):
        pairs = tuple((k, instantiate(v, name, context, values)) for k, v in kind.items)
        return replace(kind, items=pairs, element=instantiate(kind.element, name, context, values))
    if isinstance(kind, Either):
        return Either(tuple(instantiate(o, name, context, values) for o in kind.options))
    return kind


# -- back into the caller's terms ------------------------------------------------------------------------------------------


def pins_for(frame: Frame, node: cst.CSTNode, context: Context, binding: Binding) -> Dims:
    """What a call pins of its caller's values."""
    found: Dims = FIXED
    for dim in context.root.pins:
        if dim.value in binding.shapes or dim.value in binding.numbers:
            found |= _dims(frame, node, frozenset((dim,)), context, binding)
    return found


def _dims(frame: Frame, node: cst.CSTNode, dims: Dims, context: Context, binding: Binding) -> Dims:
    result: Dims = FIXED
    for dim in dims:
        shape = binding.shapes.get(dim.value)
        if shape is not None:
            result |= shapes.total(shape) if dim.axis is None else shapes.dims_at(shape, dim.axis)
        elif dim.value in binding.numbers:
            result |= binding.numbers[dim.value]
        else:
            result |= frozenset((dim,))
    return result


def _shape(frame: Frame, node: cst.CSTNode, shape: Shape, context: Context, binding: Binding) -> Shape:
    known = tuple((i, _dims(frame, node, d, context, binding)) for i, d in shape.known)
    if shape.base is None or shape.base is shapes.PARAMETER:
        return Shape(shape.base, shape.rank, known)
    base = binding.shapes.get(shape.base)
    if base is None:
        return Shape(shape.base, shape.rank, known)
    rank = shape.rank if shape.rank is not None else shape.base.rank
    if rank is not None and shapes.rank_of(base) in (None, rank):
        dims = [_dims(frame, node, shapes.dims_at(shape, i), context, binding) for i in range(rank)]
        whole = Shape(base.base, rank, base.known)
        if not known and dims == [shapes.dims_at(whole, i) for i in range(rank)]:
            return base if shapes.rank_of(base) is not None else whole
        return shapes.of(dims)
    for index, dims_ in known:
        base = shapes.changed(base, index, dims_)
    return base


def substitute(frame: Frame, node: cst.CSTNode, kind: Kind, context: Context, binding: Binding) -> Kind:
    """A result of CONTEXT in the terms of its caller."""
    if isinstance(kind, Tensor):
        return Tensor(_shape(frame, node, kind.shape, context, binding), kind.role, origin=kind.origin)
    if isinstance(kind, ShapeOf):
        return replace(kind, shape=_shape(frame, node, kind.shape, context, binding))
    if isinstance(kind, Size):
        dims = _dims(frame, node, kind.depends, context, binding)
        return Size(dims, origin=kind.origin) if dims else FixedSize(origin=kind.origin)
    if isinstance(kind, BakedSize):
        dims = _dims(frame, node, kind.depends, context, binding)
        return BakedSize(dims, kind.by, origin=kind.origin) if dims else FixedSize(origin=kind.origin)
    if isinstance(kind, Tuple):
        return replace(kind, items=tuple(substitute(frame, node, i, context, binding) for i in kind.items))
    if isinstance(kind, List):
        element = substitute(frame, node, kind.element, context, binding)
        length = substitute(frame, node, kind.length, context, binding)
        items = None
        if kind.items is not None:
            items = tuple(substitute(frame, node, i, context, binding) for i in kind.items)
        return List(element, length, items, kind.name, kind.empty)
    if isinstance(kind, Dict):
        pairs = tuple((k, substitute(frame, node, v, context, binding)) for k, v in kind.items)
        return replace(kind, items=pairs, element=substitute(frame, node, kind.element, context, binding))
    if isinstance(kind, Either):
        return Either(tuple(substitute(frame, node, o, context, binding) for o in kind.options))
    return kind
