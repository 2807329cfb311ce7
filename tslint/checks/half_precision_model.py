"""A model in half precision that is converted: coremltools takes the inputs for float32, and its operators mix no types."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._conversion import conversions, is_program, step
from tslint.checks._layers import holds, is_literally
from tslint.diagnostic import Finding, Severity
from tslint.facts.facts import Facts
from tslint.facts.kinds import Module
from tslint.facts.tree import words

CONVOLUTION = re.compile(r"Conv(Transpose)?[123]d")
SWITCH = {"LayerNorm": (2, "elementwise_affine"), "GroupNorm": (3, "affine")}
"""The argument that, being False, leaves a norm without parameters."""
REFUSED = words("GRU LSTM RNN TransformerEncoderLayer TransformerEncoder")
HARMLESS = words("""
    Linear Embedding Identity Dropout Dropout2d Flatten BatchNorm1d BatchNorm2d ReLU ReLU6 LeakyReLU PReLU GELU SiLU Sigmoid Tanh
    Softmax Hardswish Upsample MaxPool1d MaxPool2d AvgPool1d AvgPool2d AdaptiveAvgPool1d AdaptiveAvgPool2d
""")
"""Layers that coremltools 9.0 refuses in half precision, and those that it converts: measured."""


@on(Facts)
def check(facts: Facts, _: Facts) -> Iterator[Finding]:
    for _call, model, kinds in conversions(facts):
        halved = step(kinds, "half")
        if halved is None or halved.call is None or not all(is_program(kind) for kind in kinds):
            continue
        answers = {holds(kind, facts, lambda layer, kind: _is_refused(layer, kind, facts)) for kind in kinds}
        if answers != {False}:
            yield Finding(
                halved.call,
                {"model": facts.text(model)},
                severity=Severity.ERROR if answers == {True} else Severity.WARNING,
                labels=(facts.label(model, "converted here"),),
                help="convert the model in float32: an ML program computes in float16 by itself",
            )


def _is_refused(layer: str, kind: Module, facts: Facts) -> bool | None:
    name = layer.rpartition(".")[2]
    if not layer.startswith("torch.nn."):
        return None
    index, switch = (
        (8 if "Transpose" in name else 7, "bias") if CONVOLUTION.fullmatch(name) else SWITCH.get(name, (0, ""))
    )
    if switch:
        return not is_literally(kind, facts, index, switch, "False")
    if name in REFUSED:
        return True
    return False if name in HARMLESS else None
