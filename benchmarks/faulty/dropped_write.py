"""A bias added in place to one channel of a tensor, through a view."""

import torch
from torch import nn


class Net(nn.Module):
    def forward(self, x):
        y = x * 2
        y[:, 0].add_(5)  # fault
        return y


def build_model():
    return Net().eval()


def example_inputs():
    return (torch.rand(2, 3),)
