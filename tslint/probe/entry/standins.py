"""What the file's own calls get back under the recorders: things that answer like the real ones and write nothing."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any

import torch

from tslint.probe.subject import Inputs


class StandIn(torch.nn.Module):
    """In place of a traced or scripted module: answers like the eager one, and takes whatever else is done to it."""

    graph = inlined_graph = code = ""

    def __init__(self, module: torch.nn.Module, function: str) -> None:
        super().__init__()
        self.module = module
        self.function = function
        self.called_with: Inputs | None = None
        self.training = module.training

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        if self.called_with is None:
            self.called_with = Inputs("example", args, dict(kwargs))
        return self.module(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(super().__getattr__("module"), name)

    def save(self, *_args: Any, **_kwargs: Any) -> None:
        """Writes nothing."""

    _save_for_lite_interpreter = save


class ExportStandIn:
    """In place of an exported program."""

    graph = graph_module = ""

    def __init__(self, standin: StandIn) -> None:
        self.standin = standin

    def module(self, *_args: Any, **_kwargs: Any) -> torch.nn.Module:
        return self.standin

    def run_decompositions(self, *_args: Any, **_kwargs: Any) -> ExportStandIn:
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.standin(*args, **kwargs)


class Anything:
    """In place of a converted model: takes metadata of any attribute path, and its ``save`` writes nothing."""

    def __init__(self) -> None:
        object.__setattr__(self, "_items", {})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        child = Anything()
        object.__setattr__(self, name, child)
        return child

    def __getitem__(self, key: Any) -> Any:
        return self._items.setdefault(str(key), Anything())

    def __setitem__(self, key: Any, value: Any) -> None:
        self._items[str(key)] = value

    def __call__(self, *_args: Any, **_kwargs: Any) -> Any:
        return Anything()

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return True

    def __str__(self) -> str:
        return ""

    def __repr__(self) -> str:
        return ""

    def __format__(self, _spec: str) -> str:
        return ""

    def save(self, *_args: Any, **_kwargs: Any) -> None:
        """Writes nothing."""


class Described:
    """A ``TensorType``, ``ImageType`` or ``RangeDim`` of a coremltools that is not installed: keeps its arguments."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        names = {"RangeDim": ("lower_bound", "upper_bound", "default")}.get(
            type(self).__name__, ("name", "shape", "dtype")
        )
        for name in names:
            setattr(self, name, None)
        for name, value in (*zip(names, args, strict=False), *kwargs.items()):
            setattr(self, name, value)


class FakeCoremltools(types.ModuleType):
    """Enough of coremltools for a script to go on where it is not installed."""

    __version__ = "0"

    TensorType = type("TensorType", (Described,), {})
    ImageType = type("ImageType", (Described,), {})
    RangeDim = type("RangeDim", (Described,), {})
    EnumeratedShapes = type("EnumeratedShapes", (Described,), {})
    Shape = type("Shape", (Described,), {})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything()


class FunctionModule(torch.nn.Module):
    """A module around a function that the file traces."""

    def __init__(self, function: Any, owner: torch.nn.Module | None = None) -> None:
        super().__init__()
        self.function = function
        if owner is not None:
            self.owner = owner
            self.training = owner.training

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)
