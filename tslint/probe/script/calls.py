"""How the modules of a model call one another: one eager run with hooks. Leaves no hook behind."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import Any

import torch

from tslint.probe.agree import call, copied
from tslint.probe.subject import Inputs


@dataclass
class Call:
    """One call of a module's forward: arguments as given, the same by parameter, and the answer."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    output: Any
    parameters: tuple[inspect.Parameter, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)


def observe_calls(
    root: torch.nn.Module, inputs: Inputs, limit: int = 8, only: set[torch.nn.Module] | None = None
) -> dict[torch.nn.Module, list[Call]]:
    """The first LIMIT calls of each module (of each in ONLY) below and of ROOT, with copies of their arguments.

    Raises what the model raises.
    """
    calls: dict[torch.nn.Module, list[Call]] = {}

    def before(module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        waiting.setdefault(module, []).append((copied(args), copied(kwargs)))

    def after(module: torch.nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        given = waiting[module].pop()
        found = calls.setdefault(module, [])
        if len(found) < limit:
            found.append(_call(module, given[0], given[1], copied(output)))

    waiting: dict[torch.nn.Module, list[tuple[Any, Any]]] = {}
    handles: list[Any] = []
    try:
        for module in only or set(root.modules()):
            if not isinstance(module, torch.jit.ScriptModule):
                handles.append(module.register_forward_pre_hook(before, with_kwargs=True))
                handles.append(module.register_forward_hook(after, with_kwargs=True))
        call(root, inputs)
    finally:
        for handle in handles:
            handle.remove()
    return calls


def _call(module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> Call:
    try:
        signature = inspect.signature(module.forward)
        bound = signature.bind(*args, **kwargs)
    except (TypeError, ValueError):
        return Call(args, kwargs, output)
    return Call(args, kwargs, output, tuple(signature.parameters.values()), dict(bound.arguments))
