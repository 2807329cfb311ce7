"""Entry (a) of a caller in Python: a live model and its inputs, as they are or out of the file they were pickled to.

A pickle names classes by module: one that was defined in a notebook, at the prompt or in the script that runs cannot be
found again by a fresh process.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import torch

from tslint.diagnostic import Place
from tslint.probe.entry.conventions import as_inputs
from tslint.probe.frames import place_of_frame
from tslint.probe.subject import Inputs, called
from tslint.request import Pickled


class Unpicklable(Exception):
    """A model that cannot be handed to a fresh process; the message is the reason, a clause of a sentence."""


class Unpickled(Exception):
    """A fresh process could not read what it was handed; the message is one sentence."""


@dataclass
class Given:
    """What ``tslint.check`` was given. ``others`` are further inputs to compare on, ``call`` is where it was called."""

    module: torch.nn.Module
    example: Inputs
    others: list[Inputs] = field(default_factory=list)
    call: Place | None = None


def given(model: Any, example_inputs: Any, other_inputs: Any = (), caller: FrameType | None = None) -> Given:
    """The arguments of ``tslint.check``, and the frame that called it.

    Raises TypeError for what is no model, and for inputs that it cannot be called with.

    Inputs are a tensor, a tuple or list of arguments, a mapping of named ones, or a pair of both. OTHER_INPUTS are a
    sequence of these, or a single tensor or mapping.
    """
    if not isinstance(model, torch.nn.Module):
        what = f"the class `{model.__name__}`" if isinstance(model, type) else f"a {type(model).__name__}"
        raise TypeError(f"`model` must be an `nn.Module`, not {what}")
    others = [other_inputs] if isinstance(other_inputs, (torch.Tensor, Mapping)) else other_inputs
    if not isinstance(others, Iterable):
        raise TypeError(f"`other_inputs` must be a list of further inputs, not a {type(others).__name__}")
    found = Given(
        model,
        as_inputs("example", example_inputs),
        [as_inputs(f"other_inputs[{index}]", other) for index, other in enumerate(others)],
        place_of_frame(caller) if caller is not None and not caller.f_code.co_filename.startswith("<") else None,
    )
    _fits(model, found.example, "example_inputs")
    for inputs in found.others:
        _fits(model, inputs, inputs.name)
    return found


def _fits(model: torch.nn.Module, inputs: Inputs, name: str) -> None:
    """Raises TypeError where MODEL's forward has no place for INPUTS."""
    if isinstance(model, torch.jit.ScriptModule):
        return
    try:
        inspect.signature(called(model)).bind(*inputs.args, **inputs.kwargs)
    except TypeError as error:
        method = getattr(called(model), "__name__", "forward")
        raise TypeError(f"`{name}` does not fit `{type(model).__name__}.{method}`: {error}") from None
    except ValueError:  # no signature to be had
        return


def pickle_to(file: str, found: Given) -> Pickled:
    """Writes FOUND to FILE for a fresh process. Raises Unpicklable."""
    lost = sorted({type(m).__qualname__ for m in found.module.modules() if type(m).__module__ == "__main__"})
    if lost:
        raise Unpicklable(f"`{lost[0]}` is defined in `__main__`: move it into a module that can be imported")
    try:
        torch.save((found.module, found.example, found.others, found.call), file)
    except Exception as error:  # whatever the user's own __getstate__ and __reduce__ raise
        raise Unpicklable(f"pickling it raised {type(error).__name__}: {' '.join(str(error).split())}") from error
    return Pickled(file, tuple(sys.path))


def unpickled(pickled: Pickled | None) -> Given:
    """What ``pickle_to`` wrote, in the process it is for. Raises Unpickled."""
    assert pickled is not None
    sys.path += [entry for entry in pickled.path if entry not in sys.path]
    try:
        return Given(*torch.load(pickled.file, weights_only=False))
    except Exception as error:
        said = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise Unpickled(f"the model was pickled, but a fresh process cannot unpickle it ({said})") from error
