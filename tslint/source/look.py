"""A look at a file's bytes that tells whether it can matter at all: most files of most projects need not be parsed."""

from __future__ import annotations

import re

WORDS = re.compile(
    rb"torch|coremltools|onnx|timm|lightning|transformers|diffusers|tslint:"
    rb"|LightningModule|PreTrainedModel|ModelMixin|Fairseq(?:Model|Encoder|Decoder)|BaseModule"
)
"""One of them stands in every file that the facts know a module class, a call of PyTorch or a conversion in."""


def matters(data: bytes) -> bool:
    """Whether a check can find anything in a file that holds DATA."""
    return WORDS.search(data) is not None
