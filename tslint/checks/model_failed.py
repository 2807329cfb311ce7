"""The user's own code raised, exited, hung, ran out of memory or ended its process."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._observed import labels, one_line
from tslint.diagnostic import Finding
from tslint.evidence import ModelFailed, ProbeDied
from tslint.facts.context import Context

ENDINGS = {
    "timeout": "the {step} step did not end within {detail}",
    "memory": "the {step} step took more memory than {detail}",
    "signal": "the process was ended by {detail} in the {step} step",
    "exit": "the process exited with status {detail} in the {step} step",
}

NAMED = "name the model with `--model` and its inputs with `--input`"
ABSENT = {
    "file": f"run the check in the directory that has it, or {NAMED}",
    "download": f"build the model without weights (`weights=None`, `pretrained=False`), or {NAMED}",
    "gpu": f"let the device depend on `torch.cuda.is_available()`, or {NAMED}",
}
"""What to do about a thing that is missing here: no fault of the model's."""

VERSIONS = "operator torchvision::"
"""What importing a torchvision that was built for another PyTorch raises: one of its operators "does not exist"."""
DOCTOR = "the installed versions do not fit together: `tslint doctor` says which, and what does"


@on(ModelFailed)
def observe(evidence: ModelFailed, context: Context) -> Iterator[Finding]:
    message = one_line(evidence.message) if evidence.message.strip() else ""
    if evidence.exception == "SystemExit":
        what = f"{message or 'the code exits by itself'} in the {evidence.step} step"
    else:
        what = f"`{evidence.exception}` in the {evidence.step} step{f': {message}' if message else ''}"
    yield Finding(
        evidence.place,
        {"what": what},
        labels=labels(evidence.stack, evidence.place),
        help=ABSENT.get(evidence.absent) or (DOCTOR if VERSIONS in message else _said(evidence.output)),
    )


@on(ProbeDied)
def died(evidence: ProbeDied, context: Context) -> Iterator[Finding]:
    words = ENDINGS.get(evidence.how, "the process ended in the {step} step: {detail}")
    if (evidence.step, evidence.how) == ("start", "timeout"):
        words = "importing PyTorch alone took longer than {detail}, so nothing of the model has run"
    what = words.format(step=evidence.step, detail=evidence.detail)
    yield Finding(evidence.place, {"what": what}, help=_said(evidence.output))


def _said(output: str) -> str | None:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return f"its last line of output: {one_line(lines[-1])}" if lines else None
