"""How a callable of PyTorch is called: its parameters, and the arguments of a sample in the words of the table."""

from __future__ import annotations

import inspect
import operator
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn as nn
from torch.jit._builtins import _find_builtin


@dataclass
class Sample:
    """One way of calling: ``built`` are the arguments of a layer's constructor (else of the call itself)."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    built: tuple[tuple[Any, ...], dict[str, Any]] | None = None

    def told(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments that the rows of the table are about."""
        return self.built if self.built is not None else (self.args, self.kwargs)

    def changed(self, name: str, position: int, value: Any) -> Sample:
        args, kwargs = self.told()
        if position < len(args):
            args = (*args[:position], value, *args[position + 1 :])
        else:
            kwargs = {**kwargs, name: value}
        return Sample(self.args, self.kwargs, (args, kwargs)) if self.built is not None else Sample(args, kwargs)


@dataclass(frozen=True)
class Parameter:
    """``type`` is that of a schema, empty where a Python function has none."""

    name: str
    position: int
    default: Any = inspect.Parameter.empty
    type: str = ""

    def takes(self, value: Any) -> bool:
        """Whether an overload with this parameter can be the one that is called."""
        word = token(value)
        if not self.type or value is None or word == "object":
            return True
        if isinstance(value, (list, tuple)):
            return self.type.startswith(("List", "Optional[List"))
        return "List" not in self.type and (word == "tensor") == ("Tensor" in self.type)


def resolved(name: str) -> Any:
    """The callable of a name, or None."""
    if name.startswith("operator."):
        return getattr(operator, name.rpartition(".")[2])
    value: Any = torch.Tensor if name.startswith("Tensor.") else torch
    for part in name.split(".")[1:]:
        value = getattr(value, part, None)
    return value if callable(value) else None


def parameters(name: str) -> list[list[Parameter]]:
    """The parameters of what NAME calls (a layer: of its constructor), one list an overload."""
    value = resolved(name)
    if isinstance(value, type) and issubclass(value, nn.Module):
        return [_signature(value.__init__, 1)]
    while inspect.isfunction(value):
        dispatched = torch._jit_internal._try_get_dispatched_fn(value)
        if dispatched is None:
            return [_signature(value, 0)]
        value = dispatched["if_false"]
    short = name.rpartition(".")[2]
    if not torch._C._jit_get_schemas_for_operator(f"aten::{short}"):
        short = short.removesuffix("_")
    builtin = _find_builtin(value) or f"aten::{short}"
    return [
        [Parameter(a.name, i, a.default_value if a.has_default_value() else inspect.Parameter.empty,
                   a.type.annotation_str)
         for i, a in enumerate(schema.arguments)]
        for schema in torch._C._jit_get_schemas_for_operator(builtin) if "out" not in schema.overload_name
    ]  # fmt: skip


def _signature(function: Any, skipped: int) -> list[Parameter]:
    found = list(inspect.signature(function).parameters.values())[skipped:]
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [Parameter(p.name, i, p.default) for i, p in enumerate(found) if p.kind not in kinds]


def bound(name: str, sample: Sample) -> dict[str, tuple[int, Any]]:
    """Parameter → (position, value) of a sample, defaults filled in; empty where no overload takes its arguments."""
    args, kwargs = sample.told()
    for known in parameters(name):
        names = {p.name for p in known}
        if len(args) > len(known) or not set(kwargs) <= names:
            continue
        found = {p.name: (p.position, p.default) for p in known if p.default is not inspect.Parameter.empty}
        found |= {p.name: (p.position, value) for p, value in zip(known, args, strict=False)}
        found |= {p.name: (p.position, kwargs[p.name]) for p in known if p.name in kwargs}
        given = [*zip(known, args, strict=False), *((p, kwargs[p.name]) for p in known if p.name in kwargs)]
        if all(p.name in found for p in known) and all(p.takes(value) for p, value in given):
            return found
    return {}


def defaults(name: str) -> dict[str, str]:
    """Parameter → the token of its default."""
    known = [p for overload in reversed(parameters(name)) for p in overload]
    return {p.name: token(p.default) for p in known if p.default is not inspect.Parameter.empty}


def token(value: Any) -> str:
    """What the table can say of an argument: the literal of a flag or word, else its kind."""
    if value is None or isinstance(value, (bool, str)):
        return repr(value)
    if isinstance(value, torch.Tensor):
        return "tensor"
    if isinstance(value, (int, float)):
        return type(value).__name__
    if isinstance(value, (list, tuple)):
        return "tuple"
    return "object"


def callee(name: str, sample: Sample) -> Callable[..., Any] | nn.Module:
    """What a sample calls: the function, or the layer that it builds."""
    value: Any = resolved(name)
    if sample.built is None:
        return value  # type: ignore[no-any-return]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        layer: nn.Module = value(*sample.built[0], **sample.built[1])
    return layer.eval()
