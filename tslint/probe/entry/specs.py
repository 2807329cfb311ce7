"""``--model`` and ``--input``: a model named with literal arguments, and inputs by dtype and shape."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import torch

from tslint.evidence import InputSpec
from tslint.probe.entry.importing import NotLiteral, parse_call
from tslint.probe.subject import Inputs, called, seed
from tslint.probe.values import dtype_name, items_of, literal

_INPUT = re.compile(
    r"(?:(?P<name>[^\W\d]\w*)\s*:)?\s*(?:(?P<dtype>[a-z]+\d*)\s*\[(?P<dims>[^\]]*)\]|(?P<bare>[\d.,\s]+))\s*"
)
_DTYPES = {
    name: getattr(torch, name)
    for name in ("float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool",
                 "complex64", "complex128", "float", "double", "half", "long", "int", "short")
}  # fmt: skip


class BadInput(ValueError):
    """An ``--input`` that cannot be read, or a ``--model`` that names nothing."""


@dataclass(frozen=True)
class Wanted:
    """One input as asked for: ``dims`` are (low, high) pairs, equal where a number was given."""

    name: str | None
    dtype: torch.dtype
    dims: tuple[tuple[int, int], ...]

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(inside(low, high) for low, high in self.dims)


def inside(low: int, high: int) -> int:
    """A size within a range, near its middle, a multiple of what both ends are multiples of where one lies between."""
    step = math.gcd(low, high) or 1
    while step > 1 and (high - low) // 2 < step:
        step //= 2
    return low + (high - low) // 2 // step * step


def parse_input(text: str) -> Wanted:
    """``1,3,224,224``, ``int64[2..11]``, ``image:float32[1,3,128..512,128..512]``. Raises BadInput."""
    match = _INPUT.fullmatch(text.strip())
    if match is None:
        raise BadInput(
            f"cannot read the input `{text}`: give `1,3,224,224`, `int64[2..11]` or `name:float32[1,3,64..128]`"
        )
    kind = match["dtype"] or "float32"
    if kind not in _DTYPES:
        raise BadInput(f"`{kind}` in the input `{text}` is no dtype: float32, int64, bool …")
    dims: list[tuple[int, int]] = []
    for part in (match["dims"] if match["dims"] is not None else match["bare"]).split(","):
        part = part.strip()
        if not part:
            continue
        low, dots, high = part.partition("..")
        if not low.strip().isdigit() or (dots and not high.strip().isdigit()) or "." in low:
            raise BadInput(f"`{part}` in the input `{text}` is neither a size nor a range like `128..512`")
        dims.append((int(low), int(high) if dots else int(low)))
        if dims[-1][0] > dims[-1][1]:
            raise BadInput(f"the range `{part}` in the input `{text}` is empty")
    return Wanted(match["name"], _DTYPES[kind], tuple(dims))


def smallest_vocabulary(module: torch.nn.Module) -> int:
    """One more than the largest integer that every embedding of MODULE takes; 10 where it has none."""
    sizes = [m.num_embeddings for m in module.modules() if isinstance(m, (torch.nn.Embedding, torch.nn.EmbeddingBag))]
    return min(sizes, default=10)


def random_tensor(shape: Sequence[int], dtype: torch.dtype, below: int = 10) -> torch.Tensor:
    """Normal floats, integers from 0 to BELOW, or true and false."""
    if dtype == torch.bool:
        return torch.rand(tuple(shape)) > 0.5
    if dtype.is_floating_point or dtype.is_complex:
        return torch.randn(tuple(shape), dtype=dtype if dtype.is_complex else torch.float32).to(dtype)
    return torch.randint(0, max(1, min(below, torch.iinfo(dtype).max)), tuple(shape), dtype=dtype)


def inputs_of(
    wanted: Sequence[Wanted], module: torch.nn.Module
) -> tuple[Inputs, dict[tuple[int, int], tuple[int, int]]]:
    """Example inputs of the shapes WANTED, and the ranges of their dimensions as ``Subject.ranges`` has them."""
    seed()
    below = smallest_vocabulary(module)
    parameters = forward_names(module)
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    order: list[Wanted] = []
    for item in wanted:
        tensor = random_tensor(item.shape, item.dtype, below)
        if item.name is not None and item.name in parameters:
            kwargs[item.name] = tensor
        else:
            args.append(tensor)
            order.append(item)
    order += [item for item in wanted if item.name is not None and item.name in parameters]
    ranges = {(i, d): pair for i, item in enumerate(order) for d, pair in enumerate(item.dims) if pair[0] != pair[1]}
    return Inputs("example", tuple(args), kwargs), ranges


def forward_names(module: torch.nn.Module) -> list[str]:
    try:
        return list(inspect.signature(called(module)).parameters)
    except (TypeError, ValueError):
        return []


def resolve(namespace: ModuleType, text: str) -> Any:
    """What TEXT names in NAMESPACE, built or called: ``Net``, ``Net(num_classes=21)``, ``build_model()``.

    A class is built, a function called, a module object taken as it is. Raises NotLiteral, BadInput, and what the
    user's own code raises.
    """
    names, args, kwargs, _ = parse_call(text)
    value: Any = namespace
    for name in names:
        if not hasattr(value, name):
            raise BadInput(
                f"`{'.'.join(names)}` is not in {getattr(namespace, '__file__', None) or namespace.__name__}"
            )
        value = getattr(value, name)
    why = misfit(value, args, kwargs)
    if why:
        raise BadInput(f"`{text}` cannot be built ({why}): {advice('.'.join(names), value)}")
    return construct(value, args, kwargs)


def misfit(value: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> str:
    """Why VALUE cannot be built or called with these arguments, as its signature says; nothing where it can, or nobody knows."""
    if isinstance(value, torch.nn.Module) or not callable(value) or _configures(value, args, kwargs):
        return ""
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return ""
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        return str(error)
    return ""


def advice(name: str, value: Any) -> str:
    """How to name a model that VALUE, a class or a function, makes of what it needs."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    try:
        every = list(inspect.signature(value).parameters.values())
    except (TypeError, ValueError):
        every = []
    needed = [each.name for each in every if each.kind in kinds and each.default is each.empty]
    return f"name a model with its arguments, as `--model '{name}({', '.join(f'{each}=…' for each in needed)})'`"


def construct(value: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """VALUE built or called with literal arguments.

    A model of Transformers takes its configuration: where the class names one and no positional argument is given, the
    keyword arguments are the configuration's.
    """
    if isinstance(value, torch.nn.Module):
        return value
    if _configures(value, args, kwargs):
        return value(value.config_class(**kwargs))
    return value(*args, **kwargs) if callable(value) else value


def _configures(value: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> bool:
    """Whether KWARGS are those of the configuration that the class VALUE names."""
    config = getattr(value, "config_class", None)
    return isinstance(value, type) and isinstance(config, type) and not args and "config" not in kwargs


def built(namespace: ModuleType, text: str) -> str:
    """Code for what :func:`resolve` makes of TEXT."""
    names, args, kwargs, _ = parse_call(text)
    value: Any = namespace
    for name in names:
        value = getattr(value, name)
    named = ".".join(names)
    if isinstance(value, torch.nn.Module) or not callable(value):
        return named
    given = ", ".join([*map(_code, args), *(f"{key}={_code(item)}" for key, item in kwargs.items())])
    return f"{named}({named}.config_class({given}))" if _configures(value, args, kwargs) else f"{named}({given})"


def _code(value: Any) -> str:
    return literal(value) or repr(value)


def describe_inputs(module: torch.nn.Module, inputs: Inputs) -> tuple[InputSpec, ...]:
    """The tensors among INPUTS by the parameter they arrive at; an argument that holds several adds its own keys."""
    parameters = forward_names(module)
    pairs = [(parameters[i] if i < len(parameters) else f"input {i}", a) for i, a in enumerate(inputs.args)]
    pairs += list(inputs.kwargs.items())
    found = []
    for parameter, argument in pairs:
        for key, leaf in items_of(argument):
            if isinstance(leaf, torch.Tensor):
                name = f"{parameter}.{key}" if key else parameter
                found.append(InputSpec(name, dtype_name(leaf), tuple(int(n) for n in leaf.shape)))
    return tuple(found)


def as_option(spec: InputSpec) -> str:
    """SPEC in the words of ``--input``."""
    dims = ",".join(str(n) for n in spec.shape)
    return dims if spec.dtype == "float32" and dims else f"{spec.dtype}[{dims}]"


__all__ = [
    "BadInput", "NotLiteral", "Wanted", "as_option", "built", "construct", "describe_inputs", "forward_names", "inputs_of",
    "parse_input", "random_tensor", "resolve", "smallest_vocabulary",
]  # fmt: skip
