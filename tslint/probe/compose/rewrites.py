"""What PyTorch itself does not take apart, or takes apart into what coremltools lacks: written with ops that convert.

Every function has its operator's own signature and answers what the operator answers; nothing else is promised of them, and
each use is held against eager before it is taken.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor

RENAMED = {
    "fft_fft2": "fft_fftn",
    "fft_ifft2": "fft_ifftn",
    "fft_rfft2": "fft_rfftn",
    "fft_irfft2": "fft_irfftn",
    "special_logsumexp": "logsumexp",
    "special_expit": "sigmoid",
    "special_softmax": "softmax",
    "absolute": "abs",
    "negative": "neg",
}
"""Operators that take what another one takes, which coremltools converts though it could not convert what that consists of."""

_FOUND: dict[Any, Callable[..., Any]] = {}

_LARGEST = 3.4e38
"""What coremltools 9.0 writes for a constant infinity; where a program computes in float16, it is infinite again."""

F = TypeVar("F", bound=Callable[..., Any])


def rewrites(name: str) -> Callable[[F], F]:
    """Marks a function as what the operator ``aten::NAME`` does; NAME has its overload, ``prod.dim_int``.

    A torch that has no such operator is none the worse for it.
    """

    def mark(function: F) -> F:
        space, _, rest = name.rpartition("::")
        packet, _, overload = rest.partition(".")
        op = getattr(getattr(getattr(torch.ops, space or "aten"), packet, None), overload or "default", None)
        if op is not None:
            _FOUND[op] = function
        return function

    return mark


def table() -> dict[Any, Callable[..., Any]]:
    """Operator → what does the same."""
    return dict(_FOUND)


@rewrites("prod")
def prod(x: Tensor, *, dtype: torch.dtype | None = None) -> Tensor:
    return _product(x.reshape(-1), 0, False, dtype)


@rewrites("prod.dim_int")
def prod_dim(x: Tensor, dim: int, keepdim: bool = False, *, dtype: torch.dtype | None = None) -> Tensor:
    return _product(x, dim, keepdim, dtype)


def _product(x: Tensor, dim: int, keepdim: bool, dtype: torch.dtype | None) -> Tensor:
    """Halves multiplied by one another, so that a length of n takes log n steps."""
    x = x if dtype is None else x.to(dtype)
    n = int(x.shape[dim])
    while n > 1:
        half = n // 2
        product = x.narrow(dim, 0, half) * x.narrow(dim, half, half)
        x = torch.cat([product, x.narrow(dim, n - 1, 1)], dim) if n % 2 else product
        n = half + n % 2
    return x if keepdim else x.squeeze(dim)


@rewrites("unfold")
def unfold(x: Tensor, dimension: int, size: int, step: int) -> Tensor:
    dim = dimension % max(x.dim(), 1)
    count = (int(x.shape[dim]) - size) // step + 1
    windows = [x.narrow(dim, start * step, size).transpose(dim, -1) for start in range(count)]
    return torch.stack([window.unsqueeze(dim).transpose(dim, -2).squeeze(-2) for window in windows], dim)


@rewrites("bitwise_or.Tensor")
@rewrites("__or__.Tensor")
@rewrites("prims::bitwise_or")
def bitwise_or(x: Tensor, other: Tensor) -> Tensor:
    return torch.logical_or(x, other) if x.dtype is torch.bool else NotImplemented


@rewrites("bitwise_and.Tensor")
@rewrites("__and__.Tensor")
@rewrites("prims::bitwise_and")
def bitwise_and(x: Tensor, other: Tensor) -> Tensor:
    return torch.logical_and(x, other) if x.dtype is torch.bool else NotImplemented


@rewrites("bitwise_xor.Tensor")
@rewrites("__xor__.Tensor")
@rewrites("prims::bitwise_xor")
def bitwise_xor(x: Tensor, other: Tensor) -> Tensor:
    return torch.logical_xor(x, other) if x.dtype is torch.bool else NotImplemented


@rewrites("masked_select")
def masked_select(x: Tensor, mask: Tensor) -> Tensor:
    mask = torch.logical_and(mask, torch.ones_like(x, dtype=torch.bool))
    x = x.expand_as(mask)
    return x.reshape(-1).index_select(0, mask.reshape(-1).nonzero().reshape(-1))


@rewrites("_trilinear")
def trilinear(
    i1: Tensor,
    i2: Tensor,
    i3: Tensor,
    expand1: Sequence[int],
    expand2: Sequence[int],
    expand3: Sequence[int],
    sumdim: Sequence[int],
    unroll_dim: int = 1,
) -> Tensor:
    for dim in expand1:
        i1 = i1.unsqueeze(dim)
    for dim in expand2:
        i2 = i2.unsqueeze(dim)
    for dim in expand3:
        i3 = i3.unsqueeze(dim)
    return (i1 * i2 * i3).sum(list(sumdim))


@rewrites("_cdist_forward")
def cdist(x1: Tensor, x2: Tensor, p: float, compute_mode: int | None) -> Tensor:
    return _norm(x1.unsqueeze(-2) - x2.unsqueeze(-3), p)


@rewrites("_pdist_forward")
def pdist(x: Tensor, p: float = 2.0) -> Tensor:
    n = int(x.shape[0])
    first = [i for i in range(n) for _ in range(i + 1, n)]
    second = [j for i in range(n) for j in range(i + 1, n)]
    return _norm(x.index_select(0, torch.tensor(first)) - x.index_select(0, torch.tensor(second)), p)


def _norm(x: Tensor, p: float) -> Tensor:
    """The p-norm along the last dimension."""
    if p == 0:
        return (x != 0).to(x.dtype).sum(-1)
    if p == 1:
        return x.abs().sum(-1)
    if p == 2:
        return (x * x).sum(-1).sqrt()
    return x.abs().amax(-1) if math.isinf(p) else x.abs().pow(p).sum(-1).pow(1.0 / p)


@rewrites("_adaptive_avg_pool3d")
def adaptive_avg_pool3d(x: Tensor, output_size: Sequence[int]) -> Tensor:
    for offset, size in enumerate(output_size):
        x = _adaptive_mean(x, x.dim() - 3 + offset, int(size))
    return x


def _adaptive_mean(x: Tensor, dim: int, size: int) -> Tensor:
    """Means of SIZE windows of almost equal length, which may overlap."""
    n = int(x.shape[dim])
    if n == size:
        return x
    ends = [(i * n // size, -(-(i + 1) * n // size)) for i in range(size)]
    return torch.cat([x.narrow(dim, low, high - low).mean(dim, keepdim=True) for low, high in ends], dim)


@rewrites("_embedding_bag")
@rewrites("_embedding_bag_forward_only")
def embedding_bag(
    weight: Tensor,
    indices: Tensor,
    offsets: Tensor,
    scale_grad_by_freq: bool = False,
    mode: int = 0,
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int = -1,
) -> Any:
    """Sums and means of bags (modes 0 and 1), as a product with the matrix that says which row is in which bag."""
    if mode == 2:
        return NotImplemented
    starts = offsets[:-1] if include_last_offset else offsets
    bag = (starts.unsqueeze(1) <= torch.arange(indices.shape[0]).unsqueeze(0)).to(torch.int32).sum(0) - 1
    member = (torch.arange(starts.shape[0]).unsqueeze(1) == bag.unsqueeze(0)).to(weight.dtype)
    if padding_idx >= 0:
        member = member * (indices != padding_idx).to(weight.dtype).unsqueeze(0)
    rows = weight.index_select(0, indices)
    if per_sample_weights is not None:
        rows = rows * per_sample_weights.unsqueeze(1)
    summed = member @ rows
    if mode == 1:
        summed = summed / member.sum(1, keepdim=True).clamp(min=1.0)
    return summed, bag, bag, bag


@rewrites("histc")
def histc(x: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Any:
    if min == max:
        return NotImplemented
    flat, width = x.reshape(-1), (max - min) / bins
    place = ((flat - min) / width).floor()
    place = torch.where(flat == max, torch.full_like(place, bins - 1.0), place)
    within = torch.logical_and(flat >= min, flat <= max)
    return torch.logical_and(place.unsqueeze(1) == torch.arange(bins), within.unsqueeze(1)).to(x.dtype).sum(0)


@rewrites("kthvalue")
def kthvalue(x: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    values, indices = torch.topk(x, k, dim, largest=False)
    values, indices = values.narrow(dim, k - 1, 1), indices.narrow(dim, k - 1, 1)
    return (values, indices) if keepdim else (values.squeeze(dim), indices.squeeze(dim))


@rewrites("median.dim")
def median(x: Tensor, dim: int, keepdim: bool = False) -> Any:
    return kthvalue(x, (int(x.shape[dim]) + 1) // 2, dim, keepdim)


@rewrites("median")
def median_of_all(x: Tensor) -> Tensor:
    flat = x.reshape(-1)
    return torch.topk(flat, (int(flat.shape[0]) + 1) // 2, 0, largest=False)[0][-1]


@rewrites("rrelu_with_noise")
@rewrites("rrelu_with_noise_functional")
def rrelu(
    x: Tensor,
    noise: Tensor,
    lower: float = 0.125,
    upper: float = 1 / 3,
    training: bool = False,
    generator: Any = None,
) -> Tensor:
    return NotImplemented if training else torch.where(x >= 0, x, x * ((lower + upper) / 2))


@rewrites("as_strided")
def as_strided(x: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None) -> Tensor:
    """Of a contiguous tensor: its elements at the places that the strides name."""
    places = torch.tensor(int(storage_offset or 0))
    for dim, (n, step) in enumerate(zip(size, stride, strict=True)):
        along = torch.arange(int(n)) * int(step)
        places = places + along.reshape([-1 if i == dim else 1 for i in range(len(size))])
    return x.reshape(-1).index_select(0, places.reshape(-1)).reshape(list(size))


@rewrites("scalar_tensor")
def scalar_tensor(s: float, *, dtype: torch.dtype | None = None, **_: Any) -> Tensor:
    return torch.full([], s, dtype=dtype)


@rewrites("isinf")
def isinf(x: Tensor) -> Tensor:
    return x.abs() >= _LARGEST


@rewrites("isposinf")
def isposinf(x: Tensor) -> Tensor:
    return x >= _LARGEST


@rewrites("isneginf")
def isneginf(x: Tensor) -> Tensor:
    return x <= -_LARGEST


@rewrites("isfinite")
@rewrites("prims::isfinite")
def isfinite(x: Tensor) -> Tensor:
    return x.abs() < _LARGEST


@rewrites("lerp.Scalar")
def lerp(x: Tensor, end: Tensor, weight: float) -> Tensor:
    return x + weight * (end - x) if abs(weight) < 0.5 else end - (1 - weight) * (end - x)


@rewrites("constant_pad_nd")
def constant_pad(x: Tensor, pad: Sequence[int], value: float = 0) -> Any:
    """Negative padding cuts off, which Core ML's `pad` does not do."""
    if all(width >= 0 for width in pad):
        return NotImplemented
    for place, (low, high) in enumerate(zip(pad[::2], pad[1::2], strict=True)):
        dim = x.dim() - 1 - place
        if low < 0 or high < 0:
            cut = max(-low, 0)
            x = x.narrow(dim, cut, x.shape[dim] - cut - max(-high, 0))
    return torch.constant_pad_nd(x, [max(width, 0) for width in pad], value)


@rewrites("col2im")
def col2im(
    x: Tensor,
    output_size: Sequence[int],
    kernel_size: Sequence[int],
    dilation: Sequence[int],
    padding: Sequence[int],
    stride: Sequence[int],
) -> Tensor:
    """A transposed convolution that puts each row of the columns at its place in the window."""
    window = kernel_size[0] * kernel_size[1]
    pairs = list(zip(output_size, padding, dilation, kernel_size, stride, strict=True))
    room = [(n + 2 * pad - gap * (k - 1) - 1, step) for n, pad, gap, k, step in pairs]
    counts, rest = [last // step + 1 for last, step in room], [last % step for last, step in room]
    batch = x if x.dim() == 3 else x.unsqueeze(0)
    channels = int(batch.shape[1]) // window
    kernel = torch.eye(window).reshape(window, 1, *kernel_size).repeat(channels, 1, 1, 1)
    grid = batch.reshape(batch.shape[0], batch.shape[1], *counts)
    done = torch.conv_transpose2d(grid, kernel, None, list(stride), list(padding), rest, channels, list(dilation))
    return done if x.dim() == 3 else done.squeeze(0)


@rewrites("adaptive_max_pool2d")
def adaptive_max_pool2d(x: Tensor, output_size: Sequence[int]) -> Any:
    return _adaptive_max(x, output_size)


@rewrites("adaptive_max_pool3d")
def adaptive_max_pool3d(x: Tensor, output_size: Sequence[int]) -> Any:
    return _adaptive_max(x, output_size)


def _adaptive_max(x: Tensor, output_size: Sequence[int]) -> Any:
    """The maximum of each window, window by window, and where it lies."""
    rank = len(output_size)
    inner = [int(n) for n in x.shape[-rank:]]
    ends = [
        [(i * n // size, -(-(i + 1) * n // size)) for i in range(size)]
        for n, size in zip(inner, output_size, strict=True)
    ]
    places = torch.arange(math.prod(inner)).reshape(inner)
    values, indices = [], []
    for windows in itertools.product(*ends):
        part, where = x, places
        for dim, (low, high) in enumerate(windows):
            part, where = part.narrow(dim - rank, low, high - low), where.narrow(dim, low, high - low)
        largest, index = part.flatten(-rank).max(-1)
        values.append(largest)
        indices.append(where.reshape(-1).index_select(0, index.reshape(-1)).reshape(index.shape))
    shape = [*x.shape[:-rank], *output_size]
    return torch.stack(values, -1).reshape(shape), torch.stack(indices, -1).reshape(shape)


@rewrites("linalg_inv_ex")
def inverse(A: Tensor, *, check_errors: bool = False) -> Any:
    return _eliminated(A)[1], torch.zeros(A.shape[:-2], dtype=torch.int32)


@rewrites("_linalg_det")
def determinant(A: Tensor) -> Any:
    return _eliminated(A)[0], A, torch.zeros(A.shape[:-1], dtype=torch.int32)


def _eliminated(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Determinant and inverse, by Gauss and Jordan with the largest element of each column as its pivot."""
    n = int(matrix.shape[-1])
    left, right = matrix, torch.eye(n).expand_as(matrix)
    determinant = torch.ones(matrix.shape[:-2])
    for column in range(n):
        rest = left[..., column:, column].abs()
        chosen = (torch.arange(n - column) == rest.argmax(-1, keepdim=True)).to(matrix.dtype)
        chosen = torch.nn.functional.pad(chosen, (column, 0)).unsqueeze(-1)
        here = (torch.arange(n) == column).to(matrix.dtype).unsqueeze(-1)
        pivot_left, pivot_right = (chosen * left).sum(-2, keepdim=True), (chosen * right).sum(-2, keepdim=True)
        old_left, old_right = left[..., column : column + 1, :], right[..., column : column + 1, :]
        left = left + chosen * (old_left - pivot_left) + here * (pivot_left - old_left)
        right = right + chosen * (old_right - pivot_right) + here * (pivot_right - old_right)
        scale = pivot_left[..., column : column + 1]
        swapped = 2 * (chosen * here).sum([-1, -2]) - 1
        determinant = determinant * swapped * scale.squeeze(-1).squeeze(-1)
        factor = left[..., :, column : column + 1] * (1 - here)
        left = left * (1 - here) + here * (pivot_left / scale) - factor * (pivot_left / scale)
        right = right * (1 - here) + here * (pivot_right / scale) - factor * (pivot_right / scale)
    return determinant, right


@rewrites("_linalg_check_errors")
def check_errors(info: Tensor, api_name: str, *, is_matrix: bool) -> None:
    """Nothing is checked in a program that runs on a device."""


@rewrites("erfinv")
@rewrites("prims::erf_inv")
def erfinv(x: Tensor) -> Tensor:
    """Giles's polynomials for float32: M. Giles, Approximating the erfinv function, GPU Computing Gems 2 (2012)."""
    near = (
        2.81022636e-08,
        3.43273939e-07,
        -3.5233877e-06,
        -4.39150654e-06,
        0.00021858087,
        -0.00125372503,
        -0.00417768164,
    )
    far = (-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047)
    w = -torch.log((1.0 - x) * (1.0 + x))
    central, tail = w - 2.5, torch.sqrt(w.clamp(min=5.0)) - 3.0
    inner = _polynomial((*near, 0.246640727, 1.50140941), central)
    outer = _polynomial((*far, 1.00167406, 2.83297682), tail)
    return torch.where(w < 5.0, inner, outer) * x


def _polynomial(coefficients: Sequence[float], x: Tensor) -> Tensor:
    """Horner's rule, the highest power first."""
    value = torch.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        value = value * x + coefficient
    return value


# -- what torch._refs comes down to --------------------------------------------------------------------------------


@rewrites("prims::var")
def var(x: Tensor, dims: Sequence[int] | None, correction: float = 1, *, output_dtype: Any = None) -> Tensor:
    axes = list(range(x.dim())) if dims is None else list(dims)
    count = 1
    for dim in axes:
        count = count * x.shape[dim]
    centred = x - x.mean(axes, keepdim=True)
    return (centred * centred).sum(axes) / (count - correction)


@rewrites("prims::sum")
def summed(x: Tensor, dims: Sequence[int] | None, *, output_dtype: Any = None) -> Tensor:
    return x.sum(list(range(x.dim())) if dims is None else list(dims), dtype=output_dtype)


@rewrites("prims::prod")
def multiplied(x: Tensor, dims: Sequence[int] | None, *, output_dtype: Any = None) -> Tensor:
    for dim in sorted(range(x.dim()) if dims is None else dims, reverse=True):
        x = _product(x, dim, False, output_dtype)
    return x


@rewrites("prims::amax")
def largest(x: Tensor, dims: Sequence[int] | None, *, output_dtype: Any = None) -> Tensor:
    return x.amax(list(range(x.dim())) if dims is None else list(dims))


@rewrites("prims::amin")
def smallest(x: Tensor, dims: Sequence[int] | None, *, output_dtype: Any = None) -> Tensor:
    return x.amin(list(range(x.dim())) if dims is None else list(dims))


@rewrites("prims::view_of")
def view_of(x: Tensor) -> Tensor:
    return x.reshape(x.shape)


@rewrites("prims::transpose")
def transposed(x: Tensor, permutation: Sequence[int]) -> Tensor:
    return x.permute(list(permutation))


@rewrites("prims::squeeze")
def squeezed(x: Tensor, dimensions: Sequence[int]) -> Tensor:
    for dim in sorted(dimensions, reverse=True):
        x = x.squeeze(dim)
    return x


@rewrites("prims::collapse_view")
def collapsed(x: Tensor, start: int, end: int) -> Tensor:
    return x.flatten(start, end)


@rewrites("prims::split_dim")
def split_dim(x: Tensor, dim: int, outer_length: int) -> Tensor:
    return x.reshape([*x.shape[:dim], outer_length, x.shape[dim] // outer_length, *x.shape[dim + 1 :]])


@rewrites("prims::broadcast_in_dim")
def broadcast_in_dim(x: Tensor, shape: Sequence[int], broadcast_dimensions: Sequence[int]) -> Tensor:
    for dim in range(len(shape)):
        if dim not in broadcast_dimensions:
            x = x.unsqueeze(dim)
    return x.expand(list(shape))


@rewrites("prims::iota")
def iota(length: int, *, start: int, step: int, dtype: torch.dtype, device: Any, requires_grad: bool) -> Tensor:
    return torch.arange(start, start + length * step, step, dtype=dtype)
