"""An op that coremltools knows, in a use that it refuses."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._observed import one_line
from tslint.checks.rank_limit import is_rank_limit
from tslint.checks.unsupported_op import finding, predicted
from tslint.diagnostic import Finding
from tslint.evidence import OpUnsupported
from tslint.facts.context import Context
from tslint.facts.coreml.table import Condition
from tslint.facts.facts import Facts

ARTICLES = {"int": "an int", "float": "a float", "tuple": "a tuple", "tensor": "a tensor", "-": "left out"}


@on(Facts)
def predict(facts: Facts, _: Facts) -> Iterator[Finding]:
    for use in facts.unconvertible:
        if not use.row.missing:
            message = " and ".join(_words(condition) for condition in use.row.conditions)
            yield predicted(use, {"op": use.row.op, "message": message}, facts)


def _words(condition: Condition) -> str:
    return f"`{condition.parameter}` is {' or '.join(ARTICLES.get(v, v) for v in sorted(condition.values))}"


@on(OpUnsupported)
def observe(evidence: OpUnsupported, context: Context) -> Iterator[Finding]:
    if not evidence.missing and not is_rank_limit(evidence):
        yield finding(evidence, {"op": evidence.op, "message": one_line(evidence.message)})
