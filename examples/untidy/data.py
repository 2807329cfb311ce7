"""Pictures with one square each, and where it is."""

import torch


def pictures(count, side=64):
    for _ in range(count):
        picture, target = torch.rand(1, 3, side, side), torch.zeros(1, side, side, dtype=torch.int64)
        left = int(torch.randint(0, side - 16, ()))
        picture[..., left : left + 16, left : left + 16] = 1.0
        target[..., left : left + 16, left : left + 16] = 1
        yield picture, target
