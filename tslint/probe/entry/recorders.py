"""Entry (d): runs the user's file as ``__main__`` up to its last call that traces, scripts, exports or converts.

``torch.jit.trace``, ``trace_module``, ``script``, ``torch.export.export`` and ``coremltools.convert`` are replaced while it
runs, and record what they are given; what they would have written is not written.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from tslint.probe import cells, texts
from tslint.probe.eager import live_in_training
from tslint.probe.entry.anything import Anything
from tslint.probe.entry.blame import line_of_ours
from tslint.probe.entry.converting import check_arguments, functions_taking_anything
from tslint.probe.entry.recorded import Recorded
from tslint.probe.entry.saved import Saved
from tslint.probe.entry.script_file import leaving_no_directories, run_script
from tslint.probe.entry.standins import ExportStandIn, FakeCoremltools, FunctionModule, StandIn
from tslint.probe.frames import Territory, caller
from tslint.probe.state import State
from tslint.probe.subject import Inputs, RecordedConversion
from tslint.probe.trace.tracing import first_line
from tslint.request import Outline

_load: Any = torch.jit.load


@dataclass
class Recordings:
    """Everything the file did, in order; ``error`` is what ended it early, ``notes`` what the user should know."""

    calls: list[Recorded] = field(default_factory=list)
    error: BaseException | None = None
    notes: list[str] = field(default_factory=list)


def record_file(path: Path, outline: Outline, territory: Territory) -> Recordings:
    """Runs the file under the recorders. What it raises, SystemExit too, is in the answer; KeyboardInterrupt leaves."""
    recordings = Recordings()
    recorder = _CallRecorder(recordings, territory)
    with contextlib.ExitStack() as stack:
        if "coremltools" in texts.read_text(path):
            stack.enter_context(recorder.coremltools())
        stack.enter_context(recorder.torch())
        stack.enter_context(recorder.saved.visible())
        stack.enter_context(leaving_no_directories())
        try:
            run_script(path, outline.stop_line)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            if isinstance(error, SystemExit) and error.code in (None, 0):
                return recordings
            line = line_of_ours(error, territory, recorder.saved)
            if line is None:
                recordings.error = error
            else:
                where = cells.where(path, [line])
                recordings.notes.append(
                    f"{path.name} was followed up to {where}: it goes on with what a recorded call would have made "
                    f"({type(error).__name__}: {first_line(error)})"
                )
    return recordings


class _CallRecorder:
    def __init__(self, recordings: Recordings, territory: Territory) -> None:
        self.recordings = recordings
        self.territory = territory
        self.saved = Saved()

    # -- what is replaced -------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def torch(self) -> Iterator[None]:
        jit = torch.jit
        export = importlib.import_module("torch.export")
        mobile = importlib.import_module("torch.utils.mobile_optimizer")
        replaced: list[tuple[Any, str, Any]] = [
            (jit, "trace", self.trace(jit.trace)),
            (jit, "trace_module", self.trace_module(jit.trace_module)),
            (jit, "script", self.script(jit.script)),
            (jit, "save", self.save(jit.save)),
            (jit, "load", self.load(jit.load)),
            (jit, "freeze", _passing(jit.freeze)),
            (jit, "optimize_for_inference", _passing(jit.optimize_for_inference)),
            (mobile, "optimize_for_mobile", _passing(mobile.optimize_for_mobile)),
            (export, "export", self.export(export.export)),
            (export, "save", self.save(export.save)),
            (export, "load", self.load(export.load)),
            (torch, "load", self.load(torch.load)),
            (torch.onnx, "export", self.onnx(torch.onnx.export)),
        ]
        with _replaced(replaced):
            yield

    @contextlib.contextmanager
    def coremltools(self) -> Iterator[None]:
        if importlib.util.find_spec("coremltools") is None and "coremltools" not in sys.modules:
            fake = FakeCoremltools("coremltools")
            fake.__dict__.update(convert=self.convert(None), __path__=[])
            self.recordings.notes.append("coremltools is not installed: the file ran with a stand-in for it")
            sys.modules["coremltools"] = fake
            try:
                yield
            finally:
                del sys.modules["coremltools"]
            return
        ct: Any = importlib.import_module("coremltools")
        stand_in = self.convert(ct.convert)
        with (
            functions_taking_anything(self.saved),
            _replaced([(ct, "convert", stand_in), (ct.converters, "convert", stand_in)]),
        ):
            yield

    # -- the stand-ins of the functions -----------------------------------------------------------------------------

    def trace(self, real: Any) -> Any:
        def trace(func: Any = None, example_inputs: Any = None, *args: Any, **kwargs: Any) -> Any:
            named = kwargs.get("example_kwarg_inputs")
            if not self._mine() or (example_inputs is None and not isinstance(named, dict)) or _is_other_method(func):
                return real(func, example_inputs, *args, **kwargs)  # the last two: it raises by itself
            bound = inspect.signature(real).bind(func, example_inputs, *args, **kwargs)
            positional = () if named is not None else _as_arguments(example_inputs)

            def build() -> Any:
                return real(_eager_of(func)[0], example_inputs, *args, **{**kwargs, "check_trace": False})

            recorded = self._note("torch.jit.trace", func, Inputs("example", positional, dict(named or {})), build)
            recorded.self_check = bool(bound.arguments.get("check_trace", True))
            return recorded.standin

        return trace

    def trace_module(self, real: Any) -> Any:
        def trace_module(mod: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
            if not self._mine() or not isinstance(inputs, dict) or not isinstance(mod, torch.nn.Module):
                return real(mod, inputs, *args, **kwargs)
            bound = inspect.signature(real).bind(mod, inputs, *args, **kwargs)

            def build() -> Any:
                return real(_eager_of(mod)[0], inputs, *args, **{**kwargs, "check_trace": False})

            if "forward" not in inputs:
                self.recordings.notes.append(
                    "`torch.jit.trace_module` without `forward`: its other methods are not checked"
                )
                return StandIn(mod, "torch.jit.trace_module", self.saved, build)
            named = kwargs.get("example_inputs_is_kwarg", False)
            given = inputs["forward"]
            example = Inputs("example", (), dict(given)) if named else Inputs("example", _as_arguments(given))
            recorded = self._note("torch.jit.trace_module", mod, example, build)
            recorded.self_check = bool(bound.arguments.get("check_trace", True))
            return recorded.standin

        return trace_module

    def script(self, real: Any) -> Any:
        def script(obj: Any = None, *args: Any, **kwargs: Any) -> Any:
            if not isinstance(obj, torch.nn.Module) or not self._mine():
                return real(obj, *args, **kwargs)
            inspect.signature(real).bind(obj, *args, **kwargs)
            build = lambda: real(_eager_of(obj)[0], *args, **kwargs)  # noqa: E731
            return self._note("torch.jit.script", obj, None, build).standin

        return script

    def export(self, real: Any) -> Any:
        def export(mod: Any, args: Any = (), kwargs: Any = None, **options: Any) -> Any:
            wrong = not isinstance(mod, torch.nn.Module) or isinstance(mod, StandIn) or not isinstance(args, tuple)
            if wrong or not self._mine():
                return real(mod, args, kwargs, **options)
            inspect.signature(real).bind(mod, args, kwargs, **options)
            build = lambda: real(_eager_of(mod)[0], args, kwargs, **options)  # noqa: E731
            inputs = Inputs("example", args, dict(kwargs or {}))
            recorded = self._note("torch.export.export", mod, inputs, build)
            recorded.options = options
            assert recorded.standin is not None
            return ExportStandIn(recorded.standin, build)

        return export

    def onnx(self, real: Any) -> Any:
        """Another format, which is no route of ours: nothing is exported or written, and the script goes on."""

        def export(*args: Any, **kwargs: Any) -> Any:
            if not self._mine():
                return real(*args, **kwargs)
            given = inspect.signature(real).bind(*args, **kwargs).arguments
            if given.get("f") is not None:
                self.saved.keep(given["f"], Anything())
            return Anything()

        return export

    def save(self, real: Any) -> Any:
        """`torch.jit.save` and `torch.export.save`, which take the program first and second."""

        def save(*args: Any, **kwargs: Any) -> Any:
            given = [*args, *kwargs.values()]
            program = next((value for value in given if isinstance(value, (StandIn, ExportStandIn))), None)
            if program is None:
                return real(*args, **kwargs)
            inspect.signature(real).bind(*args, **kwargs)
            self.saved.keep(next(value for value in given if value is not program), program)
            return None

        return save

    def load(self, real: Any) -> Any:
        def load(f: Any, *args: Any, **kwargs: Any) -> Any:
            known = self.saved.get(f)
            return real(f, *args, **kwargs) if known is None else known

        return load

    def convert(self, real: Any) -> Any:
        names = ("model", "source", "inputs", "outputs", "classifier_config", "minimum_deployment_target", "convert_to")
        answers = None if real is None else importlib.import_module("coremltools.models").MLModel

        def convert(*args: Any, **kwargs: Any) -> Any:
            given = {**dict(zip(names, args, strict=False)), **kwargs}
            named = given.pop("model", None)
            model = self.saved.get(named) if isinstance(named, (str, Path)) else named
            if model is None and isinstance(named, (str, Path)) and Path(named).suffix in (".pt", ".pth"):
                model = _load(str(named), map_location="cpu")
            recorded: Recorded | None
            if isinstance(model, torch.nn.Module) and not isinstance(model, StandIn):
                recorded = self._note("coremltools.convert", model, None, None)
            else:
                program = model.standin if isinstance(model, ExportStandIn) else model
                recorded = next((call for call in self.recordings.calls if call.standin is program), None)
            if recorded is not None:
                recorded.conversion = RecordedConversion(given, caller(self.territory, sys._getframe(1)))
            if real is not None:
                others = args[1:] if args else ()
                rest = {key: value for key, value in kwargs.items() if key != "model"}
                try:
                    check_arguments(real, (named if model is None else model, *others), rest)
                except Exception:
                    if recorded is not None:
                        recorded.refused = True
                    raise
            converted = Anything(answers)
            save: Any = lambda path, *_args, **_kwargs: self.saved.keep(path, converted)  # noqa: E731
            object.__setattr__(converted, "save", save)
            return converted

        return convert

    # -- shared -----------------------------------------------------------------------------------------------------

    def _mine(self) -> bool:
        """Whether the user's own code makes the call, not a library that it uses."""
        frame = sys._getframe(2)
        return self.territory.holds(frame.f_code.co_filename)

    def _note(self, function: str, target: Any, inputs: Inputs | None, build: Any) -> Recorded:
        if isinstance(target, StandIn) and inputs is None:
            # Scripting what is a program already: the first call stays the entry's.
            for earlier in self.recordings.calls:
                if earlier.standin is target:
                    return earlier
        module, inside = _eager_of(target)
        recorded = Recorded(
            function,
            module,
            caller(self.territory, sys._getframe(2)),
            module.training,
            live_in_training(module),
            inputs,
            StandIn(module, function, self.saved, build or (lambda: module)),
            inside,
            state=State(module),
        )
        self.recordings.calls.append(recorded)
        return recorded


def _is_other_method(function: Any) -> bool:
    """Whether `torch.jit.trace` is given a method of a module that is not its forward: it takes no such thing."""
    owner = getattr(function, "__self__", None)
    return isinstance(owner, torch.nn.Module) and getattr(function, "__name__", "") not in ("forward", "__call__")


def _eager_of(target: Any) -> tuple[torch.nn.Module, tuple[str, ...]]:
    """The eager module that TARGET is or holds, stand-ins inside it put back; and the paths where those stood."""
    if isinstance(target, StandIn):
        return target.eager, ()
    if not isinstance(target, torch.nn.Module):
        owner = getattr(target, "__self__", None)
        if isinstance(owner, torch.nn.Module) and getattr(target, "__name__", "") in ("forward", "__call__"):
            return _eager_of(owner)
        return FunctionModule.around(target), ()
    paths: list[str] = []
    for path, child in list(target.named_modules()):
        for name, grandchild in list(child.named_children()):
            if isinstance(grandchild, StandIn):
                child._modules[name] = grandchild.eager
                paths.append(f"{path}.{name}" if path else name)
    return target, tuple(paths)


def _as_arguments(example_inputs: Any) -> tuple[Any, ...]:
    """What `torch.jit.trace` makes of its second argument."""
    if isinstance(example_inputs, (tuple, list)):
        return tuple(example_inputs)
    return (example_inputs,)


def _passing(real: Any) -> Any:
    def passing(mod: Any, *args: Any, **kwargs: Any) -> Any:
        return mod if isinstance(mod, (StandIn, ExportStandIn)) else real(mod, *args, **kwargs)

    return passing


@contextlib.contextmanager
def _replaced(wanted: list[tuple[Any, str, Any]]) -> Iterator[None]:
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in wanted]
    for owner, name, value in wanted:
        setattr(owner, name, value)
    try:
        yield
    finally:
        for owner, name, value in before:
            setattr(owner, name, value)
