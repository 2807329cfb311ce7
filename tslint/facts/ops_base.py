"""What the operators share: finding the tensor, and broadcasting."""

from __future__ import annotations

from collections.abc import Callable as Function

import libcst as cst

from tslint.facts import shapes
from tslint.facts.frame import Args, Frame
from tslint.facts.kinds import (
    Kind,
    Shape,
    Tensor,
    options,
)

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
