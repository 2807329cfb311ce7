"""The library's layers: the kind of what they return, and which dimensions they accept in one size only."""

from __future__ import annotations

from collections.abc import Callable as Function

import libcst as cst

from tslint.facts import shapes
from tslint.facts.einsum import rearranged
from tslint.facts.frame import Args, Frame
from tslint.facts.joins import join_all
from tslint.facts.kinds import (
    CONSTANT,
    FIXED,
    MISSING,
    UNKNOWN,
    Constant,
    Dims,
    Kind,
    List,
    Module,
    NoneKind,
    Shape,
    Str,
    Tensor,
    Tuple,
    options,
)
from tslint.facts.ops_neural import adaptive, convolved, resized
from tslint.facts.ops_views import flattened
from tslint.facts.shapes import dims_at, rank_of
from tslint.facts.signatures import CHANNEL_NORMS, LAST_NORMS, LAYER_RANKS, LOSS_LAYERS_END, RECURRENT, SAME_LAYERS

EVALUATE = Function[[cst.BaseExpression], Kind]


class Options:
    """The arguments that a layer was constructed with, read from its call; their kinds come with the module."""

    def __init__(self, call: cst.Call | None, arguments: Args | None) -> None:
        self.call = call
        self.arguments = arguments

    def get(self, index: int, name: str) -> Kind | None:
        return self.arguments.get(index, name) if self.arguments is not None else None

    def literal(self, index: int, name: str, default: object = None) -> object:
        if self.arguments is None:
            return None
        return self.arguments.literal(index, name, default)


def apply_layer(frame: Frame, node: cst.CSTNode, module: Module, args: Args, options_: Options) -> Kind:
    """The kind of ``layer(x)`` for a layer of ``torch.nn`` (or another library)."""
    layer = module.layer or ""
    name = layer.rpartition(".")[2]
    first = args.get(0, "input", "x", "query", "src", "hidden_states")
    tensors = [o for o in options(first) if isinstance(o, Tensor)] if first is not None else []
    if layer.startswith("einops.layers.torch.") and tensors:
        return _einops(frame, node, tensors[0], options_)
    if layer in ("torchvision.transforms.Normalize", "torchvision.transforms.Resize"):
        return tensors[0] if tensors and name == "Normalize" else frame.unknown_tensor(node)
    if not layer.startswith("torch.nn."):
        return UNKNOWN
    if not tensors:
        if name == "Embedding" and isinstance(first, Constant):
            return frame.unknown_tensor(node)
        return UNKNOWN if first is None or name in RECURRENT else _blind(frame, node, name)
    tensor = tensors[0]
    rank = LAYER_RANKS.get(name)
    if rank is not None:
        frame.learn_rank(tensor, rank)
    handler = LAYERS.get(name)
    if handler is not None:
        return handler(frame, node, tensor, args, options_)
    if name in SAME_LAYERS:
        return tensor
    if name.endswith(LOSS_LAYERS_END):
        return (
            Tensor(shapes.of([])) if options_.literal(99, "reduction", "mean") == "mean" else frame.unknown_tensor(node)
        )
    if "Pad" in name and rank is not None:
        return convolved(frame, tensor, rank - 2, dims_at(tensor.shape, 1))
    return frame.unknown_tensor(node)


def _blind(frame: Frame, node: cst.CSTNode, name: str) -> Kind:
    """A layer applied to something unknown: what it returns all the same."""
    if name == "MultiheadAttention":
        return Tuple((frame.unknown_tensor(node), frame.unknown_tensor(node, "weights")))
    base = frame.fresh(node)
    if name in ("Linear", "LayerNorm", "RMSNorm", "Embedding", "LazyLinear"):
        return Tensor(Shape(base, None, ((-1, FIXED),)))
    if name.startswith("Conv") or name in CHANNEL_NORMS:
        rank = int(name[-2]) + 2 if name[-1] == "d" and name[-2].isdigit() and name != "BatchNorm1d" else None
        return Tensor(Shape(base, rank, ((1, FIXED),)))
    return Tensor(Shape(base))


def _linear(frame: Frame, node: cst.CSTNode, tensor: Tensor, args: Args, given: Options) -> Kind:
    frame.pin(dims_at(tensor.shape, -1))
    return Tensor(shapes.changed(tensor.shape, -1, FIXED))


def _lazy_linear(frame: Frame, node: cst.CSTNode, tensor: Tensor, args: Args, given: Options) -> Kind:
    return _linear(frame, node, tensor, args, given)


def _last_norm(frame: Frame, node: cst.CSTNode, tensor: Tensor, args: Args, given: Options) -> Kind:
    shape = given.get(0, "normalized_shape")
    count = len(shape.items) if isinstance(shape, Tuple) else 1
    if isinstance(shape, List) and isinstance(shape.length, Constant) and isinstance(shape.length.value, int):
        count = shape.length.value
    result = tensor.shape
    for index in range(-count, 0):
        frame.pin(dims_at(tensor.shape, index))
        result = shapes.changed(result, index, FIXED)
    return Tensor(result)


def _channel_norm(frame: Frame, node: cst.CSTNode, tensor: Tensor, args: Args, given: Options) -> Kind:
    frame.pin(dims_at(tensor.shape, 1))
    return Tensor(shapes.changed(tensor.shape, 1, FIXED))


def _instance_norm(frame: Frame, node: cst.CSTNode, tensor: Tensor, args: Args, given: Options) -> Kind:
    if given.literal(3, "affine", False) is True:
        return _channel_norm(frame, node, tensor, args, given)
    return tensor


def _embedding(frame: Frame, node: cst.CSTNode, tensor: Tensor, args: Args, given: Options) -> Kind:
    dims = shapes.all_dims(tensor.shape)
    if dims is not None:
        return Tensor(shapes.of([*dims, FIXED]))
    known = tuple((i, d) for i, d in tensor.shape.known if i >= 0)
    return Tensor(Shape(tensor.shape.base, None, (*known, (-1, FIXED))))


def _conv(spatial: int, lazy: bool = False) -> Function[[Frame, cst.CSTNode, Tensor, Args, Options], Kind]:
    def apply(frame: Frame, node: cst.CSTNode, tensor: Tensor, args: Args, given: Options) -> Kind:
        frame.learn_rank(tensor, spatial + 2)
        frame.pin(dims_at(tensor.shape, 1))
        return convolved(frame, tensor, spatial)

    return apply


def _pool(spatial: int) -> Function[[Frame, cst.CSTNode, Tensor, Args, Options], Kind]:
    def apply(frame: Frame, node: cst.CSTNode, tensor: Tensor, args: Args, given: Options) -> Kind:
        frame.learn_rank(tensor, spatial + 2)
        result = convolved(frame, tensor, spatial, dims_at(tensor.shape, 1))
        return Tuple((result, result)) if given.literal(99, "return_indices", False) is True else result

    return apply


def _adaptive(spatial: int) -> Function[[Frame, cst.CSTNode, Tensor, Args, Options], Kind]:
    def apply(frame: Frame, node: cst.CSTNode, tensor: Tensor, args: Args, given: Options) -> Kind:
        frame.learn_rank(tensor, spatial + 2)
        return adaptive(tensor, spatial, given.get(0, "output_size") or CONSTANT)

    return apply


def _flatten(frame: Frame, node: cst.CSTNode, tensor: Tensor, args: Args, given: Options) -> Kind:
    return flattened(frame, node, tensor, given.literal(0, "start_dim", 1), given.literal(1, "end_dim", -1))


def _unflatten(frame: Frame, node: cst.CSTNode, tensor: Tensor, args: Args, given: Options) -> Kind:
    sizes = given.get(1, "unflattened_size")
    dims = shapes.all_dims(tensor.shape)
    index = given.literal(0, "dim")
    if dims is None or not isinstance(index, int) or not isinstance(sizes, Tuple):
        return frame.unknown_tensor(node)
    index %= len(dims)
    if not any(shapes.is_minus_one(s) for s in sizes.items):
        frame.pin(dims[index])
    made = [dims[index] if shapes.is_minus_one(s) else shapes.as_dims(s) for s in sizes.items]
    return Tensor(shapes.of([*dims[:index], *made, *dims[index + 1 :]]))


def _recurrent(kind: str) -> Function[[Frame, cst.CSTNode, Tensor, Args, Options], Kind]:
    def apply(frame: Frame, node: cst.CSTNode, tensor: Tensor, args: Args, given: Options) -> Kind:
        frame.learn_rank(tensor, 3)
        frame.pin(dims_at(tensor.shape, -1))
        output = Tensor(shapes.changed(tensor.shape, -1, FIXED))
        first = given.literal(99, "batch_first", False)
        batch: Dims = dims_at(tensor.shape, 0 if first is True else 1) if isinstance(first, bool) else shapes.OPEN
        hidden = Tensor(shapes.of([FIXED, batch, FIXED]))
        return Tuple((output, Tuple((hidden, hidden)) if kind == "LSTM" else hidden))

    return apply


def _cell(kind: str) -> Function[[Frame, cst.CSTNode, Tensor, Args, Options], Kind]:
    def apply(frame: Frame, node: cst.CSTNode, tensor: Tensor, args: Args, given: Options) -> Kind:
        frame.pin(dims_at(tensor.shape, -1))
        state = Tensor(shapes.changed(tensor.shape, -1, FIXED))
        return Tuple((state, state)) if kind == "LSTMCell" else state

    return apply


def _attention(frame: Frame, node: cst.CSTNode, tensor: Tensor, args: Args, given: Options) -> Kind:
    for index in range(3):
        frame.pin_dimension(args.get(index, ("query", "key", "value")[index]) or UNKNOWN, -1)
    output = Tensor(shapes.changed(tensor.shape, -1, FIXED))
    weights: Kind = frame.unknown_tensor(node, "weights")
    need = args.get(4, "need_weights")
    if isinstance(need, Constant) and need.value is False:
        from tslint.facts.kinds import NONE

        weights = NONE
    return Tuple((output, weights))


def _transformer(frame: Frame, node: cst.CSTNode, tensor: Tensor, args: Args, given: Options) -> Kind:
    frame.learn_rank(tensor, 3)
    frame.pin(dims_at(tensor.shape, -1))
    target = args.get(1, "tgt") if isinstance(args.get(1, "tgt"), Tensor) and given.call is not None else tensor
    source = target if isinstance(target, Tensor) and _is_whole(given) else tensor
    return Tensor(shapes.changed(source.shape, -1, FIXED))


def _is_whole(given: Options) -> bool:
    """Whether the layer is ``nn.Transformer``, whose output has the shape of its second argument."""
    func = given.call.func if given.call is not None else None
    name = func.attr.value if isinstance(func, cst.Attribute) else func.value if isinstance(func, cst.Name) else ""
    return name == "Transformer"


def _upsample(frame: Frame, node: cst.CSTNode, tensor: Tensor, args: Args, given: Options) -> Kind:
    size = given.get(0, "size")
    if size is None or isinstance(size, NoneKind):
        return tensor
    if isinstance(size, Constant) and size.value is MISSING:
        return frame.unknown_tensor(node)
    return resized(frame, node, tensor, size)


def _shuffle(frame: Frame, node: cst.CSTNode, tensor: Tensor, args: Args, given: Options) -> Kind:
    return Tensor(shapes.of([dims_at(tensor.shape, i) for i in range(4)]))


def _unfold(frame: Frame, node: cst.CSTNode, tensor: Tensor, args: Args, given: Options) -> Kind:
    spatial: Dims = dims_at(tensor.shape, 2) | dims_at(tensor.shape, 3)
    return Tensor(shapes.of([dims_at(tensor.shape, 0), dims_at(tensor.shape, 1), spatial]))


def _glu(frame: Frame, node: cst.CSTNode, tensor: Tensor, args: Args, given: Options) -> Kind:
    return tensor


def _einops(frame: Frame, node: cst.CSTNode, tensor: Tensor, given: Options) -> Kind:
    pattern = given.get(0, "pattern")
    sizes = dict(given.arguments.keywords) if given.arguments is not None else {}
    return rearranged(frame, node, tensor, pattern.value if isinstance(pattern, Str) else None, sizes)


def _similarity(frame: Frame, node: cst.CSTNode, tensor: Tensor, args: Args, given: Options) -> Kind:
    index = given.literal(0, "dim", 1)
    shape = shapes.removed(tensor.shape, [index]) if isinstance(index, int) and rank_of(tensor.shape) else None
    return Tensor(shape) if shape is not None else frame.unknown_tensor(node)


LAYERS: dict[str, Function[[Frame, cst.CSTNode, Tensor, Args, Options], Kind]] = {
    "Linear": _linear,
    "LazyLinear": _lazy_linear,
    "NonDynamicallyQuantizableLinear": _linear,
    "Embedding": _embedding,
    "Flatten": _flatten,
    "Unflatten": _unflatten,
    "MultiheadAttention": _attention,
    "Transformer": _transformer,
    "TransformerEncoder": _transformer,
    "TransformerDecoder": _transformer,
    "TransformerEncoderLayer": _transformer,
    "TransformerDecoderLayer": _transformer,
    "Upsample": _upsample,
    "UpsamplingBilinear2d": _upsample,
    "UpsamplingNearest2d": _upsample,
    "PixelShuffle": _shuffle,
    "PixelUnshuffle": _shuffle,
    "Unfold": _unfold,
    "GLU": _glu,
    "CosineSimilarity": _similarity,
    **dict.fromkeys(LAST_NORMS, _last_norm),
    **dict.fromkeys(CHANNEL_NORMS, _channel_norm),
    **{f"InstanceNorm{n}d": _instance_norm for n in (1, 2, 3)},
    **{f"{p}Conv{t}{n}d": _conv(n, bool(p)) for n in (1, 2, 3) for p in ("", "Lazy") for t in ("", "Transpose")},
    **{f"{p}Pool{n}d": _pool(n) for n in (1, 2, 3) for p in ("Max", "Avg", "LP", "FractionalMax")},
    **{f"Adaptive{p}Pool{n}d": _adaptive(n) for n in (1, 2, 3) for p in ("Max", "Avg")},
    **{name: _recurrent(name) for name in RECURRENT},
    **{f"{name}Cell": _cell(f"{name}Cell") for name in RECURRENT},
}


def members(module: Module) -> Kind:
    """The joined kind of a container's members."""
    return join_all(module.items) if module.items else UNKNOWN
