"""Training behaviour that was observed although the model is in eval mode."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.diagnostic import Finding
from tslint.evidence import ModeWrong
from tslint.facts.context import Context

WHAT = {
    "dropout": "dropout stays live",
    "batch-norm": "batch norm uses the statistics of the batch",
    "nondeterminism": "two runs on one input differ",
}


@on(ModeWrong)
def observe(evidence: ModeWrong, context: Context) -> Iterator[Finding]:
    if evidence.what != "training":
        modules = [module for module in evidence.modules if module]
        yield Finding(
            evidence.place,
            {"what": WHAT.get(evidence.what, evidence.what)},
            caption=evidence.effect or None,
            help=f"look at {', '.join(f'`{module}`' for module in modules)}" if modules else None,
        )
