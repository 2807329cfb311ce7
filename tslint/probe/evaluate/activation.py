"""Activations, as the MIL documentation defines each (MIL: activation)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from tslint.probe.evaluate.registry import axis_of, evaluates, number


def channelwise(parameter: Tensor, rank: int) -> Tensor:
    """A parameter with one number a channel, shaped to broadcast along dimension 1."""
    return parameter.reshape([-1 if dimension == 1 else 1 for dimension in range(rank)])


@evaluates("relu")
def relu(x: Tensor) -> Tensor:
    return torch.relu(x)


@evaluates("relu6")
def relu6(x: Tensor) -> Tensor:
    return torch.clamp(x, 0, 6)


@evaluates("clamped_relu")
def clamped_relu(x: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
    return torch.clamp(torch.where(x >= 0, x, x * number(alpha)), max=number(beta))


@evaluates("elu")
def elu(x: Tensor, alpha: Tensor) -> Tensor:
    return torch.where(x > 0, x, number(alpha) * torch.expm1(torch.clamp(x, max=0)))


@evaluates("gelu")
def gelu(x: Tensor, mode: str = "EXACT") -> Tensor:
    if mode == "TANH_APPROXIMATION":
        return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    if mode == "SIGMOID_APPROXIMATION":
        return x * torch.sigmoid(1.702 * x)
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


@evaluates("leaky_relu")
def leaky_relu(x: Tensor, alpha: Tensor) -> Tensor:
    return torch.where(x >= 0, x, x * number(alpha))


@evaluates("linear_activation")
def linear_activation(x: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
    return x * number(alpha) + number(beta)


@evaluates("prelu")
def prelu(x: Tensor, alpha: Tensor) -> Tensor:
    return torch.where(x > 0, x, x * channelwise(alpha, x.ndim))


@evaluates("scaled_tanh")
def scaled_tanh(x: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
    return number(alpha) * torch.tanh(x * number(beta))


@evaluates("sigmoid")
def sigmoid(x: Tensor) -> Tensor:
    return torch.sigmoid(x)


@evaluates("sigmoid_hard")
def sigmoid_hard(x: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
    return torch.clamp(x * number(alpha) + number(beta), 0, 1)


@evaluates("silu")
def silu(x: Tensor) -> Tensor:
    return x * torch.sigmoid(x)


@evaluates("softplus")
def softplus(x: Tensor) -> Tensor:
    return torch.log1p(torch.exp(-x.abs())) + torch.clamp(x, min=0)


@evaluates("softplus_parametric")
def softplus_parametric(x: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
    return channelwise(alpha, x.ndim) * softplus(x * channelwise(beta, x.ndim))


@evaluates("softmax")
def softmax(x: Tensor, axis: Tensor | int = -1) -> Tensor:
    return F.softmax(x, dim=axis_of(axis, x.ndim))


@evaluates("softsign")
def softsign(x: Tensor) -> Tensor:
    return x / (1 + x.abs())


@evaluates("thresholded_relu")
def thresholded_relu(x: Tensor, alpha: Tensor) -> Tensor:
    return torch.where(x >= number(alpha), x, torch.zeros_like(x))
