"""Saves a program that was verified: converted as the user wants it, described, held against eager once more, and written."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from tslint.evidence import Note, Saved
from tslint.probe.convert import coreml
from tslint.probe.convert.placeholder import observe
from tslint.probe.convert.recover import Recovery
from tslint.probe.subject import Emit, Subject
from tslint.probe.table import Candidate
from tslint.request import CoreML, Request

PREVIEW = "com.apple.coreml.model.preview.type"
PARAMETERS = "com.apple.coreml.model.preview.parameters"


class Refused(Exception):
    """What converted to be verified does not convert as it is to be saved: stand-ins would be saved in its place."""


Verify = Callable[[Any], bool | None]
"""Whether a converted model agrees with eager on the example; None where it cannot be evaluated."""


def save(subject: Subject, request: Request, best: Candidate, verify: Verify, emit: Emit) -> str:
    """Writes BEST to ``request.save``, and emits a Saved; the answer is why it did not, empty where it did."""
    assert request.save is not None
    if Path(request.save).exists():
        return "more than one model was found: name one with `--model`"
    wanted = request.coreml or CoreML()
    ct = coreml.load()
    try:
        model = _converted(ct, subject, request, best, wanted)
    except Refused as refused:
        return str(refused)
    agrees = verify(model) if request.verify else None
    if agrees is False:
        return "as it would be saved, it differs from eager"
    _describe(model, wanted)
    try:
        with coreml.calm():
            model.save(request.save)
    except Exception:
        shutil.rmtree(request.save, ignore_errors=True)
        raise
    if agrees is None:
        emit(Note(subject.entry, "what was saved was not evaluated in the precision that it has"))
    emit(Saved(subject.entry, best.route, agrees))
    return ""


def _converted(ct: Any, subject: Subject, request: Request, best: Candidate, wanted: CoreML) -> Any:
    """`ct.convert` in the precision wanted; with composites in the place of what it does not convert, or wrongly."""
    program = best.program
    own = subject.conversion is not None
    arguments = coreml.arguments(ct, subject, request, program, float32=wanted.precision == "float32" and not own)
    arguments.setdefault("convert_to", "mlprogram")
    if wanted.image and not own:
        if not arguments.get("inputs"):
            arguments["inputs"] = coreml.input_types(ct, subject, list(subject.example.args))
        arguments["inputs"] = [_image(ct, arguments["inputs"][0], wanted), *arguments["inputs"][1:]]
    if wanted.classes and "classifier_config" not in arguments:
        arguments["classifier_config"] = ct.ClassifierConfig(list(wanted.classes))
    if not isinstance(program, torch.jit.ScriptModule):
        with coreml.calm():
            return ct.convert(program, **arguments)
    given = coreml.given(program, subject.example)
    recovery = Recovery(lambda graph, keep: observe(program, graph, given, keep), cures=best.remedy.composites)
    with coreml.calm(), coreml.kept(program), recovery.watching():
        model = ct.convert(program, **best.remedy.applied(ct, arguments))
    left = [failure for failure in recovery.failures if failure.composed is None]
    if left:
        raise Refused(f"as it would be saved, coremltools refuses `{left[0].op}`: {left[0].message}")
    return model


def _image(ct: Any, described: Any, wanted: CoreML) -> Any:
    bias = list(wanted.bias) or None
    layout = getattr(ct.colorlayout, wanted.color_layout)
    return ct.ImageType(name=described.name, shape=described.shape, scale=wanted.scale, bias=bias, color_layout=layout)


def _describe(model: Any, wanted: CoreML) -> None:
    model.author = wanted.author or model.author
    model.short_description = wanted.description or model.short_description
    model.license = wanted.license or model.license
    model.version = wanted.version or model.version
    if wanted.preview:
        model.user_defined_metadata[PREVIEW] = wanted.preview
    if wanted.preview_parameters:
        model.user_defined_metadata[PARAMETERS] = wanted.preview_parameters
