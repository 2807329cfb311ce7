"""Reads the MIL program out of a converted model into plain data: the only file that knows coremltools' own classes.

May import coremltools, inside :func:`read` alone; computes nothing.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

Value = Any
"""What an op takes and gives: a tensor, a string, a list of values (for MIL's lists), or None."""

Reference = int | tuple[int, ...]
"""The number of a value, or of several where an op takes a tuple."""


@dataclass(frozen=True)
class Node:
    """One op. ``inputs`` maps MIL's parameter names to numbers of values; ``dead`` are those last used here.

    ``operation`` is coremltools' own object, for value inference alone.
    """

    kind: str
    name: str
    inputs: dict[str, Reference]
    outputs: tuple[int, ...]
    blocks: tuple[Block, ...] = ()
    dead: tuple[int, ...] = ()
    scope: str = ""
    operation: Any = None


@dataclass(frozen=True)
class Block:
    """A list of ops. ``inputs`` are given by the op around it, ``outputs`` go back to it."""

    inputs: tuple[int, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True)
class Port:
    """An input or output of the program.

    ``shape`` holds an int, or a pair (lowest, highest or None), a dimension; ``shapes`` lists the only ones allowed, where
    they are enumerated. ``scale`` and ``bias`` are those of an ImageType (``scale`` None: not an image). ``state``: it is kept
    between calls, and no argument.
    """

    name: str
    value: int
    dtype: str
    shape: tuple[int | tuple[int, int | None], ...] = ()
    shapes: tuple[tuple[int, ...], ...] = ()
    scale: float | tuple[float, ...] | None = None
    bias: float | tuple[float, ...] = 0.0
    state: bool = False


@dataclass(frozen=True)
class Graph:
    """A program. ``half``: it computes in float16, and its weights are rounded to it.

    ``types`` maps numbers of values to (dtype, shape with None where a dimension is open) as coremltools inferred them;
    ``constants`` to what const ops hold: tensors that share coremltools' memory, float16 widened to float32. ``states`` are the
    values that states start with, by the names of their inputs, instead of zeros.
    """

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    block: Block
    half: bool
    types: dict[int, tuple[str, tuple[int | None, ...]]]
    constants: dict[int, Value] = field(default_factory=dict)
    states: Mapping[str, torch.Tensor] = field(default_factory=dict)

    def kinds(self) -> set[str]:
        """The kinds of all ops, those in loops and branches, too."""
        found, blocks = set[str](), [self.block]
        while blocks:
            for node in blocks.pop().nodes:
                found.add(node.kind)
                blocks += node.blocks
        return found


def read(mlmodel: Any) -> Graph:
    """The MIL program of what ``ct.convert`` returned, after all passes.

    Relies on private API, tried with coremltools 9.0: ``MLModel._spec`` is of type ``mlProgram``; ``MLModel._mil_program`` has
    ``functions['main']``, whose ``inputs``, ``outputs``, ``input_types`` and ``operations`` are walked; ``Operation.inputs``,
    ``outputs``, ``blocks``, ``op_type`` and ``scopes``; ``Var.op``, ``val`` and ``sym_type``.
    Raises ValueError where there is no such program (a neural network).
    """
    program: Any = getattr(mlmodel, "_mil_program", None)
    if program is None or mlmodel._spec.WhichOneof("Type") != "mlProgram" or "main" not in program.functions:
        raise ValueError("the converted model holds no ML program")
    return _Reader(program.functions["main"]).graph()


def read_program(program: Any) -> tuple[Graph, dict[int, int]]:
    """A MIL program as ``convert_to="milinternal"`` gives it, and the number of each of its vars, by ``id``."""
    reader = _Reader(program.functions["main"])
    return reader.graph(), reader.numbers


class _Reader:
    def __init__(self, function: Any) -> None:
        from coremltools.converters.mil.mil import types

        self.function = function
        self.mil = types
        self.numbers: dict[int, int] = {}
        self.vars: list[Any] = []
        self.types: dict[int, tuple[str, tuple[int | None, ...]]] = {}
        self.constants: dict[int, Value] = {}
        self.half = False

    def graph(self) -> Graph:
        ports = self._inputs()
        inputs = tuple(port.value for port in ports)
        block = self._block(self.function, inputs, frozenset())
        outputs = tuple(
            Port(var.name, self._number(var), self.types[self._number(var)][0]) for var in self.function.outputs
        )
        return Graph(ports, outputs, block, self.half, self.types, self.constants)

    def _number(self, var: Any) -> int:
        number = self.numbers.get(id(var))
        if number is None:
            number = self.numbers[id(var)] = len(self.vars)
            self.vars.append(var)  # kept alive, or another var could get its id
            self.types[number] = self._type(var)
        return number

    def _type(self, var: Any) -> tuple[str, tuple[int | None, ...]]:
        kind = var.sym_type
        if self.mil.is_state(kind):
            kind = kind.wrapped_type()
        if self.mil.is_tensor(kind):
            shape = tuple(int(size) if _is_int(size) else None for size in kind.get_shape())
            return self.mil.builtin_to_string(kind.get_primitive()), shape
        if self.mil.is_list(kind):
            return "list", ()
        if self.mil.is_dict(kind):
            return "dict", ()
        return self.mil.builtin_to_string(kind), ()

    def _inputs(self) -> tuple[Port, ...]:
        described = {kind.name: kind for kind in self.function.input_types or ()}
        ports = []
        for name, var in self.function.inputs.items():
            number = self._number(var)
            dtype, known = self.types[number]
            kind = described.get(name)
            shape = tuple(size if size is not None else (1, None) for size in known)
            port = Port(name, number, dtype, shape, state=bool(self.mil.is_state(var.sym_type)))
            ports.append(_describe(port, kind) if kind is not None else port)
        return tuple(ports)

    def _block(self, block: Any, inputs: tuple[int, ...], outer: frozenset[int]) -> Block:
        """OUTER are values of the blocks around this one: never dead in here, since a loop needs them again."""
        nodes = []
        for operation in block.operations:
            outputs = tuple(self._number(var) for var in operation.outputs)
            if operation.op_type == "const":
                self.constants[outputs[0]] = self._constant(operation.outputs[0].val)
                continue
            references = {name: self._reference(var) for name, var in operation.inputs.items() if var is not None}
            arguments = {name: reference for name, reference in references.items() if reference is not None}
            known = outer | frozenset(self.numbers.values()) if operation.blocks else outer
            blocks = tuple(
                self._block(inner, tuple(self._number(var) for var in inner.inputs), known)
                for inner in operation.blocks
            )
            scope = _scope(operation)
            nodes.append(
                Node(operation.op_type, operation.name, arguments, outputs, blocks, scope=scope, operation=operation)
            )
        outputs = tuple(self._number(var) for var in block.outputs)
        return Block(inputs, tuple(_with_deaths(nodes, outputs, outer, self.constants)), outputs)

    def _reference(self, var: Any) -> Reference | None:
        if isinstance(var, (list, tuple)):
            return tuple(self._argument(item) for item in var)
        if callable(getattr(var, "val", None)):  # the Python functions that cond and while_loop were built from
            return None
        return self._argument(var)

    def _argument(self, var: Any) -> int:
        number = self._number(var)
        # Default values of parameters are vars without a const op in the block.
        if var.op is None and var.val is not None and number not in self.constants:
            self.constants[number] = self._constant(var.val)
        return number

    def _constant(self, value: Any) -> Value:
        if isinstance(value, (list, tuple)) or type(value).__name__ == "mil_list":
            return [self._constant(item) for item in getattr(value, "ls", value)]
        if value is None or isinstance(value, str):
            return value
        tensor = as_tensor(value)
        if tensor.dtype == torch.float16:
            self.half = True
            return tensor.float()
        return tensor


def as_tensor(value: Any) -> torch.Tensor:
    """A tensor of a NumPy value, sharing its memory where that is possible; 64-bit numbers become 32-bit ones, as in MIL."""
    import numpy

    array = numpy.asarray(value)
    if array.dtype == numpy.float64:
        array = array.astype(numpy.float32)
    elif array.dtype == object or array.dtype in (  # objects: sizes that were symbols once, as numbers or none of them
        numpy.int64, numpy.uint64, numpy.uint32, numpy.uint16, numpy.int16, numpy.uint8, numpy.int8,
    ):  # fmt: skip
        array = array.astype(numpy.int32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the array may not be writable; nothing here writes
        return torch.from_numpy(numpy.ascontiguousarray(array)).reshape(array.shape)


def _is_int(size: Any) -> bool:
    try:
        int(size)
    except TypeError:  # a symbol
        return False
    return True


def _describe(port: Port, kind: Any) -> Port:
    """PORT with the bounds and the preprocessing of an entry of ``Function.input_types``.

    Relies on ``TensorType.shape`` being a ``Shape`` whose ``shape`` holds ints and ``RangeDim`` (``lower_bound``,
    ``upper_bound``), or ``EnumeratedShapes`` (``shapes``), and on ``ImageType.scale`` and ``bias``.
    """
    from dataclasses import replace

    described = getattr(kind, "shape", None)
    bounds = getattr(described, "shape", None)
    if bounds is not None and len(bounds) == len(port.shape):
        port = replace(port, shape=tuple(_bounds(size, known) for size, known in zip(bounds, port.shape, strict=True)))
    enumerated = getattr(described, "shapes", None)
    if enumerated is not None:
        listed = tuple(tuple(getattr(shape, "shape", shape)) for shape in enumerated)
        port = replace(port, shapes=tuple(tuple(int(size) for size in shape) for shape in listed))
    if hasattr(kind, "color_layout"):
        port = replace(port, scale=_numbers(kind.scale), bias=_numbers(kind.bias))
    return port


def _bounds(size: Any, known: int | tuple[int, int | None]) -> int | tuple[int, int | None]:
    if isinstance(known, int):
        return known
    if hasattr(size, "lower_bound"):
        return int(size.lower_bound), int(size.upper_bound) if size.upper_bound > 0 else None
    return known


def _numbers(value: Any) -> float | tuple[float, ...]:
    if value is None:
        return 0.0
    numbers = as_tensor(value).float()
    return float(numbers) if numbers.numel() == 1 else tuple(numbers.flatten().tolist())


def _scope(operation: Any) -> str:
    """The path of the module that the op comes from, '' where it is not known."""
    for source, path in (getattr(operation, "scopes", None) or {}).items():
        if getattr(source, "name", "") == "TORCHSCRIPT_MODULE_NAME" and path:
            return ".".join(str(part) for part in path[:-1])
    return ""


def _uses(node: Node) -> set[int]:
    used: set[int] = set()
    for reference in node.inputs.values():
        used.update(reference if isinstance(reference, tuple) else (reference,))
    for block in node.blocks:
        used.update(block.outputs)
        for inner in block.nodes:
            used |= _uses(inner)
    return used


def _with_deaths(
    nodes: list[Node], outputs: tuple[int, ...], outer: frozenset[int], constants: dict[int, Value]
) -> list[Node]:
    """NODES with the values that can be forgotten after each: used or made there, and by nothing later."""
    from dataclasses import replace

    needed = set(outputs) | outer
    result = []
    for node in reversed(nodes):
        mentioned = _uses(node) | set(node.outputs)
        dead = tuple(sorted(number for number in mentioned - needed if number not in constants))
        needed |= mentioned
        result.append(replace(node, dead=dead))
    return result[::-1]
