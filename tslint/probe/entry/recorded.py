"""The calls that a file was seen to make, and the models that they are about: one entry for each, however often it is used."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import torch

from tslint.diagnostic import Place
from tslint.probe import cells
from tslint.probe.entry import specs
from tslint.probe.entry.conversions import wanted_inputs
from tslint.probe.entry.infer import infer
from tslint.probe.entry.standins import StandIn
from tslint.probe.state import State
from tslint.probe.subject import Inputs, RecordedConversion

_ROUTES = {
    "torch.jit.trace": "trace",
    "torch.jit.trace_module": "trace",
    "torch.jit.script": "script",
    "torch.export.export": "export",
    "coremltools.convert": None,
}

Ranges = dict[tuple[int, int], tuple[int, int]]


@dataclass
class Recorded:
    """One call. ``module`` is the eager one; ``traced_inside`` are paths of submodules that the file traced before.

    ``conversion`` is the `ct.convert` call that was given the result, ``refused`` where that raises by itself;
    ``options`` are the keyword arguments of `torch.export.export`. ``self_check``: `torch.jit.trace` checks itself.
    ``state`` is what the module held then: the file may call it afterwards.
    """

    function: str
    module: torch.nn.Module
    place: Place | None
    training: bool
    live: dict[str, str]
    inputs: Inputs | None = None
    standin: StandIn | None = None
    traced_inside: tuple[str, ...] = ()
    conversion: RecordedConversion | None = None
    refused: bool = False
    options: dict[str, Any] = field(default_factory=dict)
    self_check: bool = True
    state: State | None = None

    @property
    def route(self) -> str | None:
        return _ROUTES[self.function]


@dataclass
class RecordedModel:
    """A module with every call that was given it, in order. ``main`` is the one whose program is converted, else the first."""

    calls: list[Recorded]

    @property
    def main(self) -> Recorded:
        return next((call for call in self.calls if call.conversion is not None), self.calls[0])

    @property
    def route(self) -> str | None:
        return self.main.route

    @property
    def traced(self) -> tuple[str, ...]:
        """Paths of the submodules that the file traces; the empty one for the whole."""
        inside = dict.fromkeys(path for call in self.calls for path in call.traced_inside)
        return tuple(inside) or (("",) if any(call.route == "trace" for call in self.calls) else ())

    @property
    def scripted(self) -> tuple[str, ...]:
        return ("",) if any(call.route == "script" for call in self.calls) else ()

    @property
    def words(self) -> str:
        """``the file's own torch.jit.trace call, line 12``."""
        names = list(dict.fromkeys(call.function for call in self.calls))
        places = [call.place for call in self.calls if call.place is not None]
        lines = {place.span.line for place in places}
        plural = "s" if len(names) > 1 or len(lines) > 1 else ""
        where = f", {cells.where(places[0].path, lines)}" if places else ""
        return f"the file's own {_joined(names)} call{plural}{where}"

    def inputs(self) -> tuple[Inputs | None, Ranges, str]:
        """Example inputs, the ranges that the conversion allows, and what is to be said of where they come from."""
        main = self.main
        wanted = wanted_inputs(main.conversion.kwargs) if main.conversion is not None else None
        given = next((found for call in [main, *self.calls] for found in _given(call)), None)
        if given is not None:
            every = enumerate(wanted or ())
            ranges = {(i, d): pair for i, w in every for d, pair in enumerate(w.dims) if pair[0] != pair[1]}
            return given, ranges, ""
        if wanted is not None:
            return (*specs.inputs_of([dataclasses.replace(item, name=None) for item in wanted], main.module), "")
        return infer(main.module).inputs, {}, ", inputs inferred from its first layers"

    def others(self, chosen: Inputs) -> list[Inputs]:
        """Further inputs that the file itself gives the same model."""
        given: dict[tuple[int, ...], Inputs] = {}
        for call in self.calls:
            for found in _given(call):
                given.setdefault(_identities(found), found)
        given.pop(_identities(chosen), None)
        return [dataclasses.replace(item, name=f"the file's input {n}") for n, item in enumerate(given.values(), 2)]


def _identities(inputs: Inputs) -> tuple[int, ...]:
    return tuple(id(value) for value in (*inputs.args, *inputs.kwargs.values()))


def _given(call: Recorded) -> list[Inputs]:
    """The inputs that a call names, and those with which its result was called."""
    found = [call.inputs, call.standin.called_with if call.standin is not None else None]
    return [inputs for inputs in found if inputs is not None]


def models(calls: Iterable[Recorded]) -> list[RecordedModel]:
    """One model for each module among CALLS, in the order of its first call."""
    found: dict[int, RecordedModel] = {}
    for call in calls:
        found.setdefault(id(call.module), RecordedModel([])).calls.append(call)
    return list(found.values())


def _joined(words: Iterable[str]) -> str:
    found = list(words)
    return found[0] if len(found) == 1 else f"{', '.join(found[:-1])} and {found[-1]}"
