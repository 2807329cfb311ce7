"""Which sizes a program serves: measured on the inputs tried, and put into the words of `ct.convert`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from tslint.probe import values
from tslint.probe.agree import call, same
from tslint.probe.compare.variations import Axis, Variator
from tslint.probe.subject import Inputs, Subject


@dataclass(frozen=True)
class Flexible:
    """Dimensions of one size that may change, from ``low`` to ``high``; ``stepwise`` where eager refuses sizes between."""

    axes: tuple[Axis, ...]
    low: int
    high: int
    stepwise: bool = False


def flexible(subject: Subject, program: Any, outer: torch.nn.Module) -> tuple[Flexible, ...]:
    """The ranges that the user gave; else what changed in the inputs tried, wherever PROGRAM was right on all of them."""
    described = subject.conversion is not None and subject.conversion.kwargs.get("inputs")
    if subject.ranges or described:
        return _given(subject)
    variator = Variator(subject)
    tried: dict[tuple[Axis, ...], dict[int, bool]] = {}
    mixed: list[tuple[set[Axis], bool]] = []
    for inputs in subject.others:
        axes = variator.changed(inputs)
        if not axes:
            continue
        right = _right(program, outer, inputs)
        mixed.append((set(axes), right))
        sizes = {_size(inputs, axis) for axis in axes}
        if len(sizes) == 1 and len({_size(subject.example, axis) for axis in axes}) == 1:
            tried.setdefault(axes, {})[sizes.pop()] = right
    found: list[Flexible] = []
    for axes, known in sorted(tried.items(), key=lambda item: len(item[0])):
        taken = {axis for one in found for axis in one.axes}
        wrong = any(set(other) <= set(axes) and not all(seen.values()) for other, seen in tried.items())
        if not wrong and not taken & set(axes):
            found.append(_range(subject, variator, outer, axes, known))
    free = {axis for one in found for axis in one.axes}
    return () if any(axes <= free and not right for axes, right in mixed) else tuple(found)


def _given(subject: Subject) -> tuple[Flexible, ...]:
    """Equal ranges of equal sizes change together where there are several inputs: that is what they mostly mean."""
    groups: dict[tuple[int, int, int], list[Axis]] = {}
    for axis, (low, high) in subject.ranges.items():
        groups.setdefault((axis[1], low, high), []).append(axis)
    return tuple(Flexible(tuple(axes), low, high) for (_, low, high), axes in groups.items())


def _range(
    subject: Subject, variator: Variator, outer: torch.nn.Module, axes: tuple[Axis, ...], known: dict[int, bool]
) -> Flexible:
    sizes = {*known, _size(subject.example, axes[0])}
    low, high = min(sizes), max(sizes)
    between = [n for n in (low + (high - low) // 2 | 1, low + 1) if low < n < high and n not in sizes]
    stepwise = any(not _accepts(outer, variator, axes, n) for n in between)
    return Flexible(axes, low, high, stepwise)


def _accepts(outer: torch.nn.Module, variator: Variator, axes: tuple[Axis, ...], size: int) -> bool:
    choice = variator.together(axes, size)
    for attempt in (0, 1):
        inputs = variator.make(choice, attempt)
        try:
            if inputs is not None:
                call(outer, inputs)
                return True
        except Exception:
            continue
    return False


def _right(program: Any, outer: torch.nn.Module, inputs: Inputs) -> bool:
    try:
        expected = tuple(values.tensors_in(call(outer, inputs)))
        return same(expected, tuple(values.tensors_in(call(program, inputs, outer))))
    except Exception:
        return False


def _size(inputs: Inputs, axis: Axis) -> int:
    return int(list(values.tensors_in([inputs.args, inputs.kwargs]))[axis[0]].shape[axis[1]])


@dataclass(frozen=True)
class Types:
    """Code for the input types of `ct.convert`, and for the sizes (name, code) that several of them share."""

    types: tuple[str, ...]
    sizes: tuple[tuple[str, str], ...] = ()


def types(subject: Subject, given: list[Any], names: list[str], free: tuple[Flexible, ...]) -> Types:
    """The types of GIVEN, the example's values in the order of the program's inputs, which are called NAMES."""
    tensors = list(values.tensors_in([subject.example.args, subject.example.kwargs]))
    shared = {one: f"size_{n}" if n > 1 else "size" for n, one in enumerate([f for f in free if len(f.axes) > 1], 1)}
    dims = {axis: one for one in free for axis in one.axes}

    def described(value: Any, name: str) -> str:
        if isinstance(value, (list, tuple)):
            return f"({', '.join(described(item, '') for item in value)}{',' if len(value) == 1 else ''})"
        index = next(i for i, tensor in enumerate(tensors) if tensor is value)
        named = f'name="{name}", ' if name.isidentifier() else ""
        return f"ct.TensorType({named}shape={_shape(subject, value, index, dims, shared)}{_dtype(value)})"

    found = tuple(described(value, name) for value, name in zip(given, names, strict=True))
    return Types(found, tuple((name, _dim(one, _size(subject.example, one.axes[0]))) for one, name in shared.items()))


def _shape(
    subject: Subject, value: torch.Tensor, index: int, dims: dict[Axis, Flexible], shared: dict[Flexible, str]
) -> str:
    free = [dims[index, axis] for axis in range(value.ndim) if (index, axis) in dims]
    if any(one.stepwise for one in free):
        shapes = [tuple(value.shape), *_shapes_tried(subject, index, {axis for one in free for axis in one.axes})]
        return (
            f"ct.EnumeratedShapes(shapes={[tuple(map(int, s)) for s in dict.fromkeys(shapes)]}, default={_own(value)})"
        )
    parts = []
    for axis, size in enumerate(value.shape):
        one = dims.get((index, axis))
        parts.append(str(int(size)) if one is None else shared.get(one) or _dim(one, int(size)))
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


def _own(value: torch.Tensor) -> str:
    return str(tuple(int(n) for n in value.shape))


def _shapes_tried(subject: Subject, index: int, free: set[Axis]) -> list[tuple[int, ...]]:
    """The shapes of one input among those tried that change dimensions of FREE alone."""
    variator = Variator(subject)
    within = [inputs for inputs in subject.others if set(variator.changed(inputs)) <= free]
    return [tuple(list(values.tensors_in([inputs.args, inputs.kwargs]))[index].shape) for inputs in within]


def _dim(one: Flexible, size: int) -> str:
    return f"ct.RangeDim({one.low}, {one.high}, default={size})"


def _dtype(value: torch.Tensor) -> str:
    """Core ML's inputs are float32 or int32."""
    if value.dtype.is_floating_point:
        return ""
    return f", dtype=np.{'bool_' if value.dtype is torch.bool else 'int32'}"
