"""An exported program handed to ``ct.convert`` before its decompositions have run."""

from __future__ import annotations

from collections.abc import Iterator

from tslint import rewrite
from tslint.checks import on
from tslint.checks._conversion import conversions
from tslint.diagnostic import Finding
from tslint.facts.conversion_calls import EXPORTED
from tslint.facts.facts import Facts
from tslint.facts.kinds import Instance


@on(Facts)
def check(facts: Facts, _: Facts) -> Iterator[Finding]:
    for _call, model, kinds in conversions(facts):
        if all(isinstance(kind, Instance) and kind.name == EXPORTED for kind in kinds):
            text = f"{rewrite.atom(model, facts)}.run_decompositions({{}})"
            fix = rewrite.safe(f"Write `{text}`", rewrite.replace(model, text, facts))
            yield Finding(model, {"model": facts.text(model)}, fix=fix)
