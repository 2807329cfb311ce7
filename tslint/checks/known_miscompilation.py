"""A use of an op that coremltools is known to convert to something else."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks.unsupported_op import predicted
from tslint.diagnostic import Finding
from tslint.facts.coreml.advisories import of_row
from tslint.facts.facts import Facts


@on(Facts)
def check(facts: Facts, _: Facts) -> Iterator[Finding]:
    for use in facts.miscompiled:
        advisory = of_row(use.row)
        values = {"call": facts.text(use.node).partition("\n")[0], "what": advisory.what}
        yield predicted(use, values, facts, advisory.instead)
