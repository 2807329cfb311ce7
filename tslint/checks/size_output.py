"""A model that returns a size: its trace returns a tensor in place of the number."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.checks import on
from tslint.checks._outputs import is_overridden
from tslint.diagnostic import Finding, Severity
from tslint.evidence import NumberAnswered
from tslint.facts.context import Context
from tslint.facts.facts import Facts
from tslint.facts.kinds import Either, FixedSize, Kind, List, ShapeOf, Size, Tuple

HELP = "leave it out: whoever calls the model can ask the tensor for its size"


@on(Facts)
def predict(facts: Facts, _: Facts) -> Iterator[Finding]:
    for cls in facts.module_classes:
        function = cls.methods.get("forward")
        if function is None or is_overridden(cls, facts):
            continue
        for statement, kind in facts.returns(function):
            if statement is not None and statement.value is not None and _holds_live_size(kind):
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


def _holds_live_size(kind: Kind) -> bool:
    """Whether a number that the tracer turns into a tensor is in a value of this kind."""
    if isinstance(kind, Either):
        return all(map(_holds_live_size, kind.options))
    if isinstance(kind, Tuple):
        return any(map(_holds_live_size, kind.items))
    if isinstance(kind, List):
        return _holds_live_size(kind.element)
    return isinstance(kind, (Size, FixedSize, ShapeOf))


def _part(value: cst.BaseExpression, facts: Facts) -> cst.BaseExpression:
    """The item of the returned tuple that is the size, where it stands there."""
    if isinstance(value, cst.Tuple):
        for element in value.elements:
            if _holds_live_size(facts.kind(element.value)):
                return element.value
    return value
