"""What is where on a picture."""

import torch.nn.functional as F
from torch import nn

from nets.attention import PositionAttention


class Segmenter(nn.Module):
    def __init__(self, classes=5):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, stride=2, padding=1), nn.BatchNorm2d(16), nn.ReLU())
        self.attention = PositionAttention(16)
        self.head = nn.Conv2d(16, classes, 1)
        self.aux_head = nn.Conv2d(16, classes, 1)

    def forward(self, x):
        features = self.stem(x)
        out = self.head(self.attention(features))
        aux = self.aux_head(features)
        size = x.shape[2:]
        return {
            "out": F.interpolate(out, size=size, mode="bilinear", align_corners=False),
            "aux": F.interpolate(aux, size=size, mode="bilinear", align_corners=False),
        }
