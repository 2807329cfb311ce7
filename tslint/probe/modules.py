"""The modules that a model is made of, as it was handed over."""

from __future__ import annotations

from collections.abc import Collection

import torch

from tslint.diagnostic import Place
from tslint.evidence import ModuleSeen, ModulesSeen
from tslint.probe.eager import modules_of
from tslint.probe.frames import class_place, is_torch
from tslint.probe.subject import Emit, Subject


def report(subject: Subject, live: Collection[str], emit: Emit) -> None:
    """Says what SUBJECT is made of, before it is put in eval mode. LIVE are the paths of modules known to have been training."""
    known: dict[type, tuple[Place, ...]] = {}
    seen = []
    for path, module in modules_of(subject.module):
        own = type(module)
        if own not in known:
            known[own] = _code(own)
        training = module.training or path in live or (subject.was_training and not path)
        seen.append(ModuleSeen(path, _name(module), training, known[own]))
    if seen:
        emit(ModulesSeen(subject.entry, tuple(seen)))


def _name(module: torch.nn.Module) -> str:
    """The class, or what a TorchScript module was made from."""
    if isinstance(module, torch.jit.ScriptModule):
        return str(getattr(module, "original_name", type(module).__name__))
    return type(module).__qualname__


def _code(own: type) -> tuple[Place, ...]:
    places = [
        class_place(base) for base in own.__mro__ if base.__module__.partition(".")[0] not in ("torch", "builtins")
    ]
    return tuple(place for place in places if place is not None and not is_torch(place.path))
