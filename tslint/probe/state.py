"""A module's Python state, put back before every call: a cache filled by one call must not decide the next one's path.

Attributes of every submodule and the buffers are restored; weights are never written by a call, and are left alone.
"""

from __future__ import annotations

import collections
import contextlib
import operator
import weakref
from collections.abc import Iterator
from typing import Any

import torch

_LARGEST = 2**24
"""Elements of buffers that are copied at most; larger ones are left as they are."""

_MACHINERY = frozenset(vars(torch.nn.Module())) - {"_buffers", "_non_persistent_buffers_set", "training"}
"""Attributes that torch itself keeps: submodules and hooks. Whoever replaces a part or hooks a module means it; a
submodule that a call adds goes."""

_CONTAINERS = frozenset([dict, list, set, collections.OrderedDict])
"""What is copied, one level deep."""

_NOT_READ = frozenset(["_buffers", "_non_persistent_buffers_set", "training"])

_known: weakref.WeakKeyDictionary[torch.nn.Module, State] = weakref.WeakKeyDictionary()


def _copied(value: Any) -> Any:
    return value.copy() if type(value) in _CONTAINERS else value


def _alike(before: Any, now: Any) -> bool:
    """Whether an attribute is the same object, or a container of the same objects: those that `_copied` copies."""
    if type(before) is not type(now):
        return False
    if isinstance(before, dict) and type(before) in _CONTAINERS:
        return list(before) == list(now) and all(map(operator.is_, before.values(), now.values()))
    if isinstance(before, list) and type(before) in _CONTAINERS:
        return len(before) == len(now) and all(map(operator.is_, before, now))
    if isinstance(before, set) and type(before) in _CONTAINERS:
        return {id(item) for item in before} == {id(item) for item in now}
    return before is now or (type(before) in (int, float, bool, str) and before == now)


def _types(module: torch.nn.Module) -> set[tuple[torch.dtype, torch.device]]:
    return {(weight.dtype, weight.device) for weight in module.parameters()}


def _own(module: torch.nn.Module) -> list[tuple[str, Any]]:
    return [(key, value) for key, value in module.__dict__.items() if key not in _MACHINERY]


class State:
    """What a module's attributes and buffers hold at one moment."""

    def __init__(self, module: torch.nn.Module) -> None:
        self.types = _types(module)
        self.attributes = [
            (weakref.ref(child), {key: _copied(value) for key, value in _own(child)}, tuple(child._modules))
            for child in module.modules()
            if not isinstance(child, torch.jit.ScriptModule)
        ]
        buffers = list(module.buffers())
        small = sum(buffer.numel() for buffer in buffers) <= _LARGEST
        self.buffers = [(buffer, buffer.detach().clone(), buffer._version) for buffer in buffers] if small else []

    def fits(self, module: torch.nn.Module) -> bool:
        """Whether the weights are still of the types that they had: else the buffers would not go with them."""
        return self.types == _types(module)

    def changed(self) -> list[tuple[torch.nn.Module, str]]:
        """The modules and their attributes that are other objects than they were, or hold others; assigned buffers, too."""
        found: list[tuple[torch.nn.Module, str]] = []
        for reference, saved, _ in self.attributes:
            child = reference()
            if child is not None:
                before = {**saved, **saved.get("_buffers", {})}
                now = {**dict(_own(child)), **child._buffers}
                names = [name for name in before | now if name not in _NOT_READ]
                found += [(child, name) for name in names if not _alike(before.get(name), now.get(name))]
        return found

    def restore(self) -> None:
        """Puts the module back to that moment."""
        for reference, saved, names in self.attributes:
            child = reference()
            if child is not None:
                for name in [name for name in child._modules if name not in names]:
                    del child._modules[name]
                for key, _ in _own(child):
                    if key not in saved:
                        del child.__dict__[key]
                child.__dict__.update({key: _copied(value) for key, value in saved.items()})
        for index, (buffer, before, version) in enumerate(self.buffers):
            if buffer._version != version:
                with torch.no_grad():
                    buffer.copy_(before)
                self.buffers[index] = (buffer, before, buffer._version)


def remember(module: torch.nn.Module) -> None:
    """Takes MODULE's state as it is now for the one to start every call from."""
    _known[module] = State(module)


def changed(module: torch.nn.Module) -> list[tuple[torch.nn.Module, str]]:
    """What the last call left otherwise than it was, as (module, attribute); nothing where no state was remembered."""
    state = _known.get(module)
    return state.changed() if state is not None else []


def restore(module: Any) -> None:
    """Puts MODULE, or the model that it wraps, back to the state remembered; does nothing where none was."""
    inner = getattr(module, "model", None)
    for candidate in (module, inner):
        state = _known.get(candidate) if isinstance(candidate, torch.nn.Module) else None
        if state is not None:
            state.restore()


@contextlib.contextmanager
def kept(module: torch.nn.Module) -> Iterator[None]:
    """Within it calls of MODULE go on from one another; afterwards its state is the remembered one again."""
    state = _known.pop(module, None)
    try:
        yield
    finally:
        if state is not None:
            _known[module] = state
            state.restore()
