"""The converted program was evaluated, and disagrees with eager."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._observed import one_line
from tslint.composites import paste
from tslint.diagnostic import Finding, Label
from tslint.evidence import ConversionDiffered
from tslint.facts.context import Context
from tslint.facts.coreml.advisories import of_op

WITHOUT = (
    "coremltools' own pass `{name}` changes what it computes. Without that pass it agrees:\n\n"
    "pipeline = ct.PassPipeline.DEFAULT\n"
    'pipeline.remove_passes({{"{name}"}})\n'
    "mlmodel = ct.convert(…, pass_pipeline=pipeline)\n"
)


@on(ConversionDiffered)
def observe(evidence: ConversionDiffered, context: Context) -> Iterator[Finding]:
    apart = evidence.max_difference
    known = apart is not None and math.isfinite(apart) and not evidence.message
    detail = f" by {apart:.3g}" if known else ""
    if evidence.op:
        yield Finding(
            evidence.place or evidence.library,
            {"output": f" from `{evidence.op}` on", "detail": ""},
            caption=f"{one_line(evidence.wrong)}, with {evidence.tried}",
            labels=_library(evidence),
            help=_help(evidence),
        )
        return
    yield Finding(
        evidence.place,
        {"output": f" in `{evidence.output}`" if evidence.output else "", "detail": detail},
        caption=one_line(evidence.message) if evidence.message else f"with {evidence.tried}",
        help=WITHOUT.format(name=evidence.dropped) if evidence.dropped else None,
    )


def _help(evidence: ConversionDiffered) -> str | None:
    """What is known of the op, where there is one thing that is, and the composite that computes the same."""
    known = of_op(evidence.op)
    said = []
    if len(known) == 1:
        thread = f" ({known[0].thread})" if known[0].thread else ""
        said.append(f"it {known[0].what}{thread}: {known[0].instead}")
    if evidence.composite is not None:
        code = paste(evidence.composite)
        said.append(f"this composite is right where it stands above `ct.convert`:\n\n{code}")
    return "; or ".join(said) or None


def _library(evidence: ConversionDiffered) -> tuple[Label, ...]:
    if evidence.library is None or evidence.place is None:
        return ()
    return (Label(evidence.library.path, evidence.library.span, "the op is called here"),)
