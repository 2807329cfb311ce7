"""A module's Python state, put back before every call: a cache filled by one call must not decide the next one's path.

Attributes of every submodule and the buffers are restored; weights are never written by a call, and are left alone. So are
hooks, and what stands in the place of a submodule: whoever watches the calls or builds a plan has put them there.
"""

from __future__ import annotations

import collections
import contextlib
import weakref
from collections.abc import Iterator
from typing import Any

import torch

_LARGEST = 2**24
"""Elements of buffers that are copied at most; larger ones are left as they are."""

_known: weakref.WeakKeyDictionary[torch.nn.Module, _State] = weakref.WeakKeyDictionary()


_HOOKS = frozenset(name for name in vars(torch.nn.Module()) if "hook" in name)


def _copied(value: Any) -> Any:
    return value.copy() if type(value) in (dict, list, set, collections.OrderedDict) else value


class _State:
    def __init__(self, module: torch.nn.Module) -> None:
        self.attributes = [
            (weakref.ref(child), {key: _copied(value) for key, value in child.__dict__.items() if key not in _HOOKS})
            for child in module.modules()
            if not isinstance(child, torch.jit.ScriptModule)
        ]
        buffers = list(module.buffers())
        small = sum(buffer.numel() for buffer in buffers) <= _LARGEST
        self.buffers = [(buffer, buffer.detach().clone(), buffer._version) for buffer in buffers] if small else []

    def restore(self) -> None:
        for reference, saved in self.attributes:
            child = reference()
            if child is not None:
                now = dict(child.__dict__)
                child.__dict__.clear()
                child.__dict__.update({key: _copied(value) for key, value in saved.items()})
                child.__dict__.update({key: value for key, value in now.items() if key in _HOOKS})
                child._modules = {name: now["_modules"].get(name, part) for name, part in child._modules.items()}
        for index, (buffer, before, version) in enumerate(self.buffers):
            if buffer._version != version:
                with torch.no_grad():
                    buffer.copy_(before)
                self.buffers[index] = (buffer, before, buffer._version)


def remember(module: torch.nn.Module) -> None:
    """Takes MODULE's state as it is now for the one to start every call from."""
    _known[module] = _State(module)


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
