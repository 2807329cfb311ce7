"""The recorder: notes every moment of a trace at which a traced value becomes a plain Python value.

It watches two doors. A value leaves through a method that answers with a Python value (``__float__``, ``item`` …):
these are wrapped on ``torch.Tensor`` while a recorder is active, because a ``TorchFunctionMode`` is switched off inside
the very torch function that it intercepts and would not see what torch's own Python does in there. And it leaves when a
traced number is passed where an operator takes a Python number: that is measured by a ``TorchFunctionMode``, by asking
whether any node of the graph consumed the value during the call. The graph stays as it is.
"""

from __future__ import annotations

import contextlib
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from tslint.probe.frames import Territory, iterated, stack_here
from tslint.probe.trace.moment import Moment, Occasion, is_paused, number_in, paused
from tslint.probe.trace.traced import Origins, is_tracing, traced_value
from tslint.probe.values import Flattened

METHODS = (
    "__index__", "__int__", "__float__", "__bool__", "__complex__", "__len__", "__array__", "__format__",
    "__iter__", "item", "tolist", "numpy",
)  # fmt: skip
_ANSWERS = frozenset({"equal", "allclose", "is_nonzero", "stride"})
"""Torch functions that answer with a Python value computed from a tensor."""
_SKIP = frozenset({*METHODS, "__get__", "__set__", "__repr__", "__hash__", "dim", "size"})

_DATA = torch.Tensor.data
"""The property by which a tensor leaves the graph unseen: `x.data` is a constant of the trace (tried with torch 2.13)."""

_REGISTERED = "results are registered as constants"
"""What the tracer says of `torch.tensor`, `torch.as_tensor` and `torch.from_numpy` (tried with torch 2.13)."""

# -- the wrapped methods ----------------------------------------------------------------------------------------------

_active: list[Recorder] = []


def _watch(name: str) -> Callable[[], None]:
    """Wraps one method of torch.Tensor; the answer takes the wrapper off again."""
    own = name in torch.Tensor.__dict__
    original = getattr(torch.Tensor, name)

    def watched(self: Any, *args: Any, **kwargs: Any) -> Any:
        if is_paused() or not _active or not is_tracing():
            return original(self, *args, **kwargs)
        return _active[-1].escape(name, original, self, args, kwargs)

    watched.__name__ = name
    setattr(torch.Tensor, name, watched)

    def restore() -> None:
        if own:
            setattr(torch.Tensor, name, original)
        else:
            delattr(torch.Tensor, name)

    return restore


class _Mode(TorchFunctionMode):
    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self.recorder = recorder

    def __torch_function__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if is_paused() or not is_tracing():
            return func(*args, **kwargs)
        name = getattr(func, "__name__", "")
        if name == "__get__" and getattr(func, "__self__", None) is _DATA:
            return self.recorder.data(func(*args), args[0])
        if name in _SKIP:
            return func(*args, **kwargs)
        return self.recorder.call(func, args, kwargs)


@dataclass
class Recorder:
    """``with recorder: torch.jit.trace(…)`` fills ``moments``.

    ``forced`` maps occasions to the values that Python is given there instead of the true ones, in order of occurrence:
    the experiment that shows what one escape does to the answer. ``constants`` are values that the tracer warns of and
    that no input reaches in the graph.
    """

    territory: Territory
    modules: dict[int, str] = field(default_factory=dict)
    forced: dict[Occasion, list[Any]] = field(default_factory=dict)
    moments: list[Moment] = field(default_factory=list)
    constants: list[Moment] = field(default_factory=list)
    warnings: list[warnings.WarningMessage] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._origins = Origins()
        self._counts: dict[Occasion, int] = {}
        self._inside = 0
        self._exits = contextlib.ExitStack()

    @classmethod
    def of(cls, module: torch.nn.Module, territory: Territory) -> Recorder:
        """One that knows the paths of MODULE's submodules, of the user's own model where a wrapper stands around it."""
        inner = module.model if isinstance(module, Flattened) else module
        return cls(territory, {id(child): path for path, child in inner.named_modules()})

    def __enter__(self) -> Recorder:
        caught = self._exits.enter_context(warnings.catch_warnings(record=True))
        warnings.simplefilter("always")
        self.warnings = caught
        for name in METHODS:
            self._exits.callback(_watch(name))
        self._exits.enter_context(_Mode(self))
        _active.append(self)
        self._exits.callback(_active.pop)
        return self

    def __exit__(self, *error: Any) -> None:
        self._exits.close()

    # -- a method that answers with a Python value ------------------------------------------------------------------

    def escape(self, name: str, original: Any, tensor: Any, args: Any, kwargs: Any) -> Any:
        """Runs ORIGINAL and notes what it answered, unless this is part of another escape or nothing traced."""
        value = None if self._inside else traced_value(tensor)
        origin = None
        if value is not None:
            origin = "size" if name in ("__len__", "__iter__") else self._origins.of(value)
            if name in ("__len__", "__iter__") and self._origins.of(value) is None:
                origin = None
        if origin is None:
            before = len(self.warnings)
            answer = original(tensor, *args, **kwargs)
            if not self._inside and self._warned_since(before):
                with paused():
                    raw = int(tensor.shape[0]) if name == "__iter__" else answer
                self._constant(name, None, raw)
            return answer
        moment = self._moment(name, None, origin, None)
        before = len(self.warnings)
        self._inside += 1
        try:
            raw = answer = original(tensor, *args, **kwargs)
            moment.warned = self._warned_since(before)
            if name == "__len__":
                raw = answer = int(answer)
            elif name == "__iter__":
                raw = int(tensor.shape[0])
        finally:
            self._inside -= 1
        if name in ("__len__", "__iter__"):
            moment.sizes = (raw,)
        elif origin == "size":
            moment.sizes, moment.numbers = self._origins.sizes(value)
        moment.note(raw)
        self.moments.append(moment)
        forced = None if name == "__iter__" else self._next_forced(moment.occasion)
        return answer if forced is None else forced

    def data(self, answer: Any, tensor: Any) -> Any:
        """Notes that TENSOR left the graph as ANSWER, its ``data``."""
        value = None if self._inside else traced_value(tensor)
        origin = self._origins.of(value) if value is not None else None
        if origin is None:
            return answer
        moment = self._moment("data", None, origin, answer.detach().clone())
        self.moments.append(moment)
        forced = self._next_forced(moment.occasion)
        return answer if forced is None else forced.clone()

    # -- a call of an operator --------------------------------------------------------------------------------------

    def call(self, func: Any, args: Any, kwargs: Any) -> Any:
        """Runs FUNC and notes the traced numbers among its arguments that no node consumed."""
        numbers = [(n, v, len(v.uses())) for n in _numbers(args, kwargs) if (v := traced_value(n)) is not None]
        name = getattr(func, "__name__", str(func))
        began, before = len(self.moments), len(self.warnings)
        forced: list[Any] = []
        if self.forced and numbers:
            args, kwargs, forced = self._force_arguments(name, args, kwargs)
        answer = func(*args, **kwargs)
        if numbers or forced:
            self._baked(func, name, numbers, answer, began)
        elif not self._inside and len(self.moments) == began and self._warned_since(before, _REGISTERED):
            given = [a for a in (*args, *kwargs.values()) if not isinstance(a, torch.Tensor)]
            self._constant(
                name, name, answer if traced_value(answer) is None else given
            )  # made inside, of what is given
        if name in _ANSWERS and type(answer) in (bool, int, float, tuple):
            self._answered(name, args, answer)
        elif not self._inside and type(answer) in (tuple, list) and answer and isinstance(answer[0], torch.Tensor):
            self._listed(name, answer)
        return answer

    def _baked(self, func: Any, name: str, numbers: Any, answer: Any, began: int) -> None:
        inner = self.moments[began:]
        for number, value, uses in numbers:
            consumed = len(value.uses()) > uses
            if inner:
                # The value left through a method that this call used: a slice asks `__index__` and is live all the same.
                for moment in inner:
                    moment.live = moment.live or (consumed and not isinstance(func, types.FunctionType))
                continue
            if consumed or not _made_a_node(answer, {value.node()}):
                continue
            origin = self._origins.of(value)
            if origin is not None:
                moment = self._moment("argument", name, origin, number_in(number))
                if origin == "size":
                    moment.sizes, moment.numbers = self._origins.sizes(value)
                self.moments.append(moment)

    def _answered(self, name: str, args: Any, answer: Any) -> None:
        tensors = [a for a in args if isinstance(a, torch.Tensor)]
        values = [v for t in tensors if (v := traced_value(t)) is not None]
        origins = {self._origins.of(v) for v in values} - {None}
        if origins:
            origin = "size" if name == "stride" or "data" not in origins else "data"
            moment = self._moment(name, name, origin, answer)
            moment.quiet = name == "stride"
            self.moments.append(moment)

    def _listed(self, name: str, answer: Any) -> None:
        value = traced_value(answer[0])
        if value is not None and self._origins.of(value) is not None:
            moment = self._moment("__iter__", name, "size", len(answer))
            moment.quiet = True
            self.moments.append(moment)

    def _constant(self, via: str, operator: str | None, answer: Any) -> None:
        moment = self._moment(via, operator, "constant", answer)
        moment.warned = True
        self.constants.append(moment)

    def _warned_since(self, before: int, words: str = "") -> bool:
        return any(_is_tracer_warning(w) and words in str(w.message) for w in self.warnings[before:])

    # -- shared -----------------------------------------------------------------------------------------------------

    def _moment(self, via: str, operator: str | None, origin: str, raw: Any) -> Moment:
        frame = sys._getframe(2)
        stack = stack_here(self.territory, frame)
        if via == "__iter__" and stack.place is not None:
            stack = replace(stack, place=iterated(stack.place))
        moment = Moment(via, operator, origin, None, None, stack, self._module(frame))
        moment.note(raw)
        return moment

    def _module(self, frame: types.FrameType | None) -> str:
        while frame is not None:
            owner = frame.f_locals.get("self") if "self" in frame.f_code.co_varnames else None
            if owner is not None and id(owner) in self.modules:
                return self.modules[id(owner)]
            frame = frame.f_back
        return ""

    def _next_forced(self, occasion: Occasion) -> Any:
        """The value that Python is given instead of the true one on OCCASION, if any is left."""
        if occasion not in self.forced:
            return None
        index = self._counts.get(occasion, 0)
        self._counts[occasion] = index + 1
        values = self.forced[occasion]
        return values[index] if index < len(values) else None

    def _force_arguments(self, name: str, args: Any, kwargs: Any) -> tuple[Any, Any, list[Any]]:
        frame = sys._getframe(1)
        stack = stack_here(self.territory, frame)
        occasion = Moment("argument", name, "", None, None, stack, self._module(frame)).occasion
        if occasion not in self.forced:
            return args, kwargs, []
        used: list[Any] = []

        def swap(item: Any) -> Any:
            if isinstance(item, torch.Tensor) and item.dim() == 0 and traced_value(item) is not None:
                value = self._next_forced(occasion)
                if value is not None:
                    used.append(value)
                    return value
            if type(item) in (tuple, list):
                return type(item)(swap(inner) for inner in item)
            return item

        return tuple(swap(a) for a in args), {k: swap(v) for k, v in kwargs.items()}, used


def _is_tracer_warning(message: warnings.WarningMessage) -> bool:
    return issubclass(message.category, torch.jit.TracerWarning)  # type: ignore[attr-defined]


def _numbers(args: Any, kwargs: Any) -> Iterator[torch.Tensor]:
    """The zero-dimensional tensors among the arguments, inside tuples, lists and slices too."""
    for item in (*args, *kwargs.values()):
        if isinstance(item, torch.Tensor):
            if item.dim() == 0:
                yield item
        elif isinstance(item, (tuple, list)):
            yield from _numbers(item, {})
        elif isinstance(item, slice):
            yield from _numbers((item.start, item.stop, item.step), {})


def _made_a_node(answer: Any, known: set[Any]) -> bool:
    """Whether ANSWER is a tensor that is new: of a node other than those KNOWN, or of none at all."""
    items = answer if isinstance(answer, (tuple, list)) else (answer,)
    for item in items:
        if isinstance(item, torch.Tensor):
            value = traced_value(item)
            if value is None or all(value.node() != node for node in known):
                return True
    return False
