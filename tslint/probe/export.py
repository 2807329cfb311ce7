"""The export route: `torch.export.export`, decompositions as coremltools wants them, `ct.convert`."""

from __future__ import annotations

from typing import Any

import torch

from tslint.evidence import ConversionRefused, OpsCounted, Request
from tslint.probe import coreml
from tslint.probe.agree import copied, first_line, quiet
from tslint.probe.convert import Conversion
from tslint.probe.subject import Emit, Subject


def export(subject: Subject, request: Request, module: torch.nn.Module, emit: Emit) -> tuple[Any, Conversion]:
    """Exports and converts MODULE. Raises what `torch.export` raises; what coremltools raises is the conversion's."""
    with quiet(), torch.no_grad():
        exported = torch.export.export(
            module, copied(subject.example.args), copied(subject.example.kwargs), strict=False
        ).run_decompositions({})
    ops: dict[str, int] = {}
    for node in exported.graph.nodes:
        if node.op == "call_function":
            name = str(node.target)
            ops[name] = ops.get(name, 0) + 1
    emit(OpsCounted(subject.entry, "export", dict(sorted(ops.items()))))
    ct = coreml.load()
    arguments = coreml.arguments(ct, subject, request, exported, float32=request.verify)
    try:
        with coreml.calm():
            model = ct.convert(exported, **arguments)
    except Exception as error:
        emit(ConversionRefused(subject.entry, "export", type(error).__name__, first_line(error)))
        return exported, Conversion("refused", message=first_line(error))
    return exported, Conversion("works", model, program=exported)
