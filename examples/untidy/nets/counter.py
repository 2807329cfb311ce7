"""How many people are on a picture: the sum of a density map."""

import torch
import torch.nn.functional as F
from torch import nn


class Counter(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)])
        self.density = nn.Conv2d(8, 1, 1)
        self.mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)

    def forward(self, x):
        x = x - self.mean
        for layer in self.layers:
            x = F.dropout(torch.relu(layer(x)), 0.1)
        # Halves look better than the whole on the screen.
        half = F.adaptive_avg_pool2d(self.density(x), (int(x.size(2) / 2), int(x.size(3) / 2)))
        return half * 4
