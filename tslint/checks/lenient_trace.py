"""A mapping that ``strict=False`` lets through the tracer: coremltools stops at it."""

from __future__ import annotations

from collections.abc import Iterator

from tslint import rewrite
from tslint.checks import on
from tslint.checks._outputs import is_taken_leniently, lenient_calls, refused_returns
from tslint.checks._wrapper import advice
from tslint.checks._wrapping import wrapping
from tslint.diagnostic import Finding, Severity
from tslint.facts.facts import Facts
from tslint.facts.kinds import Dict


@on(Facts)
def predict(facts: Facts, _: Facts) -> Iterator[Finding]:
    for refused in refused_returns(facts):
        if refused.cls.is_inner or not is_taken_leniently(refused.value):
            continue
        keys = list(refused.value.keys) if isinstance(refused.value, Dict) else []
        for call in lenient_calls(refused.cls, facts):
            given = next(arg for arg in call.args if arg.value is facts.argument(call, 6, "strict"))
            strict = rewrite.without_argument(call, given, facts) if given.keyword is not None else None
            yield Finding(
                facts.argument(call, 6, "strict"),
                {"model": refused.cls.name},
                severity=Severity.WARNING if len(facts.returns(refused.function)) > 1 else Severity.ERROR,
                labels=(facts.label(refused.at, "the mapping is returned here"),),
                fix=wrapping(refused, facts, [strict]) if strict is not None else None,
                help=advice([rewrite.subscript(key) for key in keys]),
            )
