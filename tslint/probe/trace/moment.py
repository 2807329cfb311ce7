"""One escape: what left the graph, where, and what two traces compare of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from tslint.diagnostic import Place
from tslint.probe.frames import Stack

_paused = 0


@contextlib.contextmanager
def paused() -> Iterator[None]:
    """Within it nothing is recorded."""
    global _paused
    _paused += 1
    try:
        yield
    finally:
        _paused -= 1


def is_paused() -> bool:
    return _paused > 0


Key = tuple[str, Any, str, "str | None"]

Occasion = tuple[Key, "tuple[Place, ...]", str]
"""A position, the calls that lead to it, and the module whose code it is: what two traces are aligned by."""


@dataclass
class Moment:
    """One escape. ``live``: the graph kept the value all the same. ``quiet``: worth a word only if the value changes.

    ``raw`` is what Python got, ``value`` what can be printed, ``mark`` what is compared; ``module`` is the path of the
    module whose own code did it, ``sizes`` and ``numbers`` are those that a value of origin
    ``size`` was computed from.
    """

    via: str
    operator: str | None
    origin: str
    value: Any
    raw: Any
    stack: Stack
    module: str
    mark: Any = None
    warned: bool = False
    live: bool = False
    quiet: bool = False
    sizes: tuple[int, ...] = ()
    numbers: tuple[Any, ...] = ()

    @property
    def place(self) -> Place | None:
        return self.stack.place

    @property
    def key(self) -> Key:
        """The same position of the program, whatever the input."""
        place = self.stack.place or (self.stack.frames[-1] if self.stack.frames else None)
        return (place.path if place else "", place.span if place else None, self.via, self.operator)

    @property
    def occasion(self) -> Occasion:
        """The same position reached by the same calls; a loop comes to one several times."""
        return (self.key, self.stack.frames, self.module)

    def note(self, raw: Any) -> None:
        """Takes RAW for what Python got."""
        with paused():
            self.raw = raw
            self.value = printable(raw)
            self.mark = fingerprint(raw) if isinstance(raw, torch.Tensor) else self.value


def printable(raw: Any) -> Any:
    """A number, bool, or text for RAW: what evidence holds, and what is compared."""
    if isinstance(raw, (bool, int, float, str)):
        return raw
    if isinstance(raw, complex):
        return str(raw)
    if isinstance(raw, (list, tuple)):
        text = repr(raw)
        return text if len(text) <= 2000 else text[:2000] + f"… ({len(raw)} items, hash {hash(text)})"
    if isinstance(raw, torch.Tensor):
        return number_in(raw) if raw.numel() == 1 else f"tensor of shape {[int(n) for n in raw.shape]}"
    shape = getattr(raw, "shape", None)
    if shape is not None and hasattr(raw, "tolist"):
        if raw.size == 1:
            return printable(raw.tolist() if not shape else raw.reshape(-1).tolist()[0])
        return f"array of shape {tuple(shape)}: {printable(raw.reshape(-1).tolist())}"
    return repr(raw)[:200]


def fingerprint(tensor: torch.Tensor) -> tuple[Any, ...]:
    """Equal for tensors of the same shape and content."""
    with paused():
        dense = tensor.detach().to_dense() if tensor.is_sparse else tensor.detach()
        return (*dense.shape, hash(dense.contiguous().view(-1).numpy().tobytes()))


def number_in(tensor: torch.Tensor) -> Any:
    """The one number of TENSOR."""
    with paused():
        return tensor.detach().item()
