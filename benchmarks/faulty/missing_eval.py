"""Batch norm in a model that nobody put into eval mode."""

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.norm = nn.BatchNorm2d(4)

    def forward(self, x):
        return torch.relu(self.norm(self.conv(x)))


def build_model():
    return Net()  # fault


def meant():
    return build_model().eval()


def example_inputs():
    return (torch.rand(2, 3, 8, 8),)
