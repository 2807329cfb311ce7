"""Scale and bias of an ``ImageType`` that do not do what the model's training did."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint import rewrite
from tslint.checks import on
from tslint.checks._normalisation import KNOWN, Row, Statistics, Wrong, problem
from tslint.diagnostic import Finding, Fix, Severity
from tslint.facts.facts import Facts
from tslint.facts.spelled import Spelled, spelled

NORMALIZE = ("torchvision.transforms.Normalize", "torchvision.transforms.v2.Normalize", "albumentations.Normalize")
COLOUR = ("RGB", "BGR")
SPREAD = 1.15
"""Deviations that differ by more have no scale in common."""
GREY = ("GRAYSCALE", "GRAYSCALE_FLOAT16", "G")


@on(cst.Call, calls=("coremltools.",))
def check(call: cst.Call, facts: Facts) -> Iterator[Finding]:
    name = facts.qualified(call.func) or ""
    if not name.endswith(".ImageType") or any(arg.star for arg in call.args):
        return
    nodes = {"scale": facts.argument(call, 2, "scale"), "bias": facts.argument(call, 3, "bias")}
    values = {key: _spelled(node, facts) for key, node in nodes.items()}
    wrong, help = _misshapen(values, _layout(call, facts)), "give one scale, and one bias for each channel"
    known = None
    if wrong is None:
        wrong, help, known = _mistaken(nodes, values, facts)
    if wrong is not None:
        severity = Severity.ERROR if wrong.sure else Severity.WARNING
        fix = _corrected(wrong, known, nodes, values, facts)
        yield Finding(nodes[wrong.argument] or call, {"problem": wrong.text}, severity=severity, fix=fix, help=help)


Nodes = dict[str, cst.BaseExpression | None]


def _corrected(
    wrong: Wrong, known: Statistics | None, nodes: Nodes, values: dict[str, Spelled | None], facts: Facts
) -> Fix | None:
    """Scale and bias for the statistics that are KNOWN to be meant, where they are not; a bias for each channel."""
    scale, bias = nodes["scale"], nodes["bias"]
    if bias is None or not wrong.sure:
        return None
    if known is None:
        if wrong.argument != "bias" or not isinstance(values["bias"], float) or bias.lpar:
            return None
        text = f"[{', '.join([rewrite.source(bias, facts)] * 3)}]"
        return rewrite.unsafe(f"Write `{text}`", rewrite.replace(bias, text, facts))
    given = 1.0 if scale is None else values["scale"]
    assert isinstance(given, float)
    if max(known.std) > SPREAD * min(known.std):
        return None
    edits = []
    if problem(known.scale, _flat(values["bias"]), known) is not None:
        parts = ", ".join(_quotient(mean, std) for mean, std in zip(known.mean, known.std, strict=True))
        edits.append(rewrite.replace(bias, f"[{parts}]" if isinstance(values["bias"], (list, tuple)) else parts, facts))
    if problem(given, known.bias, known) is not None:
        text = f"1 / (255 * {known.average:.3g})"
        edits.append(
            rewrite.replace(scale, text, facts)
            if scale is not None
            else rewrite.before(facts.parent(bias) or bias, f"scale={text}, ", facts)
        )
    return rewrite.unsafe(f"Normalise with {known.name}", *edits) if edits else None


def _quotient(mean: float, std: float) -> str:
    return f"-{mean:.4g} / {std:.4g}"


def _misshapen(values: dict[str, Spelled | None], layout: str | None) -> Wrong | None:
    """What coremltools refuses: several scales, or another number of biases than there are channels."""
    scale, bias = values["scale"], values["bias"]
    if isinstance(scale, (list, tuple)) and layout in COLOUR:
        return Wrong("scale", "the scale is one number for all channels, not one for each")
    given = len(bias) if isinstance(bias, (list, tuple)) else 1
    if not any(_flat(bias)) or (layout in COLOUR and given == 3) or (layout in GREY and given == 1) or layout is None:
        return None
    if layout in COLOUR:
        return Wrong("bias", "the bias of a colour image is three numbers, one for each channel")
    return Wrong("bias", "the bias of a grey image is one number")


def _mistaken(
    nodes: Nodes, values: dict[str, Spelled | None], facts: Facts
) -> tuple[Wrong | None, str, Statistics | None]:
    """What does not fit the statistics that the bias is made of, and what would."""
    scale = 1.0 if nodes["scale"] is None else values["scale"]
    bias = _flat(values["bias"])
    if not isinstance(scale, float) or not bias:
        return None, "", None
    both = [s for known in (*_own(facts), *KNOWN) for s in (known, known.reversed()) if len(s.mean) == len(bias)]
    if any(_is_fit(scale, bias, known) for known in both):
        return None, "", None
    for known in both:
        wrong = problem(scale, bias, known)
        if wrong is not None:
            return wrong, f"going by {known.name}: {_advice(known)}", known
    return None, "", None


def _is_fit(scale: float, bias: Row, known: Statistics) -> bool:
    """Whether scale and bias are right for these statistics, and not merely about others."""
    return problem(1.0, bias, known) is not None and problem(scale, bias, known) is None


def _own(facts: Facts) -> list[Statistics]:
    """The statistics that the file itself normalises with."""
    found = []
    for call in facts.calls_to(*NORMALIZE):
        mean = _flat(_spelled(facts.argument(call, 0, "mean"), facts))
        std = _flat(_spelled(facts.argument(call, 1, "std"), facts))
        if mean and len(mean) == len(std) and all(0 < value <= 1 for value in (*mean, *std)):
            found.append(Statistics("the file's own `Normalize`", mean, std))
    return found


def _spelled(node: cst.BaseExpression | None, facts: Facts) -> Spelled | None:
    return spelled(node, facts.names) if node is not None else None


def _advice(known: Statistics) -> str:
    bias = ", ".join(_quotient(mean, std) for mean, std in zip(known.mean, known.std, strict=True))
    return f"`scale=1 / (255 * {known.average:.3g})`, `bias=[{bias}]`"


def _flat(value: Spelled | None) -> Row:
    if isinstance(value, float):
        return (value,)
    return tuple(item for item in value or () if isinstance(item, float))


def _layout(call: cst.Call, facts: Facts) -> str | None:
    """The colour layout: RGB where it is left out, None where the source does not tell."""
    node = facts.argument(call, 4, "color_layout")
    if node is None:
        return "RGB"
    text = node.raw_value if isinstance(node, cst.SimpleString) else (facts.qualified(node) or "").rpartition(".")[2]
    return text if text in (*COLOUR, *GREY) else None
