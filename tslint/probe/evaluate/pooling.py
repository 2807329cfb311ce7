"""Pooling (MIL: pool)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from tslint.probe.evaluate.convolution import padded, per_dimension, spatial_padding
from tslint.probe.evaluate.registry import evaluates, flag, ints

AVERAGE = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}
MAXIMUM = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}


class Windows:
    """Where the windows of one pooling lie: ``padding`` as declared, ``extra`` beyond it for the last one of ceil_mode."""

    def __init__(
        self,
        x: Tensor,
        kernel_sizes: Tensor,
        strides: Tensor | None,
        pad_type: str,
        pad: Tensor | None,
        ceil_mode: Tensor | bool,
    ) -> None:
        self.rank = x.ndim - 2
        self.kernel = ints(kernel_sizes)
        self.steps = per_dimension(strides, self.rank)
        sizes = list(x.shape[2:])
        self.padding = spatial_padding(pad_type.lower(), pad, sizes, self.kernel, self.steps)
        self.extra = [0] * self.rank
        if not flag(ceil_mode):
            return
        for index, (size, width, step) in enumerate(zip(sizes, self.kernel, self.steps, strict=True)):
            before, after = self.padding[index]
            count = (size + before + after - width + step - 1) // step + 1
            if (count - 1) * step >= size + before and before + after > 0:
                count -= 1
            self.extra[index] = max(0, (count - 1) * step + width - size - before - after)

    @property
    def simple(self) -> bool:
        """Whether PyTorch's own padding says the same."""
        return not any(self.extra) and all(
            before == after <= width // 2 for (before, after), width in zip(self.padding, self.kernel, strict=True)
        )

    def around(self) -> list[tuple[int, int]]:
        return [(before, after + more) for (before, after), more in zip(self.padding, self.extra, strict=True)]


@evaluates("max_pool")
def max_pool(
    x: Tensor,
    kernel_sizes: Tensor,
    strides: Tensor | None = None,
    pad_type: str = "valid",
    pad: Tensor | None = None,
    ceil_mode: Tensor | bool = False,
) -> Tensor:
    windows = Windows(x, kernel_sizes, strides, pad_type, pad, ceil_mode)
    pool = MAXIMUM[windows.rank]
    if windows.simple:
        return pool(x, windows.kernel, windows.steps, [before for before, _ in windows.padding])
    return pool(padded(x, windows.around(), float("-inf")), windows.kernel, windows.steps)


@evaluates("avg_pool")
def avg_pool(
    x: Tensor,
    kernel_sizes: Tensor,
    strides: Tensor | None = None,
    pad_type: str = "valid",
    pad: Tensor | None = None,
    exclude_padding_from_average: Tensor | bool = False,
    ceil_mode: Tensor | bool = False,
) -> Tensor:
    """The divisor counts the declared padding unless it is excluded, and never what ceil_mode adds beyond it."""
    windows = Windows(x, kernel_sizes, strides, pad_type, pad, ceil_mode)
    pool, kernel, steps = AVERAGE[windows.rank], windows.kernel, windows.steps
    if windows.simple:
        around = [before for before, _ in windows.padding]
        return pool(x, kernel, steps, around, False, not flag(exclude_padding_from_average))
    counted = torch.ones([1, 1, *x.shape[2:]], dtype=x.dtype)
    if flag(exclude_padding_from_average):
        counted = padded(counted, windows.around())
    else:
        counted = padded(padded(counted, windows.padding, 1.0), [(0, more) for more in windows.extra])
    return pool(padded(x, windows.around()), kernel, steps) / pool(counted, kernel, steps)


@evaluates("l2_pool")
def l2_pool(
    x: Tensor,
    kernel_sizes: Tensor,
    strides: Tensor | None = None,
    pad_type: str = "valid",
    pad: Tensor | None = None,
    ceil_mode: Tensor | bool = False,
) -> Tensor:
    windows = Windows(x, kernel_sizes, strides, pad_type, pad, ceil_mode)
    size = torch.tensor(windows.kernel).prod()
    squares = AVERAGE[windows.rank](padded(x * x, windows.around()), windows.kernel, windows.steps)
    return torch.sqrt(squares * size)
