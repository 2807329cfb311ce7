"""``ct.convert`` refuses the program outside of any single op."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._observed import one_line
from tslint.diagnostic import Finding
from tslint.evidence import ConversionRefused
from tslint.facts.context import Context


@on(ConversionRefused)
def observe(evidence: ConversionRefused, context: Context) -> Iterator[Finding]:
    caption = f"on the {evidence.route} route"
    yield Finding(evidence.place, {"message": one_line(evidence.message)}, caption=caption)
