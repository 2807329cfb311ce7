"""Changing the size of images (MIL: image_resizing). The grids are those of the documentation's notes on ``resize_bilinear``."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from tslint.probe.evaluate.registry import UnevaluableError, evaluates, flag, integer, ints, number


def grid(size: float, count: int, mode: str, start: Tensor | float = 0.0) -> Tensor:
    """COUNT sampling points in START … START + SIZE - 1, in float64, by MIL's sampling MODE."""
    steps = torch.arange(count, dtype=torch.float64)
    wide = max(0.0, size - 1)
    if mode in ("STRICT_ALIGN_CORNERS", "ALIGN_CORNERS"):
        middle = wide / 2 if mode == "ALIGN_CORNERS" else 0.0
        points = steps * (wide / (count - 1)) if count > 1 else torch.full_like(steps, middle)
    elif mode == "DEFAULT":
        points = steps * (size / count)
    elif mode == "OFFSET_CORNERS":
        points = (steps + 0.5) * (max(1.0, size - 1) / count)
    elif mode == "UNALIGN_CORNERS":
        points = (steps + 0.5) * (size / count) - 0.5
    else:
        raise UnevaluableError(f"sampling_mode {mode}")
    return points.clamp(0, wide) + start


def interpolate(x: Tensor, axis: int, points: Tensor) -> Tensor:
    """X sampled linearly at POINTS, which lie inside it, along AXIS."""
    lower = points.floor().clamp(0, x.shape[axis] - 1)
    upper = (lower + 1).clamp(max=x.shape[axis] - 1)
    weight = (points - lower).to(x.dtype).reshape([-1 if axis % x.ndim == index else 1 for index in range(x.ndim)])
    low, high = x.index_select(axis, lower.long()), x.index_select(axis, upper.long())
    return low + (high - low) * weight


def bilinear(x: Tensor, height: int, width: int, mode: str) -> Tensor:
    if mode in ("UNALIGN_CORNERS", "STRICT_ALIGN_CORNERS") and x.ndim == 4 and x.is_floating_point():
        # PyTorch's two modes are these grids, and it is fast.
        return F.interpolate(x, (height, width), mode="bilinear", align_corners=mode == "STRICT_ALIGN_CORNERS")
    x = interpolate(x, -2, grid(x.shape[-2], height, mode))
    return interpolate(x, -1, grid(x.shape[-1], width, mode))


def nearest(x: Tensor, height: int, width: int) -> Tensor:
    """The element at or before each point of the grid ``DEFAULT``."""
    for axis, count in ((-2, height), (-1, width)):
        if count != x.shape[axis]:
            x = x.index_select(axis, torch.arange(count) * x.shape[axis] // count)
    return x


@evaluates("upsample_nearest_neighbor")
def upsample_nearest_neighbor(
    x: Tensor, scale_factor_height: Tensor | float = 1, scale_factor_width: Tensor | float = 1
) -> Tensor:
    """Whether a fractional factor or the ratio of the sizes decides is not documented: no verdict where they disagree."""
    sizes = []
    for axis, factor in ((-2, number(scale_factor_height)), (-1, number(scale_factor_width))):
        count = math.floor(factor * x.shape[axis])
        by_ratio = torch.arange(count) * x.shape[axis] // count
        by_factor = (torch.arange(count, dtype=torch.float64) / factor + 1e-6).floor().long()
        if not torch.equal(by_ratio, by_factor.clamp(max=x.shape[axis] - 1)):
            raise UnevaluableError(f"scale factor {factor:g} of size {x.shape[axis]}")
        sizes.append(count)
    return nearest(x, *sizes)


@evaluates("resize_nearest_neighbor")
def resize_nearest_neighbor(x: Tensor, target_size_height: Tensor, target_size_width: Tensor) -> Tensor:
    return nearest(x, integer(target_size_height), integer(target_size_width))


@evaluates("upsample_bilinear")
def upsample_bilinear(
    x: Tensor,
    scale_factor_height: Tensor | float = 1,
    scale_factor_width: Tensor | float = 1,
    align_corners: Tensor | bool = True,
    half_pixel_centers: Tensor | bool | None = None,
) -> Tensor:
    """The factors decide the size, and the sizes the grid (documentation: as with ``recompute_scale_factor=True``)."""
    height = math.floor(number(scale_factor_height) * x.shape[-2])
    width = math.floor(number(scale_factor_width) * x.shape[-1])
    aligned = flag(align_corners)
    centred = not aligned if half_pixel_centers is None else flag(half_pixel_centers)
    if aligned and centred:
        raise UnevaluableError("align_corners with half_pixel_centers")
    return bilinear(
        x, height, width, "STRICT_ALIGN_CORNERS" if aligned else "UNALIGN_CORNERS" if centred else "DEFAULT"
    )


@evaluates("resize_bilinear")
def resize_bilinear(
    x: Tensor,
    target_size_height: Tensor | int = 1,
    target_size_width: Tensor | int = 1,
    sampling_mode: str = "DEFAULT",
) -> Tensor:
    return bilinear(x, integer(target_size_height), integer(target_size_width), sampling_mode)


@evaluates("resize")
def resize(
    x: Tensor,
    shape: Tensor,
    resized_dims: Tensor,
    interpolation_mode: str = "LINEAR",
    sampling_mode: str = "DEFAULT",
) -> Tensor:
    """A size of 0 stays. What ``NEAREST_NEIGHBOR`` makes of other grids than ``DEFAULT`` is not documented."""
    count = integer(resized_dims)
    for axis, wanted in zip(range(-count, 0), ints(shape)[-count:], strict=True):
        size = wanted or x.shape[axis]
        if size == x.shape[axis]:
            continue
        if interpolation_mode == "LINEAR":
            x = interpolate(x, axis, grid(x.shape[axis], size, sampling_mode))
        elif sampling_mode == "DEFAULT":
            x = x.index_select(axis, torch.arange(size) * x.shape[axis] // size)
        else:
            raise UnevaluableError(f"{interpolation_mode} with sampling_mode {sampling_mode}")
    return x


@evaluates("crop")
def crop(x: Tensor, crop_height: Tensor, crop_width: Tensor) -> Tensor:
    (top, bottom), (left, right) = ints(crop_height), ints(crop_width)
    return x[..., top : x.shape[-2] - bottom, left : x.shape[-1] - right]


@evaluates("resample")
def resample(
    x: Tensor,
    coordinates: Tensor,
    sampling_mode: str,
    padding_mode: str,
    padding_value: Tensor,
    coordinates_mode: str,
    align_corners: Tensor,
) -> Tensor:
    """Coordinates become pixels first. Beyond the edges: ``constant`` a value, ``border`` the edge, ``reflection`` a mirror in
    the last pixel's centre, ``symmetric`` one at its outer side."""
    aligned = flag(align_corners)
    sizes = torch.tensor([x.shape[-1], x.shape[-2]], dtype=x.dtype)
    points = coordinates.to(x.dtype)
    if coordinates_mode == "normalized_zero_to_one":
        points = points * 2 - 1
    if coordinates_mode != "unnormalized":
        points = (points + 1) / 2 * (sizes - 1) if aligned else ((points + 1) * sizes - 1) / 2
    modes = {"constant": "zeros", "border": "border", "reflection": "reflection", "symmetric": "reflection"}
    if padding_mode not in modes or sampling_mode not in ("bilinear", "nearest"):
        raise UnevaluableError(f"{sampling_mode}, {padding_mode}")
    # grid_sample takes its coordinates normalised; which of its two ways decides only how it reflects.
    corners = padding_mode != "symmetric"
    spread = (sizes - 1).clamp(min=1)
    points = points / spread * 2 - 1 if corners else (points * 2 + 1) / sizes - 1
    outside = number(padding_value) if padding_mode == "constant" else 0.0
    result = F.grid_sample(x - outside, points, sampling_mode, modes[padding_mode], align_corners=corners)
    return result + outside


@evaluates("affine")
def affine(
    x: Tensor,
    transform_matrix: Tensor,
    output_height: Tensor,
    output_width: Tensor,
    sampling_mode: str,
    padding_mode: str,
    padding_value: Tensor,
    coordinates_mode: str,
    align_corners: Tensor,
) -> Tensor:
    height, width = integer(output_height), integer(output_width)
    matrix = transform_matrix.reshape(-1, 2, 3).expand(x.shape[0], 2, 3)
    points = F.affine_grid(matrix, [x.shape[0], x.shape[1], height, width], align_corners=flag(align_corners))
    return resample(x, points, sampling_mode, padding_mode, padding_value, coordinates_mode, align_corners)
