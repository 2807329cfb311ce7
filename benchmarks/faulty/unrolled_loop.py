"""A running mean over however many steps there are."""

import torch
from torch import nn


class Net(nn.Module):
    def forward(self, x):
        mean = x[0]
        for i in range(1, x.size(0)):  # fault
            mean = 0.9 * mean + 0.1 * x[i]
        return mean


def build_model():
    return Net().eval()


def example_inputs():
    return (torch.rand(4, 8),)


def other_inputs():
    return (torch.rand(9, 8),)
