"""Gathering and scattering (MIL: scatter_gather).

From iOS 17 on a negative index is out of bounds and what it reads undefined; coremltools puts a `select` before these ops
that makes negative indices positive. Before, it counts from the end; here it always does.
"""

from __future__ import annotations

import torch
from torch import Tensor

from tslint.probe.evaluate.registry import axis_of, evaluates, integer


def positive(indices: Tensor, size: int) -> Tensor:
    """INDICES counted from the front. Raises IndexError where one is outside a dimension of SIZE."""
    counted = torch.where(indices < 0, indices + size, indices).to(torch.int64)
    if counted.numel() and (int(counted.min()) < 0 or int(counted.max()) >= size):
        wrong = indices[(counted < 0) | (counted >= size)].reshape(-1)[0]
        raise IndexError(f"index {int(wrong)} of a dimension of size {size}")
    return counted


@evaluates("gather")
def gather(
    x: Tensor,
    indices: Tensor,
    axis: Tensor | int = 0,
    batch_dims: Tensor | int = 0,
    validate_indices: Tensor | bool = False,
) -> Tensor:
    dimension, batch = axis_of(axis, x.ndim), integer(batch_dims)
    chosen = positive(indices, x.shape[dimension])
    if batch == 0:
        shape = [*x.shape[:dimension], *indices.shape, *x.shape[dimension + 1 :]]
        return x.index_select(dimension, chosen.reshape(-1)).reshape(shape)
    lead = x.shape[:batch]
    rows = zip(x.reshape(-1, *x.shape[batch:]), chosen.reshape(-1, *indices.shape[batch:]), strict=True)
    parts = [gather(row, own, dimension - batch) for row, own in rows]
    return torch.stack(parts).reshape(*lead, *parts[0].shape)


@evaluates("gather_along_axis")
def gather_along_axis(
    x: Tensor, indices: Tensor, axis: Tensor | int = 0, validate_indices: Tensor | bool = False
) -> Tensor:
    """The other dimensions of INDICES are X's own, or 1 for all of them."""
    dimension = axis_of(axis, x.ndim)
    chosen = positive(indices, x.shape[dimension])
    shape = [max(own, other) for own, other in zip(x.shape, chosen.shape, strict=True)]
    shape[dimension] = x.shape[dimension]
    wanted = [*shape[:dimension], chosen.shape[dimension], *shape[dimension + 1 :]]
    return torch.gather(x.expand(shape), dimension, chosen.expand(wanted))


@evaluates("gather_nd")
def gather_nd(
    x: Tensor, indices: Tensor, batch_dims: Tensor | int = 0, validate_indices: Tensor | bool = False
) -> Tensor:
    batch = integer(batch_dims)
    if batch:
        lead = x.shape[:batch]
        rows = zip(x.reshape(-1, *x.shape[batch:]), indices.reshape(-1, *indices.shape[batch:]), strict=True)
        parts = [gather_nd(row, own) for row, own in rows]
        return torch.stack(parts).reshape(*lead, *parts[0].shape)
    return x[_coordinates(x, indices)]


def _coordinates(x: Tensor, indices: Tensor) -> tuple[Tensor, ...]:
    return tuple(positive(column, x.shape[axis]) for axis, column in enumerate(indices.unbind(-1)))


def _scatter(data: Tensor, index: tuple[Tensor, ...], updates: Tensor, mode: str) -> Tensor:
    """DATA with UPDATES joined in at INDEX by MODE; several updates of one element are all applied, `update`: the last."""
    updates = updates.to(data.dtype)
    if mode == "update":
        return data.index_put(index, updates)
    if mode in ("add", "sub"):
        return data.index_put(index, updates if mode == "add" else -updates, accumulate=True)
    # Numbers of the elements, so that one flat reduction serves every shape of index.
    places = torch.arange(data.numel()).reshape(data.shape)[index].reshape(-1)
    flat, values = data.reshape(-1), updates.broadcast_to(data[index].shape).reshape(-1)
    reductions = {"mul": "prod", "div": "prod", "max": "amax", "min": "amin"}
    if mode not in reductions:
        raise ValueError(f"mode {mode}")
    values = values.reciprocal() if mode == "div" else values
    return flat.scatter_reduce(0, places, values, reductions[mode], include_self=True).reshape(data.shape)


@evaluates("scatter")
def scatter(
    data: Tensor,
    indices: Tensor,
    updates: Tensor,
    axis: Tensor | int = 0,
    mode: str = "add",
    validate_indices: Tensor | bool = False,
) -> Tensor:
    dimension = axis_of(axis, data.ndim)
    moved = updates.reshape([*data.shape[:dimension], -1, *data.shape[dimension + 1 :]]).movedim(dimension, 0)
    chosen = positive(indices.reshape(-1), data.shape[dimension])
    return _scatter(data.movedim(dimension, 0), (chosen,), moved, mode).movedim(0, dimension)


@evaluates("scatter_along_axis")
def scatter_along_axis(
    data: Tensor,
    indices: Tensor,
    updates: Tensor,
    axis: Tensor | int = 0,
    mode: str = "add",
    validate_indices: Tensor | bool = False,
) -> Tensor:
    dimension = axis_of(axis, data.ndim)
    index = list(torch.meshgrid(*(torch.arange(size) for size in indices.shape), indexing="ij"))
    index[dimension] = positive(indices, data.shape[dimension])
    return _scatter(data, tuple(index), updates, mode)


@evaluates("scatter_nd")
def scatter_nd(
    data: Tensor, indices: Tensor, updates: Tensor, mode: str = "add", validate_indices: Tensor | bool = False
) -> Tensor:
    return _scatter(data, _coordinates(data, indices), updates, mode)
