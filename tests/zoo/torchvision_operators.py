"""Makes torchvision importable where its wheel was built for CUDA and torch for the CPU.

Its extension does not load there, and its import then raises "operator torchvision::nms does not exist".
"""

from __future__ import annotations

import importlib.machinery
from pathlib import Path

import torch

_definitions: list[torch.library.Library] = []


def provide() -> None:
    """Loads torchvision's extension; where that fails, declares the two operators that its import asks for."""
    spec = importlib.machinery.PathFinder.find_spec("torchvision")
    if _definitions or spec is None or spec.origin is None:
        return
    try:
        for extension in Path(spec.origin).parent.glob("_C*"):
            torch.ops.load_library(extension)
    except OSError:
        library = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _definitions.append(library)  # the operators live as long as it does


provide()
