"""What every step works on: one module, its example inputs, and the inputs that the comparisons have tried."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch

from tslint.diagnostic import Place
from tslint.evidence import Evidence, StepBegan, StepEnded
from tslint.probe import streams
from tslint.probe.state import State

Emit = Callable[[Evidence], None]


@dataclass
class Inputs:
    """Arguments of one call, ready to use: ``module(*args, **kwargs)``. ``name`` says what varies ("dimension 2 = 192")."""

    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)


def called(module: torch.nn.Module) -> Callable[..., Any]:
    """What a call of MODULE runs, whose signature counts: the `__call__` of a class that has one of its own, else `forward`."""
    own: Any = type(module).__call__
    if own is torch.nn.Module.__call__ or isinstance(module, torch.jit.ScriptModule):
        return module.forward
    return own.__get__(module)  # type: ignore[no-any-return]


@dataclass
class RecordedConversion:
    """Arguments of the file's own ``ct.convert`` call: keyword arguments, ``inputs`` and ``outputs`` among them."""

    kwargs: dict[str, Any]
    place: Place | None


@dataclass
class Origin:
    """Code for what a subject was made of: ``build`` gives the model with names of the module ``source``, ``example`` its inputs.

    ``example`` is empty where the inputs are ours. ``inputs`` says what they are: tensor, sequence, keywords or pair;
    ``names`` how the user calls their tensors, empty where that is not said.
    """

    build: str = ""
    source: str = ""
    example: str = ""
    inputs: str = "tensor"
    names: tuple[str, ...] = ()


@dataclass
class Subject:
    """One entry in the child. ``module`` is the eager model in eval mode (after the eager step).

    ``example`` are the inputs traced with; ``others`` the further ones that eager accepts and answers alike twice.
    ``ranges`` maps (index of the tensor among the flattened inputs, dimension) to the (low, high) the user gave.
    ``was_training`` is the flag the module came with. ``author_traced`` and ``author_scripted`` are paths of submodules
    ('' for the whole) that the user's own file traces or scripts; ``export_options`` are keyword arguments of its
    `torch.export.export` call (``dynamic_shapes``, ``strict``). ``wrapped`` is a module that answers with tensors
    alone, where the model's own output is refused by the tracer; ``keys`` are the names of what it returns.
    Without ``self_check`` the file's own call of `torch.jit.trace` traces once, with no second trace to hold the first against.
    ``state`` is what ``module`` held when it was handed over; None where that is what it holds.
    ``user_roots`` are directories and files whose code counts as the user's.
    """

    entry: int
    module: torch.nn.Module
    example: Inputs
    others: list[Inputs] = field(default_factory=list)
    ranges: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    was_training: bool = False
    call_site: Place | None = None
    author_route: str | None = None
    author_traced: tuple[str, ...] = ()
    author_scripted: tuple[str, ...] = ()
    conversion: RecordedConversion | None = None
    export_options: dict[str, Any] = field(default_factory=dict)
    wrapped: torch.nn.Module | None = None
    keys: tuple[str, ...] = ()
    self_check: bool = True
    state: State | None = None
    user_files: tuple[str, ...] = ()
    origin: Origin = field(default_factory=Origin)
    traced: torch.jit.ScriptModule | None = None
    """The trace of ``module``, or of ``wrapped`` where there is one, on ``example``."""


def seed(number: int = 0) -> None:
    """Sets every random generator to the state NUMBER; called before every call of a model in every step."""
    import random
    import sys

    torch.manual_seed(number)
    random.seed(number)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(number)


@dataclass
class Settled:
    """What trace and compare found, for the routes after them.

    ``status`` is of the trace of ``Subject.module`` itself, ``wrapped`` of ``Subject.wrapped`` (None where there is
    none): works, refused, differs, died or untried. ``message`` says in a few words why not. ``control_flow`` are the
    paths of modules ('' for the whole) in whose own forward a branch or loop was recorded that another input takes
    otherwise: those that only scripting keeps. ``wrong_axes`` are the (tensor, dimension) whose change the trace does not
    follow. ``differs_in_type``: its numbers are right, and stand in tensors where eager has Python numbers.
    """

    status: str = "untried"
    wrapped: str | None = None
    message: str = ""
    control_flow: tuple[str, ...] = ()
    wrong_axes: tuple[tuple[int, int], ...] = ()
    differs_in_type: bool = False


@dataclass
class Outcome:
    """How a step ends; the step's body may change it. ``status`` is ok, failed or skipped.

    ``elsewhere``: the seconds that the step took in another process, beside the steps before it.
    """

    status: str = "ok"
    message: str = ""
    detail: str = ""
    elsewhere: float = 0.0


class Steps:
    """Announces each step of one entry and how it ended.

    ``with steps("convert") as outcome: …``. A step named in ``skip`` must not be entered: ask ``wanted`` first. An
    exception that leaves the body ends the step as failed and goes on to the caller.
    """

    def __init__(self, entry: int, emit: Emit, skip: tuple[str, ...] = ()) -> None:
        self.entry = entry
        self.emit = emit
        self.skip = skip

    def wanted(self, step: str) -> bool:
        return not {step, f"{self.entry}:{step}", f"{self.entry}:*"} & set(self.skip)

    @contextlib.contextmanager
    def __call__(self, step: str) -> Iterator[Outcome]:
        outcome = Outcome()
        streams.mend()
        self.emit(StepBegan(self.entry, step))
        start = time.perf_counter()
        try:
            yield outcome
        except BaseException as error:
            outcome.status = "failed"
            outcome.message = outcome.message or f"{type(error).__name__}: {error}".splitlines()[0]
            raise
        finally:
            seconds = max(time.perf_counter() - start, outcome.elsewhere)
            self.emit(StepEnded(self.entry, step, outcome.status, seconds, outcome.message, outcome.detail))
