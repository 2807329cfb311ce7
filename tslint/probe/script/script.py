"""The script step: the whole module compiled and run beside eager, or every part of it that does not compile.

Emits ScriptRefused, ModulesScripted, ScriptDiffered and CodeRan; changes nothing in the module that is not undone.
"""

from __future__ import annotations

import inspect
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from tslint.evidence import CodeRan, Evidence, ModulesScripted, ScriptDiffered, ScriptRefused
from tslint.probe import values
from tslint.probe.agree import call, few, first_line, plain, quiet
from tslint.probe.script import compiler
from tslint.probe.script.calls import Call, observe_calls
from tslint.probe.script.torchscript import functions_of
from tslint.probe.sites import locate, scripted_frames
from tslint.probe.subject import Emit, Outcome, Subject


@dataclass
class Scripted:
    """How scripting ended: ``status`` works, refused or differs; ``program`` is None where it was refused."""

    status: str
    program: Any = None
    message: str = ""


def run_script(subject: Subject, emit: Emit, outcome: Outcome) -> Scripted:
    """Compiles ``subject.module``; where that fails, each of its modules on its own, so that every failure is seen."""
    ran: dict[str, set[str]] = {}
    try:
        with compiler.fresh_types():
            program = compiler.script(subject.module)
    except Exception as error:
        found = list(_refused(subject, error, ran))
        for evidence in found:
            emit(evidence)
        refused = [item for item in found if isinstance(item, ScriptRefused)]
        result = Scripted("refused", None, refused[0].message if refused else first_line(error))
        outcome.status = "failed"
        outcome.message = result.message
        outcome.detail = f"{len(refused)} modules" if len(refused) > 1 else ""
    else:
        _merge(ran, functions_of(program, subject.user_files))
        result = _beside_eager(subject, program, emit)
        if result.status == "differs":
            outcome.status, outcome.message = "failed", result.message
    if ran:
        emit(CodeRan(subject.entry, "script", {path: tuple(sorted(names)) for path, names in ran.items()}))
    return result


SECONDS = 10.0
"""Time after which a scripted program is run on no further input: a large model is held against eager on two of them."""


def _beside_eager(subject: Subject, program: Any, emit: Emit) -> Scripted:
    start = time.thread_time()
    for number, inputs in enumerate(few(subject)):
        if number > 1 and time.thread_time() - start > SECONDS:
            break
        try:
            expected = call(subject.module, inputs)
        except Exception:
            continue  # nothing to hold it against
        try:
            equal, gap, why = values.difference(plain(expected), plain(call(program, inputs, subject.module)))
        except Exception as error:
            place, _ = locate(reversed(scripted_frames(str(error))), subject.user_files)
            message = _run_time_message(error)
            emit(ScriptDiffered(subject.entry, inputs.name, None, message, place))
            return Scripted("differs", program, message)
        if not equal:
            emit(ScriptDiffered(subject.entry, inputs.name, gap, "" if gap is not None else why))
            return Scripted("differs", program, f"differs from eager on {inputs.name}")
    return Scripted("works", program)


def _run_time_message(error: BaseException) -> str:
    """The interpreter ends its message, after the stack, with the exception ("RuntimeError: …")."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    spoken = [
        match.group(1) for line in lines if (match := re.match(r"(?:[\w.]+\.)?\w*(?:Error|Exception): (.+)", line))
    ]
    return spoken[-1] if spoken else first_line(error)


def _refused(subject: Subject, whole: Exception, ran: dict[str, set[str]]) -> Iterator[Evidence]:
    """Children before parents; what failed is replaced by a stand-in of its signature while its parents are tried."""
    root = subject.module
    try:
        calls = observe_calls(root, subject.example)
    except Exception:
        calls = {}
    holders = [(parent, name, child) for parent in root.modules() for name, child in parent._modules.items()]
    replaced: list[tuple[torch.nn.Module, str, torch.nn.Module]] = []
    failed: dict[Any, bool] = {}
    paths: dict[bool, list[str]] = {False: [], True: []}  # whether it fails for its children alone
    reported: set[tuple[Any, ...]] = set()
    try:
        with compiler.fresh_types():
            for path, module in _children_first(root):
                if isinstance(module, torch.jit.ScriptModule):
                    continue
                alike = (type(module), _settings(module))
                if alike not in failed:
                    error = whole if module is root and not replaced else _compile_error(module, subject, ran)
                    if error is None:
                        continue
                    compiler.forget_types()
                    said = compiler.refusal(error, root, path, subject.user_files)
                    failed[alike] = said.consequence
                    key = (said.message, said.place)
                    if not said.consequence and key not in reported:
                        reported.add(key)
                        yield ScriptRefused(
                            subject.entry, path, type(module).__qualname__, said.message, said.place, said.chain
                        )
                paths[failed[alike]].append(path)
                stand_in = _stand_in(calls.get(module, []))
                for parent, name, child in holders:
                    if child is module:
                        replaced.append((parent, name, child))
                        parent._modules[name] = stand_in
    finally:
        for parent, name, child in reversed(replaced):
            parent._modules[name] = child
    if not reported:
        said = compiler.refusal(whole, root, "", subject.user_files)
        yield ScriptRefused(subject.entry, "", type(root).__qualname__, said.message, said.place, said.chain)
    yield ModulesScripted(subject.entry, tuple(paths[False]), tuple(paths[True]))


def _compile_error(module: torch.nn.Module, subject: Subject, ran: dict[str, set[str]]) -> Exception | None:
    try:
        program = compiler.script(module)
    except Exception as error:
        return error
    _merge(ran, functions_of(program, subject.user_files))
    return None


def _children_first(root: torch.nn.Module) -> Iterator[tuple[str, torch.nn.Module]]:
    seen: set[int] = set()

    def visit(path: str, module: torch.nn.Module) -> Iterator[tuple[str, torch.nn.Module]]:
        if id(module) in seen:
            return
        seen.add(id(module))
        for name, child in list(module.named_children()):
            yield from visit(f"{path}.{name}" if path else name, child)
        yield path, module

    yield from visit("", root)


def _settings(module: torch.nn.Module) -> tuple[Any, ...]:
    """What tells two modules of one class apart for the compiler: plain settings, and which children they have."""
    plain = (bool, int, float, str, type(None))
    own = [(k, v if isinstance(v, plain) else type(v)) for k, v in vars(module).items() if not k.startswith("_")]
    return (*own, *((name, type(child)) for name, child in module._modules.items()))


def _stand_in(calls: list[Call]) -> torch.nn.Module:
    """A compiled module with the signature seen in the run of the eager model; without a forward where none was seen."""
    kind: Any = type(compiler.STAND_IN, (torch.jit.ScriptModule,), {})
    module: Any = kind()
    signature = _signature(calls[0]) if calls else None
    if signature is not None:
        with quiet():
            try:
                module.define(f"def forward(self{signature}:\n    raise Exception('')\n")
            except Exception:
                return kind()  # type: ignore[no-any-return]
    return module  # type: ignore[no-any-return]


def _signature(call: Call) -> str | None:
    """``, x: Tensor, mask: Optional[Tensor]=None) -> Tensor``, or None where a type has no name in TorchScript."""
    answer = _type(call.output)
    if answer is None:
        return None
    parts = []
    for parameter in call.parameters:
        name, value = parameter.name, call.values.get(parameter.name, parameter.default)
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            parts += [f"{name}_{index}: {_type(item)}" for index, item in enumerate(call.values.get(name, ()))]
        elif parameter.kind is inspect.Parameter.VAR_KEYWORD:
            parts += [f"{key}: {_type(item)}" for key, item in call.values.get(name, {}).items()]
        elif value is not inspect.Parameter.empty:
            default = parameter.default
            simple = isinstance(default, (bool, int, float, str, type(None)))
            parts.append(f"{name}: {_type(value)}" + (f"={default!r}" if simple else ""))
    if any(part.endswith(": None") for part in parts):
        return None
    return "".join(f", {part}" for part in parts) + f") -> {answer}"


def _type(value: Any) -> str | None:
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind.__name__
    if isinstance(value, torch.Tensor):
        return "Tensor"
    if value is None:
        return "Optional[Tensor]"
    if isinstance(value, (list, tuple)) and value:
        inner = [_type(item) for item in value]
        if None in inner:
            return None
        return f"List[{inner[0]}]" if isinstance(value, list) else f"Tuple[{', '.join(map(str, inner))}]"
    if type(value) is dict and value and all(isinstance(key, str) for key in value):
        inner_type = _type(next(iter(value.values())))
        return inner_type and f"Dict[str, {inner_type}]"
    return None


def _merge(into: dict[str, set[str]], more: dict[str, set[str]]) -> None:
    for path, names in more.items():
        into.setdefault(path, set()).update(names)
