"""Three ops that coremltools has no converter for."""

import torch
from torch import nn


class Net(nn.Module):
    def forward(self, x):
        steps = torch.diff(x, dim=1)  # fault
        weights = torch.lgamma(steps.abs() + 1)  # fault
        return torch.hypot(steps, weights)  # fault


def build_model():
    return Net().eval()


def example_inputs():
    return (torch.rand(2, 6),)
