"""One node that coremltools cannot convert, as a call: the operator, and what it was given on the example inputs.

Relies on ``Node.schema`` and ``torch._C.parse_schema`` (private; tried with torch 2.13).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

NUMBERS = ("number", "Scalar", "Optional[number]", "float", "int")

Slot = tuple[int, int]
"""(number of the argument, number of the item where it is a list of tensors, else -1)"""


@dataclass(frozen=True)
class Use:
    """``arguments`` are in the order of the schema; ``live`` are those that are computed when the model runs, tensors first.

    The others are constants.
    """

    op: Any
    arguments: tuple[Any, ...]
    live: tuple[Slot, ...]
    used: tuple[bool, ...] = (True,)
    """Which of its outputs anything uses."""

    @property
    def name(self) -> str:
        """``diff`` for ``aten::diff``."""
        return str(self.op._schema.name).split("::")[-1]

    @property
    def given(self) -> tuple[Any, ...]:
        """The values of the live arguments."""
        return tuple(self.arguments[i] if item < 0 else self.arguments[i][item] for i, item in self.live)

    def given_anew(self, given: Sequence[Any]) -> Use:
        """The same use with other values for the live arguments."""
        arguments = [list(value) if isinstance(value, (list, tuple)) else value for value in self.arguments]
        for (index, item), value in zip(self.live, given, strict=True):
            if item < 0:
                arguments[index] = value
            else:
                arguments[index][item] = value
        return replace(self, arguments=tuple(arguments))

    def constants(self) -> tuple[tuple[int, Any], ...]:
        """(number, value) of the other arguments."""
        live = {index for index, _ in self.live}
        return tuple((index, value) for index, value in enumerate(self.arguments) if index not in live)

    def parameter(self, slot: Slot) -> str:
        """A name for a live argument: the schema's own, ``x`` for ``self``."""
        index, item = slot
        name = self.op._schema.arguments[index].name
        return ("x" if name == "self" else name) + (f"_{item}" if item >= 0 else "")

    def __reduce__(self) -> Any:
        name = str(self.op._schema.name).replace("::", "."), str(self.op._overloadname)
        return _read, (*name, self.arguments, self.live, self.used)

    def call(self, *given: Any) -> Any:
        """The operator's answer, with other values for the live arguments."""
        return self.call_of(self.op, *given)

    def call_of(self, function: Any, *given: Any) -> Any:
        """The answer of FUNCTION, which has the operator's signature."""
        arguments = self.given_anew(given).arguments
        schema = self.op._schema.arguments
        positional = [value for value, known in zip(arguments, schema, strict=True) if not known.kwarg_only]
        named = {known.name: value for value, known in zip(arguments, schema, strict=True) if known.kwarg_only}
        return function(*positional, **named)


def _read(name: str, overload: str, *rest: Any) -> Use:
    """A Use from what was pickled of it: operators cannot be."""
    space, _, own = name.partition(".")
    return Use(getattr(getattr(getattr(torch.ops, space), own), overload), *rest)


def use_of(node: Any, values: Mapping[str, Any], known: Callable[[int], bool]) -> Use | None:
    """The call that the TorchScript NODE is; None for what is no operator or was not observed.

    VALUES are what was observed, by name; KNOWN says whether coremltools knows an input before the model runs.
    """
    op = _operator(node)
    if op is None:
        return None
    arguments, live = [], list[Slot]()
    for index, (value, declared) in enumerate(zip(node.inputs(), op._schema.arguments, strict=False)):
        try:
            found = _value(value, values)
        except KeyError:
            return None
        if isinstance(found, torch.Tensor) and str(declared.type) in NUMBERS and known(index):
            found = found.item()  # a tracer writes many a number as a tensor of it
        if isinstance(found, torch.Tensor):
            live.append((index, -1))
        elif isinstance(found, (list, tuple)) and found and all(isinstance(item, torch.Tensor) for item in found):
            live += [(index, item) for item in range(len(found))]
        elif isinstance(found, (int, float)) and not isinstance(found, bool) and not known(index):
            live.append((index, -1))
        elif not known(index):
            return None  # a list of numbers, a flag: nothing that a composite could take
        arguments.append(found)
    if len(arguments) != len(op._schema.arguments):
        return None
    tensors = {slot for slot in live if slot[1] >= 0 or isinstance(arguments[slot[0]], torch.Tensor)}
    live.sort(key=lambda slot: (slot not in tensors, slot))
    return Use(op, tuple(arguments), tuple(live), tuple(bool(value.uses()) for value in node.outputs()))


def inputs_of(node: Any) -> set[str]:
    """The names of what has to be observed to make a Use of NODE."""
    found = set()
    for value in node.inputs():
        maker = value.node()
        if maker.kind() == "prim::ListConstruct":
            found |= inputs_of(maker)
        elif maker.kind() != "prim::Constant":
            found.add(value.debugName())
    return found


def _operator(node: Any) -> Any:
    """The operator without side effects that NODE calls: ``aten::add`` for ``aten::add_``."""
    try:
        schema: Any = torch._C.parse_schema(node.schema())
    except RuntimeError:  # "(no schema)"
        return None
    space, _, name = schema.name.partition("::")
    if name.endswith("_") and not name.endswith("__"):
        name = name[:-1]
    packet = getattr(getattr(torch.ops, space), name, None)
    return getattr(packet, schema.overload_name or "default", None)


def _value(value: Any, values: Mapping[str, Any]) -> Any:
    maker = value.node()
    if maker.kind() == "prim::Constant":
        return value.toIValue()
    if maker.kind() == "prim::ListConstruct":
        return [_value(item, values) for item in maker.inputs()]
    return values[value.debugName()]
