"""The export route: `torch.export.export`, decompositions as coremltools wants them, `ct.convert` past what it refuses.

Relies, beyond :mod:`tslint.probe.convert.recover`, on ``internal_graph._TORCH_OPS_REGISTRY`` (asked there only whether it holds a
name) and on ``InternalTorchIRNode.from_exir_node`` (tried with coremltools 9.0).
"""

from __future__ import annotations

import collections
import re
from collections.abc import Callable
from typing import Any

import torch

from tslint.evidence import OpsCounted, OpSite
from tslint.probe.agree import copied, quiet
from tslint.probe.convert import coreml
from tslint.probe.convert.convert import Conversion, refused
from tslint.probe.convert.placeholder import Observation, Shape
from tslint.probe.convert.recover import Failure, Recovery
from tslint.probe.sites import Frame, locate
from tslint.probe.subject import Emit, Subject, seed
from tslint.request import Request


def export(subject: Subject, request: Request, module: torch.nn.Module, emit: Emit) -> tuple[Any, Conversion]:
    """Exports and converts MODULE. Raises what `torch.export` raises; what coremltools refuses is the conversion's."""
    program = exported(subject, module)
    calls = [node for node in program.graph.nodes if node.op == "call_function"]
    counted = collections.Counter(_op(node) for node in calls)
    emit(OpsCounted(subject.entry, "export", {op: n for op, n in sorted(counted.items()) if "::" in op}))
    ct = coreml.load()
    recovery = _ExportRecovery(lambda _: Observation({node.name: _seen(node.meta.get("val")) for node in calls}))
    model, error = None, None
    with coreml.calm(), recovery.watching():
        try:
            arguments = coreml.arguments(ct, subject, request, program, float32=request.verify)
            model = ct.convert(program, **arguments)
        except Exception as raised:
            error = raised
    if error is None and not recovery.failures:
        return program, Conversion("works", model)
    return program, refused(subject, "export", recovery, error, _Origins(subject), emit)


def exported(subject: Subject, module: torch.nn.Module) -> Any:
    """MODULE exported as the file exports it, in core ATen ops. Raises what `torch.export` raises."""
    seed()
    with quiet(), torch.no_grad():
        args, kwargs = copied(tuple(subject.example.args)), copied(dict(subject.example.kwargs))
        options = {"strict": False, **subject.export_options}
        return torch.export.export(module, args, kwargs, **options).run_decompositions({})


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
