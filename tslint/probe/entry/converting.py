"""coremltools under the recorders: its own checks of a `ct.convert` call, and its functions given what was never converted.

Relies on ``coremltools.converters._converters_entry.mil_convert`` being what `ct.convert` calls once it has checked its
arguments (tried with coremltools 9.0).
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
import sys
from collections.abc import Iterator
from typing import Any

from tslint.probe.convert import coreml
from tslint.probe.entry.anything import Anything
from tslint.probe.entry.saved import Saved

USED = (
    "coremltools.models",
    "coremltools.models.model",
    "coremltools.models.utils",
    "coremltools.models.neural_network.quantization_utils",
    "coremltools.optimize",
    "coremltools.optimize.coreml",
    "coremltools.utils",
)
"""The modules whose functions scripts hand a converted model or its spec to."""


class _Accepted(Exception):
    """`ct.convert` has checked its arguments and would begin to convert."""


def check_arguments(real: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Raises what `ct.convert` (REAL) raises about its arguments before it converts anything; converts nothing."""
    entry: Any = importlib.import_module("coremltools.converters._converters_entry")
    if not hasattr(entry, "mil_convert"):
        inspect.signature(real).bind(*args, **kwargs)
        return

    def accept(*_args: Any, **_kwargs: Any) -> Any:
        raise _Accepted

    before = entry.mil_convert
    entry.mil_convert = accept
    try:
        with coreml.calm():
            real(*args, **kwargs)
    except _Accepted:
        return
    except Exception as error:
        raise error.with_traceback(None) from None  # where in coremltools it is raised tells the user nothing
    finally:
        entry.mil_convert = before


class _Posing(type):
    """The class of a class that takes the place of another one: its instances are the other's."""

    real: type
    saved: Saved

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if _given_anything(args, kwargs):
            return Anything(cls.real)
        known = cls.saved.get(args[0]) if args else None
        return cls.real(*args, **kwargs) if known is None else known

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, cls.real)

    def __getattr__(cls, name: str) -> Any:
        return getattr(type.__getattribute__(cls, "real"), name)


@contextlib.contextmanager
def functions_taking_anything(saved: Saved) -> Iterator[None]:
    """Within it, a public function of coremltools that is given Anything answers with it, and so does ``MLModel``."""
    replaced: list[tuple[Any, str, Any]] = []
    model: Any = importlib.import_module("coremltools.models.model").MLModel
    posing = _Posing("MLModel", (), {"real": model, "saved": saved})
    for module in _imported():
        for name, value in list(vars(module).items()):
            if value is model:
                replaced.append((module, name, posing))
            elif inspect.isfunction(value) and not name.startswith("_"):
                replaced.append((module, name, _absorbing(value)))
    before = [(module, name, vars(module)[name]) for module, name, _ in replaced]
    for module, name, value in replaced:
        setattr(module, name, value)
    try:
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


def _imported() -> Iterator[Any]:
    for name in USED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
            yield sys.modules[name]


def _absorbing(function: Any) -> Any:
    @functools.wraps(function)
    def absorbing(*args: Any, **kwargs: Any) -> Any:
        return Anything() if _given_anything(args, kwargs) else function(*args, **kwargs)

    return absorbing


def _given_anything(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    return any(type(value) is Anything for value in (*args, *kwargs.values()))
