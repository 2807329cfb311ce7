"""Entry (e): inputs inferred from a model's first layers, by trying. What was inferred is always said."""

from __future__ import annotations

import inspect
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from tslint.probe.agree import first_line
from tslint.probe.entry.specs import random_tensor
from tslint.probe.limits import TooSlow, limited
from tslint.probe.subject import Inputs, called, seed
from tslint.probe.values import answer, shapes_text

_SPATIAL = (64, 32, 224, 16, 128, 28)
_LENGTHS = (16, 32, 64, 8)
_MOST = 60
"""Calls tried at most."""

SECONDS = 10.0
"""Time that a call may take, and after which no further one is tried: nobody asked for these inputs."""

Candidate = tuple[tuple[int, ...], torch.dtype, int]


def _of_layer(layer: nn.Module) -> list[Candidate]:
    """Shapes, dtype and upper bound of values that LAYER would take as a model's first one."""
    floats = torch.float32
    if isinstance(layer, (nn.Conv1d, nn.ConvTranspose1d)):
        return [((1, layer.in_channels, n), floats, 0) for n in (64, 128, 1024)]
    if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
        return [((1, layer.in_channels, n, n), floats, 0) for n in _SPATIAL]
    if isinstance(layer, (nn.Conv3d, nn.ConvTranspose3d)):
        return [((1, layer.in_channels, n, n, n), floats, 0) for n in (16, 32)]
    if isinstance(layer, nn.Embedding):
        return [((1, n), torch.int64, layer.num_embeddings) for n in _LENGTHS] + [
            ((8,), torch.int64, layer.num_embeddings)
        ]
    if isinstance(layer, nn.Linear):
        return _vectors(layer.in_features)
    if isinstance(layer, nn.RNNBase):
        first: list[Candidate] = [((1, n, layer.input_size), floats, 0) for n in _LENGTHS[:2]]
        last: list[Candidate] = [((n, 1, layer.input_size), floats, 0) for n in _LENGTHS[:2]]
        return first if layer.batch_first else last
    if isinstance(layer, (nn.RNNCellBase,)):
        return [((1, layer.input_size), floats, 0)]
    if isinstance(layer, nn.MultiheadAttention):
        return [((1, n, layer.embed_dim), floats, 0) for n in _LENGTHS[:2]]
    if isinstance(layer, nn.BatchNorm1d):
        return [((2, layer.num_features), floats, 0), ((2, layer.num_features, 16), floats, 0)]
    if isinstance(layer, nn.BatchNorm2d):
        return [((1, layer.num_features, n, n), floats, 0) for n in (32, 16)]
    if isinstance(layer, nn.LayerNorm):
        return _vectors(int(layer.normalized_shape[-1]))
    return []


def _vectors(width: int) -> list[Candidate]:
    found: list[Candidate] = [((1, width), torch.float32, 0), ((1, 16, width), torch.float32, 0)]
    side = round((width / 3) ** 0.5)
    if side > 1 and 3 * side * side == width:
        found.append(((1, 3, side, side), torch.float32, 0))
    side = round(width**0.5)
    if side > 1 and side * side == width:
        found.append(((1, 1, side, side), torch.float32, 0))
    return found


def required(module: nn.Module) -> int | None:
    """How many positional arguments forward needs; None where it also needs one by name."""
    try:
        parameters = inspect.signature(called(module)).parameters.values()
    except (TypeError, ValueError):
        return 1
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    empty = inspect.Parameter.empty
    if any(p.kind is inspect.Parameter.KEYWORD_ONLY and p.default is empty for p in parameters):
        return None
    count = sum(1 for p in parameters if p.kind in plain and p.default is empty)
    starred = any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters)
    return 1 if count == 0 and (starred or len(list(parameters)) > 0) else count


def _candidates(module: nn.Module) -> list[Candidate]:
    found: dict[Candidate, None] = {}
    for layer in module.modules():
        for candidate in _of_layer(layer):
            found.setdefault(candidate)
        if len(found) >= 24:
            break
    general: list[Candidate] = [
        ((1, 3, 64, 64), torch.float32, 0),
        ((1, 16, 32), torch.float32, 0),
        ((2, 8), torch.float32, 0),
    ]
    for candidate in general:
        found.setdefault(candidate)
    return list(found)


def _combinations(candidates: list[Candidate], count: int) -> Iterator[tuple[Candidate, ...]]:
    """Every input alike first, then all others."""
    for candidate in candidates:
        yield (candidate,) * count
    if count > 1:
        for combination in itertools.product(candidates[:8], repeat=min(count, 3)):
            filled = combination + (combination[-1],) * (count - len(combination))
            if len(set(filled)) > 1:
                yield filled


@dataclass(frozen=True)
class Guess:
    """The first inputs that the eager model accepts; where none of those tried were, ``why`` says what it said to the first."""

    inputs: Inputs | None
    why: str = ""


def infer(module: nn.Module) -> Guess:
    """Tries inputs on the eager model, in eval mode, as long as each answers soon."""
    count = required(module)
    if count is None:
        return Guess(None, "its forward wants an argument by name")
    training = [(m, m.training) for m in module.modules()]
    module.eval()
    why = ""
    end = time.monotonic() + SECONDS
    try:
        for combination in itertools.islice(_combinations(_candidates(module), count), _MOST):
            seed()
            inputs = Inputs("example", tuple(random_tensor(shape, dtype, below) for shape, dtype, below in combination))
            refusal = _refusal(module, inputs)
            if refusal is None:
                return Guess(inputs)
            why = why or f"it refuses {shapes_text(inputs) or 'a call without inputs'}: {refusal}"
            if time.monotonic() > end:
                break
        return Guess(None, why)
    finally:
        for child, flag in training:
            child.training = flag


def _refusal(module: Any, inputs: Inputs) -> str | None:
    """What MODULE raises on INPUTS; None where it accepts them."""
    try:
        with limited(SECONDS), torch.no_grad():
            answer(module, inputs)
    except (Exception, TooSlow) as error:
        return f"{type(error).__name__}: {first_line(error)}" if isinstance(error, Exception) else str(error)
    return None
