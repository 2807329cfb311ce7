"""Operators of neural networks: products, convolutions, pooling, resizing; they pin what has to agree with a weight."""

from __future__ import annotations

import libcst as cst

from tslint.facts import shapes
from tslint.facts.frame import Args, Frame
from tslint.facts.kinds import (
    CONSTANT,
    FIXED,
    Dims,
    Kind,
    List,
    NoneKind,
    ShapeOf,
    Tensor,
    Tuple,
    sizes_in,
)
from tslint.facts.ops_base import made, tensor_of
from tslint.facts.shapes import as_dims, as_tuple, dims_at, flat_sizes, rank_of


def matmul_call(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
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


def linear(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
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


def conv(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
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


def pool(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    tensor = tensor_of(args)
    if tensor is None:
        return frame.unknown_tensor(node)
    spatial = int(name[-2])
    frame.learn_rank(tensor, spatial + 2)
    if "adaptive" in name:
        result: Kind = adaptive(tensor, spatial, args.get(1, "output_size"))
    elif any(True for _ in sizes_in(args.get(1, "kernel_size") or CONSTANT)):
        # Pooling over a size: what is left of it is not known, and no layer behind it pins the size.
        whole = [dims_at(tensor.shape, 0), dims_at(tensor.shape, 1), *[shapes.OPEN] * spatial]
        result = Tensor(shapes.of(whole))
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


def interpolate(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    tensor, size = tensor_of(args), args.get(1, "size")
    if tensor is None:
        return frame.unknown_tensor(node)
    if size is None or isinstance(size, NoneKind):
        return tensor
    return resized(frame, node, tensor, size)


def resized(frame: Frame, node: cst.CSTNode, tensor: Tensor, size: Kind) -> Kind:
    """A tensor whose spatial dimensions become SIZE."""
    front = [dims_at(tensor.shape, 0), dims_at(tensor.shape, 1)]
    flat = flat_sizes([as_tuple(size)])
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


def pad(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    tensor, padding = tensor_of(args), args.get(1, "pad")
    if tensor is None:
        return frame.unknown_tensor(node)
    sizes = flat_sizes([as_tuple(padding)]) if padding is not None else None
    if not sizes:
        return frame.unknown_tensor(node)
    shape = tensor.shape
    for i, size in enumerate(sizes):
        extra = as_dims(size) if not shapes.is_minus_one(size) else FIXED
        index = -1 - i // 2
        if extra:
            shape = shapes.changed(shape, index, dims_at(shape, index) | extra)
    return Tensor(shape)


def embedding(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    tensor = tensor_of(args)
    if tensor is None:
        return frame.unknown_tensor(node)
    rank = rank_of(tensor.shape)
    return made(frame, node, shapes.inserted(tensor.shape, -1) if rank is not None else None)


def attention(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    query, value = args.get(0, "query"), args.get(2, "value")
    if not isinstance(query, Tensor) or not isinstance(value, Tensor):
        return frame.unknown_tensor(node)
    return Tensor(shapes.changed(query.shape, -1, dims_at(value.shape, -1)))
