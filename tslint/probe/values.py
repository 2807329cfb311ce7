"""What goes into a model and comes out of it: copied, walked through, compared. Nothing here calls a model but ``answer``."""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch

from tslint.evidence import OutputItem
from tslint.probe.state import restore
from tslint.probe.subject import Inputs, called, seed

RTOL, ATOL = 1e-3, 1e-4


def map_tensors(change: Callable[[torch.Tensor], Any], value: Any) -> Any:
    """VALUE with every tensor inside its tuples, lists and mappings replaced."""
    if isinstance(value, torch.Tensor):
        return change(value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(map_tensors(change, item) for item in value))
    if type(value) in (tuple, list):
        return type(value)(map_tensors(change, item) for item in value)
    if type(value) is dict:
        return {key: map_tensors(change, item) for key, item in value.items()}
    return value


def _fresh(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().clone().requires_grad_(tensor.requires_grad)


def fresh(inputs: Inputs) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Copies of the arguments, so that a model that writes into them spoils nothing."""
    return map_tensors(_fresh, tuple(inputs.args)), map_tensors(_fresh, dict(inputs.kwargs))


def detached(output: Any) -> Any:
    """OUTPUT without its autograd graph, which would keep every activation of the call that made it."""
    return map_tensors(torch.Tensor.detach, output)


def positional(module: torch.nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """The arguments in order, where naming none of them means the same; None where one between is left out."""
    try:
        bound = inspect.signature(called(module)).bind(*args, **kwargs)
    except (TypeError, ValueError):
        return None
    return None if bound.kwargs else bound.args


def answer(model: Any, inputs: Inputs, made_from: torch.nn.Module | None = None) -> Any:
    """One call of MODEL on fresh copies, from the same state every time. Raises what the model raises.

    A program shares its buffers with the module that it was MADE_FROM: it is that one's state to start from. The names of
    that one's parameters it may have lost. It is asked without gradients, as whoever deploys it does: with them PyTorch's
    interpreter refuses some of what it runs otherwise, from the second call on (tried with torch 2.13).
    """
    args, kwargs = fresh(inputs)
    if made_from is not None and kwargs and (bound := positional(made_from, args, kwargs)) is not None:
        args, kwargs = bound, {}
    restore(model if made_from is None else made_from)
    seed()
    with contextlib.nullcontext() if made_from is None else torch.no_grad():
        return model(*args, **kwargs)


def tensors_in(value: Any) -> Iterator[torch.Tensor]:
    """Every tensor inside, in a fixed order, whatever holds it."""
    for _, item in items_of(value):
        if isinstance(item, torch.Tensor):
            yield item


def items_of(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(key, leaf) of nested mappings, sequences and dataclasses; the key of what stands alone is empty."""
    children: Iterator[tuple[Any, Any]] | None = None
    if isinstance(value, Mapping):
        children = iter(value.items())
    elif isinstance(value, (tuple, list)):
        names = getattr(value, "_fields", range(len(value)))
        children = iter(zip(names, value, strict=True))
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        children = iter((f.name, getattr(value, f.name)) for f in dataclasses.fields(value))
    if children is None:
        yield path, value
        return
    for name, item in children:
        yield from items_of(item, f"{path}.{name}" if path else str(name))


def describe(value: Any) -> tuple[OutputItem, ...]:
    """The members of an output, as evidence."""
    accesses = list(accesses_of(value))
    return tuple(
        OutputItem(key, "Tensor", tuple(int(n) for n in item.shape), dtype_name(item), access)
        if isinstance(item, torch.Tensor)
        else OutputItem(key, type(item).__name__)
        for (key, item), access in zip(items_of(value), accesses, strict=True)
    )


def shapes_text(inputs: Inputs) -> str:
    """``float32[1,3,224,224], int64[1,8]``: the tensors of INPUTS."""
    tensors = tensors_in([list(inputs.args), inputs.kwargs])
    return ", ".join(f"{dtype_name(tensor)}[{','.join(str(int(n)) for n in tensor.shape)}]" for tensor in tensors)


def accesses_of(value: Any) -> Iterator[str]:
    """The code that picks each leaf of :func:`items_of` out of VALUE; empty for one below a key that no literal says."""
    children: Iterator[tuple[str | None, Any]] | None = None
    if isinstance(value, Mapping):
        children = ((f"[{code}]" if (code := literal(key)) else None, item) for key, item in value.items())
    elif isinstance(value, (tuple, list)):
        children = ((f"[{index}]", item) for index, item in enumerate(value))
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        children = ((f".{field.name}", getattr(value, field.name)) for field in dataclasses.fields(value))
    if children is None:
        yield ""
        return
    for own, item in children:
        for inner in accesses_of(item):
            is_leaf = isinstance(item, torch.Tensor)
            yield own + inner if own is not None and (inner or is_leaf) else ""


def literal(value: Any) -> str | None:
    """VALUE as code, strings in double quotes where they need no escape; None where no literal says it."""
    if isinstance(value, str) and type(value) is str:
        return f'"{value}"' if repr(value) == f"'{value}'" and '"' not in value else repr(value)
    if type(value) is tuple:
        parts = [literal(item) for item in value]
        if None in parts:
            return None
        return f"({', '.join(map(str, parts))}{',' if len(parts) == 1 else ''})"
    if value is None or type(value) in (bool, int) or (type(value) is float and math.isfinite(value)):
        return repr(value)
    return None


def forwarding(module: torch.nn.Module, inputs: Inputs) -> tuple[str, str]:
    """Code for a wrapper around MODULE that is called as INPUTS call it: the parameters of its forward, and its call's arguments.

    Those that INPUTS leave out are left out, but for what the model needs.
    """
    anything = "*args, **kwargs"
    try:
        signature = inspect.signature(called(module))
        given = signature.bind(*inputs.args, **inputs.kwargs).arguments
    except (TypeError, ValueError):
        return anything, anything
    parameters: list[str] = []
    arguments: list[str] = []
    by_name = optional = False
    for name, parameter in signature.parameters.items():
        star = "*" if parameter.kind is parameter.VAR_POSITIONAL else ""
        star = "**" if parameter.kind is parameter.VAR_KEYWORD else star
        if name not in given and (star or parameter.default is not parameter.empty):
            by_name = True  # what follows can no longer be told by its place
            continue
        if parameter.kind is parameter.VAR_POSITIONAL and by_name:
            return anything, anything
        by_name = by_name or parameter.kind is parameter.KEYWORD_ONLY
        default = None if parameter.default is parameter.empty else literal(parameter.default)
        if default is None and optional and not star:
            return anything, anything  # one without a default behind one that has one
        optional = optional or default is not None
        if parameter.kind is parameter.KEYWORD_ONLY and not any(text.startswith("*") for text in parameters):
            parameters.append("*")
            optional = False
        parameters.append(f"{star}{name}" + (f"={default}" if default is not None else ""))
        arguments.append(f"{star}{name}" if star or not by_name else f"{name}={name}")
    return ", ".join(parameters), ", ".join(arguments)


def dtype_name(tensor: torch.Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def traceable(value: Any) -> bool:
    """Whether `torch.jit.trace` takes VALUE as an output: a tensor, or tuples and lists of nothing else.

    A mapping is refused under ``strict=True``, an empty tuple or list always; a list holds tensors alone.
    """
    if isinstance(value, torch.Tensor):
        return True
    if isinstance(value, list):
        return len(value) > 0 and all(isinstance(item, torch.Tensor) for item in value)
    return isinstance(value, tuple) and len(value) > 0 and all(traceable(item) for item in value)


def difference(expected: Any, actual: Any, numbers: bool = False) -> tuple[bool, float | None, str]:
    """(equal, largest difference or None, why not) of two outputs: structure, shapes and values within the tolerance.

    With NUMBERS a Python number and a tensor of one element that holds it are alike: a trace answers so.
    """
    left, right = list(items_of(expected)), list(items_of(actual))
    if len(left) != len(right):
        return False, None, f"{len(right)} values instead of {len(left)}"
    largest = 0.0
    for (key, one), (_, two) in zip(left, right, strict=True):
        if isinstance(one, torch.Tensor) and isinstance(two, torch.Tensor):
            if one.shape != two.shape:
                return False, None, f"shape {list(two.shape)} instead of {list(one.shape)}"
            apart = _apart(one.detach(), two.detach())
            if apart is not None:
                largest = max(largest, apart)
        elif numbers and type(one) in (int, float, bool) and isinstance(two, torch.Tensor) and two.numel() == 1:
            if not math.isclose(one, float(two), rel_tol=RTOL, abs_tol=ATOL):
                largest = max(largest, abs(one - float(two)))
        elif isinstance(one, torch.Tensor) or isinstance(two, torch.Tensor):
            return False, None, f"`{key}` is a {type(two).__name__} instead of a {type(one).__name__}"
        elif isinstance(one, float) and isinstance(two, float):
            if not (math.isclose(one, two, rel_tol=RTOL, abs_tol=ATOL) or (math.isnan(one) and math.isnan(two))):
                largest = max(largest, abs(one - two))
        elif isinstance(one, (int, str, bool)) and one != two:
            return False, None, f"`{key}` is {two!r} instead of {one!r}"
    return largest == 0.0, (largest or None), ("" if largest == 0.0 else f"largest difference {largest:.3g}")


def _apart(one: torch.Tensor, two: torch.Tensor) -> float | None:
    """The largest difference where it exceeds the tolerance, None where the two agree."""
    if one.is_sparse or two.is_sparse:
        one, two = one.to_dense(), two.to_dense()
    if one.is_complex() or two.is_complex():
        one, two = torch.view_as_real(one.to(torch.complex128)), torch.view_as_real(two.to(torch.complex128))
    one, two = one.to(torch.float64), two.to(torch.float64)
    if torch.allclose(two, one, rtol=RTOL, atol=ATOL, equal_nan=True):
        return None
    gap = (one - two).abs()
    finite = gap[torch.isfinite(gap)]
    top = float(finite.max()) if finite.numel() else math.inf
    return top if top > 0 else math.inf


class Flattened(torch.nn.Module):
    """Stands around a model whose output the tracer refuses: answers with its tensors alone, in order.

    One tensor is answered as it is, several as a tuple. ``keys`` name those of the example; where the model answers with
    more of them on another input, so does this.
    """

    def __init__(self, model: torch.nn.Module, keys: tuple[str, ...]) -> None:
        super().__init__()
        self.model = model
        self.keys = keys
        self.training = model.training

    def answer(self, *args: Any, **kwargs: Any) -> Any:
        found = tuple(tensors_in(self.model(*args, **kwargs)))
        return found[0] if len(found) == len(self.keys) == 1 else found


def flatten(model: torch.nn.Module, output: Any) -> Flattened | None:
    """MODEL wrapped to answer with the tensors of OUTPUT, or None where there are none.

    The wrapper's forward has the parameters of the model's: the tracer names the program's inputs after them.
    """
    keys = tuple(key for key, item in items_of(output) if isinstance(item, torch.Tensor))
    if not keys:
        return None

    def forward(self: Flattened, *args: Any, **kwargs: Any) -> Any:
        return self.answer(*args, **kwargs)

    with contextlib.suppress(TypeError, ValueError):
        parameters = list(inspect.signature(called(model)).parameters.values())
        this = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        if all(p.kind is not inspect.Parameter.POSITIONAL_ONLY for p in parameters):
            forward.__signature__ = inspect.Signature([this, *parameters])  # type: ignore[attr-defined]
    kind = type("Flattened", (Flattened,), {"forward": forward, "__module__": Flattened.__module__})
    wrapped: Flattened = kind(model, keys)
    return wrapped
