"""Dropout that does not look at the model's mode."""

import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(16, 8)

    def forward(self, x):
        return self.head(F.dropout(x, 0.5))  # fault


def build_model():
    return Net().eval()


def meant():
    return build_model().head


def example_inputs():
    return (torch.rand(2, 16),)
