"""Calls of what PyTorch and the libraries around it offer, other than layers and operators."""

from __future__ import annotations

import libcst as cst

from tslint.facts import conversion_calls, shapes
from tslint.facts.bases import OUTPUT
from tslint.facts.builtin_calls import Apply, as_parameter
from tslint.facts.classes import is_library_module
from tslint.facts.container_calls import mapping
from tslint.facts.einsum import rearrange
from tslint.facts.frame import Args, Frame
from tslint.facts.joins import join_all
from tslint.facts.kinds import (
    NONE,
    UNKNOWN,
    Callable,
    Constant,
    Data,
    Dict,
    Instance,
    Kind,
    List,
    Module,
    Shape,
    Size,
    Tensor,
    Tuple,
    present,
)
from tslint.facts.ops import operate
from tslint.facts.shapes import flat_sizes
from tslint.facts.signatures import CONTAINERS, FALSE_WHILE_TRACING, TRUE_WHILE_TRACING
from tslint.facts.tree import words

TENSOR_CLASSES = words("""
    Tensor FloatTensor LongTensor IntTensor BoolTensor ByteTensor DoubleTensor HalfTensor
""")
RETURNS_FIRST = words("""
    copy.deepcopy copy.copy torch.jit.ignore torch.jit.unused torch.autograd.Variable
    torch.nn.utils.weight_norm torch.nn.utils.spectral_norm torch.nn.utils.parametrizations.weight_norm
    torch.nn.utils.parametrizations.spectral_norm torch.nn.utils.remove_weight_norm
    functools.partial functools.lru_cache functools.wraps
""")
SECOND = frozenset(["typing.cast", "torch.jit.annotate", "typing_extensions.cast"])
CALLS_FIRST = frozenset(["torch.utils.checkpoint.checkpoint", "torch.jit.fork", "torch.vmap", "torch.func.vmap"])
OPERATOR_HOMES = (
    "torch",
    "torch.nn.functional",
    "torch.Tensor",
    "Tensor",
    "torch.functional",
    "torch.special",
    "torch.linalg",
)
TENSOR_HOMES = ("torch.fft", "torch.linalg", "torch.special", "torch.sparse", "torchvision.ops", "torch.ops")


def function(frame: Frame, node: cst.CSTNode, name: str, callee: Callable, args: Args, apply: Apply) -> Kind:
    """The kind of calling a library's function or class NAME."""
    head, _, last = name.rpartition(".")
    if name in FALSE_WHILE_TRACING:
        return Constant("bool", False)
    if name in TRUE_WHILE_TRACING:
        return Constant("bool", True)
    made = conversion_calls.function(frame, node, name, args)
    if made is not None:
        return made
    if head == "Tensor":
        return _operate(frame, node, last, args.shifted(callee.owner or UNKNOWN))
    if name in RETURNS_FIRST:
        return args.get(0, "module", "fn", "func", "obj", "input", "data") or UNKNOWN
    if name in SECOND:
        return _annotated(frame, args.get(1, "the_value", "val") or UNKNOWN)
    if name in CALLS_FIRST and args.positional:
        return _checkpoint(frame, node, args, apply)
    if head in ("einops", "einops.einops") and last in ("rearrange", "repeat", "reduce"):
        return rearrange(frame, node, last, args) if isinstance(node, cst.Call) else UNKNOWN
    if head == "collections" and last in ("OrderedDict", "defaultdict", "Counter", "deque"):
        if last == "deque":
            return List(UNKNOWN, UNKNOWN, None, "deque")
        if last == "defaultdict":
            return Dict((), UNKNOWN, True, "defaultdict")
        return mapping(last, args)
    if is_library_module(name) or name.startswith("einops.layers.torch."):
        return layer(frame, node, name, args)
    if name.startswith("torch."):
        return _torch(frame, node, name, head, last, args)
    if (name.startswith(("transformers.", "diffusers.")) and OUTPUT.search(last)) or "ModelOutput" in last:
        return Dict(tuple(args.keywords.items()), join_all(args.keywords.values()), not args.opaque, last)
    if head.startswith("torchvision.models") and last[:1].islower():
        return Module(layer=name, call=node if isinstance(node, cst.Call) else None)
    if any(head.startswith(home) for home in TENSOR_HOMES):
        return frame.unknown_tensor(node)
    if last in ("warn", "warning", "info", "debug") and head.split(".")[0] in ("warnings", "logging", "logger"):
        return NONE
    if name.startswith(("time.", "random.", "os.", "sys.")):
        return Constant()
    return UNKNOWN


def _operate(frame: Frame, node: cst.CSTNode, name: str, args: Args) -> Kind:
    call = node if isinstance(node, cst.Call) else cst.Call(cst.Name(name))
    if name == "size" and args.positional and not any(isinstance(o, Tensor) for o in present(args.positional[0])):
        return UNKNOWN
    return operate(frame, call, name, args)


def _annotated(frame: Frame, kind: Kind) -> Kind:
    return kind


def _checkpoint(frame: Frame, node: cst.CSTNode, args: Args, apply: Apply) -> Kind:
    inner = Args()
    inner.positional, inner.nodes = args.positional[1:], args.nodes[1:]
    inner.keywords = {k: v for k, v in args.keywords.items() if k not in ("use_reentrant", "preserve_rng_state")}
    return apply(frame, node, args.positional[0], inner)


def layer(frame: Frame, node: cst.CSTNode, name: str, args: Args) -> Module:
    """A module of a library; a container remembers its members."""
    call = node if isinstance(node, cst.Call) else None
    if call is not None:
        frame.analysis.constructed[call] = args
    last = name.rpartition(".")[2]
    items: tuple[Kind, ...] = ()
    keys: tuple[str, ...] = ()
    if name.startswith("torch.nn.") and last in CONTAINERS:
        given = [*args.positional, *args.starred]
        if last in ("ModuleList", "ModuleDict", "Sequential") and len(given) == 1:
            only = given[0]
            if isinstance(only, Dict):
                given = [k for _, k in only.items] or [only.element]
                keys = only.keys
            elif isinstance(only, List) and last == "ModuleList":
                given = [] if only.empty else list(only.items or (only.element,))
            elif (isinstance(only, Tuple) and last == "ModuleList") or (
                isinstance(only, Module) and only.items and last == "ModuleList"
            ):
                given = list(only.items)
        items = tuple(given)
    elif last in ("DataParallel", "DistributedDataParallel"):
        items = tuple(args.positional[:1])
    return Module(layer=name, items=items, keys=keys, call=call)


def _torch(frame: Frame, node: cst.CSTNode, name: str, head: str, last: str, args: Args) -> Kind:
    if head in ("torch", "torch.nn.parameter", "torch.nn", "torch.cuda") and last in (
        "Parameter",
        "Buffer",
        "UninitializedParameter",
    ):
        given = args.get(0, "data")
        return as_parameter(given if isinstance(given, Tensor) else frame.unknown_tensor(node), "parameter")
    if last in TENSOR_CLASSES:
        return _legacy_tensor(frame, node, args)
    if name == "torch.Size":
        sizes = flat_sizes(args.positional[:1])
        return Tuple(tuple(sizes), is_shape=True) if sizes is not None else List(Size(shapes.OPEN), name="shape")
    if head in OPERATOR_HOMES and last[:1].islower():
        return _operate(frame, node, last, args)
    if head == "torch.nn.init":
        return args.get(0, "tensor") or UNKNOWN
    if head == "torch.nn.utils.rnn":
        if last == "pad_packed_sequence":
            return Tuple((frame.unknown_tensor(node, "0"), frame.unknown_tensor(node, "1")))
        return frame.unknown_tensor(node) if last == "pad_sequence" else Instance("PackedSequence")
    if any(head.startswith(home) for home in TENSOR_HOMES):
        return frame.unknown_tensor(node)
    if name in ("torch.autograd.grad",):
        return List(frame.unknown_tensor(node), Constant(), None, "tuple")
    if head.startswith(("torch.cuda", "torch.backends", "torch.distributed", "torch.random")):
        return Constant()
    if last[:1].isupper() or last in ("device", "no_grad", "enable_grad", "autocast", "inference_mode"):
        return Instance(name)
    return UNKNOWN


def _legacy_tensor(frame: Frame, node: cst.CSTNode, args: Args) -> Kind:
    """``torch.Tensor(2, n)`` makes a tensor of that shape, ``torch.Tensor([…])`` one of those values."""
    if args.positional and isinstance(args.positional[0], (List, Data)):
        return frame.unknown_tensor(node)
    sizes = None if args.opaque else flat_sizes(args.positional)
    shape: Shape | None = shapes.from_sizes(sizes) if sizes else None
    return Tensor(shape) if shape is not None else frame.unknown_tensor(node)
