"""Which modules hold parameters: a table of PyTorch's layers, and what a class of the file registers."""

from __future__ import annotations

import libcst as cst

from tslint.facts.classes import ModuleClass
from tslint.facts.kinds import Kind, Module, Tensor, options
from tslint.facts.tree import words

PARAMETRIC = words("""
    Linear Bilinear Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d BatchNorm1d BatchNorm2d
    BatchNorm3d SyncBatchNorm LayerNorm GroupNorm RMSNorm Embedding EmbeddingBag RNN LSTM GRU RNNCell LSTMCell GRUCell
    MultiheadAttention PReLU Transformer TransformerEncoderLayer TransformerDecoderLayer
""")
"""Layers of ``torch.nn`` that have parameters unless told not to; ``tests/facts/test_parametric.py`` constructs them."""
SWITCHES = frozenset({"affine", "elementwise_affine"})
"""Arguments that may leave the parameters out."""
DROPOUT = words("Dropout Dropout1d Dropout2d Dropout3d AlphaDropout FeatureAlphaDropout")
MAX_DEPTH = 20


def has_parameters(kind: Kind, depth: int = 0) -> bool:
    """Whether a module certainly holds parameters, itself or in what it registers."""
    if not isinstance(kind, Module) or depth > MAX_DEPTH:
        return False
    if kind.cls is not None:
        cls: ModuleClass = kind.cls
        kinds = [attribute.kind for base in cls.lineage for attribute in base.attributes.values()]
        return any(_is_parameter(k) or has_parameters(k, depth + 1) for k in kinds)
    if _layer(kind) in PARAMETRIC:
        return not _switched(kind.call)
    return any(has_parameters(item, depth + 1) for item in kind.items)


def drops(kind: Kind, depth: int = 0) -> bool:
    """Whether a module certainly is dropout, or registers some."""
    if not isinstance(kind, Module) or depth > MAX_DEPTH:
        return False
    if kind.cls is not None:
        cls: ModuleClass = kind.cls
        return any(drops(a.kind, depth + 1) for base in cls.lineage for a in base.attributes.values())
    return _layer(kind) in DROPOUT or any(drops(item, depth + 1) for item in kind.items)


def _layer(kind: Module) -> str:
    head, _, name = (kind.layer or "").rpartition(".")
    return name if head == "torch.nn" else ""


def _is_parameter(kind: Kind) -> bool:
    return all(isinstance(option, Tensor) and option.role == "parameter" for option in options(kind))


def _switched(call: cst.Call | None) -> bool:
    """Whether an argument of the constructor may leave the parameters out."""
    return call is None or any(arg.keyword is not None and arg.keyword.value in SWITCHES for arg in call.args)
