"""The export route: `torch.export.export`, `ct.convert` past what it refuses, and that taken apart by PyTorch's decompositions.

Relies, beyond :mod:`tslint.probe.convert.recover`, on ``internal_graph._TORCH_OPS_REGISTRY`` (asked there only whether it holds a
name) and on ``InternalTorchIRNode.from_exir_node`` (tried with coremltools 9.0).
"""

from __future__ import annotations

import collections
import inspect
import itertools
import re
from collections.abc import Callable, Collection
from typing import Any

import torch
from torch.utils import _pytree as pytree

from tslint.evidence import OpsCounted, OpSite
from tslint.probe import values
from tslint.probe.agree import call, copied, quiet, same
from tslint.probe.compare.variations import Variator
from tslint.probe.convert import coreml
from tslint.probe.convert.convert import Conversion, concluded
from tslint.probe.convert.placeholder import Observation, Shape
from tslint.probe.convert.recover import Failure, Recovery
from tslint.probe.sites import Frame, locate
from tslint.probe.subject import Emit, Inputs, Subject, called, seed
from tslint.request import Request

Axis = tuple[int, int]
"""(index of the tensor among the flattened inputs, dimension)"""


ROUNDS = 6
"""Times that a program is taken apart further because ops of a decomposition do not convert."""


class NarrowError(Exception):
    """The exported program does not serve inputs that it has to: its text says in a few words which."""


def export(
    subject: Subject, request: Request, module: torch.nn.Module, axes: Collection[Axis], emit: Emit
) -> tuple[Any, Conversion]:
    """Exports and converts MODULE for any size of AXES, and for the example's own of all others.

    Raises what `torch.export` raises, and NarrowError; what coremltools refuses is the conversion's. Where it converts once
    PyTorch has taken that apart, the answer is that conversion, and the program as it is then.
    """
    program = exported(subject, module, axes)
    if axes:
        _hold(subject, module, program, axes)
    counted = collections.Counter(_op(node) for node in _calls(program))
    emit(OpsCounted(subject.entry, "export", {op: n for op, n in sorted(counted.items()) if "::" in op}))
    recovery, model, error = _tried(subject, request, program)
    if error is None and not recovery.failures:
        return program, Conversion("works", model)
    apart = _apart(subject, request, program, recovery)
    said = concluded(
        subject, "export", recovery, model, error, _Origins(subject), emit, request, apart[1] if apart else ()
    )
    return (apart[0], Conversion("works", apart[2], decomposed=apart[1])) if apart else (program, said)


def _apart(
    subject: Subject, request: Request, program: Any, recovery: Recovery
) -> tuple[Any, tuple[str, ...], Any] | None:
    """PROGRAM with what failed in RECOVERY taken apart, the ops that are, and what it converts to; None where it does not."""
    known: dict[Any, Any] = getattr(torch.export, "default_decompositions", dict)()  # from torch 2.6 on
    taken: dict[Any, Any] = {}
    for _ in range(ROUNDS):
        targets = {failure.node.target for failure in recovery.failures if failure.node is not None}
        if not targets or not targets <= set(known) - set(taken):
            return None
        taken |= {target: known[target] for target in targets}
        try:
            with quiet(), torch.no_grad():
                program = program.run_decompositions(dict(taken))
            recovery, model, error = _tried(subject, request, program)
        except Exception:  # a decomposition that does not serve this program
            return None
        if error is None and not recovery.failures:
            return program, tuple(sorted(map(str, taken))), model
    return None


def _calls(program: Any) -> list[Any]:
    return [node for node in program.graph.nodes if node.op == "call_function"]


def _tried(subject: Subject, request: Request, program: Any) -> tuple[Recovery, Any, Exception | None]:
    """One conversion of PROGRAM: what it met, the model and the error."""
    ct = coreml.load()
    calls = _calls(program)
    recovery = _ExportRecovery(lambda *_: Observation({node.name: _seen(node.meta.get("val")) for node in calls}))
    model, error = None, None
    with coreml.calm(), coreml.kept(program), recovery.watching():
        try:
            arguments = coreml.arguments(ct, subject, request, program, float32=request.verify)
            if subject.ranges and arguments.get("inputs") is None:
                arguments["inputs"] = _input_types(ct, subject, program)
            model = ct.convert(program, **arguments)
        except Exception as raised:
            error = raised
    return recovery, model, error


def exported(subject: Subject, module: torch.nn.Module, axes: Collection[Axis] = ()) -> Any:
    """`torch.export.export` of MODULE, in core ATen ops: as the file itself exports it, else for any size of AXES.

    Exporting fixes every size of 0 or 1, so one of the further inputs may serve it better than the example.
    """
    if subject.author_route == "export":
        return _decomposed(module, subject.example, {"strict": False, **subject.export_options})
    variator = Variator(subject)
    for inputs in (subject.example, *subject.others):
        shapes = [tensor.shape for tensor in values.tensors_in([inputs.args, inputs.kwargs])]
        if set(variator.changed(inputs)) <= set(axes) and all(shapes[index][axis] > 1 for index, axis in axes):
            break
    else:
        inputs = subject.example
    dynamic = _dynamic(module, tuple(inputs.args), dict(inputs.kwargs), axes)
    return _decomposed(module, inputs, {"dynamic_shapes": dynamic, "strict": False})


def _decomposed(module: torch.nn.Module, inputs: Inputs, options: dict[str, Any]) -> Any:
    args, kwargs = copied(tuple(inputs.args)), copied(dict(inputs.kwargs))
    seed()
    with quiet(), torch.no_grad():
        return torch.export.export(module, args, kwargs, **options).run_decompositions({})


def _dynamic(module: torch.nn.Module, args: Any, kwargs: Any, axes: Collection[Axis]) -> Any:
    """What ``dynamic_shapes`` takes: AXES left to the exporter, which fixes those that the code does not keep."""
    automatic = getattr(torch.export.Dim, "AUTO", None)  # from torch 2.6 on
    if not axes or automatic is None:
        return None
    count = itertools.count()

    def described(leaf: Any) -> Any:
        if not isinstance(leaf, torch.Tensor):
            return None
        index = next(count)
        return {axis: automatic for tensor, axis in axes if tensor == index} or None

    found, named = pytree.tree_map(described, (args, kwargs))
    return dict(inspect.signature(called(module)).bind(*found, **named).arguments)


def _hold(subject: Subject, module: torch.nn.Module, exported: Any, axes: Collection[Axis]) -> None:
    """Raises NarrowError for an input that changes AXES alone, or values, and is not served as eager serves it."""
    variator, program = Variator(subject), exported.module()
    within = [inputs for inputs in subject.others if set(variator.changed(inputs)) <= set(axes)]
    for inputs in (subject.example, *within[:8]):
        expected = call(module, inputs)
        try:
            actual = call(program, inputs, module)
        except Exception as error:
            raise NarrowError(f"the exported program refuses {inputs.name}") from error
        if not same(expected, actual):
            raise NarrowError(f"differs from eager on {inputs.name}")


def _input_types(ct: Any, subject: Subject, exported: Any) -> list[Any]:
    """The example's tensors with the user's ranges, under the names of the exported program's inputs."""
    tensors = list(values.tensors_in([subject.example.args, subject.example.kwargs]))
    types = coreml.input_types(ct, subject, tensors)
    for described, name in zip(types, exported.graph_signature.user_inputs, strict=True):
        described.name = name
    return types


def _op(node: Any) -> str:
    schema = getattr(node.target, "_schema", None)
    return str(schema.name) if schema is not None else getattr(node.target, "__name__", str(node.target))


def _seen(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return Shape(tuple(int(size) for size in value.shape), value.dtype)
    if isinstance(value, (list, tuple)):
        return [_seen(item) for item in value]
    return value


class _Anything:
    """In the place of coremltools' table of ops while it makes nodes: what is missing is found when it is converted."""

    def __contains__(self, name: str) -> bool:
        return True


class _ExportRecovery(Recovery):
    def replacements(self) -> tuple[tuple[Any, str, Callable[[Any], Any]], ...]:
        from coremltools.converters.mil.frontend.torch import internal_graph, ops

        return (
            (ops, "convert_single_node", self._convert),
            (internal_graph, "_TORCH_OPS_REGISTRY", lambda original: _Anything()),
            (internal_graph.InternalTorchIRNode, "from_exir_node", self._pairing),
        )

    def _pairing(self, original: Any) -> Any:
        def from_exir_node(cls: Any, node: Any) -> Any:
            made = original.__func__(cls, node=node)
            self._remember(made, (len(self._raw), node))
            return made

        return classmethod(from_exir_node)

    def name_of(self, raw: Any) -> str:
        return _op(raw)

    def outputs_of(self, raw: Any) -> list[str]:
        return [raw.name]


class _Origins:
    def __init__(self, subject: Subject) -> None:
        self._subject = subject

    def site(self, failure: Failure) -> OpSite:
        """From the stack that `torch.export` keeps with every node, outermost frame first."""
        meta = failure.node.meta if failure.node is not None else {}
        stack = re.findall(r'File "([^"]+)", line (\d+)', meta.get("stack_trace") or "")
        place, library = locate([Frame(path, int(line)) for path, line in reversed(stack)], self._subject.user_files)
        modules = list((meta.get("nn_module_stack") or {}).values())
        path = modules[-1][0] if modules else ""
        return OpSite(place or self._subject.call_site, library, re.sub(r"^L\['self'\]\.?", "", path))
