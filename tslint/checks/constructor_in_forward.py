"""An object made where scripted code runs: TorchScript constructs no modules, and no classes it has not compiled."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint import rewrite
from tslint.checks import _imports, on
from tslint.diagnostic import Finding, Fix
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal

FUNCTIONS = {
    "ReLU": "relu", "ReLU6": "relu6", "LeakyReLU": "leaky_relu", "ELU": "elu", "SELU": "selu", "CELU": "celu",
    "GELU": "gelu", "SiLU": "silu", "Mish": "mish", "Hardtanh": "hardtanh", "Hardswish": "hardswish",
    "Hardsigmoid": "hardsigmoid", "Softplus": "softplus", "LogSigmoid": "logsigmoid", "Tanhshrink": "tanhshrink",
    "Softmax": "softmax", "Softmin": "softmin", "LogSoftmax": "log_softmax", "Sigmoid": "sigmoid", "Tanh": "tanh",
    "MaxPool1d": "max_pool1d", "MaxPool2d": "max_pool2d", "MaxPool3d": "max_pool3d", "AvgPool1d": "avg_pool1d",
    "AvgPool2d": "avg_pool2d", "AvgPool3d": "avg_pool3d", "AdaptiveAvgPool1d": "adaptive_avg_pool1d",
    "AdaptiveAvgPool2d": "adaptive_avg_pool2d", "AdaptiveMaxPool1d": "adaptive_max_pool1d",
    "AdaptiveMaxPool2d": "adaptive_max_pool2d",
}  # fmt: skip
"""Layers without parameters and modes, with the function of ``torch.nn.functional`` that takes the same arguments."""
MOST = 3
"""So many arguments are in the same places for both; ``gelu`` takes its own by name alone."""


@on("constructs-module", "no-constructor")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    name = refusal.values["name"]
    if refusal.code == "constructs-module":
        help = "make it in `__init__`, or call its function in `torch.nn.functional`"
    elif name == "Variable":
        help = "`Variable(x)` has been `x` since PyTorch 0.4"
    else:
        help = None
    yield Finding(refusal.node, {"name": name}, fix=_written_out(refusal.node, name, facts), help=help)


def _written_out(node: cst.CSTNode, name: str, facts: Facts) -> Fix | None:
    """``nn.Softmax(dim=1)(x)`` becomes ``nn.functional.softmax(x, dim=1)``, and ``Variable(x)`` is left out."""
    if not isinstance(node, cst.Call):
        return None
    if name == "Variable" and len(node.args) == 1 and not node.args[0].star:
        root = _imports.root(node.func)
        gone = _imports.without(root, facts) if root is not None else None
        text = rewrite.source(node.args[0].value, facts)
        if not isinstance(node.args[0].value, rewrite.ATOMS) and not node.lpar:
            text = f"({text})"
        return rewrite.safe(f"Write `{text}`", rewrite.replace(node, text, facts), *([gone] if gone else []))
    outer, module = facts.parent(node), rewrite.spelled("torch.nn.functional", facts)
    if name not in FUNCTIONS or module is None or not isinstance(outer, cst.Call) or outer.func is not node:
        return None
    if len(outer.args) != 1 or outer.args[0].star or outer.args[0].keyword is not None:
        return None
    by_position = sum(argument.keyword is None for argument in node.args)
    if by_position > (0 if name == "GELU" else MOST) or "#" in rewrite.source(outer, facts):
        return None
    given = [rewrite.source(outer.args[0].value, facts), *(rewrite.source(arg, facts) for arg in node.args)]
    text = f"{module}.{FUNCTIONS[name]}({', '.join(given)})"
    return rewrite.safe(f"Call `{FUNCTIONS[name]}`", rewrite.replace(outer, text, facts))
