"""Operators that arrange the elements of tensors anew: views, permutations, joining and cutting."""

from __future__ import annotations

import libcst as cst

from tslint.facts import shapes
from tslint.facts.frame import Args, Frame
from tslint.facts.kinds import (
    CONSTANT,
    FIXED,
    MISSING,
    UNKNOWN,
    BakedSize,
    Constant,
    Dims,
    Instance,
    Kind,
    List,
    ShapeOf,
    Size,
    Tensor,
    Tuple,
    Unknown,
    options,
)
from tslint.facts.ops_base import counted, made, tensor_of
from tslint.facts.shapes import as_dims, as_tuple, dims_at, flat_sizes, from_sizes, rank_of


def view(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    tensor = tensor_of(args)
    rest = args.positional[1:] or [k for n, k in args.keywords.items() if n in ("shape", "size")]
    if len(rest) == 1 and isinstance(rest[0], (Instance,)):
        return tensor or frame.unknown_tensor(node)
    sizes = None if args.opaque else flat_sizes(rest)
    if sizes is None or tensor is None:
        return frame.unknown_tensor(node)
    whole = shapes.total(tensor.shape)
    minus = [s for s in sizes if shapes.is_minus_one(s)]
    rank = rank_of(tensor.shape)
    unknown = [s for s in sizes if isinstance(s, Constant) and s.value is MISSING and s.argument]
    if not minus and rank is not None and not any(isinstance(s, ShapeOf) for s in sizes):
        # every element has its place, so that what is not among the sizes given can have one size only
        given: Dims = frozenset().union(*(as_dims(s) for s in sizes))
        frame.pin(whole - given)
    elif len(minus) == 1 and not unknown:
        pass
    return made(frame, node, from_sizes(sizes, whole))


def expand(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    tensor = tensor_of(args)
    sizes = None if args.opaque else flat_sizes(args.positional[1:] or list(args.keywords.values()))
    if sizes is None or any(isinstance(s, ShapeOf) for s in sizes):
        return made(frame, node, from_sizes(sizes)) if sizes else frame.unknown_tensor(node)
    dims: list[Dims] = []
    for i, size in enumerate(sizes):
        minus = shapes.is_minus_one(size) and tensor is not None
        dims.append(dims_at(tensor.shape, i - len(sizes)) if minus and tensor is not None else as_dims(size))
    return Tensor(shapes.of(dims))


def repeat(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    tensor = tensor_of(args)
    sizes = None if args.opaque else flat_sizes(args.positional[1:])
    if sizes is None or tensor is None or any(isinstance(s, ShapeOf) for s in sizes):
        return frame.unknown_tensor(node)
    dims: list[Dims] = []
    rank = rank_of(tensor.shape)
    for i, size in enumerate(sizes):
        there = rank is None or i >= len(sizes) - rank
        dims.append(as_dims(size) | (dims_at(tensor.shape, i - len(sizes)) if there else FIXED))
    return Tensor(shapes.of(dims))


def permute(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    tensor = tensor_of(args)
    order = _order(args)
    if tensor is None or order is None:
        return frame.unknown_tensor(node)
    return Tensor(shapes.permuted(tensor.shape, order))


def _order(args: Args) -> list[int] | None:
    given = args.positional[1:] or [k for n, k in args.keywords.items() if n == "dims"]
    sizes = flat_sizes(map(as_tuple, given))
    if sizes is None or args.opaque:
        return None
    values = [s.value for s in sizes if isinstance(s, Constant) and isinstance(s.value, int)]
    return values if values and len(values) == len(sizes) else None


def transpose(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    tensor = tensor_of(args)
    if tensor is None:
        return frame.unknown_tensor(node)
    if name == "t":
        if rank_of(tensor.shape) is None and tensor.shape.base is not None:
            tensor.shape.base.learn_rank(2)
        return Tensor(shapes.exchanged(tensor.shape, 0, 1))
    first, second = args.literal(1, "dim0"), args.literal(2, "dim1")
    if not isinstance(first, int) or not isinstance(second, int):
        return frame.unknown_tensor(node)
    return Tensor(shapes.exchanged(tensor.shape, first, second))


def unsqueeze(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    tensor, index = tensor_of(args), args.literal(1, "dim")
    if tensor is None or not isinstance(index, int):
        return frame.unknown_tensor(node)
    shape = shapes.inserted(tensor.shape, index)
    if shape is None and index == -1 and rank_of(tensor.shape) is None:
        shape = shapes.lengthened(tensor.shape, frame.unknown_tensor(node).shape)
    return made(frame, node, shape)


def squeeze(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    tensor, index = tensor_of(args), args.literal(1, "dim")
    if tensor is None or not isinstance(index, int):
        return frame.unknown_tensor(node)
    return made(frame, node, shapes.removed(tensor.shape, [index]))


def flattened(frame: Frame, node: cst.CSTNode, tensor: Tensor | None, start: object, end: object) -> Kind:
    """The result of ``flatten(start, end)``."""
    if tensor is None or not isinstance(start, int) or not isinstance(end, int):
        return frame.unknown_tensor(node)
    dims = shapes.all_dims(tensor.shape)
    if dims is None:
        if end == -1 and start >= 0:
            front = [dims_at(tensor.shape, i) for i in range(start)]
            given: Dims = frozenset().union(*front) if front else FIXED
            return Tensor(shapes.of([*front, shapes.total(tensor.shape) - given]))
        return frame.unknown_tensor(node)
    first, last = start % max(len(dims), 1), end % max(len(dims), 1)
    inner: Dims = frozenset().union(*dims[first : last + 1])
    return Tensor(shapes.of([*dims[:first], inner, *dims[last + 1 :]]))


def flatten(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    start = 0 if name == "ravel" else args.literal(1, "start_dim", 0)
    return flattened(frame, node, tensor_of(args), start, args.literal(2, "end_dim", -1))


def tensors_in(kind: Kind | None) -> list[Tensor] | None:
    """The tensors of a list or tuple, where each element is one."""
    if isinstance(kind, Tuple) and kind.items:
        items = kind.items
    elif isinstance(kind, List):
        items = kind.items if kind.items else (kind.element,)
    else:
        return None
    found = [i for i in items if isinstance(i, Tensor)]
    return found if len(found) == len(items) else None


def cat(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    given = args.get(0, "tensors")
    parts = tensors_in(given)
    index = args.literal(1, "dim", args.literal(1, "axis", 0))
    if not parts or not isinstance(index, int):
        return frame.unknown_tensor(node)
    frame.join(parts, index)
    shape = parts[0].shape
    joined: Dims = dims_at(shape, index)
    for part in parts[1:]:
        joined |= dims_at(part.shape, index)
    if isinstance(given, List):
        joined |= as_dims(given.length) if not isinstance(given.length, Constant) else FIXED
    return Tensor(shapes.changed(shape, index, joined))


def stack(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    given = args.get(0, "tensors")
    parts = tensors_in(given)
    index = args.literal(1, "dim", 0)
    count = as_dims(given.length) if isinstance(given, List) and not isinstance(given.length, Constant) else FIXED
    if not isinstance(index, int):
        return frame.unknown_tensor(node)
    if not parts:  # of unknown tensors, as many as ever: a list that grows with a size is known
        return Tensor(shapes.changed(frame.unknown_tensor(node).shape, index, count))
    return made(frame, node, shapes.inserted(parts[0].shape, index, count))


def pieces(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    """``split``, ``chunk``, ``unbind``: a tuple whose length depends on the size of the dimension that is cut."""
    tensor = tensor_of(args)
    index = args.literal(1 if name == "unbind" else 2, "dim", 0)
    if tensor is None or not isinstance(index, int):
        return List(frame.unknown_tensor(node), UNKNOWN, name="tuple")
    along = dims_at(tensor.shape, index)
    if name == "unbind":
        rest = made(frame, node, shapes.removed(tensor.shape, [index]))
        return List(rest, shapes.size(along, node), name="tuple")
    given = args.get(1, "split_size", "split_size_or_sections", "chunks", "sections", "indices_or_sections")
    if name in ("chunk", "tensor_split"):
        piece = Tensor(shapes.changed(tensor.shape, index, along))
        if isinstance(given, Constant):
            if isinstance(given.value, int) and 0 < given.value < 17:
                return Tuple((piece,) * given.value)
            return List(piece, CONSTANT, name="tuple")
        return List(piece, given or UNKNOWN, name="tuple")
    sizes = _section_sizes(given)
    if sizes is not None:
        return Tuple(tuple(Tensor(shapes.changed(tensor.shape, index, as_dims(s))) for s in sizes))
    if any(isinstance(option, (List, Tuple)) for option in options(given or UNKNOWN)):
        return List(Tensor(shapes.changed(tensor.shape, index, FIXED)), CONSTANT, name="tuple")
    if isinstance(given or UNKNOWN, Unknown):
        return List(Tensor(shapes.changed(tensor.shape, index, shapes.OPEN)), UNKNOWN, name="tuple")
    piece = Tensor(shapes.changed(tensor.shape, index, as_dims(given) if given is not None else shapes.OPEN))
    # How many pieces of a size that is none of one's own: nothing that needs a number of them pins either.
    length = shapes.OPEN if isinstance(given, (Size, BakedSize)) else along
    return List(piece, shapes.size(length, node), name="tuple")


def _section_sizes(given: Kind | None) -> tuple[Kind, ...] | None:
    if isinstance(given, Tuple):
        return given.items
    if isinstance(given, List) and given.items and isinstance(given.length, Constant):
        return given.items if given.length.value == len(given.items) else None
    return None


def size(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    tensor = tensor_of(args)
    if tensor is None:
        return UNKNOWN
    given = args.get(1, "dim")
    if given is None:
        return counted(node, shapes.shape_kind(tensor.shape, node), tensor)
    if isinstance(given, Constant) and isinstance(given.value, int):
        return counted(node, shapes.size(dims_at(tensor.shape, given.value), node), tensor)
    return counted(node, Size(shapes.OPEN, origin=node), tensor)


def numel(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    tensor = tensor_of(args)
    return UNKNOWN if tensor is None else counted(node, shapes.size(shapes.total(tensor.shape), node), tensor)


def rank(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    tensor = tensor_of(args)
    rank = rank_of(tensor.shape) if tensor is not None else None
    return Constant("int") if rank is None else Constant("int", rank)


def like(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    other = args.get(1, "other")
    return other if isinstance(other, Tensor) else frame.unknown_tensor(node)


def narrow(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    tensor, index, length = tensor_of(args), args.literal(1, "dim"), args.get(3, "length")
    if tensor is None or not isinstance(index, int) or length is None:
        return frame.unknown_tensor(node)
    return Tensor(shapes.changed(tensor.shape, index, as_dims(length)))


def select(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    tensor, index = tensor_of(args), args.literal(1, "dim")
    if tensor is None or not isinstance(index, int):
        return frame.unknown_tensor(node)
    return made(frame, node, shapes.removed(tensor.shape, [index]))


def gather(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    index = args.get(2, "index")
    return index if isinstance(index, Tensor) else frame.unknown_tensor(node)
