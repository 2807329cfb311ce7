"""TorchScript programs as the plan makes them: traced without a second run, frozen, with constants for plain attributes."""

from __future__ import annotations

import warnings
from typing import Any

import torch

from tslint.probe.agree import call, copied, same
from tslint.probe.script import compiler
from tslint.probe.script.calls import Call
from tslint.probe.script.torchscript import plain_attributes
from tslint.probe.subject import Inputs, seed
from tslint.probe.trace.tracing import named
from tslint.probe.values import positional as in_order


def trace(module: torch.nn.Module, inputs: Inputs) -> Any:
    """``torch.jit.trace`` with no warnings and no second run. Raises what it raises."""
    seed()
    args, kwargs = copied(tuple(inputs.args)), copied(dict(inputs.kwargs))
    bound = in_order(module, args, kwargs) if kwargs else args
    arguments = (
        {"example_inputs": bound} if bound is not None else {"example_kwarg_inputs": named(module, args, kwargs)}
    )
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        record: Any = torch.jit.trace
        return record(module, check_trace=False, **arguments)


def traced_part(module: torch.nn.Module, calls: list[Call]) -> Any:
    """MODULE's trace, if it answers every one of CALLS as MODULE did; else None."""
    if not calls:
        return None
    arguments = [positional(one) for one in calls]
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


def positional(one: Call) -> tuple[Any, ...] | None:
    """The arguments of a call in the order of the parameters, if they are all tensors (or tuples of them)."""
    given = list(one.args)
    names = [parameter.name for parameter in one.parameters]
    if one.kwargs and set(one.kwargs) != set(names[len(given) : len(given) + len(one.kwargs)]):
        return None
    given += [one.kwargs[name] for name in names[len(given) : len(given) + len(one.kwargs)]]
    return tuple(given) if given and all(_only_tensors(value) for value in given) else None


def _only_tensors(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return bool(value) and all(_only_tensors(item) for item in value)
    return isinstance(value, torch.Tensor)


def compiled(module: torch.nn.Module) -> tuple[Any, dict[torch.nn.Module, tuple[str, ...]]]:
    """MODULE compiled; numbers and flags that it reads from itself become constants, as `Final` would make them.

    coremltools cannot read a plain attribute. With the program comes which module has which constants. Raises what the
    compiler raises.
    """
    program = compiler.script(module)
    read = plain_attributes(program)
    if not read:
        return program, {}
    compiler.forget_types()
    inner = [part for part in module.modules() if not isinstance(part, torch.jit.ScriptModule)]
    own = {part: tuple(sorted(name for name in read if name in vars(part))) for part in inner}
    before = [(part, vars(part).get("__constants__")) for part in inner]
    try:
        for part in inner:
            vars(part)["__constants__"] = [*getattr(part, "__constants__", ()), *own[part]]
        constant = compiler.script(module)
    except Exception:  # forward assigns it
        compiler.forget_types()
        return program, {}
    finally:
        for part, declared in before:
            if declared is None:
                vars(part).pop("__constants__", None)
            else:
                vars(part)["__constants__"] = declared
    return constant, {part: names for part, names in own.items() if names}


def freeze(program: Any) -> Any:
    """PROGRAM inlined, with nothing computed beforehand that would change its numbers. Raises what torch raises."""
    frozen: Any = torch.jit.freeze
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return frozen(program.eval(), optimize_numerics=False)
