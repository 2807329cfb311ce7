"""Whether a module traces: the trace of one of its calls gives the answers of all the others.

A module that takes or returns something else than tensors cannot be traced by itself, and yet be part of a trace. So it is
called through an adapter: tensors in, tensors out, everything else as it was in the call that is traced.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils import _pytree as pytree

from tslint.probe import values
from tslint.probe.agree import call, first_line, same
from tslint.probe.plan.program import trace
from tslint.probe.script.calls import Call, observe_calls
from tslint.probe.subject import Inputs

MOST_ELEMENTS = 2**28
"""Elements of the calls that are kept of a model's parts; what comes after is not looked at."""

MOST_CALLS = 8
"""Calls of one module that are kept of one run."""


@dataclass(frozen=True)
class Way:
    """How a module is called but for its tensors: calls of one way can share a trace."""

    spec: pytree.TreeSpec
    constants: tuple[str, ...]


class _Adapter(torch.nn.Module):
    """Calls MODULE with tensors alone, in the places where ONE had them, and answers with the tensors of the answer."""

    def __init__(self, module: torch.nn.Module, one: Call) -> None:
        super().__init__()
        self.module = module
        self.training = module.training
        self.leaves, self.spec = pytree.tree_flatten((one.args, one.kwargs))

    def forward(self, *tensors: torch.Tensor) -> Any:
        given = iter(tensors)
        leaves = [next(given) if isinstance(leaf, torch.Tensor) else leaf for leaf in self.leaves]
        args, kwargs = pytree.tree_unflatten(leaves, self.spec)
        return tuple(values.tensors_in(self.module(*args, **kwargs)))


def calls_below(
    module: torch.nn.Module, calls: Sequence[Call], wanted: set[torch.nn.Module]
) -> dict[torch.nn.Module, list[Call]]:
    """The calls of each of WANTED while MODULE answers CALLS again; those of a call that fails are left out."""
    found: dict[torch.nn.Module, list[Call]] = {}
    held = 0
    for one in calls if wanted else ():
        try:
            seen = observe_calls(module, Inputs("", one.args, one.kwargs), MOST_CALLS, wanted)
        except Exception:
            continue
        for part, part_calls in seen.items():
            found.setdefault(part, []).extend(part_calls)
            held += sum(tensor.numel() for item in part_calls for tensor in values.tensors_in([item.args, item.output]))
        if held > MOST_ELEMENTS:
            break
    return found


def unfaithful(module: torch.nn.Module, calls: Sequence[Call]) -> str:
    """Why traces of MODULE do not answer CALLS as it did, in a few words; empty where they do."""
    for group in _by_way(calls):
        first = group[0]
        tensors = _tensors(first)
        if not tensors or not any(True for _ in values.tensors_in(first.output)):
            continue  # nothing that a trace would hold
        adapter = _Adapter(module, first)
        try:
            program = trace(adapter, Inputs("", tensors))
        except Exception as error:
            return first_line(error)
        for one in group:
            if _numbers(one.output) != _numbers(first.output):
                return "answers with other Python values on another input"
            try:
                actual = call(program, Inputs("", _tensors(one)), module)
            except Exception as error:
                return first_line(error)
            if not same(tuple(values.tensors_in(one.output)), actual):
                return "its trace differs from eager on another input"
    return ""


def _by_way(calls: Iterable[Call]) -> Iterator[list[Call]]:
    groups: dict[Way, list[Call]] = {}
    for one in calls:
        leaves, spec = pytree.tree_flatten((one.args, one.kwargs))
        constants = tuple("tensor" if isinstance(leaf, torch.Tensor) else _constant(leaf) for leaf in leaves)
        groups.setdefault(Way(spec, constants), []).append(one)
    yield from groups.values()


def _constant(leaf: Any) -> str:
    return repr(leaf) if isinstance(leaf, (bool, int, float, str, type(None))) else type(leaf).__qualname__


def _tensors(one: Call) -> tuple[torch.Tensor, ...]:
    return tuple(leaf for leaf in pytree.tree_leaves((one.args, one.kwargs)) if isinstance(leaf, torch.Tensor))


def _numbers(output: Any) -> list[Any]:
    return [item for _, item in values.items_of(output) if isinstance(item, (bool, int, float, str))]
