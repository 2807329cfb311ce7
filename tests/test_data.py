"""Diagnostics and evidence survive the way to JSON and back."""

from __future__ import annotations

import json

import pytest

from tslint.diagnostic import (
    Applicability,
    Basis,
    Claim,
    Diagnostic,
    Edit,
    Fix,
    Label,
    Place,
    Severity,
    Span,
    from_json,
    to_json,
)
from tslint.evidence import Attempt, Escape, OpSite, OpUnsupported, RouteEnded, decode, encode
from tslint.request import Request

SPAN = Span(3, 5, 3, 9)


@pytest.mark.parametrize(
    "evidence",
    [
        Escape(
            0, Place("/m.py", SPAN, "Net.forward"), "__float__", "size", {"example": 4, "dimension 2 = 8": 8}, "harmful"
        ),
        OpUnsupported(0, "trace", "diff", True, "no converter", 2, (OpSite(Place("/m.py", SPAN)),)),
        RouteEnded(1, "trace", Attempt("refused"), Attempt("works", "works", True, 3e-4, keys=("out",)), True),
    ],
)
def test_evidence_survives_json(evidence: object) -> None:
    assert decode(encode(evidence)) == evidence  # type: ignore[arg-type]


def test_diagnostic_survives_json() -> None:
    diagnostic = Diagnostic(
        rule="math-on-size",
        group="trace",
        claim=Claim.TRACE_DIFFERS,
        severity=Severity.ERROR,
        basis=Basis.OBSERVED,
        message="`math.sqrt` of a size",
        path="m.py",
        span=SPAN,
        labels=(Label("m.py", Span(1, 1, 1, 2), "here"),),
        fix=Fix("use `** 0.5`", Applicability.SAFE, (Edit(SPAN, "n ** 0.5"),)),
        evidence=({"evidence": "Escape", "values": {"example": 4}},),
    )
    assert from_json(Diagnostic, json.loads(json.dumps(to_json(diagnostic)))) == diagnostic


def test_unknown_keys_are_ignored_and_missing_ones_are_not() -> None:
    assert from_json(Request, {"target": "m.py", "from a later version": 1}) == Request("m.py")
    with pytest.raises(TypeError, match="target"):
        from_json(Request, {})


@pytest.mark.parametrize(
    ("inner", "inside"),
    [
        (Span(3, 5, 3, 9), True),
        (Span(3, 4, 3, 9), False),
        (Span(3, 5, 3, 10), False),
        (Span(3, None, 3, None), True),
        (Span(4, None, 4, None), False),
    ],
)
def test_containment(inner: Span, inside: bool) -> None:
    assert SPAN.contains(inner) is inside
