"""A model that returns a size: its trace returns a tensor in place of the number."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.checks import on
from tslint.checks._outputs import is_overridden
from tslint.checks._sizes import holds_traced_size
from tslint.diagnostic import Finding, Severity
from tslint.evidence import NumberAnswered
from tslint.facts.context import Context
from tslint.facts.facts import Facts

HELP = "leave it out: whoever calls the model can ask the tensor for its size"


@on(Facts)
def predict(facts: Facts, _: Facts) -> Iterator[Finding]:
    for cls in facts.module_classes:
        function = cls.methods.get("forward")
        if function is None or is_overridden(cls, facts):
            continue
        for statement, kind in facts.returns(function):
            if statement is not None and statement.value is not None and holds_traced_size(kind, every=True):
                yield Finding(
                    _part(statement.value, facts),
                    severity=Severity.INFO if cls.is_inner else Severity.WARNING,
                    help=HELP,
                    symbol=f"{cls.name}.forward",
                )


@on(NumberAnswered)
def observe(evidence: NumberAnswered, context: Context) -> Iterator[Finding]:
    outputs = [f"output {key}" for key in evidence.keys if key]
    caption = f"a number in {' and '.join(outputs)}" if outputs else None
    yield Finding(evidence.place, severity=Severity.WARNING, caption=caption, help=HELP)


def _part(value: cst.BaseExpression, facts: Facts) -> cst.BaseExpression:
    """The item of the returned tuple that is the size, where it stands there."""
    if isinstance(value, cst.Tuple):
        for element in value.elements:
            if holds_traced_size(facts.kind(element.value), every=True):
                return element.value
    return value
