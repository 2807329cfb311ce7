"""What the operators share: finding the tensor, and broadcasting."""

from __future__ import annotations

from collections.abc import Callable as Function
from collections.abc import Iterable
from dataclasses import replace

import libcst as cst

from tslint.facts import shapes
from tslint.facts.frame import Args, Frame
from tslint.facts.hidden import inner_kinds
from tslint.facts.kinds import (
    BakedSize,
    Constant,
    FixedSize,
    Instance,
    Kind,
    List,
    NoneKind,
    Shape,
    Size,
    Str,
    Tensor,
    Tuple,
    options,
)

UNTRACED = frozenset({"untraced", "constant"})
"""Roles of tensors that the tracer takes for constants."""

Handler = Function[[Frame, cst.Call, str, Args], Kind]


def tensor_of(args: Args, index: int = 0, name: str = "input") -> Tensor | None:
    """The tensor at a position, where the argument is one (or may be one)."""
    found = args.get(index, name, "self", "x")
    if found is None:
        return None
    tensors = [o for o in options(found) if isinstance(o, Tensor)]
    return tensors[0] if tensors else None


def made(frame: Frame, node: cst.CSTNode, shape: Shape | None) -> Tensor:
    return Tensor(shape) if shape is not None else frame.unknown_tensor(node)


def untraced(kinds: Iterable[Kind]) -> bool:
    """Whether no tensor among KINDS is one that the tracer follows, and there is one."""
    tensors = [o for kind in kinds for part in inner_kinds(kind) for o in options(part) if isinstance(o, Tensor)]
    return bool(tensors) and all(tensor.role in UNTRACED for tensor in tensors)


def as_untraced(kind: Kind) -> Kind:
    """What an operator makes of untraced tensors alone."""
    if isinstance(kind, Tensor):
        return replace(kind, role="constant")
    if isinstance(kind, Tuple):
        return replace(kind, items=tuple(map(as_untraced, kind.items)))
    if isinstance(kind, List):
        items = None if kind.items is None else tuple(map(as_untraced, kind.items))
        return replace(kind, element=as_untraced(kind.element), items=items)
    return kind


def is_lasting(args: Args) -> bool:
    """Whether an operator is given tensors whose shapes are the same in every call, and nothing else that can change one."""
    parts = [option for kind in args.all for part in inner_kinds(kind) for option in options(part)]
    tensors = [part for part in parts if isinstance(part, Tensor)]
    if args.opaque or not tensors or not all(shapes.is_lasting(tensor.shape) for tensor in tensors):
        return False
    return all(isinstance(part, (Tensor, Constant, FixedSize, Str, NoneKind, Instance, Tuple)) for part in parts)


def as_lasting(kind: Kind) -> Kind:
    """What an operator makes of lasting shapes alone, where it does not tell the dimensions."""
    if isinstance(kind, Tensor) and kind.shape.base is not None:
        return replace(kind, shape=Shape(shapes.PARAMETER, shapes.rank_of(kind.shape)))
    if isinstance(kind, Tuple):
        return replace(kind, items=tuple(map(as_lasting, kind.items)))
    return kind


def counted(node: cst.CSTNode, size: Kind, tensor: Tensor) -> Kind:
    """A size, or a shape, that is read off TENSOR at NODE: baked where the tracer does not follow the tensor."""
    if tensor.role not in UNTRACED:
        return size
    if isinstance(size, Size):
        return BakedSize(size.depends, node, origin=size.origin)
    if isinstance(size, Tuple):
        return replace(size, items=tuple(counted(node, item, tensor) for item in size.items))
    return size


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
