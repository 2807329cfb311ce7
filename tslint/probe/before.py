"""What a model answered before its file was changed: kept in a folder, and held against what it answers now."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path
from typing import Any

import torch

from tslint.evidence import AnswersHeld
from tslint.probe.state import restore
from tslint.probe.subject import Emit, Subject, seed
from tslint.probe.values import difference, fresh, tensors_in

LARGEST = 2**24
"""Elements of answers that are kept at most."""


def keep_or_hold(folder: Path, target: str, subject: Subject, output: Any, emit: Emit) -> None:
    """Keeps OUTPUT, the eager answer of an entry of TARGET, in FOLDER; where one is kept already, says how the two compare.

    Answers are compared tensor by tensor, whatever holds them: a wrapper that returns the parts of a mapping answers alike.
    """
    digest = hashlib.sha256(target.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    file = folder / f"{digest}.{subject.entry}.pt"
    inputs = _tensors([list(subject.example.args), dict(subject.example.kwargs)])
    outputs = _tensors(output)
    now = {
        "module": type(subject.module).__name__,
        "inputs": inputs,
        "weights": _weights(subject.module),
        "outputs": outputs,
        "draws": _draws(subject, output),
    }
    if not file.exists():
        if sum(tensor.numel() for tensor in (*inputs, *outputs)) <= LARGEST:
            with contextlib.suppress(OSError, RuntimeError):
                torch.save(now, file)
        return
    try:
        before = torch.load(file, weights_only=True)
    except Exception as error:  # cut off, or of tensors that this PyTorch cannot load again
        emit(AnswersHeld(subject.entry, None, why=f"what it answered before cannot be read ({type(error).__name__})"))
        return
    emit(_held(subject.entry, before, now))


def _held(entry: int, before: dict[str, Any], now: dict[str, Any]) -> AnswersHeld:
    if before["draws"]:
        return AnswersHeld(entry, None, why="it draws random values")
    if not difference(before["inputs"], now["inputs"])[0]:
        return AnswersHeld(entry, None, why="its example inputs are others than before")
    if not difference(before["weights"], now["weights"])[0]:
        return AnswersHeld(entry, None, why="its weights are drawn otherwise than before")
    same, apart, why = difference(before["outputs"], now["outputs"])
    if not same and apart is None and before["module"] != now["module"]:  # a part of it, say, that a wrapper calls
        return AnswersHeld(entry, None, why=f"`{now['module']}` is run in the place of `{before['module']}`")
    return AnswersHeld(entry, same, apart, why)


def _draws(subject: Subject, output: Any) -> bool:
    """Whether the answer is another one from other random numbers: a fix that takes a draw away shifts all that follow."""
    args, kwargs = fresh(subject.example)
    restore(subject.module)
    seed(1)
    try:
        with torch.no_grad():
            return not difference(output, subject.module(*args, **kwargs))[0]
    finally:
        restore(subject.module)


def _tensors(value: Any) -> list[torch.Tensor]:
    return [tensor.detach().cpu() for tensor in tensors_in(value) if not tensor.is_sparse]


def _weights(module: torch.nn.Module) -> list[float]:
    """What tells one drawing of weights from another, whatever their modules are called."""
    return sorted(float(weight.detach().double().abs().mean()) for weight in module.parameters() if weight.numel())
