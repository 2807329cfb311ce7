"""Calls of functions that TorchScript has no counterpart for: of NumPy, of Python, of PyTorch itself."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.checks import on
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("unsupported-call", "unknown-operator", "module-method", "no-forward", "uncalled")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    values = refusal.values
    if refusal.code == "module-method":
        name, why = f"{facts.text(refusal.node)}", "a method of `nn.Module` itself"
    elif refusal.code == "no-forward":
        name, why = facts.text(refusal.node), f"a `{values['layer']}` has no forward"
    elif refusal.code == "uncalled":
        name, why = facts.text(refusal.node), "a method, not what it returns"
    elif refusal.code == "unknown-operator":
        name, why = facts.text(_called(refusal.node)), "an operator that TorchScript does not have"
    else:
        name, why = facts.text(_called(refusal.node)), WORDS.get(values["name"].partition(".")[0], "not TorchScript's")
    yield Finding(refusal.node, {"name": name, "why": why})


WORDS = {
    "numpy": "a function of NumPy",
    "scipy": "a function of SciPy",
    "math": "not among the functions of `math` that it knows",
    "torch": "not among the functions of PyTorch that it knows",
    "builtins": "not among the functions of Python that it knows",
}


def _called(node: cst.CSTNode) -> cst.CSTNode:
    return node.func if isinstance(node, cst.Call) else node
