"""What PyTorch itself does not take apart, or takes apart into what coremltools lacks: written with ops that convert.

Every function has its operator's own signature and answers what the operator answers; nothing else is promised of them, and
each use is held against eager before it is taken. Where one does not serve a use, it answers ``NotImplemented``.
"""

from tslint.probe.compose.rewrites import linear, pointwise, pooling, reductions, selection, views
from tslint.probe.compose.rewrites.registry import RENAMED, UNSTABLE, table

__all__ = ["RENAMED", "UNSTABLE", "linear", "pointwise", "pooling", "reductions", "selection", "table", "views"]
