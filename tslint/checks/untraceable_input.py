"""An argument of forward that is no tensor: torch.jit.trace does not take it."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.checks import on
from tslint.diagnostic import Finding, Place, Severity
from tslint.evidence import InputRefused
from tslint.facts.context import Context
from tslint.facts.facts import Facts
from tslint.facts.kinds import Constant, Kind, NoneKind, Str

HELP = "make it an argument of the constructor, or trace a wrapper that fills it in"


@on(Facts)
def predict(facts: Facts, _: Facts) -> Iterator[Finding]:
    for cls in facts.module_classes:
        function = cls.methods.get("forward")
        for parameter, kind in facts.parameters(function) if function else ():
            if parameter.default is None and parameter.star == "" and isinstance(kind, (Constant, Str, NoneKind)):
                sure = Severity.ERROR if parameter.annotation else Severity.WARNING
                yield Finding(
                    parameter.name,
                    {"name": parameter.name.value, "what": _words(kind)},
                    severity=Severity.INFO if cls.is_inner else sure,
                    help=HELP,
                    symbol=f"{cls.name}.forward",
                )


@on(InputRefused)
def observe(evidence: InputRefused, context: Context) -> Iterator[Finding]:
    yield Finding(
        _parameter(evidence, context) or evidence.place,
        {"name": evidence.name, "what": f"`{evidence.type}`"},
        help=HELP,
    )


def _words(kind: Kind) -> str:
    if isinstance(kind, Constant):
        return f"{'an' if kind.type == 'int' else 'a'} {kind.type}" if kind.type else "a plain Python value"
    return "a str" if isinstance(kind, Str) else "None"


def _parameter(evidence: InputRefused, context: Context) -> Place | None:
    """The parameter itself, where the run knows the function alone."""
    facts = context.facts(evidence.place)
    if facts is None or evidence.place is None:
        return None
    for function in context.nodes_at(evidence.place, cst.FunctionDef):
        for parameter, _ in facts.parameters(function):
            if parameter.name.value == evidence.name:
                return Place(evidence.place.path, facts.span(parameter.name), evidence.place.symbol)
    return None
