"""Matrix products and attention (MIL: linear, transformers)."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from tslint.probe.evaluate.registry import evaluates, flag


@evaluates("linear")
def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    result = torch.matmul(x, weight.t())
    return result if bias is None else result + bias


@evaluates("matmul")
def matmul(x: Tensor, y: Tensor, transpose_x: Tensor | bool = False, transpose_y: Tensor | bool = False) -> Tensor:
    left = x.transpose(-1, -2) if flag(transpose_x) and x.ndim > 1 else x
    right = y.transpose(-1, -2) if flag(transpose_y) and y.ndim > 1 else y
    return torch.matmul(left, right)


@evaluates("einsum")
def einsum(values: list[Tensor], equation: str) -> Tensor:
    """A size of 1 is broadcast, which `torch.einsum` does as well."""
    return torch.einsum(equation, *values)


@evaluates("scaled_dot_product_attention")
def scaled_dot_product_attention(query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None) -> Tensor:
    scores = torch.matmul(query, key.transpose(-1, -2)) / math.sqrt(query.shape[-1])
    if attn_mask is not None and attn_mask.dtype == torch.bool:
        scores = scores.masked_fill(~attn_mask, float("-inf"))
    elif attn_mask is not None:
        scores = scores + attn_mask
    return torch.matmul(torch.softmax(scores, -1), value)
