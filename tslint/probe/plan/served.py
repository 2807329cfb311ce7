"""Which of the inputs tried a plan has to serve: those that the conversion lets in."""

from __future__ import annotations

import torch

from tslint.probe.entry.conversions import wanted_inputs
from tslint.probe.subject import Inputs, Subject
from tslint.probe.values import tensors_in

MOST = 24
"""Inputs that every attempt is held against."""

Bounds = list[list[tuple[int, int]]]


def served(subject: Subject) -> tuple[Inputs, ...]:
    """The example, and the further inputs within the shapes of the file's own conversion or the ranges given; else all."""
    bounds = _bounds(subject)
    found = [inputs for inputs in subject.others if bounds is None or _within(inputs, bounds)]
    return (subject.example, *found[:MOST])


def one_batch(subject: Subject, wanted: tuple[Inputs, ...]) -> tuple[Inputs, ...]:
    """Those of WANTED in which the first dimension of every tensor is the example's."""

    def batches(inputs: Inputs) -> list[int]:
        return [tensor.shape[0] for tensor in _tensors(inputs) if tensor.ndim]

    return tuple(inputs for inputs in wanted if batches(inputs) == batches(subject.example))


def _bounds(subject: Subject) -> Bounds | None:
    """(low, high) of every dimension of every tensor, or None where nothing says which sizes are wanted."""
    own = [[(int(n), int(n)) for n in tensor.shape] for tensor in _tensors(subject.example)]
    wanted = wanted_inputs(subject.conversion.kwargs) if subject.conversion is not None else None
    if wanted is not None and [len(item.dims) for item in wanted] == [len(dims) for dims in own]:
        return [list(item.dims) for item in wanted]
    if not subject.ranges:
        return None
    for (index, axis), pair in subject.ranges.items():
        own[index][axis] = pair
    return own


def _within(inputs: Inputs, bounds: Bounds) -> bool:
    shapes = [tensor.shape for tensor in _tensors(inputs)]
    return [len(shape) for shape in shapes] == [len(dims) for dims in bounds] and all(
        low <= size <= high
        for shape, dims in zip(shapes, bounds, strict=True)
        for size, (low, high) in zip(shape, dims, strict=True)
    )


def _tensors(inputs: Inputs) -> list[torch.Tensor]:
    return list(tensors_in([inputs.args, inputs.kwargs]))
