"""The mixed route: modules with control flow scripted, everything else traced, built and held against eager.

Parts are put in the place of the modules they are made from while the program is built, and the modules put back after it.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch

from tslint.probe.agree import call, copied, few, first_line, same
from tslint.probe.script import compiler
from tslint.probe.script.calls import Call, observe_calls
from tslint.probe.script.torchscript import plain_attributes
from tslint.probe.subject import Inputs, Settled, Subject, seed

NOTHING_TO_KEEP = "no module has control flow to keep"


@dataclass
class Plan:
    """``status`` is works, refused, differs or untried; ``scripted`` and ``traced`` are paths of submodules ('' the whole)."""

    status: str = "untried"
    program: Any = None
    message: str = ""
    scripted: tuple[str, ...] = ()
    traced: tuple[str, ...] = ()
    constants: tuple[str, ...] = ()
    """Attributes that had to be constants: in the user's code, those to annotate with `Final`."""
    frozen: bool = False
    """`torch.jit.freeze` was needed: it takes out the mapping between a scripted module and the wrapper around it."""

    @property
    def conditions(self) -> str:
        """What must be done beside scripting and tracing, in a few words."""
        finals = ", ".join(f"`{name}`" for name in self.constants)
        parts = [f"{finals} annotated as `Final`" if finals else "", "`torch.jit.freeze`" if self.frozen else ""]
        return f"with {' and '.join(filter(None, parts))}" if any(parts) else ""


def to_script(subject: Subject, settled: Settled) -> tuple[str, ...]:
    """The paths of the modules that only scripting keeps, innermost first: seen by the comparisons, else the author's choice."""
    paths = set(settled.control_flow) | set(subject.author_scripted)
    if subject.author_route == "script":
        paths.add("")
    return tuple(sorted(paths, key=lambda path: (-_depth(path), path)))


def _depth(path: str) -> int:
    return path.count(".") + 1 if path else 0


def build(subject: Subject, settled: Settled) -> Plan:
    """Builds the mixed program. Raises nothing for what torch refuses: that is the plan's message."""
    targets = to_script(subject, settled)
    if not targets:
        return Plan(message=NOTHING_TO_KEEP)
    outer = subject.wrapped or subject.module
    expected = [(given, _answer(outer, given)) for given in few(subject)]
    parts = _Parts(outer)
    modules = dict(subject.module.named_modules())
    try:
        with compiler.fresh_types():
            for path in targets:
                if path in modules and not isinstance(modules[path], torch.jit.ScriptModule):
                    parts.script(subject, path, modules)
            whole = parts.made.get(outer)
            program = whole if whole is not None else trace(outer, subject.example)
            frozen = whole is None and subject.module in parts.made
            if frozen:
                program = _freeze(program)
    except Exception as error:
        return Plan("refused", None, compiler.message(error), targets, tuple(parts.traced))
    finally:
        parts.restore()
    plan = Plan("works", program, "", targets, tuple(parts.traced), tuple(sorted(parts.constants)), frozen)
    for given, answer in expected:
        if isinstance(answer, Exception):
            continue
        try:
            equal = same(answer, call(program, given, outer))
        except Exception as error:
            plan.status, plan.message = "differs", first_line(error)
            return plan
        if not equal:
            plan.status, plan.message = "differs", f"differs from eager on {given.name}"
            return plan
    return plan


def _answer(module: torch.nn.Module, inputs: Inputs) -> Any:
    try:
        return call(module, inputs)
    except Exception as error:
        return error


class _Parts:
    """The submodules of OUTER that have been replaced by TorchScript for now."""

    def __init__(self, outer: torch.nn.Module) -> None:
        self._holders = [(parent, name, child) for parent in outer.modules() for name, child in parent._modules.items()]
        self._outer = outer
        self.made: dict[torch.nn.Module, Any] = {}
        self.traced: list[str] = []
        self.constants: set[str] = set()

    def script(self, subject: Subject, path: str, modules: dict[str, torch.nn.Module]) -> None:
        """Scripts the module at PATH around traces of the modules that it calls; around those themselves if that fails."""
        module = modules[path]
        below = {name: child for name, child in _called_below(path, module) if child not in self.made}
        before, traced = dict(self.made), list(self.traced)
        self._trace_all(subject, below)
        try:
            program = self._compile(module)
        except Exception:
            compiler.forget_types()
            kept = {child for name, child in below.items() if name in subject.author_traced}
            for child in below.values():
                if child in self.made and child not in kept:
                    del self.made[child]
                    self._put(child, child)
            self.traced = [*traced, *(name for name, child in below.items() if child in kept and child in self.made)]
            program = self._compile(module)
        self.made = {**before, **self.made}
        self.replace(module, program)

    def _compile(self, module: torch.nn.Module) -> Any:
        """Compiles MODULE; numbers and flags that it reads from itself become constants, as `Final` would make them.

        coremltools cannot read a plain attribute.
        """
        program = compiler.script(module)
        read = plain_attributes(program)
        if not read:
            return program
        compiler.forget_types()
        inner = [part for part in module.modules() if not isinstance(part, torch.jit.ScriptModule)]
        before = [(part, vars(part).get("__constants__")) for part in inner]
        try:
            for part in inner:
                own = [name for name in read if name in vars(part)]
                vars(part)["__constants__"] = [*getattr(part, "__constants__", ()), *own]
            constant = compiler.script(module)
        except Exception:  # forward assigns it
            compiler.forget_types()
            return program
        finally:
            for part, declared in before:
                if declared is None:
                    vars(part).pop("__constants__", None)
                else:
                    vars(part)["__constants__"] = declared
        self.constants |= read
        return constant

    def _trace_all(self, subject: Subject, below: dict[str, torch.nn.Module]) -> None:
        wanted = {child for child in below.values() if not isinstance(child, torch.jit.ScriptModule)}
        if not wanted:
            return
        calls: dict[torch.nn.Module, list[Call]] = {}
        for inputs in few(subject):
            try:
                seen = observe_calls(subject.module, inputs, only=wanted)
            except Exception:
                continue
            for module, found in seen.items():
                calls.setdefault(module, []).extend(found)
        for name, child in below.items():
            program = _traced(child, calls.get(child, [])) if child in wanted else None
            if program is not None:
                self.traced.append(name)
                self.replace(child, program)

    def replace(self, module: torch.nn.Module, program: Any) -> None:
        self.made[module] = program
        self._put(module, program)

    def _put(self, module: torch.nn.Module, program: Any) -> None:
        for parent, name, child in self._holders:
            if child is module:
                parent._modules[name] = program

    def restore(self) -> None:
        for parent, name, child in self._holders:
            parent._modules[name] = child


def _called_below(path: str, module: torch.nn.Module) -> Iterator[tuple[str, torch.nn.Module]]:
    """The modules that MODULE calls itself: its children, and those in its lists and dictionaries of modules."""
    for name, child in module.named_children():
        below = f"{path}.{name}" if path else name
        if isinstance(child, (torch.nn.ModuleList, torch.nn.ModuleDict)):
            yield from _called_below(below, child)
        else:
            yield below, child


def _traced(module: torch.nn.Module, calls: list[Call]) -> Any:
    """MODULE's trace, if it answers every one of CALLS as MODULE did; else None."""
    if not calls:
        return None
    arguments = [_positional(one) for one in calls]
    if any(given is None for given in arguments):
        return None
    try:
        program = trace(module, Inputs("", arguments[0] or ()))
        for one, given in zip(calls, arguments, strict=True):
            if not same(one.output, call(program, Inputs("", given or ()))):
                return None
    except Exception:
        return None
    return program


def _positional(one: Call) -> tuple[Any, ...] | None:
    """The arguments of a call in the order of the parameters, if they are all tensors (or tuples of them)."""
    values = list(one.args)
    names = [parameter.name for parameter in one.parameters]
    if one.kwargs and set(one.kwargs) != set(names[len(values) : len(values) + len(one.kwargs)]):
        return None
    values += [one.kwargs[name] for name in names[len(values) : len(values) + len(one.kwargs)]]
    return tuple(values) if values and all(_only_tensors(value) for value in values) else None


def _only_tensors(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return bool(value) and all(_only_tensors(item) for item in value)
    return isinstance(value, torch.Tensor)


def trace(module: torch.nn.Module, inputs: Inputs) -> Any:
    """``torch.jit.trace`` with no warnings and no second run. Raises what it raises."""
    seed()
    arguments: dict[str, Any] = {"example_inputs": copied(inputs.args)}
    if inputs.kwargs:
        named = _by_name(module, inputs)
        arguments = {"example_kwarg_inputs": copied(named)}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        record: Any = torch.jit.trace
        return record(module, check_trace=False, **arguments)


def _freeze(program: Any) -> Any:
    """PROGRAM inlined, with nothing computed beforehand that would change its numbers. Raises what torch raises."""
    freeze: Any = torch.jit.freeze
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return freeze(program.eval(), optimize_numerics=False)


def _by_name(module: torch.nn.Module, inputs: Inputs) -> dict[str, Any]:
    import inspect

    bound = inspect.signature(module.forward).bind(*inputs.args, **inputs.kwargs)
    return dict(bound.arguments)


def names(paths: Iterable[str], root: torch.nn.Module) -> tuple[str, ...]:
    """Paths for people: the whole is called by its class."""
    return tuple(path or type(root).__name__ for path in paths)
