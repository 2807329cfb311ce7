"""torchvision's own segmentation network, with random weights."""

import torch
import torchvision_operators  # noqa: F401
from torchvision.models.segmentation import deeplabv3_resnet101


def build_model():
    return deeplabv3_resnet101(weights=None, weights_backbone=None).eval()


def example_inputs():
    return torch.rand(1, 3, 64, 64)
