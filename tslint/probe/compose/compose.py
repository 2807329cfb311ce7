"""What stands in for an op that coremltools cannot convert: a function of ops that it can, held against eager first.

Relies on coremltools' ``InternalTorchIRBlock.from_torchscript_block`` and ``ops.convert_block`` (tried with coremltools 9.0), on
which the composites that tslint writes rest, too. Nothing is registered here.
"""

from __future__ import annotations

import itertools
import linecache
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import torch

from tslint.evidence import ComposedFunction, Composite
from tslint.probe.agree import copied, quiet, same
from tslint.probe.compose.decompose import records
from tslint.probe.compose.use import Slot, Use
from tslint.probe.compose.written import Unwritable, literal, written
from tslint.probe.subject import seed

ROUNDS = 6
"""Times that a record is made anew because one of its own ops does not convert."""

_NUMBERS = itertools.count()


@dataclass
class Function:
    """A composite of one operator: its text, and what TorchScript made of it."""

    use: Use
    text: str
    compiled: Any
    shapes: tuple[tuple[int | None, ...], ...]
    """The shapes of the tensors that it takes; None for a size that it reads."""

    @property
    def op(self) -> str:
        return f"aten::{self.use.name}"

    def __reduce__(self) -> Any:
        return _again, (self.use, self.text, self.shapes)

    def serves(self, use: Use) -> bool:
        """Whether it answers USE, another one of the operator, as eager does."""
        if use.op is not self.use.op or use.live != self.use.live or use.constants() != self.use.constants():
            return False
        if _types(use) != _types(self.use):
            return False
        sizes = zip(itertools.chain(*self.shapes), itertools.chain(*_shapes(use)), strict=True)
        return all(mine in (None, other) for mine, other in sizes) and agrees(self.compiled, use)


@dataclass
class Composer:
    """Finds composites, and remembers them by operator."""

    found: list[Function] = field(default_factory=list)
    _hopeless: list[tuple[Any, ...]] = field(default_factory=list)

    def compose(self, use: Use, convert: Callable[[Function], str | None]) -> Function | None:
        """A function that answers USE as eager does and that CONVERT takes; None where there is none.

        CONVERT puts it in the place of the node. It answers None, the name of an op within it that does not convert, or ``""``
        where that is not known.
        """
        for function in self.found:
            if function.serves(use) and convert(function) is None:
                return function
        key = (use.op, use.constants(), _types(use), _shapes(use))
        if any(key == known for known in self._hopeless):
            return None
        made = self._made(use, convert)
        if made is None:
            self._hopeless.append(key)
        else:
            self.found.append(made)
        return made

    def _made(self, use: Use, convert: Callable[[Function], str | None]) -> Function | None:
        further: set[str] = set()
        for _ in range(ROUNDS):
            refused = None
            for module in records(use, further):
                function = _function(use, module)
                if function is None or not agrees(function.compiled, use):
                    continue
                refused = convert(function)
                if refused is None:
                    return function
                if refused and refused not in further:
                    break
            if not refused or refused in further:
                return None
            further.add(refused)
        return None


def composites(functions: Iterable[Function]) -> tuple[Composite, ...]:
    """FUNCTIONS for a script: one composite an operator."""
    by_name: dict[str, list[Function]] = {}
    for function in functions:
        by_name.setdefault(function.use.name, []).append(function)
    return tuple(_composite(name, own) for name, own in by_name.items())


def agrees(compiled: Any, use: Use) -> bool:
    """Whether COMPILED answers as the operator does, on what USE was given, and on the same numbers in another order."""
    return _agrees(compiled, use, list(use.given)) is True and _agrees(compiled, use, _turned(use)) is not False


def _agrees(compiled: Any, use: Use, given: list[Any]) -> bool | None:
    """None where the operator itself does not take what is GIVEN."""
    with torch.no_grad(), quiet():
        try:
            seed()
            expected = use.call(*copied(given))
        except Exception:
            return None
        try:
            seed()
            actual = compiled(*copied(given))
        except Exception:
            return False
    return same(_used(expected, use), _used(actual, use))


def _turned(use: Use) -> list[Any]:
    """What USE was given, the elements of each tensor in reverse order: indices stay in bounds, probabilities what they are."""
    return [
        value.reshape(-1).flip(0).reshape(value.shape) if isinstance(value, torch.Tensor) else value
        for value in use.given
    ]


def _used(answer: Any, use: Use) -> list[Any]:
    items = list(answer) if isinstance(answer, (list, tuple)) else [answer]
    several = len(use.used) > 1
    return [item for item, used in zip(items, use.used, strict=True) if used] if several else items


def _function(use: Use, module: Any) -> Function | None:
    parameters = [
        (use.parameter(slot), torch.Tensor if isinstance(value, torch.Tensor) else type(value))
        for slot, value in zip(use.live, use.given, strict=True)
    ]
    shapes = _served(use, module)
    try:
        text = written(_spelled(use.name), parameters, module, _about(use, shapes))
        return Function(use, text, compiled(text, _spelled(use.name)), shapes)
    except Unwritable:
        return None
    except Exception:  # what TorchScript does not compile
        return None


def _again(use: Use, text: str, shapes: tuple[tuple[int | None, ...], ...]) -> Function:
    """A Function from what was pickled of it: what is compiled cannot be."""
    return Function(use, text, compiled(text, _spelled(use.name)), shapes)


def compiled(text: str, name: str) -> Any:
    """TEXT, which defines the function NAME, run and scripted. TorchScript reads its source from where Python says it is."""
    number = next(_NUMBERS)
    path = f"<composite {number}>"
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    space: dict[str, Any] = {"torch": torch, "math": math, "__name__": f"composite{number}"}
    exec(compile(text, path, "exec"), space)
    with quiet():
        return torch.jit.script(space[name])


def _spelled(name: str) -> str:
    return f"composed_{name.strip('_')}"


def _served(use: Use, module: Any) -> tuple[tuple[int | None, ...], ...]:
    """The shapes that the record is right for: a size is free where nothing has fixed its symbol."""
    found = []
    for value, node in zip(use.given, module.graph.find_nodes(op="placeholder"), strict=True):
        if isinstance(value, torch.Tensor):
            seen = node.meta.get("val")
            sizes = seen.shape if seen is not None else (None,) * value.dim()
            found.append(tuple(size if isinstance(size, int) else _number(size) for size in sizes))
    return tuple(found)


def _number(size: Any) -> int | None:
    """The number that a symbolic SIZE has come to be."""
    known = getattr(getattr(size, "node", None), "expr", None)
    return int(known) if known is not None and known.is_number else None


def _about(use: Use, shapes: tuple[tuple[int | None, ...], ...]) -> str:
    schema = use.op._schema.arguments
    said = []
    for index, value in use.constants():
        default = schema[index].default_value if schema[index].has_default_value() else None
        if value != default and schema[index].name not in ("dtype", "device", "layout", "pin_memory", "generator"):
            said.append(f"{schema[index].name}={literal(value)}")
    words = f"`aten::{use.name}`" + (f" with {', '.join(said)}" if said else "")
    if any(size is not None for shape in shapes for size in shape):
        shown = ("[" + ", ".join("any" if size is None else str(size) for size in shape) + "]" for shape in shapes)
        words += f", for {', '.join(shown)}"
    return f"{words}, in operators that coremltools converts."


def _shapes(use: Use) -> tuple[torch.Size, ...]:
    return tuple(value.shape for value in use.given if isinstance(value, torch.Tensor))


def _types(use: Use) -> tuple[Any, ...]:
    return tuple((v.dtype, v.dim()) if isinstance(v, torch.Tensor) else type(v) for v in use.given)


def _composite(name: str, functions: list[Function]) -> Composite:
    from coremltools.converters.mil.frontend.torch.torch_op_registry import _TORCH_OPS_REGISTRY

    many = len(functions) > 1
    made = tuple(
        ComposedFunction(
            f"{_spelled(name)}_{number}" if many else _spelled(name),
            function.text.replace(f"def {_spelled(name)}(", f"def {_spelled(name)}_{number}(", 1)
            if many
            else function.text,
            tuple(function.use.live),
            function.shapes,
            tuple((index, literal(value)) for index, value in function.use.constants() if _plain(value)),
        )
        for number, function in enumerate(functions, 1)
    )
    return Composite(f"aten::{name}", made, _TORCH_OPS_REGISTRY.get_func(name) is not None)


def _plain(value: Any) -> bool:
    """Whether a converter can read it from coremltools' own values."""
    if isinstance(value, (list, tuple)):
        return all(_plain(item) for item in value)
    return isinstance(value, (bool, int, float)) or value is None


def substitute(context: Any, node: Any, function: Function) -> None:
    """Converts NODE as what FUNCTION does. Raises what coremltools raises."""
    from coremltools.converters.mil.frontend.torch.internal_graph import InternalTorchIRBlock
    from coremltools.converters.mil.frontend.torch.ops import convert_block

    block = InternalTorchIRBlock.from_torchscript_block(function.compiled.graph, node)
    given = [_taken(context, node, slot) for slot in function.use.live]
    found = convert_block(context, block, given)[0]
    for name, value in zip(node.outputs, found if len(node.outputs) > 1 else [found], strict=True):
        context.add(value, torch_name=name)


def _taken(context: Any, node: Any, slot: Slot) -> Any:
    value = context[node.inputs[slot[0]]]
    return value if slot[1] < 0 else value[slot[1]]
