"""Further inputs for a comparison: every dimension by itself, several together, an odd size, and other values.

Nothing here runs the model. Sizes are tried smaller first; what eager does not accept is refused by the caller, who asks for
the next choice of the same kind.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch.utils import _pytree as pytree

from tslint.probe.entry.specs import describe_inputs
from tslint.probe.subject import Inputs, Subject

Axis = tuple[int, int]
"""(index of the tensor among the flattened inputs, dimension)"""

LARGEST = 2**24
"""Elements that a varied tensor may have at most, unless its range says otherwise."""


SMALL = 2**15
"""Elements up to which two sizes of each dimension are tried, not one."""


@dataclass(frozen=True)
class Choice:
    """One change to try: new sizes by axis (none: the values alone), and how the values are made."""

    name: str
    sizes: tuple[tuple[Axis, int], ...]
    values: str = "random"


@dataclass(frozen=True)
class Group:
    """Choices of one kind. The caller tries them in order and keeps up to ``enough`` that eager accepts.

    ``fallbacks`` are further groups tried only where every choice here was refused, ``alone`` those that change one
    dimension each, tried where one was accepted. That a ``composite`` one is refused says nothing that its dimensions do
    not say by themselves.
    """

    label: str
    axes: tuple[Axis, ...]
    choices: tuple[Choice, ...]
    enough: int = 1
    fallbacks: tuple[Group, ...] = ()
    alone: tuple[Group, ...] = ()
    composite: bool = False


class Variator:
    """Makes inputs like a subject's example, of other sizes or values."""

    def __init__(self, subject: Subject) -> None:
        example = subject.example
        self.subject = subject
        self.leaves, self.spec = pytree.tree_flatten((tuple(example.args), dict(example.kwargs)))
        self.tensors = [i for i, leaf in enumerate(self.leaves) if isinstance(leaf, torch.Tensor)]
        names = [spec.name for spec in describe_inputs(subject.module, example)]
        self.names = names if len(names) == len(self.tensors) else [f"input {i}" for i in range(len(self.tensors))]

    def shape(self, index: int) -> tuple[int, ...]:
        return tuple(int(n) for n in self.leaves[self.tensors[index]].shape)

    def changed(self, inputs: Inputs) -> tuple[Axis, ...]:
        """The dimensions in which INPUTS differ from the example; none where they are not alike in number and rank."""
        leaves = pytree.tree_leaves((tuple(inputs.args), dict(inputs.kwargs)))
        shapes = [tuple(leaf.shape) for leaf in leaves if isinstance(leaf, torch.Tensor)]
        own = [self.shape(index) for index in range(len(self.tensors))]
        if [len(shape) for shape in shapes] != [len(shape) for shape in own]:
            return ()
        pairs = enumerate(zip(own, shapes, strict=True))
        return tuple((i, d) for i, (one, two) in pairs for d in range(len(one)) if one[d] != two[d])

    # -- what to try ------------------------------------------------------------------------------------------------

    def groups(self) -> Iterator[Group]:
        """Every kind of change, the most telling first."""
        ranged = dict(self.subject.ranges)
        for axis, pair in ranged.items():
            if axis[0] < len(self.tensors) and axis[1] < len(self.shape(axis[0])):
                yield self._ranged(axis, pair)
        yield self._values("values", ("random",), 1)
        spatial = self._spatial()
        if spatial is not None:
            yield spatial
        for dimension in range(max((len(self.shape(i)) for i in range(len(self.tensors))), default=0)):
            yield from self._dimension(dimension, set(ranged))
        ragged = self._ragged()
        if ragged is not None:
            yield ragged
        yield self._values("other values", ("negated", "scaled", "zeros", "reseeded"), 4)

    def _values(self, label: str, ways: tuple[str, ...], enough: int) -> Group:
        floating = any(self.leaves[i].dtype.is_floating_point for i in self.tensors)
        kept = [way for way in ways if floating or way != "scaled"]
        return Group(label, (), tuple(Choice(_VALUE_NAMES[way], (), way) for way in kept), enough)

    def _ranged(self, axis: Axis, pair: tuple[int, int]) -> Group:
        low, high = pair
        size = self.shape(axis[0])[axis[1]]
        middle = low + (high - low) // 3
        sizes = [n for n in dict.fromkeys((low, high, middle)) if n != size]
        others = [a for a in self._alike(axis) if self.subject.ranges.get(a) == pair]
        together = (axis, *others)
        joint = tuple(self._choice(together, n) for n in sizes)
        alone = tuple(self._choice((axis,), n) for n in sizes)
        fallback = (Group(self._label((axis,)), (axis,), alone, 3),) if others else ()
        return Group(self._label(together), together, joint, 3, fallback, fallback)

    def _dimension(self, dimension: int, done: set[Axis]) -> Iterator[Group]:
        """The dimension in every input that has it with the same size; else in each input alone; else all of that size."""
        axes = [(i, dimension) for i in range(len(self.tensors)) if len(self.shape(i)) > dimension]
        enough = 2 if all(self.leaves[i].numel() <= SMALL for i in self.tensors) else 1
        by_size: dict[int, list[Axis]] = {}
        for axis in axes:
            if axis not in done:
                by_size.setdefault(self.shape(axis[0])[dimension], []).append(axis)
        for size, together in by_size.items():
            fallbacks: list[Group] = []
            alone: tuple[Group, ...] = ()
            if len(together) > 1:
                alone = tuple(Group(self._label((a,)), (a,), self._sizes((a,), size)) for a in together)
                fallbacks += alone
            alike = tuple(dict.fromkeys((*together, *self._alike(together[0]))))
            if len(alike) > len(together):
                fallbacks.append(Group(self._label(alike), alike, self._sizes(alike, size)))
            multiple = tuple(axes)
            if len(by_size) > 1 and size == min(by_size):
                choice = Choice(f"dimension {dimension} doubled", tuple((a, 2 * self._size(a)) for a in multiple))
                fallbacks.append(Group(f"dimension {dimension}", multiple, (choice,)))
            yield Group(
                self._label(tuple(together)),
                tuple(together),
                self._sizes(tuple(together), size),
                enough,
                tuple(fallbacks),
                alone,
            )

    def boundaries(self, sizes: tuple[int, ...]) -> Iterator[Group]:
        """Every dimension at each of SIZES, within the ranges that the user gave."""
        for dimension in range(max((len(self.shape(i)) for i in range(len(self.tensors))), default=0)):
            for group in self._dimension(dimension, set()):
                low, high = self.subject.ranges.get(group.axes[0], (1, LARGEST))
                wanted = [n for n in sizes if low <= n <= high and n != self._size(group.axes[0])]
                choices = tuple(self._choice(group.axes, n) for n in wanted)
                yield Group(group.label, group.axes, choices, len(choices), composite=True)

    def _size(self, axis: Axis) -> int:
        return self.shape(axis[0])[axis[1]]

    def _alike(self, axis: Axis) -> list[Axis]:
        size = self._size(axis)
        every = [(i, d) for i in range(len(self.tensors)) for d in range(len(self.shape(i)))]
        return [a for a in every if a != axis and self._size(a) == size]

    def _sizes(self, axes: tuple[Axis, ...], size: int) -> tuple[Choice, ...]:
        sizes = (
            [size // 2, size * 2, size - 1, size + 1, size + 3]
            if size > 3
            else [size + 1, size * 2, size + 3, size - 1]
        )
        return tuple(self._choice(axes, n) for n in dict.fromkeys(sizes) if n > 0 and n != size)

    def alone(self, axis: Axis, size: int) -> Choice:
        """AXIS alone, at SIZE."""
        return self._choice((axis,), size)

    def together(self, axes: tuple[Axis, ...], size: int) -> Choice:
        """All of AXES, at SIZE."""
        return self._choice(axes, size)

    def _choice(self, axes: tuple[Axis, ...], size: int) -> Choice:
        return Choice(f"{self._label(axes)} = {size}", tuple((axis, size) for axis in axes))

    def _label(self, axes: tuple[Axis, ...]) -> str:
        dimensions = sorted({d for _, d in axes})
        named = " and ".join(str(d) for d in dimensions)
        text = f"dimension {named}" if len(dimensions) == 1 else f"dimensions {named}"
        if len(self.tensors) == 1:
            return text
        inputs = sorted({i for i, _ in axes})
        return f"{text} of {', '.join(f'`{self.names[i]}`' for i in inputs)}"

    def _from_third(self) -> tuple[Axis, ...]:
        return tuple((i, d) for i in range(len(self.tensors)) for d in range(2, len(self.shape(i))))

    def _spatial(self) -> Group | None:
        axes = self._from_third()
        if not any(len(self.shape(i)) >= 4 for i, _ in axes):
            return None
        halves = tuple((a, max(1, self._size(a) // 2)) for a in axes)
        doubles = tuple((a, 2 * self._size(a)) for a in axes)
        choices = [Choice(self._spatial_name(sizes), sizes) for sizes in (halves, doubles) if self._changes(sizes)]
        return Group("the spatial dimensions", axes, tuple(choices), composite=True)

    def _ragged(self) -> Group | None:
        axes = self._from_third()
        if not axes:
            return None
        odd = tuple((a, self._size(a) + 3) for a in axes)
        even = tuple((a, self._size(a) + 32) for a in axes)
        choices = (Choice(self._spatial_name(odd), odd), Choice(self._spatial_name(even), even))
        return Group("an odd size", axes, choices, composite=True)

    def _spatial_name(self, sizes: tuple[tuple[Axis, int], ...]) -> str:
        first = sizes[0][0][0]
        return "size " + "x".join(str(n) for (i, _), n in sizes if i == first)

    def _changes(self, sizes: tuple[tuple[Axis, int], ...]) -> bool:
        return any(self._size(axis) != n for axis, n in sizes)

    # -- making them ------------------------------------------------------------------------------------------------

    def make(self, choice: Choice, attempt: int = 0) -> Inputs | None:
        """The inputs of CHOICE; None where they would be too large. ATTEMPT 1 keeps the example's integers, repeated."""
        generator = torch.Generator().manual_seed(1 + attempt + len(choice.name))
        wanted: dict[int, dict[int, int]] = {}
        for (index, dimension), size in choice.sizes:
            wanted.setdefault(index, {})[dimension] = size
        leaves = list(self.leaves)
        for index, position in enumerate(self.tensors):
            tensor = self.leaves[position]
            shape = [wanted.get(index, {}).get(d, n) for d, n in enumerate(self.shape(index))]
            if math.prod(shape) > max(LARGEST, 4 * tensor.numel()):
                return None
            keep = attempt == 1 and not tensor.dtype.is_floating_point
            leaves[position] = resized(tensor, shape) if keep else like(tensor, shape, choice.values, generator)
        args, kwargs = pytree.tree_unflatten(leaves, self.spec)
        return Inputs(choice.name, args, kwargs)

    def repeated(self, inputs: Inputs) -> Inputs:
        """The example's own values in the sizes of INPUTS, cut or repeated."""
        found = [leaf for leaf in pytree.tree_leaves((inputs.args, inputs.kwargs)) if isinstance(leaf, torch.Tensor)]
        leaves = list(self.leaves)
        for position, tensor in zip(self.tensors, found, strict=True):
            leaves[position] = resized(self.leaves[position], [int(n) for n in tensor.shape])
        args, kwargs = pytree.tree_unflatten(leaves, self.spec)
        return Inputs(inputs.name, args, kwargs)


_VALUE_NAMES = {
    "random": "other values",
    "negated": "negated values",
    "scaled": "values times 100",
    "zeros": "zeros",
    "reseeded": "yet other values",
}


def resized(tensor: torch.Tensor, shape: list[int]) -> torch.Tensor:
    """TENSOR cut or repeated to SHAPE."""
    result = tensor.detach()
    for dimension, size in enumerate(shape):
        have = result.shape[dimension]
        if have == 0:
            return result.new_zeros(shape)
        index = torch.arange(size) % have
        result = result.index_select(dimension, index)
    return result.clone()


def like(tensor: torch.Tensor, shape: list[int], values: str, generator: torch.Generator) -> torch.Tensor:
    """New values of TENSOR's dtype and kind: within [0, 1] where its own are, integers within its own bounds."""
    tensor = tensor.detach()
    maker: Callable[[], torch.Tensor] = _MAKERS.get(values, _random)(tensor, shape, generator)
    result = maker()
    return result.to(tensor.dtype)


def _random(tensor: torch.Tensor, shape: list[int], generator: torch.Generator) -> Callable[[], torch.Tensor]:
    if tensor.dtype == torch.bool:
        return lambda: (
            tensor.new_full(shape, bool(tensor.all()))
            if tensor.numel() == 0 or tensor.all() or not tensor.any()
            else torch.rand(shape, generator=generator) > 0.5
        )
    if not tensor.dtype.is_floating_point and not tensor.dtype.is_complex:
        low, high = (int(tensor.min()), int(tensor.max())) if tensor.numel() else (0, 0)
        return lambda: torch.randint(low, high + 1, shape, generator=generator)
    if tensor.dtype.is_complex:
        return lambda: torch.randn(shape, dtype=tensor.dtype, generator=generator)
    if tensor.numel() == 0:
        return lambda: torch.zeros(shape)
    low_value, high_value = float(tensor.min()), float(tensor.max())
    if low_value >= 0 and high_value <= 1:
        if bool(((tensor == 0) | (tensor == 1)).all()):
            share = float(tensor.float().mean())
            return lambda: (torch.rand(shape, generator=generator) < share).float()
        return lambda: torch.rand(shape, generator=generator)
    if tensor.numel() > 1:
        mean, deviation = float(tensor.float().mean()), float(tensor.float().std())
    else:
        mean, deviation = 0.0, abs(float(tensor)) or 1.0
    if low_value >= 0:
        return lambda: torch.rand(shape, generator=generator) * (high_value - low_value) + low_value
    return lambda: torch.randn(shape, generator=generator) * deviation + mean


def _negated(tensor: torch.Tensor, shape: list[int], _: torch.Generator) -> Callable[[], torch.Tensor]:
    if tensor.dtype == torch.bool:
        return lambda: ~tensor
    if tensor.dtype.is_floating_point or tensor.dtype.is_complex:
        return lambda: -tensor
    return lambda: tensor.max() + tensor.min() - tensor if tensor.numel() else tensor.clone()


def _scaled(tensor: torch.Tensor, shape: list[int], generator: torch.Generator) -> Callable[[], torch.Tensor]:
    if tensor.dtype.is_floating_point or tensor.dtype.is_complex:
        return lambda: tensor * 100
    return _random(tensor, shape, generator)


def _zeros(tensor: torch.Tensor, shape: list[int], generator: torch.Generator) -> Callable[[], torch.Tensor]:
    if tensor.dtype.is_floating_point or tensor.dtype.is_complex or tensor.dtype == torch.bool:
        return lambda: torch.zeros(shape)
    return lambda: torch.full(shape, int(tensor.min()) if tensor.numel() else 0)


_MAKERS = {"random": _random, "reseeded": _random, "negated": _negated, "scaled": _scaled, "zeros": _zeros}
