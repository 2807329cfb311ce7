"""Random numbers (MIL: random). MIL says which distribution, not which numbers: PyTorch's own generator draws them.

Where eager draws in the same order, from the same seed, both get the same numbers, and what is computed of them can be compared.
A ``seed`` that the program itself names is not MIL's word on the numbers either, and is not read.
"""

from __future__ import annotations

import torch
from torch import Tensor

from tslint.probe.evaluate.registry import evaluates, integer, ints, number

KINDS = frozenset({"random_normal", "random_uniform", "random_bernoulli", "random_categorical"})


@evaluates("random_normal")
def random_normal(shape: Tensor, mean: Tensor | float = 0.0, stddev: Tensor | float = 1.0, seed: int = -1) -> Tensor:
    return torch.randn(ints(shape)) * number(stddev) + number(mean)


@evaluates("random_uniform")
def random_uniform(shape: Tensor, low: Tensor | float = 0.0, high: Tensor | float = 1.0, seed: int = -1) -> Tensor:
    return torch.rand(ints(shape)) * (number(high) - number(low)) + number(low)


@evaluates("random_bernoulli")
def random_bernoulli(shape: Tensor, prob: Tensor | float = 0.5, seed: int = -1) -> Tensor:
    return torch.bernoulli(torch.full(ints(shape), number(prob)))


@evaluates("random_categorical")
def random_categorical(x: Tensor, mode: str = "logits", size: int = 1, seed: int = -1) -> Tensor:
    weights = torch.softmax(x, -1) if mode == "logits" else x
    count = integer(size)
    drawn = torch.multinomial(weights.reshape(-1, x.shape[-1]), count, replacement=count > 1)
    return drawn.reshape(*x.shape[:-1], count).to(x.dtype)
