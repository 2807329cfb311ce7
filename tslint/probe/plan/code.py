"""Values, inputs and places of modules as the code that a script has for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from tslint.probe import values


class Unwritable(Exception):
    """A value that no short code makes; the message is a clause that says which."""


def value(given: Any) -> str:
    """Code that makes a value like GIVEN: tensors of its shape, dtype and kind of numbers. Raises Unwritable."""
    if isinstance(given, torch.Tensor):
        return tensor(given)
    if type(given) in (list, tuple):
        inner = ", ".join(value(item) for item in given)
        return f"[{inner}]" if type(given) is list else f"({inner}{',' if len(given) == 1 else ''})"
    if type(given) is dict:
        keys = [values.literal(key) for key in given]
        if None not in keys:
            return f"{{{', '.join(f'{key}: {value(item)}' for key, item in zip(keys, given.values(), strict=True))}}}"
    written = values.literal(given)
    if written is None:
        raise Unwritable(f"an input is a {type(given).__qualname__}, which cannot be written down")
    return written


def tensor(given: torch.Tensor) -> str:
    """Code that makes a tensor like GIVEN: of one value where it has one, random within its bounds where it has several."""
    shape = ", ".join(str(int(n)) for n in given.shape) or "()"
    default = torch.float32 if given.dtype.is_floating_point else torch.int64
    dtype = "" if given.dtype == default else f", dtype=torch.{values.dtype_name(given)}"
    if given.dtype == torch.bool:
        if bool(given.all()):
            return f"torch.ones({shape}, dtype=torch.bool)"
        return f"torch.rand({shape}) > 0.5" if bool(given.any()) else f"torch.zeros({shape}, dtype=torch.bool)"
    if given.dtype.is_complex or not given.numel():
        return f"torch.randn({shape}{dtype})"
    low, high = given.min().item(), given.max().item()
    if given.dtype.is_floating_point:
        if given.numel() > 1 and low == high and low in (0, 1):
            return f"torch.{'ones' if low else 'zeros'}({shape}{dtype})"
        if low < 0:
            return f"torch.randn({shape}{dtype})"
        return f"torch.rand({shape}{dtype})" + (f" * {high:.3g}" if high > 1 else "")
    tuple_ = f"({shape},)" if given.ndim == 1 else f"({shape})" if given.ndim else "()"
    if low == high:
        return f"torch.full({tuple_}, {low}{dtype})"
    return f"torch.randint({low}, {high + 1}, {tuple_}{dtype})"


def arguments(given: tuple[Any, ...], example: tuple[Any, ...]) -> str:
    """Code for GIVEN, the arguments that a part is traced with; ``example`` where the model has the same one."""
    if len(given) == 1 and len(example) == 1 and _same(given[0], example[0]):
        return "example"
    return value(given[0]) if len(given) == 1 and isinstance(given[0], torch.Tensor) else value(tuple(given))


def _same(one: Any, other: Any) -> bool:
    tensors = isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor)
    return tensors and one.shape == other.shape and one.dtype == other.dtype and bool(torch.equal(one, other))


def places(root: torch.nn.Module) -> dict[torch.nn.Module, tuple[str, ...]]:
    """Where each module of ROOT stands, as code behind the model: ``.blocks[1].attn``; nothing for ROOT itself."""
    found: dict[torch.nn.Module, list[str]] = {}
    for place, module in _walk(root, "", set()):
        found.setdefault(module, []).append(place)
    return {module: tuple(all_) for module, all_ in found.items()}


def _walk(module: torch.nn.Module, place: str, above: set[int]) -> Iterator[tuple[str, torch.nn.Module]]:
    yield place, module
    if id(module) in above:  # a module that holds itself
        return
    for name, child in module._modules.items():
        if child is not None:
            yield from _walk(child, place + _access(module, name), above | {id(module)})


def _access(module: torch.nn.Module, name: str) -> str:
    if isinstance(module, (torch.nn.Sequential, torch.nn.ModuleList)) and name.isdigit():
        return f"[{name}]"
    if isinstance(module, torch.nn.ModuleDict) or not name.isidentifier():
        return f"[{values.literal(name)}]"
    return f".{name}"
