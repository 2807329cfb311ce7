"""Step 3: `torch.jit.trace` under the recorder. A refused output or input is evidence, and the run goes on wrapped."""

from __future__ import annotations

import dataclasses
import inspect
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from tslint.diagnostic import Place
from tslint.evidence import InputRefused, OutputRefused, TraceRefused
from tslint.probe.frames import Territory, place_of_code, stack_of_traceback
from tslint.probe.state import restore
from tslint.probe.subject import Emit, Inputs, Settled, Subject, called, seed
from tslint.probe.trace.moment import Moment
from tslint.probe.trace.record import Recorder
from tslint.probe.values import describe, flatten, forwarding, fresh, positional, traceable


@dataclass
class Tracing:
    """One trace: ``program`` or ``error``, and what the recorder saw up to there; ``constants`` as in the recorder."""

    program: Any = None
    error: BaseException | None = None
    moments: list[Moment] = field(default_factory=list)
    constants: list[Moment] = field(default_factory=list)
    seconds: float = 0.0


_trace: Any = torch.jit.trace


def trace_module_once(module: torch.nn.Module, inputs: Inputs, check: bool = False) -> Any:
    """`torch.jit.trace` of MODULE on copies of INPUTS, without its own CHECK by default. Raises what it raises."""
    args, kwargs = fresh(inputs)
    restore(module)
    seed()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"torch\.jit")
        warnings.filterwarnings("ignore", message=r".*torch\.jit\.(trace|script).* is deprecated")
        if not kwargs:
            return _trace(module, args, check_trace=check)
        bound = positional(module, args, kwargs)
        if bound is not None:
            return _trace(module, bound, check_trace=check)
        return _trace(module, example_kwarg_inputs=named(module, args, kwargs), check_trace=check)


def named(module: torch.nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """All arguments by name: what `example_kwarg_inputs` takes."""
    names = list(inspect.signature(called(module)).parameters)
    return {**dict(zip(names, args, strict=False)), **kwargs}


def record(module: torch.nn.Module, inputs: Inputs, territory: Territory, forced: Any = None) -> Tracing:
    """A trace under the recorder; an exception is kept in the answer. KeyboardInterrupt leaves."""
    recorder = Recorder.of(module, territory)
    recorder.forced = forced or {}
    result = Tracing(moments=recorder.moments, constants=recorder.constants)
    start = time.thread_time()
    try:
        with recorder:
            result.program = trace_module_once(module, inputs)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        result.error = error
    result.seconds = time.thread_time() - start
    return result


def first_line(error: BaseException) -> str:
    """The first line of an error's text that says something."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if lines and lines[0].endswith(":") and len(lines) > 1 and len(lines[0]) < 60:
        return f"{lines[0]} {lines[1]}"
    return lines[0] if lines else type(error).__name__


def runtime_line(error: BaseException) -> str:
    """The line of a TorchScript program's error that says what went wrong: its last, after the program's own stack."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    for line in reversed(lines):
        head, _, rest = line.partition(": ")
        if head.isidentifier() and head.endswith("Error") and rest:
            return line.removeprefix("RuntimeError: ") if line.startswith("RuntimeError: RuntimeError: ") else line
    return first_line(error)


def trace(
    subject: Subject, territory: Territory, output: Any, returned: Place | None, emit: Emit, settled: Settled
) -> Tracing:
    """Traces the subject, says what was refused, and wraps what can be wrapped.

    OUTPUT is what eager answered and RETURNED the return statement behind it. ``Subject.traced`` and, where the output was
    refused, ``wrapped`` and ``keys`` are set; the answer is the trace that the comparisons work on.
    """
    inputs = _non_tensors(subject)
    if inputs:
        error = record(subject.module, subject.example, territory).error
        message = first_line(error) if error is not None else ""
        for name, value in inputs:
            emit(InputRefused(subject.entry, name, type(value).__name__, message, _forward_place(subject)))
        if error is not None:
            settled.status, settled.message = "refused", message
            return Tracing(error=error)
    result = record(subject.module, subject.example, territory)
    if result.error is None:
        subject.traced, settled.status = result.program, "works"
        return result
    settled.status, settled.message = "refused", first_line(result.error)
    stack = stack_of_traceback(territory, result.error.__traceback__)
    if traceable(output) or (stack.place is not None and _raised_inside(result.error)):
        name = type(result.error).__name__
        emit(TraceRefused(subject.entry, name, settled.message, stack.place, stack.frames))
        return result
    subject.wrapped = flatten(subject.module, output)
    parameters, arguments = forwarding(subject.module, subject.example)
    refused = OutputRefused(
        entry=subject.entry,
        kind=_kind(output),
        type=type(output).__name__,
        items=describe(output),
        message=settled.message,
        place=returned,
        module=type(subject.module).__name__,
        parameters=parameters,
        arguments=arguments,
    )
    if subject.wrapped is None:
        emit(refused)
        return result
    subject.keys = subject.wrapped.keys
    result = record(subject.wrapped, subject.example, territory)
    emit(dataclasses.replace(refused, wrapped=result.error is None))
    if result.error is None:
        subject.traced, settled.wrapped = result.program, "works"
        return result
    settled.wrapped = "refused"
    stack = stack_of_traceback(territory, result.error.__traceback__)
    emit(TraceRefused(subject.entry, type(result.error).__name__, first_line(result.error), stack.place, stack.frames))
    return result


def _raised_inside(error: BaseException) -> bool:
    """Whether ERROR came out of a module's own code, not out of the tracer after it had run."""
    traceback, inside = error.__traceback__, False
    while traceback is not None:
        if traceback.tb_frame.f_code.co_name in ("_slow_forward", "forward"):
            inside = True
        traceback = traceback.tb_next
    return inside


def _kind(output: Any) -> str:
    if output is None:
        return "none"
    return "mapping" if isinstance(output, Mapping) else "other"


def _forward_place(subject: Subject) -> Place | None:
    """The line on which the module's forward begins, or whatever a call of it runs."""
    code = getattr(called(subject.module), "__code__", None)
    return place_of_code(code) if code is not None else None


def _non_tensors(subject: Subject) -> list[tuple[str, Any]]:
    """(parameter, value) of arguments that hold something other than tensors."""
    args, kwargs = subject.example.args, subject.example.kwargs
    return [(name, value) for name, value in named(subject.module, args, kwargs).items() if not _only_tensors(value)]


def _only_tensors(value: Any) -> bool:
    if isinstance(value, torch.Tensor):
        return True
    if isinstance(value, Mapping):
        return all(_only_tensors(item) for item in value.values())
    return isinstance(value, (tuple, list)) and all(_only_tensors(item) for item in value)
