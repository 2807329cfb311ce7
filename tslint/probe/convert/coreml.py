"""The arguments of `ct.convert`: the user's recorded ones unchanged, else made from the example inputs. Converts nothing."""

from __future__ import annotations

import contextlib
import copy
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import torch

from tslint.probe.subject import Inputs, Subject
from tslint.request import Request

LOGGER = "coremltools"

SMALL = 1 << 16
"""Elements of the largest tensor that is put back where a conversion has changed it."""

DROPPED = ("model", "package_dir", "debug")
"""Arguments of the user's call that are not repeated: the model is ours, and nothing is written where the user writes."""


def load() -> Any:
    """The coremltools package, or None where it is not installed."""
    try:
        with calm():
            import coremltools
    except ImportError:
        return None
    return coremltools


@contextlib.contextmanager
def calm() -> Iterator[None]:
    """No warnings and no log lines of coremltools."""
    logger = logging.getLogger(LOGGER)
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


@contextlib.contextmanager
def kept(program: Any) -> Iterator[None]:
    """Puts back what a conversion writes into the weights of PROGRAM, which coremltools' constants share their memory with.

    Its pass ``fuse_conv_bias`` negates in place what is subtracted from a convolution (tried with coremltools 9.0). Only what
    is as small as biases are is looked at.
    """
    tensors = [tensor for tensor in (*program.parameters(), *program.buffers()) if _plain(tensor)]
    before = [tensor.detach().clone() for tensor in tensors]
    try:
        yield
    finally:
        for tensor, value in zip(tensors, before, strict=True):
            if not torch.equal(tensor, value):
                tensor.detach().copy_(value)


def _plain(tensor: torch.Tensor) -> bool:
    return tensor.layout is torch.strided and not tensor.is_quantized and not tensor.is_meta and tensor.numel() <= SMALL


def arguments(ct: Any, subject: Subject, request: Request, program: Any, float32: bool) -> dict[str, Any]:
    """Keyword arguments for ``ct.convert(program, **arguments)``.

    ``float32`` asks for computation in float32 wherever the format allows it. Raises ValueError where an example
    input is nothing that Core ML takes.
    """
    recorded = subject.conversion.kwargs if subject.conversion else {}
    found = {key: _copy(value) for key, value in recorded.items() if key not in DROPPED}
    if found.get("inputs") is None and isinstance(program, torch.jit.ScriptModule):
        found["inputs"] = input_types(ct, subject, given(program, subject.example))
    if request.deployment_target:
        found["minimum_deployment_target"] = getattr(ct.target, request.deployment_target)
    if float32 and computes_in_a_choice(ct, found):
        found["compute_precision"] = ct.precision.FLOAT32
    return found


def _copy(value: Any) -> Any:
    """coremltools writes names and layouts into the input types that it is given."""
    try:
        return copy.deepcopy(value)
    except Exception:
        return value


def computes_in_a_choice(ct: Any, found: dict[str, Any]) -> bool:
    if found.get("convert_to") == "neuralnetwork":
        return False
    target = found.get("minimum_deployment_target")
    return found.get("convert_to") is not None or target is None or target >= ct.target.iOS15


def given(program: Any, inputs: Inputs) -> list[Any]:
    """The values of INPUTS in the order of the graph's inputs (positional ones first, keywords by the inputs' names)."""
    names = [value.debugName() for value in program.forward.graph.inputs()][1:]
    found = list(inputs.args)
    keywords = dict(inputs.kwargs)
    for name in names[len(found) :]:
        key = next((k for k in sorted(keywords, key=len, reverse=True) if name == k or name.startswith(f"{k}.")), None)
        if key is None:
            break
        found.append(keywords.pop(key))
    return found


def input_types(ct: Any, subject: Subject, values: list[Any]) -> list[Any]:
    """One TensorType (or a nest of them) for each of VALUES."""
    index = 0

    def described(value: Any) -> Any:
        nonlocal index
        if isinstance(value, (list, tuple)):
            return tuple(described(item) for item in value)
        if not isinstance(value, torch.Tensor):
            raise ValueError(f"an input of type {type(value).__name__} has no counterpart in Core ML")
        shape = [
            ct.RangeDim(*subject.ranges[index, dim], default=size) if (index, dim) in subject.ranges else size
            for dim, size in enumerate(value.shape)
        ]
        index += 1
        return ct.TensorType(shape=tuple(shape), dtype=dtype_of(value))

    return [described(value) for value in values]


def dtype_of(value: torch.Tensor) -> Any:
    """Core ML's inputs are float32 or int32 (float16 from iOS 16 on): wider and narrower types go to these."""
    import numpy

    if value.dtype.is_floating_point:
        return numpy.float32
    return numpy.bool_ if value.dtype is torch.bool else numpy.int32
