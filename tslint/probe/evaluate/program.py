"""Runs a program read by :mod:`graph`: blocks, branches, loops, lists and states here, every other op by its evaluator.

May not import coremltools (but see :mod:`fallback`), and knows nothing of the eager module.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from tslint.probe.evaluate import fallback
from tslint.probe.evaluate.graph import Block, Graph, Node, Value
from tslint.probe.evaluate.registry import EVALUATORS, BrokenProgramError, Ties, UnevaluableError, flag, integer, ints

MOST_ROUNDS = 100_000
"""Rounds of a loop after which it counts as endless."""

HELD = {
    "bool": torch.bool,
    **dict.fromkeys(("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64"), torch.int32),
}
"""How values that are no floats are held: every integer as int32, MIL's own."""


class Undefined:
    """What a MIL list holds where nothing has been written yet."""


class Run:
    """One evaluation of GRAPH. Every float is held in PRECISION, float16 too: the verdict is float32's.

    KEEP: no value is forgotten when it was used last. SEED is what random ops draw from.
    """

    def __init__(
        self,
        graph: Graph,
        ties: Ties | None = None,
        precision: torch.dtype = torch.float32,
        keep: bool = False,
        seed: int = 0,
    ) -> None:
        self.graph = graph
        self.seed = seed
        self.keep = keep
        self.ties = ties or Ties()
        self.held = {**HELD, "fp16": precision, "fp32": precision, "fp64": precision}
        self.values: dict[int, Value] = dict(graph.constants)
        if precision != torch.float32:
            self.values = {number: _in(precision, value) for number, value in self.values.items()}
        self.states: dict[int, Tensor] = {}

    def __call__(self, arguments: Sequence[Tensor]) -> list[Value]:
        """Outputs in the program's order. ARGUMENTS are those of the inputs that are no state, in order.

        Raises :class:`UnevaluableError` and :class:`BrokenProgramError`, whose text names the op.
        """
        torch.manual_seed(self.seed)
        remaining = iter(arguments)
        for port in self.graph.inputs:
            held = self.held[port.dtype]
            if port.state:
                zeros = torch.zeros([size for size in port.shape if isinstance(size, int)])
                self.states[port.value] = self.graph.states.get(port.name, zeros).to(held)
                self.values[port.value] = port.value
            else:
                self.values[port.value] = next(remaining).to(held)
        with torch.no_grad():
            return self._block(self.graph.block, [self.values[port.value] for port in self.graph.inputs])

    def _block(self, block: Block, arguments: Sequence[Value]) -> list[Value]:
        for reference, value in zip(block.inputs, arguments, strict=True):
            self.values[reference] = value
        for node in block.nodes:
            try:
                results = self._node(node)
            except (UnevaluableError, BrokenProgramError):
                raise
            except Exception as error:
                first = (str(error).splitlines() or [type(error).__name__])[0]
                # What torch says of shapes and indices that do not fit; anything else is our mistake.
                kind = (
                    BrokenProgramError
                    if isinstance(error, (RuntimeError, ValueError, IndexError))
                    else UnevaluableError
                )
                raise kind(f"`{node.kind}` ({node.name}): {first}") from error
            for reference, value in zip(node.outputs, results, strict=True):
                self.values[reference] = self._typed(node, reference, value)
            for reference in () if self.keep else node.dead:
                self.values.pop(reference, None)
        return [self.values[reference] for reference in block.outputs]

    def _typed(self, node: Node, reference: int, value: Value) -> Value:
        """VALUE in the dtype that the program declares; a shape that contradicts the declared one is our own mistake, or
        coremltools': no verdict."""
        if not isinstance(value, Tensor):
            return value
        dtype, shape = self.graph.types[reference]
        if dtype == "dict":
            return value
        wrong = len(shape) != value.ndim or any(
            known is not None and known != size for known, size in zip(shape, value.shape, strict=False)
        )
        if wrong and not (value.numel() == 1 and all(size in (1, None) for size in shape)):
            expected = tuple("?" if size is None else size for size in shape)
            raise UnevaluableError(f"`{node.kind}` ({node.name}): shape {tuple(value.shape)}, declared {expected}")
        held = self.held.get(dtype)
        return value if held is None or value.dtype == held else value.to(held)

    def _arguments(self, node: Node) -> dict[str, Value]:
        return {
            name: [self.values[item] for item in reference] if isinstance(reference, tuple) else self.values[reference]
            for name, reference in node.inputs.items()
        }

    def _node(self, node: Node) -> Sequence[Value]:
        arguments = self._arguments(node)
        structural = getattr(self, f"_{node.kind}", None)
        if structural is not None:
            return structural(node, **arguments)  # type: ignore[no-any-return]
        registered = EVALUATORS.get(node.kind)
        if registered is None:
            return fallback.infer(node, arguments)
        given = {name: value for name, value in arguments.items() if value is not None}
        if registered.ties:
            given["ties"] = self.ties
        try:
            registered.signature.bind(**given)
        except TypeError as error:
            raise UnevaluableError(f"`{node.kind}` ({node.name}): {error}") from error
        try:
            result = registered.function(**given)
        except UnevaluableError as error:
            raise UnevaluableError(f"`{node.kind}` ({node.name}): {error}") from error
        return result if isinstance(result, tuple) else (result,)

    # -- control flow ------------------------------------------------------------------------------------------------

    def _cond(self, node: Node, pred: Tensor) -> Sequence[Value]:
        return self._block(node.blocks[0 if flag(pred) else 1], ())

    def _while_loop(self, node: Node, loop_vars: list[Value]) -> Sequence[Value]:
        condition, body = node.blocks
        for _ in range(MOST_ROUNDS):
            if not flag(self._block(condition, loop_vars)[0]):
                return loop_vars
            loop_vars = self._block(body, loop_vars)
        raise UnevaluableError(f"`while_loop` ({node.name}): still running after {MOST_ROUNDS} rounds")

    # -- lists: values like any other; a write gives a new list ------------------------------------------------------

    def _make_list(self, node: Node, init_length: Value = 1, elem_shape: Value = (), **_: Any) -> Sequence[Value]:
        return ([Undefined] * integer(init_length),)

    def _list_length(self, node: Node, ls: list[Value]) -> Sequence[Value]:
        return (torch.tensor(len(ls), dtype=torch.int32),)

    def _list_write(self, node: Node, ls: list[Value], index: Tensor, value: Tensor) -> Sequence[Value]:
        return (_written(ls, [integer(index)], [value]),)

    def _list_scatter(self, node: Node, ls: list[Value], indices: Tensor, value: Tensor) -> Sequence[Value]:
        return (_written(ls, ints(indices), list(value.unbind(0))),)

    def _list_read(self, node: Node, ls: list[Value], index: Tensor) -> Sequence[Value]:
        return (_read(ls, integer(index)),)

    def _list_gather(self, node: Node, ls: list[Value], indices: Tensor) -> Sequence[Value]:
        return (torch.stack([_read(ls, index) for index in ints(indices)]),)

    # -- states ------------------------------------------------------------------------------------------------------

    def _read_state(self, node: Node, input: int) -> Sequence[Value]:
        return (self.states[input],)

    def _coreml_update_state(self, node: Node, state: int, value: Tensor) -> Sequence[Value]:
        self.states[state] = value
        return (value,)

    # -- the end of a classifier: the label is text, the dictionary of probabilities is kept as their tensor -----------

    def _classify(self, node: Node, probabilities: Tensor, classes: list[Value]) -> Sequence[Value]:
        return (str(classes[int(probabilities.argmax())]), probabilities)


def _in(precision: torch.dtype, value: Value) -> Value:
    return value.to(precision) if isinstance(value, Tensor) and value.is_floating_point() else value


def _written(items: list[Value], indices: Sequence[int], values: Sequence[Value]) -> list[Value]:
    result = list(items)
    for index, value in zip(indices, values, strict=True):
        if index < 0:
            raise IndexError(f"index {index} of a list")
        result.extend([Undefined] * (index + 1 - len(result)))
        result[index] = value
    return result


def _read(items: list[Value], index: int) -> Tensor:
    if not 0 <= index < len(items):
        raise IndexError(f"index {index} of a list of {len(items)}")
    if items[index] is not Undefined:
        return items[index]  # type: ignore[no-any-return]
    # The documentation does not say what an element holds that was never written.
    raise UnevaluableError("a list is read where nothing was written")
