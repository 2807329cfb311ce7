"""The graph while it is being traced: which of its values stands behind a tensor, and whether an input decides it."""

from __future__ import annotations

import sys
import types
from typing import Any

import torch

_APPLY: types.CodeType = vars(torch.autograd.Function)["apply"].__func__.__code__


def traced_value(tensor: Any) -> Any:
    """The graph's value for TENSOR, or None where nothing traced stands behind it.

    Relies on ``torch._C._get_value_trace``, which answers for a tensor unknown to the trace with a new, unused constant
    (tried with torch 2.13).
    """
    if not isinstance(tensor, torch.Tensor) or _in_autograd_function():
        return None
    try:
        value = torch._C._get_value_trace(tensor)  # type: ignore[attr-defined]
    except (RuntimeError, IndexError):  # IndexError inside a Python autograd function
        return None
    return None if value.node().kind() == "prim::Constant" else value


def _in_autograd_function() -> bool:
    """Whether the ``forward`` of a Python autograd function runs: asking for a value in there breaks the trace later on."""
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code is _APPLY:
            return True
        frame = frame.f_back
    return False


def is_tracing() -> bool:
    """Whether ``torch.jit.trace`` is at work (``torch._C._get_tracing_state``, tried with torch 2.13)."""
    return torch._C._get_tracing_state() is not None


_OF_SHAPES = ("aten::size", "aten::numel", "aten::dim", "aten::len")


def _sizes_of(sources: list[Any]) -> list[int]:
    shape = sources[0].type().sizes() if sources[0].isCompleteTensor() else None
    if shape is None:
        return []
    dimension = sources[1].toIValue() if len(sources) > 1 else None
    return [shape[dimension]] if isinstance(dimension, int) else list(shape)


class Origins:
    """Where traced values come from: an input's size, an input's data, or neither (weights and constants)."""

    def __init__(self) -> None:
        self._data: dict[int, bool] = {}
        self._size: dict[int, bool] = {}

    def of(self, value: Any) -> str | None:
        """``data`` if VALUE depends on an input's values, ``size`` if on sizes alone, None if on no input."""
        if self._reaches(value, self._data, through_sizes=False):
            return "data"
        return "size" if self._reaches(value, self._size, through_sizes=True) else None

    def sizes(self, value: Any) -> tuple[tuple[int, ...], tuple[Any, ...]]:
        """The sizes that VALUE is computed from, as they are in this trace; and the constants computed with.

        A constant may be a tensor, which must not be read while the trace goes on: it would become part of it.

        A traced tensor's type carries its shape (``TensorType.sizes``, tried with torch 2.13).
        """
        found: list[int] = []
        numbers: list[Any] = []
        seen: set[int] = set()
        stack = [value]
        while stack:
            current = stack.pop()
            if current.unique() in seen:
                continue
            seen.add(current.unique())
            sources = list(current.node().inputs())
            if current.node().kind() in _OF_SHAPES:
                found += _sizes_of(sources)
            elif current.node().kind() == "prim::Constant":
                numbers.append(current.toIValue())
            else:
                stack.extend(reversed(sources))
        return tuple(found), tuple(numbers)

    def _reaches(self, value: Any, known: dict[int, bool], through_sizes: bool) -> bool:
        stack = [(value, False)]
        while stack:
            current, expanded = stack.pop()
            name = current.unique()
            if name in known and not expanded:
                continue
            node = current.node()
            kind = node.kind()
            if kind == "prim::Param":
                known[name] = "__torch__" not in str(current.type())
            elif kind in ("prim::GetAttr", "prim::Constant") or (kind in _OF_SHAPES and not through_sizes):
                known[name] = False
            elif expanded:
                known[name] = any(known.get(source.unique(), False) for source in node.inputs())
            elif any(known.get(source.unique(), False) for source in node.inputs()):
                known[name] = True
            else:
                known.setdefault(name, False)
                stack.append((current, True))
                stack.extend((source, False) for source in node.inputs() if source.unique() not in known)
        return known[value.unique()]
