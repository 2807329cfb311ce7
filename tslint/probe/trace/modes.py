"""Training behaviour that survives ``eval()``: a flag set in the traced graph, or two runs of the trace that differ."""

from __future__ import annotations

import re
from typing import Any

import torch

from tslint.diagnostic import Place, Span
from tslint.evidence import ModeWrong
from tslint.probe.frames import Territory
from tslint.probe.subject import Emit, Subject, seed
from tslint.probe.values import difference, fresh

_FLAGS = {
    "aten::dropout": (1, 2), "aten::dropout_": (1, 2), "aten::feature_dropout": (1, 2), "aten::alpha_dropout": (1, 2),
    "aten::feature_alpha_dropout": (1, 2), "aten::native_dropout": (1, 2), "aten::rrelu": (2, 3),
}  # fmt: skip
"""Operator → (index of the rate, index of the training flag); for rrelu the rate is the upper bound."""
_RANDOM = re.compile(
    r"aten::(rand|normal|bernoulli|multinomial|poisson|uniform|exponential|geometric|cauchy|log_normal|dropout)"
)
_FRAME = re.compile(r"^(.+)\((\d+)\): (.+)$")


def place_of_node(node: Any, territory: Territory) -> Place | None:
    """The user's innermost line among the frames of NODE's source range (``Node.sourceRange``, tried with torch 2.13)."""
    return place_in(node.sourceRange(), territory)


def place_in(text: str, territory: Territory) -> Place | None:
    """The user's innermost line in a TorchScript stack: lines like ``model.py(31): forward``."""
    for line in text.splitlines():
        match = _FRAME.match(line.strip())
        if match and territory.holds(match[1]):
            number = int(match[2])
            return Place(match[1], Span(number, None, number, None))
    return None


def _constant(node: Any, index: int) -> Any:
    inputs = list(node.inputs())
    return inputs[index].toIValue() if index < len(inputs) else None


def _training_flag(node: Any) -> str | None:
    kind = node.kind()
    if kind in _FLAGS:
        rate, flag = _FLAGS[kind]
        return "dropout" if _constant(node, flag) and _constant(node, rate) else None
    if kind == "aten::batch_norm":
        statistics = list(node.inputs())[3]
        missing = str(statistics.type()) == "NoneType"
        return "batch-norm" if _constant(node, 5) and not missing else None
    if kind == "aten::scaled_dot_product_attention":
        return "dropout" if _constant(node, 4) else None
    return None


def first_draw(program: Any, territory: Territory) -> Place | None:
    """The line of the first random value that PROGRAM draws: after a draw that became a number, all that follow shift."""
    nodes = program.inlined_graph.nodes()
    places = (
        place_of_node(node, territory) for node in nodes if _RANDOM.match(node.kind()) and "dropout" not in node.kind()
    )
    return next((place for place in places if place is not None), None)


def report(subject: Subject, program: Any, territory: Territory, emit: Emit) -> None:
    """Says which lines of the user's leave training behaviour in the traced PROGRAM."""
    graph = program.inlined_graph
    found: dict[tuple[str, Place | None], list[str]] = {}
    first_random: Place | None = None
    random_ops = 0
    for node in graph.nodes():
        what = _training_flag(node)
        if what is not None:
            found.setdefault((what, place_of_node(node, territory)), []).append(_module_path(node))
        elif _RANDOM.match(node.kind()) and not node.kind().endswith("dropout"):
            random_ops += 1
            first_random = first_random or place_of_node(node, territory)
    for (what, place), paths in found.items():
        effect = f"{len(paths)} in the graph" if len(paths) > 1 else ""
        emit(ModeWrong(subject.entry, what, tuple(dict.fromkeys(paths)), place, effect))
    if random_ops and not any(what == "dropout" for what, _ in found):
        try:
            equal, _, why = difference(_run(program, subject, 0), _run(program, subject, 1))
        except Exception:
            return
        if not equal:
            emit(
                ModeWrong(subject.entry, "nondeterminism", ("",), first_random, f"two runs of the trace differ: {why}")
            )


def _run(program: Any, subject: Subject, number: int) -> Any:
    args, kwargs = fresh(subject.example)
    seed(number)
    with torch.no_grad():
        return program(*args, **kwargs)


def _module_path(node: Any) -> str:
    """The path of the module that NODE was recorded in, from its scope."""
    last = str(node.scopeName()).split("/")[-1]
    return last.removeprefix("__module.").removeprefix("__module")
