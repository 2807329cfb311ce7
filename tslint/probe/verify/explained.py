"""Differences between a converted program and eager that are no fault of the conversion.

**Ties.** A comparison, argmax, sorting or rounding nearer to a tie than the tolerance may fall either way. Where an output
differs and such a decision was seen, the program is run again with all of them turned; an element that agrees in either
run agrees. Where more than two values are equal there are more orders than two, and such an input decides nothing.

**Random numbers.** Eager and program draw from the same seed. Where they do so in the same order, what they compute can be
compared; an output that differs, and differs again from another seed, is drawn: there is no verdict on it.

**Rounding.** Where an output still differs, program and module are run in float64: if they agree there, the difference was
float32's rounding, magnified by the model, and no conversion's fault. If they do not, but eager itself, in float64, answers as
differently once its inputs are changed in the last digits of a float32, the model magnifies rounding so much that the input
decides nothing.

**Core ML.** Where it is there, its own answers are held against eager (:mod:`tslint.probe.verify.predict`). Ties, random
numbers and rounding can explain a difference of theirs only where the evaluated program differs, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from tslint.probe.evaluate import BrokenProgramError, Graph, Run, Ties, UnevaluableError
from tslint.probe.evaluate.random import KINDS as RANDOM
from tslint.probe.verify.held import FLOAT32, HALF_WEIGHTS, Difference, Tolerance, held

Eager = list[Tensor | float]
"""What eager answers with."""

NOISE = 10.0
"""How many times as far as by eager's own rounding a program may be off, where rounding alone explains that."""

Precise = Callable[[float], Eager]
"""Eager in float64, its inputs changed by so much of their largest element."""

LAST = 2.0**-24
"""The last digits of a float32, which the constants of a program end with."""


class UndecidableError(Exception):
    """An input on which a right program may differ from eager, too: its text says why."""


def differences(
    graph: Graph,
    arguments: list[Tensor],
    eager: Eager,
    core_ml: list[Any] | None,
    precise: Precise,
) -> list[Difference]:
    """Each output of GRAPH for ARGUMENTS, held against what EAGER answers; CORE_ML's own answers where there are some.

    Raises UnevaluableError, BrokenProgramError and UndecidableError.
    """
    tolerance = HALF_WEIGHTS if graph.half else FLOAT32
    if core_ml is not None:
        found = _strictly(graph, eager, core_ml, tolerance)
        if not _wrong(found) or not _wrong(_strictly(graph, eager, Run(graph)(arguments), tolerance)):
            return found
    ties = Ties(turned=True)
    found = _either_way(graph, arguments, eager, Run(graph)(arguments), tolerance, ties)
    if _wrong(found) and graph.kinds() & RANDOM:
        found = _without_drawn(graph, arguments, found)
    if _wrong(found) and not graph.half:
        found = _without_rounding(graph, arguments, precise, found)
    if _wrong(found) and ties.many:
        raise UndecidableError("more than two of the values that it sorts are equal")
    return found


def finite(eager: Eager) -> bool:
    """Whether there is neither infinity nor NaN in what eager answers."""
    return all(bool(torch.isfinite(torch.as_tensor(value)).all()) for value in eager)


def _wrong(found: list[Difference]) -> bool:
    return any(difference.message for difference in found)


def _paired(eager: Eager, values: Sequence[Any]) -> list[tuple[Tensor, Tensor]]:
    """(of the program, of eager): the outputs of both, less what only one of them has; empty where that cannot be paired."""
    tensors = [value for value in values if isinstance(value, Tensor)]  # the label of a classifier is text
    if len(tensors) != len(eager):
        eager = [item for item in eager if isinstance(item, Tensor)]  # numbers are no outputs of a program
    expected = [torch.as_tensor(item) for item in eager]
    return list(zip(tensors, expected, strict=True)) if len(tensors) == len(expected) else []


def _strictly(
    graph: Graph,
    eager: Eager,
    actual: list[Any],
    tolerance: Tolerance,
    turned: Callable[[], list[Tensor]] = list,
) -> list[Difference]:
    """Each output against eager's; the answer of TURNED, which is asked where one differs, is as good."""
    ports = [port for port, value in zip(graph.outputs, actual, strict=True) if isinstance(value, Tensor)]
    pairs = _paired(eager, actual)
    if len(pairs) != len(ports):
        return [Difference("", None, f"the program has {len(ports)} outputs, eager {len(eager)}")]
    others: list[Tensor] | None = None
    found = []
    for position, (port, (value, expected)) in enumerate(zip(ports, pairs, strict=True)):
        difference = held(port.name, expected, [value], tolerance)
        if difference.message and tuple(value.shape) == tuple(expected.shape):
            others = turned() if others is None else others
            other = others[position] if len(others) == len(pairs) else None
            if other is not None and other.shape == value.shape:
                difference = held(port.name, expected, [value, other], tolerance)
        found.append(difference)
    return found


def _either_way(
    graph: Graph,
    arguments: list[Tensor],
    eager: Eager,
    actual: list[Any],
    tolerance: Tolerance,
    ties: Ties,
    precision: torch.dtype = torch.float32,
) -> list[Difference]:
    """Each output of an evaluation against eager's, decisions near a tie taken either way; TIES notes what they were."""

    def turned() -> list[Tensor]:
        try:
            values = Run(graph, ties, precision)(arguments)
        except (UnevaluableError, BrokenProgramError):
            return []
        return [value for value in values if isinstance(value, Tensor)] if ties.seen else []

    return _strictly(graph, eager, actual, tolerance, turned)


def _without_drawn(graph: Graph, arguments: list[Tensor], found: list[Difference]) -> list[Difference]:
    """What was FOUND, in numbers, those marked that another seed changes."""
    one, other = ([v for v in Run(graph, seed=s)(arguments) if isinstance(v, Tensor)] for s in (0, 1))
    if len(found) != len(one) or [value.shape for value in one] != [value.shape for value in other]:
        return found
    return [
        replace(difference, message="", drawn=True)
        if difference.largest is not None and difference.message and not torch.equal(value, again)
        else difference
        for difference, value, again in zip(found, one, other, strict=True)
    ]


def _without_rounding(
    graph: Graph, arguments: list[Tensor], precise: Precise, found: list[Difference]
) -> list[Difference]:
    """What was FOUND without the message of those that are gone in float64; all of them where the module does not run in it."""
    try:
        exact = precise(0.0)
    except Exception:  # the user's module may raise anything, and float32 constants of its own are frequent
        return found
    doubled = [argument.double() if argument.is_floating_point() else argument for argument in arguments]
    try:
        actual = Run(graph, precision=torch.float64)(doubled)
    except (UnevaluableError, BrokenProgramError):
        return found
    again = _either_way(graph, doubled, exact, actual, FLOAT32, Ties(turned=True), torch.float64)
    if len(again) != len(found):
        return found
    left = [
        replace(difference, message="") if not other.message else difference
        for difference, other in zip(found, again, strict=True)
    ]
    if not _wrong(left):
        return left
    try:
        moved = [precise(much * LAST) for much in (1, -1, 3)]
    except Exception:  # a model that takes no number beyond 1, say
        return left
    if _noise(left, exact, moved, actual):
        raise UndecidableError("eager itself answers as differently where its inputs differ in their last digits")
    return left


def _noise(found: list[Difference], exact: Eager, moved: list[Eager], actual: list[Any]) -> bool:
    """Whether each element that differs has MOVED, too, from eager's EXACT answer, and the program's is not much farther off."""
    theirs = _paired(exact, actual)
    others = [[own for own, _ in _paired(exact, other)] for other in moved]
    if len(theirs) != len(found) or any(len(own) != len(found) for own in others):
        return False
    for index, (difference, (value, truth)) in enumerate(zip(found, theirs, strict=True)):
        own = [other[index].double() for other in others]
        value, truth = value.double(), truth.double()
        if not difference.message:
            continue
        if any(tensor.shape != truth.shape or not bool(torch.isfinite(tensor).all()) for tensor in (truth, *own)):
            return False
        apart = torch.stack([(tensor - truth).abs() for tensor in own]).amax(0)
        if value.shape != truth.shape:
            return False
        explained = (value - truth).abs() <= FLOAT32.allowed(
            truth
        ) + NOISE * apart  # never so for a NaN of the program's
        if not bool(explained.all()):
            return False
    return True
