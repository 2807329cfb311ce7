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

What explains a difference without the conversion being wrong is in :mod:`tslint.probe.verify.explained`.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from tslint.evidence import ConversionDiffered
from tslint.probe.evaluate import BrokenProgramError, Graph, Port, UnevaluableError, read
from tslint.probe.subject import Emit, Inputs, Subject
from tslint.probe.values import answer, items_of, map_tensors, tensors_in
from tslint.probe.verify.explained import Eager, UndecidableError, differences, finite
from tslint.probe.verify.held import Difference
from tslint.probe.verify.lowering import Blame, Wrong
from tslint.probe.verify.predict import predicted


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
    undecided = ""
    usual = False
    for inputs in (subject.example, *subject.others):
        arguments = _arguments(graph, inputs)
        if isinstance(arguments, str):
            if inputs is subject.example:
                return Verdict(None, None, arguments)
            continue
        is_example = inputs is subject.example
        expected = _eager(module, inputs) if is_example else _answered(module, inputs, usual)
        if expected is None:
            continue
        usual = usual or (is_example and finite(expected))
        try:
            found_here = _compared(mlmodel, graph, arguments, module, inputs, expected)
        except UndecidableError as error:
            undecided = f"not decided: {error}" if is_example else undecided
            continue
        except UnevaluableError as error:
            return Verdict(False if message else None, largest, message or f"not evaluated: {error}", tuple(tried))
        except BrokenProgramError as error:
            if is_example:  # our mistake as likely as coremltools'
                return Verdict(None, None, f"not evaluated: {error}")
            found_here = [Difference("", None, f"the program fails: {error}")]
        tried.append(inputs.name)
        drawn = next((item.output for item in found_here if item.drawn), drawn)
        for output, apart, text in ((item.output, item.largest, item.message) for item in found_here if not item.drawn):
            largest = apart if largest is None else max(largest, apart or 0.0)
            if text:
                if not message and blame is not None:
                    found = blame(inputs, _tensors(graph, inputs))
                differed = ConversionDiffered(subject.entry, route, inputs.name, output, apart, text)
                for wrong in found if not message else ():
                    emit(_blaming(differed, wrong))
                if not found:
                    emit(differed)
                message = message or (
                    f"{output} differs on {inputs.name}: {text}" if output else f"on {inputs.name} {text}"
                )
    if undecided and not message:  # the others may show what is wrong, but not that the example is right
        return Verdict(None, largest, undecided, tuple(tried))
    if drawn is not None and not message:
        text = f"{drawn} is drawn at random, in another order than eager draws it"
        return Verdict(None, largest, text, tuple(tried))
    return Verdict(not message, largest, message, tuple(tried), tuple(found))


def _blaming(differed: ConversionDiffered, wrong: Wrong) -> ConversionDiffered:
    place, library = (wrong.site.place, wrong.site.library) if wrong.site is not None else (None, None)
    named = replace(differed, op=wrong.op, wrong=wrong.text, dropped=wrong.dropped, place=place, library=library)
    return replace(named, composite=wrong.composite, repro=wrong.repro)


def _tensors(graph: Graph, inputs: Inputs) -> list[Tensor]:
    """INPUTS as a program without the image's own scale and bias takes them."""
    plain = replace(graph, inputs=tuple(replace(port, scale=None) for port in graph.inputs))
    given = _arguments(plain, inputs)
    return given if isinstance(given, list) else []


def _answered(module: torch.nn.Module, inputs: Inputs, usual: bool) -> Eager | None:
    """What eager answers; None where it refuses INPUTS, or they lead it to infinity or NaN, and the example, as USUAL, does not.

    Without gradients some layers take a faster path, with demands of its own.
    """
    try:
        found = _eager(module, inputs)
    except Exception:
        return None
    return found if finite(found) or not usual else None


def _compared(
    mlmodel: Any, graph: Graph, arguments: list[Tensor], module: torch.nn.Module, inputs: Inputs, expected: Eager
) -> list[Difference]:
    """One input through the program, held against what eager answers. Raises what :func:`.explained.differences` raises.

    A state starts as the module's buffer of its name is now: Core ML's zeros are the same only for a module never called.
    """
    if any(port.state for port in graph.inputs):
        buffers = {re.sub(r"\W", "_", name): buffer.detach().clone() for name, buffer in module.named_buffers()}
        graph = replace(graph, states=buffers)

    def precise(moved: float) -> Eager:
        doubled = Inputs(inputs.name, _in_double(inputs.args, moved), _in_double(inputs.kwargs, moved))
        return _eager(copy.deepcopy(module).double(), doubled)

    return differences(graph, arguments, expected, predicted(mlmodel, graph, arguments), precise)


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


def _in_double(value: Any, moved: float) -> Any:
    """VALUE with floats of eight bytes, each MOVED by about so much of the largest one of its tensor (or of 1)."""

    def doubled(tensor: Tensor) -> Tensor:
        if not tensor.is_floating_point():
            return tensor
        drawn = torch.rand(tensor.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
        largest = max(1.0, float(tensor.abs().max())) if tensor.numel() else 1.0
        return tensor.double() + moved * largest * drawn

    return map_tensors(doubled, value)
