"""PyTorch's operators, as functions or methods: the kind of what they return, and what they pin of what they take."""

from __future__ import annotations

import libcst as cst

from tslint.facts import ops_neural, ops_views, shapes
from tslint.facts.frame import Args, Frame
from tslint.facts.joins import join_all
from tslint.facts.kinds import (
    CONSTANT,
    FIXED,
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
    Size,
    Tensor,
    Tuple,
    Unknown,
    depends_of,
    options,
)
from tslint.facts.ops_base import Handler, as_lasting, as_untraced, elementwise, is_lasting, made, tensor_of, untraced
from tslint.facts.shapes import as_dims, as_tuple, flat_sizes, from_sizes
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


def operate(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    """The kind of calling operator NAME; the tensor of a method call is the first of ARGS."""
    result = _operate(frame, node, name, args)
    if is_lasting(args):
        result = as_lasting(result)
    return as_untraced(result) if untraced(args.all) else result


def _operate(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    handler = HANDLERS.get(name)
    if handler is None and name.endswith("_") and not name.startswith("_"):
        name = name[:-1]
        handler = HANDLERS.get(name)
    if handler is not None:
        return handler(frame, node, name, args)
    if name in NO_TENSOR or name.startswith(("is_", "set_", "get_")):
        return CONSTANT
    return frame.unknown_tensor(node)


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


def _read(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    return Data(origin=node)


def _create(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    given = args.positional[1:] if name.startswith("new_") else args.positional
    if not given:
        given = [k for n, k in args.keywords.items() if n in ("size", "shape")]
    sizes = None if args.opaque else flat_sizes(as_tuple(g) for g in given)
    return frame.unknown_tensor(node) if sizes is None else made(frame, node, from_sizes(sizes))


def _create_second(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    position = {"full": 0, "new_full": 1}.get(name, -1)
    candidates = (
        [args.get(position, "size")] if position >= 0 else [k for k in args.all if isinstance(k, (Tuple, List))]
    )
    sizes = flat_sizes([as_tuple(c) for c in candidates if c is not None])
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
    dims = _nesting(given) if given is not None else None
    return frame.unknown_tensor(node) if dims is None else Tensor(shapes.of(dims))


def _nesting(kind: Kind) -> list[Dims] | None:
    """The dimensions of the tensor that numbers in lists of one depth make; None where the source does not tell."""
    if isinstance(kind, (Size, FixedSize, BakedSize, Data)) or (isinstance(kind, Constant) and kind.type is not None):
        return []
    if isinstance(kind, Tuple) and kind.items:
        inner = _nesting(join_all(kind.items))
        return None if inner is None else [FIXED, *inner]
    if isinstance(kind, List) and not kind.empty and not isinstance(kind.length, Data):
        inner, length = _nesting(kind.element), kind.length
        return None if inner is None else [shapes.OPEN if isinstance(length, Unknown) else depends_of(length), *inner]
    return None


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
_register(ops_views.view, "view", "reshape")
_register(ops_views.expand, "expand", "broadcast_to")
_register(ops_views.repeat, "repeat", "tile")
_register(ops_views.permute, "permute")
_register(ops_views.transpose, "transpose", "t", "swapaxes", "swapdims")
_register(ops_views.unsqueeze, "unsqueeze")
_register(ops_views.squeeze, "squeeze")
_register(ops_views.flatten, "flatten", "ravel")
_register(ops_views.cat, "cat", "concat", "concatenate")
_register(ops_views.stack, "stack")
_register(ops_views.pieces, "split", "chunk", "unbind", "tensor_split", "split_with_sizes")
_register(ops_views.size, "size")
_register(ops_views.numel, "numel", "nelement")
_register(ops_views.rank, "dim", "ndimension")
_register(_read, "item", "tolist", "numpy", "__int__", "__float__", "__bool__", "__len__", "__array__")
_register(_read, "equal", "allclose", "is_nonzero")
_register(_create, *CREATION)
_register(_create_second, *CREATION_SECOND)
_register(_arange, "arange", "linspace", "logspace", "eye", "randperm", "hann_window", "hamming_window", "range")
_register(_tensor, "tensor", "as_tensor", "new_tensor", "scalar_tensor")
_register(ops_neural.matmul_call, "matmul", "bmm", "mm")
_register(ops_neural.linear, "linear")
_register(ops_neural.conv, "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
_register(
    ops_neural.pool,
    *(
        f"{p}_pool{n}d"
        for p in ("max", "avg", "lp", "adaptive_avg", "adaptive_max", "fractional_max")
        for n in (1, 2, 3)
    ),
)
_register(ops_neural.interpolate, "interpolate", "upsample")
_register(ops_neural.pad, "pad")
_register(ops_neural.embedding, "embedding")
_register(ops_views.like, "view_as", "expand_as", "reshape_as")
_register(ops_views.narrow, "narrow")
_register(ops_views.select, "select")
_register(ops_views.gather, "gather")
_register(_tensor_list, "meshgrid", "broadcast_tensors", "nonzero", "atleast_1d")
_register(_several, "svd", "eig", "eigh", "symeig", "qr", "slogdet", "lstsq", "frexp", "unique", "unique_consecutive")
_register(_einsum, "einsum")
_register(ops_neural.attention, "scaled_dot_product_attention")
