"""Reductions, cumulative sums, sorting (MIL: reduction, and cumsum, argsort, topk of tensor_operation)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from tslint.probe.evaluate.registry import Ties, axes_of, axis_of, evaluates, flag, integer


def _mean(x: Tensor, axes: list[int], keep: bool) -> Tensor:
    if x.is_floating_point():
        return x.mean(axes, keepdim=keep)
    return x.double().mean(axes, keepdim=keep).trunc().to(x.dtype)


def _product(x: Tensor, axes: list[int], keep: bool) -> Tensor:
    for axis in sorted(axes, reverse=True):
        x = x.prod(axis, keepdim=keep)
    return x


REDUCTIONS: dict[str, Callable[[Tensor, list[int], bool], Tensor]] = {
    "reduce_l1_norm": lambda x, axes, keep: x.abs().sum(axes, keepdim=keep),
    "reduce_l2_norm": lambda x, axes, keep: (x * x).sum(axes, keepdim=keep).sqrt(),
    "reduce_log_sum": lambda x, axes, keep: x.sum(axes, keepdim=keep).log(),
    "reduce_log_sum_exp": lambda x, axes, keep: torch.logsumexp(x, axes, keepdim=keep),
    "reduce_max": lambda x, axes, keep: x.amax(axes, keepdim=keep),
    "reduce_mean": _mean,
    "reduce_min": lambda x, axes, keep: x.amin(axes, keepdim=keep),
    "reduce_prod": _product,
    "reduce_sum": lambda x, axes, keep: x.sum(axes, keepdim=keep),
    "reduce_sum_square": lambda x, axes, keep: (x * x).sum(axes, keepdim=keep),
}


def _reduction(
    function: Callable[[Tensor, list[int], bool], Tensor],
) -> Callable[[Tensor, Tensor | None, Tensor | bool], Tensor]:
    def reduce(x: Tensor, axes: Tensor | None = None, keep_dims: Tensor | bool = False) -> Tensor:
        if x.ndim == 0:
            return function(x.reshape(1), [0], False)
        over = axes_of(axes, x.ndim)
        # Without axes torch reduces everything, MIL nothing.
        return function(x, over, flag(keep_dims)) if over else function(x.unsqueeze(0), [0], False)

    return reduce


for _kind, _function in REDUCTIONS.items():
    evaluates(_kind)(_reduction(_function))


def _extreme(x: Tensor, axis: Tensor | int, keep_dims: Tensor | bool, ties: Ties, largest: bool) -> Tensor:
    """The first index of the extreme; turned, the last of those within the tolerance of it."""
    dimension = axis_of(axis, x.ndim)
    ranked = x if largest else -x
    best = ranked.amax(dimension, keepdim=True)
    nearest = (ranked == best).to(torch.int32).argmax(dimension, keepdim=True)
    close = ties.near(ranked, best) | (ranked == best)
    last = x.shape[dimension] - 1 - close.flip(dimension).to(torch.int32).argmax(dimension, keepdim=True)
    result = ties.choose(last != nearest, nearest, last).to(torch.int32)
    return result if flag(keep_dims) else result.squeeze(dimension)


@evaluates("reduce_argmax", ties=True)
def reduce_argmax(
    x: Tensor,
    ties: Ties,
    axis: Tensor | int = -1,
    keep_dims: Tensor | bool = False,
    output_dtype: str = "int32",
) -> Tensor:
    return _extreme(x, axis, keep_dims, ties, largest=True)


@evaluates("reduce_argmin", ties=True)
def reduce_argmin(
    x: Tensor,
    ties: Ties,
    axis: Tensor | int = -1,
    keep_dims: Tensor | bool = False,
    output_dtype: str = "int32",
) -> Tensor:
    return _extreme(x, axis, keep_dims, ties, largest=False)


@evaluates("cumsum")
def cumsum(
    x: Tensor, axis: Tensor | int = 0, exclusive: Tensor | bool = False, reverse: Tensor | bool = False
) -> Tensor:
    dimension = axis_of(axis, x.ndim)
    ordered = x.flip(dimension) if flag(reverse) else x
    result = ordered.cumsum(dimension, dtype=x.dtype)
    if flag(exclusive):
        result = result - ordered
    return result.flip(dimension) if flag(reverse) else result


def _sorted(x: Tensor, dimension: int, ascending: bool, ties: Ties) -> Tensor:
    """Indices in order, equal values as they come; turned, values within the tolerance of their neighbour the other way round."""
    ranked = x if ascending else -x
    order = torch.argsort(ranked, dim=dimension, stable=True)
    if x.shape[dimension] < 2:
        return order
    values = torch.gather(ranked, dimension, order)
    length = x.shape[dimension] - 1
    below, above = values.narrow(dimension, 0, length), values.narrow(dimension, 1, length)
    close = ties.near(below, above) | (below == above)
    if not bool(close.any()):
        return order
    ties.seen = True
    ties.many = ties.many or bool(
        (close.narrow(dimension, 0, length - 1) & close.narrow(dimension, 1, length - 1)).any()
    )
    if not ties.turned:
        return order
    starts = torch.cat([torch.zeros_like(close.narrow(dimension, 0, 1)), ~close], dimension)
    backwards = torch.argsort(starts.cumsum(dimension).flip(dimension), dim=dimension, stable=True)
    return torch.gather(order, dimension, length - backwards)


@evaluates("argsort", ties=True)
def argsort(x: Tensor, ties: Ties, axis: Tensor | int = -1, ascending: Tensor | bool = False) -> Tensor:
    return _sorted(x, axis_of(axis, x.ndim), flag(ascending), ties).to(torch.int32)


@evaluates("topk", ties=True)
def topk(
    x: Tensor,
    ties: Ties,
    k: Tensor | int = 1,
    axis: Tensor | int = -1,
    ascending: Tensor | bool = False,
    sort: Tensor | bool = True,
    return_indices: Tensor | bool = True,
    output_indices_dtype: str = "int32",
) -> Tensor | tuple[Tensor, Tensor]:
    dimension = axis_of(axis, x.ndim)
    count = integer(k)
    if count < 0:
        count = x.shape[dimension]
    if count > x.shape[dimension]:
        raise IndexError(f"{count} of {x.shape[dimension]} elements")
    indices = _sorted(x, dimension, flag(ascending), ties).narrow(dimension, 0, count)
    values = torch.gather(x, dimension, indices)
    return (values, indices.to(torch.int32)) if flag(return_indices) else values
