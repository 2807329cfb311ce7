"""Convolutions (MIL: conv)."""

from __future__ import annotations

import math

import torch.nn.functional as F
from torch import Tensor

from tslint.probe.evaluate.registry import UnevaluableError, evaluates, integer, ints

CONVOLVE = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
TRANSPOSED = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


def spatial_padding(
    pad_type: str, pad: Tensor | None, sizes: list[int], kernel: list[int], strides: list[int]
) -> list[tuple[int, int]]:
    """Elements to add before and after each spatial dimension. KERNEL counts its dilation.

    ``same``: as many as make the output ceil(size / stride) long; an odd one goes to the end, with ``same_lower`` to the
    beginning.
    """
    if pad_type == "custom":
        if pad is None:
            return [(0, 0)] * len(sizes)
        numbers = ints(pad)
        return list(zip(numbers[::2], numbers[1::2], strict=True))
    if pad_type == "valid":
        return [(0, 0)] * len(sizes)
    if pad_type not in ("same", "same_lower"):
        raise UnevaluableError(f"pad_type {pad_type}")
    result = []
    for size, width, stride in zip(sizes, kernel, strides, strict=True):
        total = max(0, (math.ceil(size / stride) - 1) * stride + width - size)
        small, large = total // 2, total - total // 2
        result.append((small, large) if pad_type == "same" else (large, small))
    return result


def padded(x: Tensor, padding: list[tuple[int, int]], value: float = 0.0) -> Tensor:
    """X with VALUE around its last dimensions."""
    if not any(before or after for before, after in padding):
        return x
    return F.pad(x, [amount for pair in reversed(padding) for amount in pair], value=value)


def per_dimension(value: Tensor | None, rank: int) -> list[int]:
    return [1] * rank if value is None else ints(value)


@evaluates("conv")
def conv(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    strides: Tensor | None = None,
    pad_type: str = "valid",
    pad: Tensor | None = None,
    dilations: Tensor | None = None,
    groups: Tensor | int = 1,
) -> Tensor:
    rank = x.ndim - 2
    steps, spread = per_dimension(strides, rank), per_dimension(dilations, rank)
    kernel = [(width - 1) * apart + 1 for width, apart in zip(weight.shape[2:], spread, strict=True)]
    padding = spatial_padding(pad_type, pad, list(x.shape[2:]), kernel, steps)
    if all(before == after for before, after in padding):
        around: list[int] | int = [before for before, _ in padding]
    else:
        x, around = padded(x, padding), 0
    return CONVOLVE[rank](x, weight, bias, steps, around, spread, integer(groups))


@evaluates("conv_transpose")
def conv_transpose(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    pad: Tensor | None = None,
    output_shape: Tensor | None = None,
    pad_type: str = "valid",
    strides: Tensor | None = None,
    dilations: Tensor | None = None,
    groups: Tensor | int = 1,
) -> Tensor:
    """The whole result, of which ``pad`` is cut away before and after; ``output_shape`` decides where the end is."""
    rank = x.ndim - 2
    steps, spread = per_dimension(strides, rank), per_dimension(dilations, rank)
    whole = TRANSPOSED[rank](x, weight, None, steps, 0, 0, integer(groups), spread)
    cuts = (
        spatial_padding(pad_type, pad, [1] * rank, [1] * rank, [1] * rank) if pad_type in ("custom", "valid") else None
    )
    sizes = ints(output_shape)[2:] if output_shape is not None else None
    if cuts is None:  # same: the output is size * stride long; what is too much is cut as `same` pads a convolution
        sizes = sizes or [size * step for size, step in zip(x.shape[2:], steps, strict=True)]
        surplus = [length - size for length, size in zip(whole.shape[2:], sizes, strict=True)]
        cuts = [(extra // 2, extra - extra // 2) for extra in surplus]
    elif sizes is not None:
        cuts = [
            (before, length - before - size)
            for (before, _), length, size in zip(cuts, whole.shape[2:], sizes, strict=True)
        ]
    result = padded(whole, [(-before, -after) for before, after in cuts])
    return result if bias is None else result + bias.reshape([1, -1] + [1] * rank)
