"""Value inference: coremltools' own evaluation of an op whose inputs are constants, for ops without an evaluator here.

May import coremltools, inside :func:`infer` alone. It is the definition of rare ops, and slow: everything frequent has an
evaluator.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from torch import Tensor

from tslint.probe.evaluate.graph import Node, Value, as_tensor
from tslint.probe.evaluate.registry import UnevaluableError


def infer(node: Node, arguments: dict[str, Value]) -> Sequence[Value]:
    """The outputs of NODE by value inference. Raises :class:`UnevaluableError` where coremltools has none for the op.

    Relies on private API, tried with coremltools 9.0: a copy of the ``Operation`` whose parameters (attributes that are
    ``Var``, named by ``input_spec``) are replaced by objects with ``val``, ``sym_val``, ``shape``, ``rank`` and ``dtype``
    answers ``value_inference()``; compressed constants answer ``materialized_val_inference()``.
    """
    operation = copy.copy(node.operation)
    stands = {name: _stand(operation._input_vars.get(name), value) for name, value in arguments.items()}
    operation._input_vars = {**operation._input_vars, **stands}
    for name, stand in stands.items():
        setattr(operation, name, stand)
    evaluate = getattr(operation, "materialized_val_inference", operation.value_inference)
    try:
        result = evaluate()
    except Exception as error:  # NotImplementedError where there is none; what else it raises is its own fault
        raise UnevaluableError(f"`{node.kind}` ({node.name}) has no evaluator") from error
    results = result if isinstance(result, (tuple, list)) else (result,)
    if len(results) != len(node.outputs) or any(item is None for item in results):
        raise UnevaluableError(f"`{node.kind}` ({node.name}) has no evaluator")
    return [item if isinstance(item, str) else as_tensor(item) for item in results]


class _Stand:
    """Answers like coremltools' ``Var`` with a value."""

    def __init__(self, var: Any, value: Value) -> None:
        self._var = var
        self.val = value.numpy() if isinstance(value, Tensor) else value
        if isinstance(value, Tensor) and value.ndim == 0:
            self.val = self.val[()]
        self.sym_val = self.val
        self.shape = tuple(value.shape) if isinstance(value, Tensor) else ()
        self.rank = len(self.shape)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._var, name)


def _stand(var: Any, value: Value) -> Any:
    if isinstance(value, list):
        return [_stand(item, inner) for item, inner in zip(var, value, strict=True)]
    return _Stand(var, value)
