"""Evaluates a converted Core ML program (coremltools' MIL) where Core ML itself is not: on Linux.

:mod:`graph` reads the program into plain data, :mod:`program` runs it, and each kind of op has a room that implements what
the MIL documentation says of it, on PyTorch. What has no evaluator goes to coremltools' own value inference
(:mod:`fallback`); what that does not know either ends the run with :class:`UnevaluableError`. Nothing in here knows the
eager module, and nothing may be taken from PyTorch's meaning of the op that was converted: the comparison would be blind
to wrong lowerings.
"""

from __future__ import annotations

from tslint.probe.evaluate import (  # noqa: F401 (importing a room registers its evaluators)
    activation,
    convolution,
    detection,
    elementwise,
    indexing,
    linear,
    normalisation,
    pooling,
    random,
    recurrent,
    reduction,
    resize,
    shape,
    tensors,
)
from tslint.probe.evaluate.graph import Graph, Port, read
from tslint.probe.evaluate.program import Run
from tslint.probe.evaluate.registry import BrokenProgramError, Ties, UnevaluableError

__all__ = ["BrokenProgramError", "Graph", "Port", "Run", "Ties", "UnevaluableError", "read"]
