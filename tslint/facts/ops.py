"""PyTorch's operators, as functions or methods: the kind of what they return, and what they pin of what they take."""

from __future__ import annotations

from collections.abc import Callable as Function

import libcst as cst

from tslint.facts import shapes
from tslint.facts.frame import Args, Frame
from tslint.facts.kinds import (
    CONSTANT,
    FIXED,
    MISSING,
    NONE,
    UNKNOWN,
    BakedSize,
    Constant,
    Data,
    Dims,
    FixedSize,
    Instance,
    Kind,
    List,
    NoneKind,
    Shape,
    ShapeOf,
    Size,
    Tensor,
    Tuple,
    join_all,
    options,
)
from tslint.facts.shapes import as_dims, dims_at, flat_sizes, from_sizes, rank_of
from tslint.facts.signatures import (
    ALWAYS_PAIRS,
    CREATION,
    CREATION_SECOND,
    ELEMENTWISE,
    LOSSES,
    NO_TENSOR,
    PAIRS,
    REDUCTIONS,
)

Handler = Function[[Frame, cst.Call, str, Args], Kind]


def operate(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    """The kind of calling operator NAME; the tensor of a method call is the first of ARGS."""
    handler = HANDLERS.get(name)
    if handler is None and name.endswith("_") and not name.startswith("_"):
        name = name[:-1]
        handler = HANDLERS.get(name)
    if handler is not None:
        return handler(frame, node, name, args)
    if name in NO_TENSOR or name.startswith(("is_", "set_", "get_")):
        return CONSTANT
    return frame.unknown_tensor(node)


def tensor_of(args: Args, index: int = 0, name: str = "input") -> Tensor | None:
    """The tensor at a position, where the argument is one (or may be one)."""
    found = args.get(index, name, "self", "x")
    if found is None:
        return None
    tensors = [o for o in options(found) if isinstance(o, Tensor)]
    return tensors[0] if tensors else None


def made(frame: Frame, node: cst.CSTNode, shape: Shape | None) -> Tensor:
    return Tensor(shape) if shape is not None else frame.unknown_tensor(node)


def elementwise(frame: Frame, node: cst.CSTNode, kinds: list[Kind]) -> Tensor:
    """The result of broadcasting all tensors among KINDS."""
    result: Shape | None = None
    for kind in kinds:
        tensors = [o for o in options(kind) if isinstance(o, Tensor)]
        if not tensors:
            continue
        shape = tensors[0].shape
        result = shape if result is None else shapes.broadcast(result, shape)
        if result is None:
            return frame.unknown_tensor(node)
    return made(frame, node, result)


def _elementwise(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    return elementwise(frame, node, args.all)


def _scalar(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    if args.get(99, "reduction") is not None and args.literal(99, "reduction") != "mean":
        return frame.unknown_tensor(node)
    return Tensor(shapes.of([]))


def _indices(kind: Kind | None) -> list[int] | None:
    """Literal dimensions, given as one or as a tuple of them."""
    if kind is None:
        return None
    found = flat_sizes([kind]) if not isinstance(kind, List) else list(kind.items or ())
    if not found:
        return None
    values = [k.value for k in found if isinstance(k, Constant) and isinstance(k.value, int)]
    return values if len(values) == len(found) else None


def _reduce(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    tensor = tensor_of(args)
    if tensor is None:
        return frame.unknown_tensor(node)
    position = 2 if name == "norm" else 1
    given = args.get(position, "dim", "axis")
    if name in PAIRS:
        if given is not None and any(isinstance(o, Tensor) for o in options(given)):
            return elementwise(frame, node, args.all)
        if given is None and name not in ALWAYS_PAIRS:
            return Tensor(shapes.of([]))
        return _pair(frame, node, name, args, tensor)
    if given is None or isinstance(given, (NoneKind, Instance)):
        return frame.unknown_tensor(node) if args.opaque else Tensor(shapes.of([]))
    return made(frame, node, _reduced(tensor.shape, given, args.literal(position + 1, "keepdim", False)))


def _reduced(shape: Shape, given: Kind, keep: object) -> Shape | None:
    indices = _indices(given)
    if indices is None:
        return None
    if keep is True:
        for index in indices:
            shape = shapes.changed(shape, index, FIXED)
        return shape
    return shapes.removed(shape, indices) if keep is False else None


def _pair(frame: Frame, node: cst.Call, name: str, args: Args, tensor: Tensor) -> Kind:
    if name == "sort":
        return Tuple((tensor, tensor), "torch.return_types.sort")
    if name in ("topk", "kthvalue"):
        count = args.get(1, "k")
        index = args.literal(2, "dim", -1)
        if name == "topk" and isinstance(index, int):
            shape = shapes.changed(tensor.shape, index, as_dims(count) if count is not None else FIXED)
            return Tuple((Tensor(shape), Tensor(shape)), "torch.return_types.topk")
        both = frame.unknown_tensor(node)
        return Tuple((both, both), "torch.return_types." + name)
    given = args.get(1, "dim", "axis")
    shape_or_none = None
    if name in ("cummax", "cummin"):
        shape_or_none = tensor.shape
    elif given is not None:
        shape_or_none = _reduced(tensor.shape, given, args.literal(2, "keepdim", False))
    both = made(frame, node, shape_or_none)
    return Tuple((both, both), "torch.return_types." + name)


def _view(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
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


def _expand(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    tensor = tensor_of(args)
    sizes = None if args.opaque else flat_sizes(args.positional[1:] or list(args.keywords.values()))
    if sizes is None or any(isinstance(s, ShapeOf) for s in sizes):
        return made(frame, node, from_sizes(sizes)) if sizes else frame.unknown_tensor(node)
    dims: list[Dims] = []
    for i, size in enumerate(sizes):
        minus = shapes.is_minus_one(size) and tensor is not None
        dims.append(dims_at(tensor.shape, i - len(sizes)) if minus and tensor is not None else as_dims(size))
    return Tensor(shapes.of(dims))


def _repeat(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
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


def _permute(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    tensor = tensor_of(args)
    order = _order(args)
    if tensor is None or order is None:
        return frame.unknown_tensor(node)
    return Tensor(shapes.permuted(tensor.shape, order))


def _order(args: Args) -> list[int] | None:
    given = args.positional[1:] or [k for n, k in args.keywords.items() if n == "dims"]
    sizes = flat_sizes(given)
    if sizes is None or args.opaque:
        return None
    values = [s.value for s in sizes if isinstance(s, Constant) and isinstance(s.value, int)]
    return values if values and len(values) == len(sizes) else None


def _transpose(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
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


def _unsqueeze(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    tensor, index = tensor_of(args), args.literal(1, "dim")
    if tensor is None or not isinstance(index, int):
        return frame.unknown_tensor(node)
    return made(frame, node, shapes.inserted(tensor.shape, index))


def _squeeze(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
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


def _flatten(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
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


def _cat(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    given = args.get(0, "tensors")
    parts = tensors_in(given)
    index = args.literal(1, "dim", args.literal(1, "axis", 0))
    if not parts or not isinstance(index, int):
        return frame.unknown_tensor(node)
    shape = parts[0].shape
    joined: Dims = dims_at(shape, index)
    for part in parts[1:]:
        joined |= dims_at(part.shape, index)
    if isinstance(given, List):
        joined |= as_dims(given.length) if not isinstance(given.length, Constant) else FIXED
    return Tensor(shapes.changed(shape, index, joined))


def _stack(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    given = args.get(0, "tensors")
    parts = tensors_in(given)
    index = args.literal(1, "dim", 0)
    if not parts or not isinstance(index, int):
        return frame.unknown_tensor(node)
    count = as_dims(given.length) if isinstance(given, List) and not isinstance(given.length, Constant) else FIXED
    return made(frame, node, shapes.inserted(parts[0].shape, index, count))


def _pieces(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
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
    if isinstance(given, (List, Tuple)):
        return List(Tensor(shapes.changed(tensor.shape, index, FIXED)), CONSTANT, name="tuple")
    piece = Tensor(shapes.changed(tensor.shape, index, as_dims(given) if given is not None else shapes.OPEN))
    length = along | (given.depends if isinstance(given, (Size, BakedSize)) else FIXED)
    return List(piece, shapes.size(length, node), name="tuple")


def _section_sizes(given: Kind | None) -> tuple[Kind, ...] | None:
    if isinstance(given, Tuple):
        return given.items
    if isinstance(given, List) and given.items and isinstance(given.length, Constant):
        return given.items if given.length.value == len(given.items) else None
    return None


def _size(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    tensor = tensor_of(args)
    if tensor is None:
        return UNKNOWN
    given = args.get(1, "dim")
    if given is None:
        return shapes.shape_kind(tensor.shape, node)
    if isinstance(given, Constant) and isinstance(given.value, int):
        return shapes.size(dims_at(tensor.shape, given.value), node)
    return Size(shapes.OPEN, origin=node)


def _numel(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    tensor = tensor_of(args)
    return UNKNOWN if tensor is None else shapes.size(shapes.total(tensor.shape), node)


def _rank(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    tensor = tensor_of(args)
    rank = rank_of(tensor.shape) if tensor is not None else None
    return Constant("int") if rank is None else Constant("int", rank)


def _read(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    return Data(origin=node)


def _create(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    given = args.positional[1:] if name.startswith("new_") else args.positional
    if not given:
        given = [k for n, k in args.keywords.items() if n in ("size", "shape")]
    sizes = None if args.opaque else flat_sizes(_as_tuple(g) for g in given)
    return frame.unknown_tensor(node) if sizes is None else made(frame, node, from_sizes(sizes))


def _as_tuple(kind: Kind) -> Kind:
    """``[2, n]`` as a shape."""
    if (
        isinstance(kind, List)
        and kind.items
        and isinstance(kind.length, Constant)
        and kind.length.value == len(kind.items)
    ):
        return Tuple(kind.items)
    return kind


def _create_second(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    position = {"full": 0, "new_full": 1}.get(name, -1)
    candidates = (
        [args.get(position, "size")] if position >= 0 else [k for k in args.all if isinstance(k, (Tuple, List))]
    )
    sizes = flat_sizes([_as_tuple(c) for c in candidates if c is not None])
    return made(frame, node, from_sizes(sizes) if sizes else None)


def _arange(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    numbers = [k for k in args.positional if not isinstance(k, Instance)]
    dims: Dims = frozenset().union(*(as_dims(k) for k in numbers[:3])) if numbers else shapes.OPEN
    if name in ("linspace", "logspace", "eye") and numbers:
        dims = as_dims(args.get(0 if name == "eye" else 2, "steps", "n") or CONSTANT)
    if any(isinstance(k, (Tensor, Data)) for k in numbers):
        dims = shapes.OPEN
    return Tensor(shapes.of([dims, dims] if name == "eye" else [dims]))


def _tensor(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    given = args.get(1 if name == "new_tensor" else 0, "data")
    if isinstance(given, Tensor):
        return given
    if isinstance(given, (Constant, Size, FixedSize, BakedSize, Data)):
        return Tensor(shapes.of([]))
    if isinstance(given, Tuple) and all(isinstance(i, (Constant, Size, FixedSize, BakedSize)) for i in given.items):
        return Tensor(shapes.of([FIXED]))
    return frame.unknown_tensor(node)


def _matmul(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    return matmul(frame, node, args.get(0, "input", "self"), args.get(1, "mat2", "other", "tensor2"), name)


def matmul(frame: Frame, node: cst.CSTNode, left: Kind | None, right: Kind | None, name: str = "matmul") -> Kind:
    """The product of two tensors; the dimension summed over has to agree, so a fixed one pins the other."""
    if not isinstance(left, Tensor) or not isinstance(right, Tensor):
        return frame.unknown_tensor(node)
    if name in ("mm", "bmm"):
        frame.learn_rank(left, 2 if name == "mm" else 3)
        frame.learn_rank(right, 2 if name == "mm" else 3)
    a, b = rank_of(left.shape), rank_of(right.shape)
    inner_left = dims_at(left.shape, -1)
    inner_right = dims_at(right.shape, -2 if b != 1 else -1)
    if not inner_left and b is not None:
        frame.pin(inner_right)
    elif not inner_right:
        frame.pin(inner_left)
    if b == 1 or a == 1:
        return frame.unknown_tensor(node)
    last = dims_at(right.shape, -1)
    if a is not None and b is not None and a < b:
        return Tensor(shapes.changed(right.shape, -2, dims_at(left.shape, -2)))
    return Tensor(shapes.changed(left.shape, -1, last))


def _linear(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    tensor, weight = tensor_of(args), args.get(1, "weight")
    if tensor is None or not isinstance(weight, Tensor):
        return frame.unknown_tensor(node)
    if not dims_at(weight.shape, -1):
        frame.pin(dims_at(tensor.shape, -1))
    return Tensor(shapes.changed(tensor.shape, -1, dims_at(weight.shape, 0)))


def convolved(frame: Frame, tensor: Tensor, spatial: int, channels: Dims = FIXED) -> Tensor:
    """What a convolution or pooling over SPATIAL dimensions makes: every spatial size goes on depending on its own."""
    frame.learn_rank(tensor, spatial + 2)
    return Tensor(
        shapes.of([dims_at(tensor.shape, 0), channels, *(dims_at(tensor.shape, 2 + i) for i in range(spatial))])
    )


def _conv(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    tensor, weight = tensor_of(args), args.get(1, "weight")
    if tensor is None:
        return frame.unknown_tensor(node)
    spatial = int(name[-2])
    frame.learn_rank(tensor, spatial + 2)
    channels: Dims = shapes.OPEN
    if isinstance(weight, Tensor):
        transposed = "transpose" in name
        channels = dims_at(weight.shape, 1 if transposed else 0)
        if not dims_at(weight.shape, 0 if transposed else 1) and not channels:
            frame.pin(dims_at(tensor.shape, 1))
    return convolved(frame, tensor, spatial, channels)


def _pool(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    tensor = tensor_of(args)
    if tensor is None:
        return frame.unknown_tensor(node)
    spatial = int(name[-2])
    frame.learn_rank(tensor, spatial + 2)
    if "adaptive" in name:
        result: Kind = adaptive(tensor, spatial, args.get(1, "output_size"))
    else:
        result = convolved(frame, tensor, spatial, dims_at(tensor.shape, 1))
    if args.literal(99, "return_indices", False) is True:
        return Tuple((result, result))
    return result


def adaptive(tensor: Tensor, spatial: int, target: Kind | None) -> Tensor:
    """What an adaptive pooling makes: the target sizes, where they are given."""
    sizes = list(target.items) if isinstance(target, Tuple) else [target] * spatial
    dims = [dims_at(tensor.shape, 0), dims_at(tensor.shape, 1)]
    for i in range(spatial):
        size = sizes[i] if i < len(sizes) else None
        kept = size is None or isinstance(size, NoneKind)
        dims.append(dims_at(tensor.shape, 2 + i) if kept or size is None else as_dims(size))
    return Tensor(shapes.of(dims))


def _interpolate(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    tensor, size = tensor_of(args), args.get(1, "size")
    if tensor is None:
        return frame.unknown_tensor(node)
    if size is None or isinstance(size, NoneKind):
        return tensor
    return resized(frame, node, tensor, size)


def resized(frame: Frame, node: cst.CSTNode, tensor: Tensor, size: Kind) -> Kind:
    """A tensor whose spatial dimensions become SIZE."""
    front = [dims_at(tensor.shape, 0), dims_at(tensor.shape, 1)]
    flat = flat_sizes([_as_tuple(size)])
    if flat and not any(isinstance(s, ShapeOf) for s in flat):
        rank = rank_of(tensor.shape)
        if len(flat) == 1 and rank is not None and not isinstance(size, (Tuple, List)):
            flat = flat * (rank - 2)
        return Tensor(shapes.of([*front, *(as_dims(s) for s in flat)]))
    if flat and isinstance(flat[0], ShapeOf) and flat[0].start == 2 and flat[0].stop is None:
        source = flat[0].shape
        rank = rank_of(source)
        if rank is not None:
            return Tensor(shapes.of([*front, *(dims_at(source, i) for i in range(2, rank))]))
    return frame.unknown_tensor(node)


def _pad(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    tensor, padding = tensor_of(args), args.get(1, "pad")
    if tensor is None:
        return frame.unknown_tensor(node)
    sizes = flat_sizes([_as_tuple(padding)]) if padding is not None else None
    if not sizes:
        return frame.unknown_tensor(node)
    shape = tensor.shape
    for i, size in enumerate(sizes):
        extra = as_dims(size) if not shapes.is_minus_one(size) else FIXED
        index = -1 - i // 2
        if extra:
            shape = shapes.changed(shape, index, dims_at(shape, index) | extra)
    return Tensor(shape)


def _embedding(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    tensor = tensor_of(args)
    if tensor is None:
        return frame.unknown_tensor(node)
    rank = rank_of(tensor.shape)
    return made(frame, node, shapes.inserted(tensor.shape, -1) if rank is not None else None)


def _like(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    other = args.get(1, "other")
    return other if isinstance(other, Tensor) else frame.unknown_tensor(node)


def _narrow(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    tensor, index, length = tensor_of(args), args.literal(1, "dim"), args.get(3, "length")
    if tensor is None or not isinstance(index, int) or length is None:
        return frame.unknown_tensor(node)
    return Tensor(shapes.changed(tensor.shape, index, as_dims(length)))


def _select(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    tensor, index = tensor_of(args), args.literal(1, "dim")
    if tensor is None or not isinstance(index, int):
        return frame.unknown_tensor(node)
    return made(frame, node, shapes.removed(tensor.shape, [index]))


def _gather(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    index = args.get(2, "index")
    return index if isinstance(index, Tensor) else frame.unknown_tensor(node)


def _tensor_list(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    if name == "nonzero" and args.literal(1, "as_tuple", False) is False:
        return frame.unknown_tensor(node)
    return List(frame.unknown_tensor(node), CONSTANT if name != "nonzero" else UNKNOWN, name="tuple")


def _several(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    count = {"svd": 3, "eig": 2, "qr": 2, "slogdet": 2, "lstsq": 4, "frexp": 2, "unique": 1, "stft": 1}.get(name, 2)
    if name in ("unique", "unique_consecutive", "histogram"):
        flags = sum(args.literal(99, f, False) is True for f in ("return_inverse", "return_counts"))
        count = 1 + flags
    each = tuple(frame.unknown_tensor(node, str(i)) for i in range(count))
    return each[0] if count == 1 else Tuple(each)


def _einsum(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    from tslint.facts.einsum import einsum

    return einsum(frame, node, args)


def _attention(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    query, value = args.get(0, "query"), args.get(2, "value")
    if not isinstance(query, Tensor) or not isinstance(value, Tensor):
        return frame.unknown_tensor(node)
    return Tensor(shapes.changed(query.shape, -1, dims_at(value.shape, -1)))


def _method_none(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    return NONE


def _broadcast_all(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    return List(join_all(args.positional) if args.positional else UNKNOWN, CONSTANT, name="tuple")


HANDLERS: dict[str, Handler] = {}


def _register(handler: Handler, *names: str) -> None:
    HANDLERS.update(dict.fromkeys(names, handler))


_register(_elementwise, *ELEMENTWISE)
_register(_reduce, *REDUCTIONS, *PAIRS)
_register(_scalar, *LOSSES)
_register(_view, "view", "reshape")
_register(_expand, "expand", "broadcast_to")
_register(_repeat, "repeat", "tile")
_register(_permute, "permute")
_register(_transpose, "transpose", "t", "swapaxes", "swapdims")
_register(_unsqueeze, "unsqueeze")
_register(_squeeze, "squeeze")
_register(_flatten, "flatten", "ravel")
_register(_cat, "cat", "concat", "concatenate")
_register(_stack, "stack")
_register(_pieces, "split", "chunk", "unbind", "tensor_split", "split_with_sizes")
_register(_size, "size")
_register(_numel, "numel", "nelement")
_register(_rank, "dim", "ndimension")
_register(_read, "item", "tolist", "numpy", "__int__", "__float__", "__bool__", "__len__", "__array__")
_register(_create, *CREATION)
_register(_create_second, *CREATION_SECOND)
_register(_arange, "arange", "linspace", "logspace", "eye", "hann_window", "hamming_window", "range")
_register(_tensor, "tensor", "as_tensor", "new_tensor", "scalar_tensor")
_register(_matmul, "matmul", "bmm", "mm")
_register(_linear, "linear")
_register(_conv, "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
_register(
    _pool,
    *(
        f"{p}_pool{n}d"
        for p in ("max", "avg", "lp", "adaptive_avg", "adaptive_max", "fractional_max")
        for n in (1, 2, 3)
    ),
)
_register(_interpolate, "interpolate", "upsample")
_register(_pad, "pad")
_register(_embedding, "embedding")
_register(_like, "view_as", "expand_as", "reshape_as")
_register(_narrow, "narrow")
_register(_select, "select")
_register(_gather, "gather")
_register(_tensor_list, "meshgrid", "broadcast_tensors", "nonzero", "atleast_1d")
_register(_several, "svd", "eig", "eigh", "symeig", "qr", "slogdet", "lstsq", "frexp", "unique", "unique_consecutive")
_register(_einsum, "einsum")
_register(_attention, "scaled_dot_product_attention")
