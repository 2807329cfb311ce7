"""Step 2: the eager model. It runs, agrees with itself, and is in eval mode afterwards; what it returns, and where."""

from __future__ import annotations

import dataclasses
import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

import torch

from tslint.diagnostic import Place
from tslint.evidence import CodeRan, ModeWrong
from tslint.probe.entry.standins import FunctionModule
from tslint.probe.frames import Territory, place_of_frame, returned, symbol_of
from tslint.probe.state import kept, remember
from tslint.probe.subject import Emit, Subject
from tslint.probe.values import answer, detached, difference


@dataclass
class Eager:
    """What the eager model answered on the example, and the return statement of its forward that did."""

    output: Any
    returned: Place | None = None
    deterministic: bool = True
    functions: dict[str, tuple[str, ...]] = field(default_factory=dict)


_DROPOUT = torch.nn.modules.dropout._DropoutNd
_NORM = torch.nn.modules.batchnorm._NormBase


def live_in_training(module: torch.nn.Module) -> dict[str, str]:
    """Path → what: the submodules in training mode that compute otherwise there: dropout, and norms with running statistics."""
    found: dict[str, str] = {}
    for path, child in modules_of(module):
        if not child.training:
            continue
        if isinstance(child, _DROPOUT) and child.p > 0:
            found[path] = "dropout"
        elif isinstance(child, _NORM) and child.track_running_stats:
            found[path] = "batch norm"
        elif (isinstance(child, torch.nn.RNNBase) and child.dropout > 0) or (
            isinstance(child, torch.nn.MultiheadAttention) and child.dropout > 0
        ):
            found[path] = "dropout"
        elif isinstance(child, torch.nn.RReLU):
            found[path] = "rrelu"
    return found


def modules_of(module: torch.nn.Module) -> Iterator[tuple[str, torch.nn.Module]]:
    """Every module by its path; of a function that the file traces, those of the modules that it uses."""
    if not isinstance(module, FunctionModule):
        yield from module.named_modules()
        return
    for name, captured in module.captured.items():
        for path, child in captured.named_modules():
            yield (f"{name}.{path}" if path else name), child


def territory_of(module: torch.nn.Module, territory: Territory) -> Territory:
    """TERRITORY, or all code but torch's where MODULE is of a library's own class, which the user only builds."""
    own = module.function if isinstance(module, FunctionModule) else type(module)
    try:
        path = inspect.getsourcefile(own)
    except (TypeError, OSError):  # a class made at run time, or in a notebook or at a prompt
        return territory
    return territory if path is None or territory.holds(path) else dataclasses.replace(territory, library=True)


def report_mode(subject: Subject, live: dict[str, str], emit: Emit) -> None:
    """Says that the module came in training mode, and names what behaves otherwise there."""
    kinds = list(dict.fromkeys(live.values()))
    effect = ""
    if kinds:
        counts = [f"{sum(1 for k in live.values() if k == kind)} {kind}" for kind in kinds]
        effect = f"live: {', '.join(counts)} {'module' if len(live) == 1 else 'modules'}"
    modules = tuple(live)
    if isinstance(subject.module, FunctionModule) and not live:
        modules = tuple(name for name, module in subject.module.captured.items() if module.training)
    emit(ModeWrong(subject.entry, "training", modules, subject.call_site, effect))


def run(subject: Subject, territory: Territory, emit: Emit) -> Eager:
    """Runs the model twice on the example, in eval mode. Raises what the model raises.

    A model that keeps state answers a second call otherwise; every later call starts from the state before the first.
    """
    if subject.state is not None and subject.state.fits(subject.module):
        subject.state.restore()
    subject.module.eval()
    remember(subject.module)
    watch = _Watch(territory)
    with watch:
        first = answer(subject.module, subject.example)
    result = Eager(detached(first), watch.returned(first), functions=watch.functions())
    first = result.output
    emit(CodeRan(subject.entry, "eager", result.functions))
    with kept(subject.module):
        equal, apart, why = difference(first, answer(subject.module, subject.example))
    if equal:
        return result
    result.deterministic = difference(first, answer(subject.module, subject.example))[0]
    if result.deterministic:
        effect = f"forward keeps state: a second call answers otherwise ({_apart(apart, why)})"
    else:
        effect = f"eager, run twice alike: {_apart(apart, why)}"
    emit(ModeWrong(subject.entry, "nondeterminism", ("",), None, effect))
    return result


def _apart(apart: float | None, why: str) -> str:
    return why or (f"largest difference {apart:.3g}" if apart else "the outputs differ")


class _Watch:
    """A profile function over one call: the user's functions that ran, and where each returned."""

    def __init__(self, territory: Territory) -> None:
        self.territory = territory
        self._codes: dict[CodeType, bool] = {}
        self._returns: list[tuple[int, Place, int]] = []
        self._depth = 0

    def __enter__(self) -> _Watch:
        self._before = sys.getprofile()
        sys.setprofile(self._event)
        return self

    def __exit__(self, *error: Any) -> None:
        sys.setprofile(self._before)

    def _event(self, frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            self._depth += 1
            code = frame.f_code
            if code not in self._codes:
                self._codes[code] = self.territory.holds(code.co_filename)
        elif event == "return":
            self._depth -= 1
            if argument is not None and self._codes.get(frame.f_code):
                self._returns.append((self._depth, place_of_frame(frame), id(argument)))
            elif argument is None and self._codes.get(frame.f_code) and frame.f_code.co_name == "forward":
                self._returns.append((self._depth, place_of_frame(frame), id(None)))

    def functions(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, dict[str, None]] = {}
        for code, mine in self._codes.items():
            name = symbol_of(code)
            if mine and name is not None and not code.co_name.startswith("<"):
                found.setdefault(code.co_filename, {})[name] = None
        return {path: tuple(names) for path, names in found.items()}

    def returned(self, output: Any) -> Place | None:
        """The outermost return statement of the user's that answered with OUTPUT itself."""
        every = [(depth, place) for depth, place, identity in self._returns if identity == id(output)]
        matching = [pair for pair in every if (pair[1].symbol or "").endswith("forward")] or every
        return returned(min(matching, key=lambda pair: pair[0])[1]) if matching else None
