"""Runs a written script before anybody else does, and holds what it makes against the model that it starts from.

The script runs as it stands, as the file that it is for, but for two things: what it saves is saved to a directory that goes
again, and it converts in float32 where it has a choice, since the verdict is float32's.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import importlib
import linecache
import sys
import tempfile
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from tslint.evidence import ScriptRan
from tslint.probe import values
from tslint.probe.agree import call, first_line, same
from tslint.probe.compare.variations import Variator
from tslint.probe.convert import coreml
from tslint.probe.entry.conventions import as_inputs
from tslint.probe.limits import TooSlow, limited
from tslint.probe.state import remember
from tslint.probe.subject import Emit, Inputs, Steps, Subject, seed
from tslint.probe.verify.verify import verify
from tslint.request import Written

STEP = "script"

PATIENCE = 10.0
"""Seconds that the model may take for one further input."""

MOST = 16
"""Further inputs."""


@dataclass
class Made:
    """What the script converted, and what that became."""

    pairs: list[tuple[Any, Any]] = field(default_factory=list)
    saved: list[str] = field(default_factory=list)


def rehearse(written: Written, emit: Emit) -> None:
    """Emits one ScriptRan. KeyboardInterrupt alone leaves."""
    with Steps(0, emit)(STEP) as outcome:
        ran = _run(written)
        if ran.problem:
            outcome.status, outcome.message = "failed", ran.problem
        emit(ran)


def _run(written: Written) -> ScriptRan:
    tree = ast.parse(written.text, written.path)
    first = [statement for statement in tree.body if statement.lineno <= written.built]
    space = _main(written)
    made = Made()
    try:
        with _watching(made):
            seed()
            _execute(first, written, space)
            example = as_inputs("example", eval(written.example, space))
            reference = _reference(first, written, space)
            _execute(tree.body[len(first) :], written, space)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        line = _line(error, written.path)
        where = f"line {line}: " if line is not None else ""
        return ScriptRan(written.path, f"{where}{type(error).__name__}: {first_line(error)}", line)
    if not made.pairs:
        return ScriptRan(written.path, "it converts nothing")
    ranges = {(index, axis): (low, high) for index, axis, low, high in written.ranges}
    subject = Subject(0, reference, example, ranges=ranges)
    remember(reference)
    subject.others = list(_others(subject))
    return _verdict(written, subject, *made.pairs[-1])


def _reference(first: list[ast.stmt], written: Written, space: dict[str, Any]) -> torch.nn.Module:
    """The model before the script works on it: a copy, or one built a second time where it cannot be copied."""
    outer = _outer(written, space)
    if isinstance(outer, torch.jit.ScriptModule):
        return outer
    try:
        return copy.deepcopy(outer)
    except Exception:
        again = {key: space[key] for key in ("__name__", "__file__", "__builtins__")}
        seed()
        _execute(first, written, again)
        return _outer(written, again)


def _outer(written: Written, space: dict[str, Any]) -> torch.nn.Module:
    model: Any = space[written.model]
    outer: torch.nn.Module = space[written.wrapper](model).eval() if written.wrapper else model
    return outer


def _verdict(written: Written, subject: Subject, program: Any, mlmodel: Any) -> ScriptRan:
    """PROGRAM and what it became, held against the model on every input that the conversion takes."""
    verdict = verify(mlmodel, subject, subject.module, lambda evidence: None, STEP)
    if verdict.verified is False:
        return ScriptRan(written.path, f"its Core ML program is wrong: {verdict.message}", None, verdict.tried)
    run = program.module() if hasattr(program, "module") and not isinstance(program, torch.nn.Module) else program
    served = verdict.tried or (subject.example.name,)
    for inputs in (subject.example, *subject.others):
        if inputs.name not in served:
            continue
        expected = tuple(values.tensors_in(call(subject.module, inputs)))
        try:
            actual = tuple(values.tensors_in(call(run, inputs, subject.module)))
        except Exception as error:
            return ScriptRan(written.path, f"its program fails on {inputs.name}: {first_line(error)}")
        if not same(expected, actual):
            return ScriptRan(written.path, f"its program differs from the model on {inputs.name}")
    return ScriptRan(written.path, "", None, verdict.tried, verdict.difference)


# -- running it ------------------------------------------------------------------------------------------------------


def _main(written: Written) -> dict[str, Any]:
    """The namespace of the script as ``__main__``. Its source is found though its file may not be there."""
    path = Path(written.path)
    lines = written.text.splitlines(keepends=True)
    linecache.cache[written.path] = (len(written.text), None, lines, written.path)
    module = types.ModuleType("__main__")
    module.__file__ = written.path
    module.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = module
    sys.argv = [written.path]
    sys.path.insert(0, str(path.parent))
    return module.__dict__


def _execute(statements: list[ast.stmt], written: Written, space: dict[str, Any]) -> None:
    code = compile(ast.Module(statements, []), written.path, "exec", dont_inherit=True)
    exec(code, space)


def _line(error: BaseException, path: str) -> int | None:
    """The script's own line that raised ERROR."""
    found: int | None = None
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == path:
            found = traceback.tb_lineno
        traceback = traceback.tb_next
    return found


@contextlib.contextmanager
def _watching(made: Made) -> Iterator[None]:
    """`ct.convert` notes what it is given and answers; ``MLModel.save`` writes where nothing stays."""
    ct: Any = coreml.load()
    kind: Any = importlib.import_module("coremltools.models.model").MLModel
    real, save = ct.convert, kind.save

    def convert(model: Any = None, *args: Any, **kwargs: Any) -> Any:
        if "compute_precision" not in kwargs and not args and coreml.computes_in_a_choice(ct, kwargs):
            kwargs["compute_precision"] = ct.precision.FLOAT32
        with coreml.calm():
            answer = real(model, *args, **kwargs)
        made.pairs.append((model, answer))
        return answer

    with tempfile.TemporaryDirectory(prefix="tslint-plan-") as folder:

        def save_elsewhere(self: Any, save_path: Any, *args: Any, **kwargs: Any) -> Any:
            made.saved.append(str(save_path))
            return save(self, str(Path(folder) / Path(save_path).name), *args, **kwargs)

        ct.convert, kind.save = convert, save_elsewhere
        try:
            yield
        finally:
            ct.convert, kind.save = real, save


# -- further inputs --------------------------------------------------------------------------------------------------


def _others(subject: Subject) -> Iterator[Inputs]:
    """Other values, and the sizes that the conversion is to serve, as far as the model accepts them soon."""
    variator = Variator(subject)
    found = 0
    for group in variator.groups():
        if not set(group.axes) <= set(subject.ranges):
            continue
        for choice in group.choices:
            inputs = variator.make(choice)
            if inputs is not None and found < MOST and _accepts(subject.module, inputs):
                found += 1
                yield inputs


def _accepts(module: torch.nn.Module, inputs: Inputs) -> bool:
    try:
        with limited(PATIENCE):
            one, other = call(module, inputs), call(module, inputs)
    except (Exception, TooSlow):
        return False
    return same(tuple(values.tensors_in(one)), tuple(values.tensors_in(other)))
