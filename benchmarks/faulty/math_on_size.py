"""Attention scores divided by the root of the number of keys."""

import math

import torch
from torch import nn


class Net(nn.Module):
    def forward(self, query, key):
        scores = query @ key.transpose(1, 2)
        return torch.softmax(scores / math.sqrt(key.size(1)), -1)  # fault


def build_model():
    return Net().eval()


def example_inputs():
    return torch.rand(1, 4, 8), torch.rand(1, 16, 8)


def other_inputs():
    return torch.rand(1, 4, 8), torch.rand(1, 64, 8)
