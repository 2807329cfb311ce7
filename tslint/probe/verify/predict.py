"""Core ML itself, where there is one: on macOS coremltools runs what it converted, and that is what is held against eager.

Relies on ``MLModel.__proxy__``, which is set where Core ML has loaded the model (read in coremltools 9.0; tslint's own tests
run where there is no Core ML, with a stand-in for it).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from tslint.probe.evaluate import BrokenProgramError, Graph
from tslint.probe.evaluate.graph import Value, as_tensor


def predicted(mlmodel: Any, graph: Graph, arguments: Sequence[Tensor]) -> list[Value] | None:
    """What Core ML answers with, in the order of the outputs of GRAPH, which is MLMODEL's program.

    None where there is no Core ML, and where it takes or gives something in another form than a tensor: images, states, the
    probabilities of a classifier. Raises :class:`BrokenProgramError` for what Core ML refuses.
    """
    plain = not any(port.state or port.scale is not None for port in graph.inputs)
    if not plain or getattr(mlmodel, "__proxy__", None) is None:
        return None
    given = {port.name: _array(value) for port, value in zip(graph.inputs, arguments, strict=True)}
    try:
        answer = mlmodel.predict(given)
    except Exception as error:  # whatever Core ML says of it
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise BrokenProgramError(f"Core ML: {first}") from error
    found = [answer.get(port.name) for port in graph.outputs]
    if any(value is None or isinstance(value, (str, dict)) for value in found):
        return None
    return [as_tensor(value) for value in found]


def _array(value: Tensor) -> Any:
    """As Core ML takes it: floats of four bytes, all else as integers of as many."""
    return value.to(torch.float32 if value.is_floating_point() else torch.int32).numpy()
