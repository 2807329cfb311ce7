"""Attention over the positions of a feature map."""

import math

import torch
from torch import nn


class PositionAttention(nn.Module):
    """Lets every position of a map look at every other one."""

    def __init__(self, channels):
        super().__init__()
        self.query = nn.Conv2d(channels, channels, 1)
        self.key = nn.Conv2d(channels, channels, 1)
        self.value = nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        q = self.query(x).flatten(2)  # (batch, channels, positions)
        k = self.key(x).flatten(2)
        v = self.value(x).flatten(2)
        # More positions, larger sums: keep the logits comparable.
        weights = torch.softmax(q.transpose(1, 2) @ k / math.sqrt(q.size(2)), dim=-1)
        return (v @ weights.transpose(1, 2)).view_as(x)
