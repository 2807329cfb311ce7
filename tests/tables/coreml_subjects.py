"""What is tried on coremltools: functions, methods, operators and layers of PyTorch by the names that users call, with samples.

Samples come from PyTorch's own test data (``op_db``, ``module_db``); what these lack gets arguments made from its signature.
"""

from __future__ import annotations

import contextlib
import inspect
import math
import random
import warnings
from collections.abc import Iterator
from typing import Any

import torch
import torch.nn as nn
from coreml_arguments import Parameter, Sample, bound, callee, parameters, resolved, token
from torch.utils import _pytree as pytree
from torchscript import default_arguments

HOMES = ("torch", "torch.nn.functional", "torch.linalg", "torch.special", "torch.fft")
"""Where functions are looked for; a method is ``Tensor.NAME``, an operator of Python's ``operator.NAME``."""
OPERATORS = (
    *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and_", "or_", "xor", "lshift", "rshift"),
    *("eq", "ne", "lt", "le", "gt", "ge", "neg", "invert", "abs", "pos"),
)
PRIVATE = (
    "_",
    "is_",
    "set_",
    "get_",
    "sym_",
    "register_",
    "quantize",
    "fake_quantize",
    "retain_",
    "requires_",
    "share_",
    "module_",
)
UNTOLD = frozenset({"item", "tolist", "numpy", "backward", "to_sparse", "compile", "load", "save", "jiterator_unary"})
SHAPES = ((2, 4, 8, 8), (2, 4, 8), (4, 4), (4,), (2, 4, 4, 8, 8))
SAME_DATA = {"torch.nn.functional.interpolate": "torch.nn.functional.upsample"}
"""Functions that take what another does, and have no test data of their own."""
MORE: dict[str, tuple[Sample, ...]] = {
    "torch.nn.functional.interpolate": tuple(
        Sample((torch.rand(1, 2, 8, 8), size), {"mode": mode, "align_corners": True, "antialias": antialias})
        for size in ((4, 4), (5, 6))
        for mode in ("bilinear", "bicubic")
        for antialias in (False, True)
    ),
}
"""Samples that the test data lack: a flag that only some words of another argument can have."""
MOST = 8
"""Samples of one callable, each unlike the others in the kinds of its arguments."""
OTHERS: dict[str, tuple[Any, ...]] = {
    "reduction": ("none", "mean", "sum"),
    "padding_mode": ("zeros", "reflect", "replicate", "circular", "border", "reflection"),
    "mode": ("constant", "reflect", "replicate", "circular", "nearest", "nearest-exact", "area", "linear", "bilinear", "bicubic",
             "trilinear"),
    "rounding_mode": (None, "floor", "trunc"),
    "approximate": ("none", "tanh"),
    "memory_format": (),
    "dtype": (),
}  # fmt: skip
"""Values that an argument of this name can have; what eager does not take is not counted."""


# -- names and their samples -------------------------------------------------------------------------------------------------


def subjects() -> dict[str, list[str]]:
    """Every name to be tried → the names that call the same op otherwise, for which a few of its samples are enough."""
    from torch.testing._internal.common_methods_invocations import op_db
    from torch.testing._internal.common_modules import module_db

    mains = {main for info in op_db for main in _named(info.name)[:1]}
    found: dict[str, list[str]] = {}
    seen: set[str] = set()
    for info in op_db:
        names = [name for alias in (info, *info.aliases) for name in _named(alias.name)]
        names += [f"{name}_" for name in names if resolved(f"{name}_")]
        if names and names[0] not in seen:
            found[names[0]] = [n for n in dict.fromkeys(names[1:]) if n not in seen and n not in mains]
            seen.update(names[:1], found[names[0]])
    for name, other in SAME_DATA.items():
        found[name].append(other)
        seen.add(other)
    found |= {f"torch.nn.{info.module_cls.__name__}": [] for info in module_db}
    seen |= set(found)
    found |= {name: [] for name in _everything() if name not in seen}
    return found


def _named(name: str) -> list[str]:
    """The names by which users call an op of PyTorch's test data: its own, else the method; then other homes."""
    space, _, last = name.rpartition(".")
    if space and f"torch.{space}" not in HOMES:
        return []
    candidates = [f"torch.{name}", f"Tensor.{last}", *(f"{home}.{last}" for home in HOMES)]
    known = [c for c in dict.fromkeys(candidates) if c.rpartition(".")[0] in (*HOMES, "Tensor") and "._" not in c]
    return [c for c in known if resolved(c) is not None and not isinstance(resolved(c), type)]


def _everything() -> Iterator[str]:
    """What the homes, tensors, layers and Python's operators offer besides."""
    yield from (f"operator.{name}" for name in OPERATORS)
    spaces: list[tuple[str, Any]] = [("Tensor", torch.Tensor)]
    spaces += [(home, resolved(f"{home}") or torch) for home in HOMES[:1]]
    spaces += [(home, _space(home)) for home in HOMES[1:]]
    for space, owner in spaces:
        for name in sorted(dir(owner)):
            value = getattr(owner, name, None)
            if name.startswith(PRIVATE) or name in UNTOLD or not name[:1].islower():
                continue
            if inspect.isroutine(value) and _takes_tensor(f"{space}.{name}"):
                yield f"{space}.{name}"
    for name in sorted(dir(nn)):
        value = getattr(nn, name)
        if isinstance(value, type) and issubclass(value, nn.Module):
            yield f"torch.nn.{name}"


def _takes_tensor(name: str) -> bool:
    try:
        return any(known and known[0].name in ("self", "input") for known in parameters(name))
    except (TypeError, ValueError, RuntimeError):
        return False


def _space(name: str) -> Any:
    value: Any = torch
    for part in name.split(".")[1:]:
        value = getattr(value, part)
    return value


def samples(name: str, main: str | None = None) -> list[Sample]:
    """At most MOST samples of NAME (a layer, or an op whose test data are those of MAIN) that differ in kind."""
    torch.manual_seed(0)
    random.seed(0)
    distinct: dict[object, Sample] = {}
    for sample in _all_samples(main or name):
        known = bound(main or name, sample)
        tensors = [t for t in pytree.tree_leaves((sample.args, sample.kwargs)) if isinstance(t, torch.Tensor)]
        ranks = tuple(t.dim() for t in tensors[:1])
        key = (ranks, tuple((n, token(v)) for n, (_, v) in sorted(known.items()))) if known else len(distinct)
        if key not in distinct and _usual(tensors) and _runs(main or name, sample):
            distinct[key] = sample
        if len(distinct) >= 4 * MOST:
            break
    chosen = list(distinct.values())
    return [*chosen[:: max(1, len(chosen) // MOST)][:MOST], *MORE.get(main or name, ())]


def _runs(name: str, sample: Sample) -> bool:
    copied = pytree.tree_map_only(torch.Tensor, torch.clone, (sample.args, sample.kwargs))
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            callee(name, sample)(*copied[0], **copied[1])
    except Exception:
        return False
    return True


def _usual(tensors: list[torch.Tensor]) -> bool:
    """Core ML has no scalars, no empty tensors and no rank above 5: what fails there fails for that."""
    if not tensors or any(t.dtype.is_complex or t.layout is not torch.strided for t in tensors):
        return not tensors
    return 1 <= tensors[0].dim() <= 5 and all(t.numel() > 0 for t in tensors)


def _all_samples(name: str) -> Iterator[Sample]:
    value = resolved(name)
    if isinstance(value, type):
        yield from _layer_samples(value)
    elif name.startswith("operator."):
        yield from _operator_samples()
    else:
        found = False
        for sample in _op_samples(name):
            found = True
            yield sample
        if not found:
            yield from _made(name)


def _op_samples(name: str) -> Iterator[Sample]:
    from torch.testing._internal.common_methods_invocations import op_db

    for info in op_db:
        if next(iter(_named(info.name)), None) != name:
            continue
        for dtype in (torch.float32, torch.int64, torch.bool):
            if info.supports_dtype(dtype, "cpu"):
                with contextlib.suppress(Exception):
                    for sample in info.sample_inputs("cpu", dtype, requires_grad=False):
                        yield Sample((sample.input, *sample.args), dict(sample.kwargs))
                break


def _layer_samples(cls: type[nn.Module]) -> Iterator[Sample]:
    from torch.testing._internal.common_modules import module_db

    for info in module_db:
        if info.module_cls is not cls:
            continue
        given = info.module_inputs_func(info, device="cpu", dtype=torch.float32, requires_grad=False, training=False)
        for one in given:
            if one.forward_input is not None:
                built = (one.constructor_input.args, one.constructor_input.kwargs)
                yield Sample(one.forward_input.args, one.forward_input.kwargs, built)
        return
    arguments = default_arguments(cls.__name__)
    for shape in SHAPES if arguments is not None else ():
        for count in (1, 2, 3):
            yield Sample(tuple(torch.rand(shape) for _ in range(count)), {}, (arguments, {}))
            yield Sample(tuple(torch.randint(0, 4, shape) for _ in range(count)), {}, (arguments, {}))


def _operator_samples() -> Iterator[Sample]:
    numbers: list[Any] = [torch.rand(2, 3, 3), torch.rand(3, 3), 2.0, 2]
    whole: list[Any] = [torch.randint(1, 5, (3, 3)), torch.randint(1, 5, (3, 3)), 2]
    flags: list[Any] = [torch.rand(3, 3) > 0.5, torch.rand(3, 3) > 0.5, True]
    for kind in (numbers, whole, flags):
        yield Sample((kind[0],))
        for other in kind[1:]:
            yield Sample((kind[0], other))


def _made(name: str) -> Iterator[Sample]:
    """Arguments after the signature: tensors of one shape after the other, small numbers."""
    for known in parameters(name):
        needed = [p for p in known if p.default is inspect.Parameter.empty]
        for shape in SHAPES if len(needed) <= 6 else ():
            for number in (1, 2):
                yield Sample((torch.rand(shape), *(_value(p, shape, number) for p in needed[1:])))
            for value in (1, (0, 1), (2, 2)) if len(needed) == 2 else ():
                yield Sample((torch.rand(shape), value))


def _value(parameter: Parameter, shape: tuple[int, ...], number: int) -> Any:
    if parameter.type.startswith("List[int"):
        return (number, number)
    if parameter.type in ("int", "bool"):
        return number
    return float(number) / 4 if parameter.type in ("float", "number") else torch.rand(shape)


def variations(name: str, known: list[Sample]) -> Iterator[Sample]:
    """The samples with one argument changed at a time: flags both ways, words, and whole numbers for floats and back."""
    met: dict[str, dict[str, Any]] = {}
    for sample in known:
        for parameter, (_, value) in bound(name, sample).items():
            met.setdefault(parameter, {}).setdefault(token(value), value)
    for parameter, values in met.items():
        wanted = dict(values) if not {"tensor", "object"} & set(values) else {}
        if "True" in values or "False" in values:
            wanted |= {"True": True, "False": False}
        if any(isinstance(value, str) for value in values.values()) or parameter in OTHERS:
            wanted |= {repr(v): v for v in OTHERS.get(parameter, ())}
        if "int" in values and "float" not in values:
            wanted["float"] = float(values["int"])
        if "float" in values and "int" not in values:
            wanted["int"] = whole(values["float"])
        if "tensor" in values and values.keys() <= {"tensor", "None"}:
            wanted |= {"int": 2, "float": 0.5}
        for word, value in wanted.items():
            if word in ("tuple", "object", "tensor"):
                continue
            changed = 0
            for sample in known:
                position, before = bound(name, sample).get(parameter, (0, None))
                if token(before) != word and position > 0 - (sample.built is not None) and changed < 2:
                    changed += 1
                    yield sample.changed(parameter, position, value)


def whole(value: float) -> int:
    """A whole number near VALUE that is not 0."""
    if not math.isfinite(value):
        return 1
    return round(value) or (-1 if value < 0 else 1)
