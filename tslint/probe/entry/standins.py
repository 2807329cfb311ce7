"""What the file's own calls get back under the recorders: things that answer like the real ones and write nothing."""

from __future__ import annotations

import contextlib
import inspect
import types
from collections.abc import Callable
from typing import Any

import torch

from tslint.probe.entry.anything import Anything
from tslint.probe.entry.saved import Saved
from tslint.probe.subject import Inputs

Build = Callable[[], Any]
"""Makes the real program: the call that was recorded, for real."""

_PROGRAM = frozenset(dir(torch.jit.ScriptModule)) - frozenset(dir(torch.nn.Module))
"""What a program has and an eager module has not: ``graph``, ``code``, ``inlined_graph`` …"""


class _Real:
    """The real program behind a stand-in, made once somebody asks for what only that can answer."""

    def __init__(self, build: Build) -> None:
        self.build = build
        self.made: Any = None

    def attribute(self, name: str) -> Any:
        """NAME of it, or Anything where it cannot be made: why not is for the later steps to say."""
        if self.made is None:
            try:
                with torch.no_grad():
                    self.made = self.build()
            except Exception:
                self.made = Anything()
        return getattr(self.made, name)


class StandIn(torch.nn.Module):
    """In place of a traced or scripted module: has its parts and answers like the eager one.

    ``eager`` is that; what only a program has (``graph``, ``code``) is the real program's, which is made for it.
    """

    def __init__(self, module: torch.nn.Module, function: str, saved: Saved, build: Build) -> None:
        super().__init__()
        own = self.__dict__
        own["_eager"], own["_function"], own["_saved"], own["_real"] = module, function, saved, _Real(build)
        own["_called_with"] = None
        # The same parts under the same names: state_dict(), parameters(), children, .to().
        for name in ("_parameters", "_buffers", "_modules"):
            own[name] = module.__dict__[name]
        self.training = module.training

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """What the real call returns: `isinstance` asks for it where the type itself says no."""
        if isinstance(self.__dict__.get("_eager"), FunctionModule):
            return torch.jit.ScriptFunction
        scripted = self.__dict__.get("_function") == "torch.jit.script"
        name = "RecursiveScriptModule" if scripted else "TopLevelTracedModule"
        real: type = getattr(torch.jit, name)
        return real

    @property
    def eager(self) -> torch.nn.Module:
        module: torch.nn.Module = self.__dict__["_eager"]
        return module

    @property
    def called_with(self) -> Inputs | None:
        """The arguments of the first call of it."""
        found: Inputs | None = self.__dict__["_called_with"]
        return found

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        if self.called_with is None:
            self.__dict__["_called_with"] = Inputs("example", args, dict(kwargs))
        return self.eager(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name in _PROGRAM or (isinstance(self.eager, FunctionModule) and hasattr(torch.jit.ScriptFunction, name)):
            return self.__dict__["_real"].attribute(name)
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(self.eager, name)

    def train(self, mode: bool = True) -> Any:
        """A program has a flag of its own: the eager module keeps its mode."""
        self.training = mode
        return self

    def __deepcopy__(self, _memory: Any) -> Any:
        return self

    def save(self, f: Any, *_args: Any, **_kwargs: Any) -> None:
        self.__dict__["_saved"].keep(f, self)

    _save_for_lite_interpreter = save


class ExportStandIn:
    """In place of an exported program, whose attributes are the real one's, exported for it where one is asked for.

    ``dialect`` is known without (torch 2.13), and `ct.convert` asks for it.
    """

    def __init__(self, standin: StandIn, build: Build, dialect: str = "TRAINING") -> None:
        self._standin = standin
        self._real = _Real(build)
        self.dialect = dialect

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return torch.export.ExportedProgram

    @property
    def standin(self) -> StandIn:
        return self._standin

    def module(self, *_args: Any, **_kwargs: Any) -> Any:
        """The real graph module, which passes over graphs need; the stand-in where there is none."""
        made = self._real.attribute("module")
        return self._standin if isinstance(made, Anything) else made()

    def run_decompositions(self, *args: Any, **kwargs: Any) -> Any:
        return ExportStandIn(self._standin, lambda: self._real.attribute("run_decompositions")(*args, **kwargs), "ATEN")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._standin(*args, **kwargs)

    def __deepcopy__(self, _memory: Any) -> Any:
        return self

    def __str__(self) -> str:
        return str(self._real.attribute("__str__")())

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._real.attribute(name)


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
    """A module around a function that the file traces.

    ``captured`` are the modules that the function reaches through its closure and globals, by name. They are no part of this
    module, since the tracer does not find them either, and holds their parameters as constants; but its mode is theirs.
    """

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function
        self.captured = captured_by(function)
        self.training = any(child.training for module in self.captured.values() for child in module.modules())

    def train(self, mode: bool = True) -> Any:
        for module in self.captured.values():
            module.train(mode)
        return super().train(mode)

    @classmethod
    def around(cls, function: Any) -> FunctionModule:
        """One whose class is called as FUNCTION is, and whose forward has its parameters: inputs are named after them."""

        def forward(self: FunctionModule, *args: Any, **kwargs: Any) -> Any:
            return self.function(*args, **kwargs)

        with contextlib.suppress(TypeError, ValueError):
            this = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
            parameters = inspect.signature(function).parameters.values()
            forward.__signature__ = inspect.Signature([this, *parameters])  # type: ignore[attr-defined]
        name = getattr(function, "__name__", type(function).__name__).strip("<>")
        kind = type(name, (cls,), {"forward": forward, "__module__": cls.__module__})
        made: FunctionModule = kind(function)
        return made


def captured_by(function: Any) -> dict[str, torch.nn.Module]:
    """The modules that FUNCTION names: variables of its closure, globals, and the object that it is a method of."""
    found: dict[str, Any] = {}
    owner = getattr(function, "__self__", None)
    if owner is not None:
        found["self"] = owner
    plain = inspect.unwrap(getattr(function, "__func__", function))
    if inspect.isfunction(plain):
        with contextlib.suppress(ValueError):  # a variable of the closure that has no value yet
            variables = inspect.getclosurevars(plain)
            found.update({**variables.globals, **variables.nonlocals})
    modules = {name: value for name, value in found.items() if isinstance(value, torch.nn.Module)}
    for name, value in found.items():
        if name == "self" and name not in modules:
            modules.update({key: item for key, item in vars(value).items() if isinstance(item, torch.nn.Module)})
    return modules
