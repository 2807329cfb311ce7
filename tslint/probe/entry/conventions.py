"""Entry (c): names by which a file says how its model is built and what it takes.

``example_inputs()`` or ``get_inputs()`` with ``build_model()`` or ``get_init_inputs()``, ``other_inputs()`` for further ones,
Lightning's ``example_input_array``, Transformers' ``dummy_inputs``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from tslint.diagnostic import Place
from tslint.probe import texts
from tslint.probe.entry.infer import infer
from tslint.probe.frames import place_of_code
from tslint.probe.subject import Inputs, Origin, seed
from tslint.request import Outline

INPUTS = ("example_inputs", "get_inputs")
BUILDERS = ("build_model",)
ATTRIBUTES = ("example_input_array", "dummy_inputs")


@dataclass
class Found:
    """An entry that a convention names. ``built_by_user``: the user's own function built it, and could have called eval()."""

    module: torch.nn.Module
    inputs: Inputs
    how: str
    place: Place | None = None
    built_by_user: bool = False
    others: list[Inputs] = field(default_factory=list)
    origin: Origin = field(default_factory=Origin)


def applies(path: Path, outline: Outline | None) -> bool:
    """Whether the source of PATH names any of the conventions; nothing is imported to find out."""
    functions = outline.functions if outline is not None else ()
    if any(name in functions for name in (*INPUTS, *BUILDERS, "get_init_inputs")):
        return True
    text = texts.read_text(path)
    return any(name in text for name in ATTRIBUTES)


def find(module: ModuleType, outline: Outline | None) -> Found | None:
    """The entry that the imported MODULE names by convention, or None. Raises what the user's code raises."""
    example = _first(module, INPUTS)
    build = _first(module, BUILDERS)
    if example is None and build is None and _first(module, ("get_init_inputs",)) is None:
        return _from_attributes(module, outline)
    seed()
    place: Place | None = None
    if build is not None:
        name, function = build
        model = function()
        origin = Origin(f"{name}()")
        code = getattr(function, "__code__", None)
        place = place_of_code(code) if code is not None else None
        built = f"`{name}()`"
    else:
        cls = _last_class(module, outline)
        if cls is None:
            return None
        args, kwargs = _init_arguments(module)
        model = cls(*args, **kwargs)
        built = f"`{cls.__name__}` with `get_init_inputs()`" if args or kwargs else f"`{cls.__name__}()`"
        origin = Origin(f"{cls.__name__}({_unpacked(bool(args), bool(kwargs))})")
    if not isinstance(model, torch.nn.Module):
        return None
    others = (
        [as_inputs("other_inputs()", module.other_inputs())] if callable(getattr(module, "other_inputs", None)) else []
    )
    if example is not None:
        name, function = example
        value = function()
        origin.example, origin.inputs = f"{name}()", kind_of(value)
        how = f"{built} on `{name}()`"
        return Found(model, as_inputs("example", value), how, place, build is not None, others, origin)
    own = own_inputs(model, origin)
    if own is not None:
        return Found(model, own, f"{built} on its `{_attribute(origin)}`", place, build is not None, others, origin)
    inferred = infer(model).inputs
    if inferred is None:
        return None
    how = f"{built}, inputs inferred from its first layers"
    return Found(model, inferred, how, place, build is not None, others, origin)


def own_inputs(model: torch.nn.Module, origin: Origin) -> Inputs | None:
    """The inputs that MODEL itself carries; ORIGIN is told where."""
    for name in ATTRIBUTES:
        value = getattr(model, name, None)
        if value is not None and not callable(value):
            origin.example, origin.inputs = f"model.{name}", kind_of(value)
            return as_inputs("example", value)
    return None


def _attribute(origin: Origin) -> str:
    return origin.example.removeprefix("model.")


def _unpacked(args: bool, kwargs: bool) -> str:
    """Code for the arguments that ``get_init_inputs()`` gives."""
    given = "get_init_inputs()"
    if args and kwargs:
        return f"*{given}[0], **{given}[1]"
    return f"*{given}" if args else f"**{given}" if kwargs else ""


def _from_attributes(module: ModuleType, outline: Outline | None) -> Found | None:
    names = (outline.roots or outline.classes) if outline is not None else ()
    for name in reversed(names):
        cls = getattr(module, name, None)
        if cls is None:
            continue
        try:
            model = cls()
        except TypeError:
            continue
        origin = Origin(f"{name}()")
        own = own_inputs(model, origin)
        if own is not None:
            return Found(model, own, f"`{name}()` on its `{_attribute(origin)}`", origin=origin)
    return None


def _first(module: ModuleType, names: tuple[str, ...]) -> tuple[str, Any] | None:
    for name in names:
        value = getattr(module, name, None)
        if callable(value):
            return name, value
    return None


def _last_class(module: ModuleType, outline: Outline | None) -> type[torch.nn.Module] | None:
    names = outline.classes if outline is not None else tuple(vars(module))
    for name in reversed(names):
        value = getattr(module, name, None)
        if isinstance(value, type) and issubclass(value, torch.nn.Module) and value.__module__ == module.__name__:
            return value
    return None


def _init_arguments(module: ModuleType) -> tuple[list[Any], dict[str, Any]]:
    """What ``get_init_inputs()`` gives: a list of arguments, or a list and a dict of them."""
    function = getattr(module, "get_init_inputs", None)
    if not callable(function):
        return [], {}
    given = function()
    if isinstance(given, Mapping):
        return [], dict(given)
    given = list(given)
    if len(given) == 2 and isinstance(given[0], (list, tuple)) and isinstance(given[1], Mapping):
        return list(given[0]), dict(given[1])
    return given, {}


def as_inputs(name: str, value: Any) -> Inputs:
    """One tensor, a tuple or list of arguments, or a mapping of named ones."""
    if isinstance(value, Mapping):
        return Inputs(name, (), dict(value))
    if isinstance(value, (tuple, list)):
        if len(value) == 2 and isinstance(value[0], (list, tuple)) and type(value[1]) is dict:
            return Inputs(name, tuple(value[0]), dict(value[1]))
        return Inputs(name, tuple(value))
    return Inputs(name, (value,))


def kind_of(value: Any) -> str:
    """What :func:`as_inputs` takes VALUE for: one tensor, a sequence of arguments, keywords, or a pair of both."""
    if isinstance(value, Mapping):
        return "keywords"
    if isinstance(value, (tuple, list)):
        return "pair" if as_inputs("", value).kwargs else "sequence"
    return "tensor"
