"""Which arguments of an operator make a constant of a size: traced with a size in each, one after the other.

The samples are PyTorch's own (``op_db``, for its own tests), and a few calls that stand in none of them. An argument is
baked where no trace that took a size for it holds that size: neither by itself, nor in a list or tuple.
"""

from __future__ import annotations

import inspect
import json
import os
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import torch

MAX_SAMPLES = 15
SIZES = range(1, 9)
"""Numbers that stand in for a size: others would make the tensor that the size is read off too large, or are none."""

Call = tuple[tuple[Any, ...], dict[str, Any]]
"""The arguments of a call."""
Path = tuple[int | str, ...]
"""Where a number stands in a call: the position or keyword of the argument, then its index in a list."""

ONE: dict[str, Callable[..., Any]] = {
    "Tensor": torch.Tensor,
    "FloatTensor": torch.FloatTensor,
    "DoubleTensor": torch.DoubleTensor,
    "LongTensor": torch.LongTensor,
    "tensor": torch.tensor,
    "as_tensor": torch.as_tensor,
    "new": lambda *sizes: torch.ones(2).new(*sizes),
    "new_tensor": lambda size: torch.ones(2).new_tensor(size),
}
"""Calls that ``op_db`` has no samples of."""


def arguments() -> list[str]:
    """``operator <tab> 1:kernel_size 2[]:padding …``: the arguments (from 0) that are baked, ``[]`` those baked in a list."""
    kept: dict[str, dict[str, bool]] = defaultdict(dict)
    torch.set_num_threads(1)  # a fork of a process whose threads ran would hang
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, call, samples in _operators():
            for word, live in _apart(lambda name=name, call=call, samples=samples: _tried(name, call, samples)):
                kept[name][word] = kept[name].get(word, False) or live
        for name, call in ONE.items():
            position = 1 if name.startswith("new") else 0  # a method's tensor is the first
            for word, live in _apart(lambda call=call, position=position: _tried_alone(call, position)):
                kept[name][word] = live
    lines = []
    for name, words in sorted(kept.items()):
        baked = sorted(word for word, live in words.items() if not live)
        if baked:
            lines.append(f"{name}\t{' '.join(baked)}")
    return lines


def _operators() -> Iterator[tuple[str, Callable[..., Any], list[Call]]]:
    """The name by which users call an operator, what is called, and the arguments of calls that take a number."""
    from torch.testing._internal.common_methods_invocations import op_db

    for op in op_db:
        if op.variant_test_name or op.name.startswith(("_", "ops.", "torch.", "jiterator")) or not callable(op.op):
            continue
        if not op.supports_dtype(torch.float32, "cpu"):
            continue
        try:
            found = [
                sample for sample, _ in zip(op.sample_inputs("cpu", torch.float32), range(MAX_SAMPLES), strict=False)
            ]
        except Exception:  # samples that this build of PyTorch cannot make
            continue
        calls = [((sample.input, *sample.args), sample.kwargs) for sample in found]
        calls = [(args, kwargs) for args, kwargs in calls if any(_numbers(args, kwargs))]
        if calls:
            yield op.name, op.op, calls


def _apart(call: Callable[[], Iterator[tuple[str, bool]]]) -> list[tuple[str, bool]]:
    """What CALL yields, in a process of its own: some operators end theirs when they are given a traced size."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        for answer in call():
            os.write(writing, (json.dumps(answer) + "\n").encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answers:
        lines = answers.readlines()
    os.waitpid(child, 0)
    return [(word, live) for word, live in map(json.loads, lines)]


def _tried(name: str, call: Callable[..., Any], samples: list[Call]) -> Iterator[tuple[str, bool]]:
    """For each number among the arguments that can be a size: whether it stays live."""
    for args, kwargs in samples:
        for path in _numbers(args, kwargs):
            word = _word(name, call, path)
            live = _stays_live(call, args, kwargs, path) if word is not None else None
            if word is not None and live is not None:
                yield word, live


def _tried_alone(call: Callable[..., Any], position: int) -> Iterator[tuple[str, bool]]:
    """A size by itself, in a list, and in the first or second place of two."""
    given: dict[str, Callable[[Any], Any]] = {
        f"{position}:data": lambda size: call(size),
        f"{position}[]:data": lambda size: call([size, size]),
        f"{position}:size": lambda size: call(size, 2),
        f"{position + 1}:size": lambda size: call(2, size),
    }
    for word, one in given.items():
        live = _traces_live(one)
        if live is not None:
            yield word, live


def _numbers(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[Path]:
    for key, value in [*enumerate(args), *kwargs.items()]:
        if _is_size(value):
            yield (key,)
        elif isinstance(value, (list, tuple)):
            for index, item in enumerate(value):
                if _is_size(item):
                    yield (key, index)


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value in SIZES


def _stays_live(call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], path: Path) -> bool | None:
    """Whether the trace of a call holds the size that stands at PATH; None where the call cannot be traced so."""
    value = args[path[0]] if isinstance(path[0], int) else kwargs[path[0]]
    number = value[path[1]] if len(path) > 1 else value  # type: ignore[index]

    def sized(size: Any) -> Any:
        given: Any = size
        if len(path) > 1:
            given = type(value)(size if i == path[1] else item for i, item in enumerate(value))
        if isinstance(path[0], int):
            return call(*(given if i == path[0] else a for i, a in enumerate(args)), **kwargs)
        return call(*args, **{k: given if k == path[0] else v for k, v in kwargs.items()})

    return _traces_live(sized, number)


def _traces_live(call: Callable[[Any], Any], number: int = 3) -> bool | None:
    class Model(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> Any:
            found = call(x.size(0))
            return x.sum(), *(t.clone() for t in _flat(found) if isinstance(t, torch.Tensor))

    example = torch.ones(number)
    try:
        traced = torch.jit.trace(Model(), example, check_trace=False)
    except Exception:  # an operator that refuses a traced size
        return None
    return any(node.kind() == "aten::size" for node in traced.inlined_graph.nodes())


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _flat(item)
    else:
        yield value


def _word(name: str, call: Callable[..., Any], path: Path) -> str | None:
    """``1:kernel_size``, with ``[]`` behind the position for a number in a list; None where the argument has no name."""
    brackets = "[]" if len(path) > 1 else ""
    names = _parameters(name, call)
    where = path[0]
    if isinstance(where, int):
        return f"{where}{brackets}:{names[where]}" if where < len(names) else None
    return f"{names.index(where)}{brackets}:{where}" if where in names else f"{brackets}:{where}"


def _parameters(name: str, call: Callable[..., Any]) -> list[str]:
    """The names of the arguments, in order: of the function's own, else of the operator's schema."""
    try:
        parameters = inspect.signature(call).parameters.values()
    except (TypeError, ValueError):
        parameters = None
    if parameters is not None and all(p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters):
        return [p.name for p in parameters]
    schemas = torch._C._jit_get_schemas_for_operator(f"aten::{name.rpartition('.')[2]}")
    return [argument.name for argument in schemas[0].arguments] if schemas else []
