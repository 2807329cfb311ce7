"""Entry (d): runs the user's file as ``__main__`` up to its last call that traces, scripts, exports or converts.

``torch.jit.trace``, ``trace_module``, ``script``, ``torch.export.export`` and ``coremltools.convert`` are replaced while it
runs, and record what they are given; what they would have written is not written.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import importlib.util
import linecache
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from tslint.diagnostic import Place
from tslint.probe.eager import live_in_training
from tslint.probe.entry.standins import Anything, ExportStandIn, FakeCoremltools, FunctionModule, StandIn
from tslint.probe.frames import Territory, caller
from tslint.probe.subject import Inputs, RecordedConversion
from tslint.request import Outline

_load: Any = torch.jit.load


@dataclass
class Recorded:
    """One call. ``module`` is the eager one; ``traced_inside`` are paths of submodules that the file traced before."""

    function: str
    module: torch.nn.Module
    place: Place | None
    training: bool
    live: dict[str, str]
    inputs: Inputs | None = None
    standin: StandIn | None = None
    traced_inside: tuple[str, ...] = ()
    conversion: RecordedConversion | None = None
    grad: bool = True


@dataclass
class Recordings:
    """Everything the file did, in order; ``error`` is what ended it early, ``notes`` what the user should know."""

    calls: list[Recorded] = field(default_factory=list)
    error: BaseException | None = None
    notes: list[str] = field(default_factory=list)


def cut(tree: ast.Module, stop_line: int | None) -> ast.Module:
    """TREE without what follows the top-level statement, or the statement under the main guard, that ends at STOP_LINE."""
    if stop_line is None:
        return tree
    kept: list[ast.stmt] = []
    for statement in tree.body:
        if statement.lineno > stop_line:
            break
        if isinstance(statement, ast.If) and (statement.end_lineno or 0) >= stop_line and _is_guard(statement):
            statement.body = [s for s in statement.body if s.lineno <= stop_line]
        kept.append(statement)
    tree.body = kept
    return tree


def _is_guard(statement: ast.If) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(statement.test))


def run_script(path: Path, outline: Outline) -> None:
    """Executes the file as ``__main__``, as far as the outline's stop line. Raises what it raises."""
    source = path.read_bytes()
    code = compile(cut(ast.parse(source, str(path)), outline.stop_line), str(path), "exec", dont_inherit=True)
    linecache.checkcache(str(path))
    module = types.ModuleType("__main__")
    module.__file__ = str(path)
    module.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = module
    sys.argv = [str(path)]
    sys.path.insert(0, str(path.parent))
    exec(code, module.__dict__)


def record_file(path: Path, outline: Outline, territory: Territory) -> Recordings:
    """Runs the file under the recorders. What it raises, SystemExit too, is in the answer; KeyboardInterrupt leaves."""
    recordings = Recordings()
    recorder = _CallRecorder(recordings, territory)
    with contextlib.ExitStack() as stack:
        if "coremltools" in path.read_text(encoding="utf-8", errors="replace"):
            stack.enter_context(recorder.coremltools())
        stack.enter_context(recorder.torch())
        try:
            run_script(path, outline)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            recordings.error = error
    return recordings


class _CallRecorder:
    def __init__(self, recordings: Recordings, territory: Territory) -> None:
        self.recordings = recordings
        self.territory = territory
        self.files: dict[str, StandIn] = {}

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
        with _replaced([(ct, "convert", stand_in), (ct.converters, "convert", stand_in)]):
            yield

    # -- the stand-ins of the functions -----------------------------------------------------------------------------

    def trace(self, real: Any) -> Any:
        def trace(func: Any = None, example_inputs: Any = None, *args: Any, **kwargs: Any) -> Any:
            if not self._mine():
                return real(func, example_inputs, *args, **kwargs)
            named = kwargs.get("example_kwarg_inputs")
            positional = () if named is not None else _as_arguments(example_inputs)
            return self._note("torch.jit.trace", func, Inputs("example", positional, dict(named or {}))).standin

        return trace

    def trace_module(self, real: Any) -> Any:
        def trace_module(mod: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
            if not self._mine():
                return real(mod, inputs, *args, **kwargs)
            if "forward" not in inputs:
                self.recordings.notes.append(
                    "`torch.jit.trace_module` without `forward`: its other methods are not checked"
                )
                return StandIn(mod, "torch.jit.trace_module")
            named = kwargs.get("example_inputs_is_kwarg", False)
            given = inputs["forward"]
            example = Inputs("example", (), dict(given)) if named else Inputs("example", _as_arguments(given))
            return self._note("torch.jit.trace_module", mod, example).standin

        return trace_module

    def script(self, real: Any) -> Any:
        def script(obj: Any = None, *args: Any, **kwargs: Any) -> Any:
            if not isinstance(obj, torch.nn.Module) or not self._mine():
                return real(obj, *args, **kwargs)
            return self._note("torch.jit.script", obj, None).standin

        return script

    def export(self, real: Any) -> Any:
        def export(mod: Any, args: Any = (), kwargs: Any = None, **options: Any) -> Any:
            if not isinstance(mod, torch.nn.Module) or not self._mine():
                return real(mod, args, kwargs, **options)
            recorded = self._note("torch.export.export", mod, Inputs("example", tuple(args), dict(kwargs or {})))
            assert recorded.standin is not None
            return ExportStandIn(recorded.standin)

        return export

    def save(self, real: Any) -> Any:
        def save(m: Any, f: Any, *args: Any, **kwargs: Any) -> Any:
            if not isinstance(m, StandIn):
                return real(m, f, *args, **kwargs)
            self.files[str(f)] = m
            return None

        return save

    def load(self, real: Any) -> Any:
        def load(f: Any, *args: Any, **kwargs: Any) -> Any:
            known = self.files.get(str(f))
            return known if known is not None else real(f, *args, **kwargs)

        return load

    def convert(self, real: Any) -> Any:
        names = ("model", "source", "inputs", "outputs", "classifier_config", "minimum_deployment_target", "convert_to")

        def convert(*args: Any, **kwargs: Any) -> Any:
            given = {**dict(zip(names, args, strict=False)), **kwargs}
            model = given.pop("model", None)
            place = caller(self.territory, sys._getframe(1))
            if isinstance(model, (str, Path)):
                model = self.files.get(str(model)) or _load(str(model), map_location="cpu")
            if isinstance(model, ExportStandIn):
                model = model.standin
            conversion = RecordedConversion(given, place)
            for recorded in self.recordings.calls:
                if recorded.standin is model and model is not None:
                    recorded.conversion = conversion
                    return Anything()
            if not isinstance(model, torch.nn.Module):
                if real is None:
                    return Anything()
                raise TypeError(f"`ct.convert` was given a {type(model).__name__}, which is no PyTorch model")
            self._note("coremltools.convert", model, None).conversion = conversion
            return Anything()

        return convert

    # -- shared -----------------------------------------------------------------------------------------------------

    def _mine(self) -> bool:
        """Whether the user's own code makes the call, not a library that it uses."""
        frame = sys._getframe(2)
        return self.territory.holds(frame.f_code.co_filename)

    def _note(self, function: str, target: Any, inputs: Inputs | None) -> Recorded:
        module, inside = _eager_of(target)
        place = caller(self.territory, sys._getframe(2))
        standin = StandIn(module, function)
        recorded = Recorded(
            function,
            module,
            place,
            module.training,
            live_in_training(module),
            inputs,
            standin,
            inside,
            grad=torch.is_grad_enabled(),
        )
        if isinstance(target, StandIn):
            # Scripting or tracing what is a program already: the first call stays the entry's.
            for earlier in self.recordings.calls:
                if earlier.standin is target and inputs is None:
                    return earlier
        self.recordings.calls.append(recorded)
        return recorded


def _eager_of(target: Any) -> tuple[torch.nn.Module, tuple[str, ...]]:
    """The eager module that TARGET is or holds, stand-ins inside it put back; and the paths where those stood."""
    if isinstance(target, StandIn):
        return target.module, ()
    if not isinstance(target, torch.nn.Module):
        owner = getattr(target, "__self__", None)
        if isinstance(owner, torch.nn.Module) and getattr(target, "__name__", "") in ("forward", "__call__"):
            return _eager_of(owner)
        return FunctionModule(target, owner if isinstance(owner, torch.nn.Module) else None), ()
    paths: list[str] = []
    for path, child in list(target.named_modules()):
        for name, grandchild in list(child.named_children()):
            if isinstance(grandchild, StandIn):
                child._modules[name] = grandchild.module
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
