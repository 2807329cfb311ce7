"""Whether `torch.jit.trace` refuses its own trace: it records a second call, and holds that against the first.

Asked only where the first call leaves something in the module that was not there, such as a table that it makes: else the second
is recorded as the first was, and costs as much.
"""

from __future__ import annotations

import warnings

import torch

from tslint.evidence import SecondCallDiffered
from tslint.probe.frames import class_place
from tslint.probe.state import changed, kept, restore
from tslint.probe.subject import Emit, Subject
from tslint.probe.trace.tracing import trace_module_once

REFUSAL: type[Exception] = torch.jit.TracingCheckError  # type: ignore[attr-defined]


def report(subject: Subject, emit: Emit) -> None:
    """Emits at most one SecondCallDiffered for the SUBJECT that was just traced, and leaves its module as it was before."""
    if subject.traced is None or not subject.self_check:
        return
    left = sorted(changed(subject.module), key=lambda one: isinstance(getattr(one[0], one[1], None), (int, float, str)))
    restore(subject.module)
    if not left:
        return
    with kept(subject.module):
        if not _is_refused(subject):
            return
        settles = not _is_refused(subject)
    paths = {module: path for path, module in subject.module.named_modules()}
    names = tuple(f"{paths.get(module, '')}.{name}".lstrip(".") for module, name in left)
    owner = left[0][0]
    if type(owner).__module__.partition(".")[0] == "torch":  # whoever sets the attribute of a layer is no layer
        owner = subject.module
    emit(SecondCallDiffered(subject.entry, names, class_place(type(owner)), settles))


def _is_refused(subject: Subject) -> bool:
    """Whether the tracer's own check refuses the next calls; what else it raises the step has met before."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            trace_module_once(subject.wrapped or subject.module, subject.example, check=True)
        except REFUSAL:
            return True
        except Exception:
            return False
    return False
