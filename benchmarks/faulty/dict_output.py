"""A dict with an output for training beside the one that is wanted."""

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(4, 8)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        features = torch.relu(self.body(x))
        return {"out": self.head(features), "features": features}  # fault


def build_model():
    return Net().eval()


def example_inputs():
    return (torch.rand(2, 4),)
