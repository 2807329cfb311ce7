"""Normalisation (MIL: normalization). Variances divide by the number of elements."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from tslint.probe.evaluate.activation import channelwise
from tslint.probe.evaluate.registry import axes_of, evaluates, integer, number


@evaluates("batch_norm")
def batch_norm(
    x: Tensor,
    mean: Tensor,
    variance: Tensor,
    gamma: Tensor | None = None,
    beta: Tensor | None = None,
    epsilon: Tensor | float = 1e-5,
) -> Tensor:
    return F.batch_norm(x, mean, variance, gamma, beta, training=False, eps=number(epsilon))


@evaluates("instance_norm")
def instance_norm(
    x: Tensor, gamma: Tensor | None = None, beta: Tensor | None = None, epsilon: Tensor | float = 1e-5
) -> Tensor:
    axes = list(range(2, x.ndim))
    centred = x - x.mean(axes, keepdim=True)
    result = centred * torch.rsqrt((centred * centred).mean(axes, keepdim=True) + number(epsilon))
    if gamma is not None:
        result = result * channelwise(gamma, x.ndim)
    return result if beta is None else result + channelwise(beta, x.ndim)


@evaluates("layer_norm")
def layer_norm(
    x: Tensor,
    axes: Tensor | None = None,
    gamma: Tensor | None = None,
    beta: Tensor | None = None,
    epsilon: Tensor | float = 1e-5,
) -> Tensor:
    normalised = sorted(axes_of(axes, x.ndim))
    if normalised == list(range(x.ndim - len(normalised), x.ndim)):
        return F.layer_norm(x, [x.shape[axis] for axis in normalised], gamma, beta, number(epsilon))
    centred = x - x.mean(normalised, keepdim=True)
    result = centred * torch.rsqrt((centred * centred).mean(normalised, keepdim=True) + number(epsilon))
    shape = [size if axis in normalised else 1 for axis, size in enumerate(x.shape)]
    if gamma is not None:
        result = result * gamma.reshape(shape)
    return result if beta is None else result + beta.reshape(shape)


@evaluates("l2_norm")
def l2_norm(x: Tensor, epsilon: Tensor | float = 1e-6) -> Tensor:
    """Over the last three dimensions together."""
    return x * torch.rsqrt((x * x).sum([-3, -2, -1], keepdim=True) + number(epsilon))


@evaluates("local_response_norm")
def local_response_norm(
    x: Tensor,
    size: Tensor,
    alpha: Tensor | float = 1e-4,
    beta: Tensor | float = 0.75,
    k: Tensor | float = 1.0,
) -> Tensor:
    return F.local_response_norm(x, integer(size), number(alpha), number(beta), number(k))
