"""Holds a converted Core ML program against the eager module, by evaluating it (:mod:`tslint.probe.evaluate`).

May evaluate, and report differences as evidence; may not convert, and may not change the module (its buffers are put back
after every call).

**The verdict is float32's.** A program converted with ``compute_precision=FLOAT32`` is held to rtol 1e-3 and atol 1e-4,
plus 1e-5 of the output's largest element: float32 sums of different order differ by that much where large terms cancel.
In a program converted to float16, casts to float16 are ignored and the arithmetic is float32, but its weights and
constants are rounded already; it is held to rtol 1e-2, atol 1e-3 and 1e-2 of the output's largest element, which finds a
wrong lowering but not a slightly wrong constant. Convert to float32 for a verdict worth having.

**Images.** In an ML program coremltools puts an ImageType's scale and bias at the top of the program, as `mul` and `add`
on the pixels (pass ``mil_backend::insert_image_preprocessing_ops``). What the example inputs hold is what the network takes
after them, so the program is fed ``(input - bias) / scale``, which its first two ops undo.

**Ties.** A comparison, argmax, sorting or rounding nearer to a tie than the tolerance may fall either way. Where an output
differs and such a decision was seen, the program is run again with all of them turned; an element that agrees in either
run agrees.

**Random numbers.** Eager and program draw from the same seed. Where they do so in the same order, what they compute can be
compared; an output that differs, and differs again from another seed, is drawn: there is no verdict on it.

**Core ML.** Where it is there, its own answers are held against eager (:mod:`tslint.probe.predict`). Ties, random numbers and
rounding can explain a difference of theirs only where the evaluated program differs, too.

**Rounding.** Where an output still differs, program and module are run in float64: if they agree there, the difference was
float32's rounding, magnified by the model, and no conversion's fault.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from tslint.evidence import ConversionDiffered
from tslint.probe.evaluate import BrokenProgramError, Graph, Port, Run, Ties, UnevaluableError, read
from tslint.probe.evaluate.random import KINDS as RANDOM
from tslint.probe.held import FLOAT32, HALF_WEIGHTS, Difference, Tolerance, held
from tslint.probe.lowering import Blame, Wrong
from tslint.probe.predict import predicted
from tslint.probe.subject import Emit, Inputs, Subject
from tslint.probe.values import answer, items_of, map_tensors, tensors_in


@dataclass(frozen=True)
class Verdict:
    """``verified`` is True, False, or None where the program could not be evaluated, with ``message`` saying why.

    ``difference`` is the largest one from eager over all inputs tried, None where there was none to measure (or it is
    infinite). ``tried`` names the inputs.
    """

    verified: bool | None
    difference: float | None
    message: str
    tried: tuple[str, ...] = ()
    wrong: tuple[Wrong, ...] = ()
    """The ops to blame, where that was asked."""


def verify(
    mlmodel: Any, subject: Subject, module: torch.nn.Module, emit: Emit, route: str, blame: Blame | None = None
) -> Verdict:
    """Runs what ``ct.convert`` returned and MODULE on SUBJECT's inputs, as far as the program takes their shapes.

    Emits a ConversionDiffered an output and input that differ, or one for each op that BLAME finds on the first such input.
    Raises nothing for what the program does.
    """
    try:
        graph = read(mlmodel)
    except ValueError as error:
        return Verdict(None, None, str(error))
    tried: list[str] = []
    largest: float | None = None
    message = ""
    found: list[Wrong] = []
    drawn: str | None = None
    for inputs in (subject.example, *subject.others):
        arguments = _arguments(graph, inputs)
        if isinstance(arguments, str):
            if inputs is subject.example:
                return Verdict(None, None, arguments)
            continue
        if inputs is not subject.example and not _accepted(module, inputs):
            continue
        try:
            differences = _compared(mlmodel, graph, arguments, module, inputs)
        except UnevaluableError as error:
            return Verdict(False if message else None, largest, message or f"not evaluated: {error}", tuple(tried))
        except BrokenProgramError as error:
            if inputs is subject.example:  # our mistake as likely as coremltools'
                return Verdict(None, None, f"not evaluated: {error}")
            differences = [Difference("", None, f"the program fails: {error}")]
        tried.append(inputs.name)
        drawn = next((item.output for item in differences if item.drawn), drawn)
        for output, apart, text in (
            (item.output, item.largest, item.message) for item in differences if not item.drawn
        ):
            largest = apart if largest is None else max(largest, apart or 0.0)
            if text:
                if not message and blame is not None:
                    found = blame(inputs, _tensors(graph, inputs))
                differed = ConversionDiffered(subject.entry, route, inputs.name, output, apart, text)
                for wrong in found if not message else ():
                    site = wrong.site
                    placed = replace(differed, place=site.place, library=site.library)
                    emit(replace(placed, op=wrong.op, wrong=wrong.text, composite=wrong.composite, repro=wrong.repro))
                if not found:
                    emit(differed)
                message = message or (
                    f"{output} differs on {inputs.name}: {text}" if output else f"on {inputs.name} {text}"
                )
    if drawn is not None and not message:
        text = f"{drawn} is drawn at random, in another order than eager draws it"
        return Verdict(None, largest, text, tuple(tried))
    return Verdict(not message, largest, message, tuple(tried), tuple(found))


def _tensors(graph: Graph, inputs: Inputs) -> list[Tensor]:
    """INPUTS as a program without the image's own scale and bias takes them."""
    plain = replace(graph, inputs=tuple(replace(port, scale=None) for port in graph.inputs))
    given = _arguments(plain, inputs)
    return given if isinstance(given, list) else []


def _accepted(module: torch.nn.Module, inputs: Inputs) -> bool:
    """Whether eager takes INPUTS without gradients, too: some layers take a faster path then, with demands of its own."""
    try:
        _eager(module, inputs)
    except Exception:
        return False
    return True


def _compared(
    mlmodel: Any, graph: Graph, arguments: list[Tensor], module: torch.nn.Module, inputs: Inputs
) -> list[Difference]:
    """One input through both. Raises UnevaluableError and BrokenProgramError.

    A state starts as the module's buffer of its name is now: Core ML's zeros are the same only for a module never called.
    """
    if any(port.state for port in graph.inputs):
        buffers = {re.sub(r"\W", "_", name): buffer.detach().clone() for name, buffer in module.named_buffers()}
        graph = replace(graph, states=buffers)
    expected = _eager(module, inputs)
    tolerance = HALF_WEIGHTS if graph.half else FLOAT32
    theirs = predicted(mlmodel, graph, arguments)
    if theirs is not None:
        differences = _strictly(graph, expected, theirs, tolerance)
        if not _wrong(differences) or not _wrong(_strictly(graph, expected, Run(graph)(arguments), tolerance)):
            return differences
    differences = _differences(graph, arguments, expected, Run(graph)(arguments), tolerance)
    if not _wrong(differences):
        return differences
    if graph.kinds() & RANDOM:
        differences = _without_drawn(graph, arguments, differences)
    if graph.half:
        return differences
    return _without_rounding(graph, arguments, module, inputs, differences)


def _wrong(differences: list[Difference]) -> bool:
    return any(difference.message for difference in differences)


def _without_drawn(graph: Graph, arguments: list[Tensor], differences: list[Difference]) -> list[Difference]:
    """DIFFERENCES in numbers, those marked that another seed changes."""
    one, other = ([v for v in Run(graph, seed=s)(arguments) if isinstance(v, Tensor)] for s in (0, 1))
    if len(differences) != len(one) or [value.shape for value in one] != [value.shape for value in other]:
        return differences
    return [
        replace(difference, message="", drawn=True)
        if difference.largest is not None and difference.message and not torch.equal(value, again)
        else difference
        for difference, value, again in zip(differences, one, other, strict=True)
    ]


# -- inputs ----------------------------------------------------------------------------------------------------------


def _arguments(graph: Graph, inputs: Inputs) -> list[Tensor] | str:
    """INPUTS as the program takes them, or in a few words why it does not."""
    ports = [port for port in graph.inputs if not port.state]
    given = list(tensors_in(inputs.args))
    given += tensors_in(_in_order(inputs.kwargs, [port.name for port in ports[len(given) :]]))
    if len(given) != len(ports):
        return f"the program takes {len(ports)} inputs, {inputs.name} has {len(given)} tensors"
    for tensor, port in zip(given, ports, strict=True):
        if not _fits(list(tensor.shape), port):
            return f"the program's input `{port.name}` does not take shape {tuple(tensor.shape)}"
    return [_prepared(tensor.detach(), port) for tensor, port in zip(given, ports, strict=True)]


def _in_order(keywords: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """Keyword arguments in the order of the program's inputs, which bear the parameters' names (``mask``, ``mask_1``) unless
    the conversion gave them others; those come as they are."""

    def position(keyword: str) -> int:
        for index, name in enumerate(names):
            if name == keyword or re.fullmatch(re.escape(keyword) + r"_\d+", name):
                return index
        return len(names)

    return {keyword: keywords[keyword] for keyword in sorted(keywords, key=position)}


def _fits(shape: list[int], port: Port) -> bool:
    if port.shapes and tuple(shape) not in port.shapes:
        return False
    if len(shape) != len(port.shape):
        # A scalar becomes a tensor of one element.
        return not shape and port.shape == (1,)
    for size, allowed in zip(shape, port.shape, strict=True):
        low, high = (allowed, allowed) if isinstance(allowed, int) else allowed
        if size < low or (high is not None and size > high):
            return False
    return True


def _prepared(tensor: Tensor, port: Port) -> Tensor:
    if not tensor.ndim and port.shape == (1,):
        tensor = tensor.reshape(1)
    if port.scale is None:
        return tensor
    scale, bias = (_of_channels(value, tensor.ndim) for value in (port.scale, port.bias))
    return (tensor.to(torch.float32) - bias) / scale


def _of_channels(value: float | tuple[float, ...], rank: int) -> Tensor:
    numbers = torch.tensor(value, dtype=torch.float32)
    return numbers.reshape([-1, 1, 1] if rank == 3 else [1, -1, 1, 1]) if numbers.ndim else numbers


def _eager(module: torch.nn.Module, inputs: Inputs) -> list[Tensor | float]:
    """What the module answers. Sizes among it are outputs of a trace (it holds them as tensors), other numbers are not."""
    with torch.no_grad(), _untouched(module):
        items = [item for _, item in items_of(answer(module, inputs))]
    return [
        item.detach() if isinstance(item, Tensor) else item for item in items if isinstance(item, (Tensor, int, float))
    ]


@contextmanager
def _untouched(module: torch.nn.Module) -> Iterator[None]:
    """Puts back what a call writes into MODULE's buffers."""
    kept = [(buffer, buffer.detach().clone()) for buffer in module.buffers()]
    try:
        yield
    finally:
        for buffer, value in kept:
            if not torch.equal(buffer, value):
                buffer.detach().copy_(value)


# -- outputs ---------------------------------------------------------------------------------------------------------


def _strictly(
    graph: Graph,
    wanted: list[Tensor | float],
    actual: list[Any],
    tolerance: Tolerance,
    turned: Callable[[], list[Tensor]] = list,
) -> list[Difference]:
    """Each output against eager's; the answer of TURNED, which is asked where one differs, is as good."""
    ports = [port for port, value in zip(graph.outputs, actual, strict=True) if isinstance(value, Tensor)]
    values = [value for value in actual if isinstance(value, Tensor)]  # the label of a classifier is text
    if len(values) != len(wanted):
        wanted = [item for item in wanted if isinstance(item, Tensor)]
    expected = [torch.as_tensor(item) for item in wanted]
    if len(values) != len(expected):
        return [Difference("", None, f"the program has {len(values)} outputs, eager {len(expected)}")]
    others: list[Tensor] | None = None
    result = []
    for position, (port, value, eager) in enumerate(zip(ports, values, expected, strict=True)):
        difference = held(port.name, eager, [value], tolerance)
        if difference.message and tuple(value.shape) == tuple(eager.shape):
            others = turned() if others is None else others
            other = others[position] if len(others) == len(values) else None
            if other is not None and other.shape == value.shape:
                difference = held(port.name, eager, [value, other], tolerance)
        result.append(difference)
    return result


def _differences(
    graph: Graph,
    arguments: list[Tensor],
    wanted: list[Tensor | float],
    actual: list[Any],
    tolerance: Tolerance,
    precision: torch.dtype = torch.float32,
) -> list[Difference]:
    """Each output of an evaluation against eager's, decisions near a tie taken either way."""
    return _strictly(graph, wanted, actual, tolerance, lambda: _turned(graph, arguments, precision))


def _without_rounding(
    graph: Graph, arguments: list[Tensor], module: torch.nn.Module, inputs: Inputs, differences: list[Difference]
) -> list[Difference]:
    """DIFFERENCES without the message of those that are gone in float64; all of them where the module does not run in it."""
    try:
        precise = copy.deepcopy(module).double()
        expected = _eager(precise, Inputs(inputs.name, _in_double(inputs.args), _in_double(inputs.kwargs)))
    except Exception:  # the user's module may raise anything, and float32 constants of its own are frequent
        return differences
    doubled = [argument.double() if argument.is_floating_point() else argument for argument in arguments]
    try:
        actual = Run(graph, precision=torch.float64)(doubled)
    except (UnevaluableError, BrokenProgramError):
        return differences
    again = _differences(graph, doubled, expected, actual, FLOAT32, torch.float64)
    if len(again) != len(differences):
        return differences
    return [
        replace(difference, message="") if not exact.message else difference
        for difference, exact in zip(differences, again, strict=True)
    ]


def _in_double(value: Any) -> Any:
    return map_tensors(lambda tensor: tensor.double() if tensor.is_floating_point() else tensor, value)


def _turned(graph: Graph, arguments: list[Tensor], precision: torch.dtype) -> list[Tensor]:
    """The tensors of a run in which every decision near a tie is the other one; none where there was no such decision."""
    ties = Ties(turned=True)
    try:
        values = Run(graph, ties, precision)(arguments)
    except (UnevaluableError, BrokenProgramError):
        return []
    return [value for value in values if isinstance(value, Tensor)] if ties.seen else []
