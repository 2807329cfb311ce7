"""The rule pages as tests, without PyTorch: bad examples are reported on their marked lines by their rule alone, good ones
by nobody, and the fix of a bad one is the fixed one, character for character."""

from __future__ import annotations

from pathlib import Path

import pytest
from rule_pages import Case, cases

from tslint import engine, fixes
from tslint.diagnostic import Claim, Diagnostic, Severity
from tslint.facts.facts import Facts
from tslint.source import SourceSyntaxError
from tslint.source.text import Source

LOUD = (Severity.ERROR, Severity.WARNING)


def reported(case: Case, text: str | None = None) -> list[Diagnostic]:
    """What static checking says of an example at warning or above, and the advice of its own rule."""
    source = Source.from_text(case.text if text is None else text, Path("/example.py"))
    facts = Facts(source, source.parse())
    found, crashes = engine.predict(facts)
    assert not crashes
    return [
        diagnostic
        for diagnostic in engine.weigh(found, facts, ())
        if diagnostic.severity in LOUD or (diagnostic.rule == case.rule.name and diagnostic.claim is Claim.ADVICE)
    ]


def places(found: list[Diagnostic]) -> list[tuple[str, int]]:
    return [(diagnostic.rule, diagnostic.span.line) for diagnostic in found if diagnostic.span]


def fixed(case: Case, text: str) -> str:
    """TEXT with every fix of the example's own rule, unsafe ones too."""
    wanted = [found.fix for found in reported(case, text) if found.fix and found.rule == case.rule.name]
    return fixes.apply(text, wanted)[0]


parsable = [case for case in cases("bad", "good", "fixed") if case.rule.name != "syntax-error"]


def of(*kinds: str) -> list[object]:
    return [pytest.param(case, id=str(case)) for case in parsable if case.kind in kinds]


@pytest.mark.parametrize("case", of("bad"))
def test_marked_lines_and_no_others_are_reported_by_their_rule(case: Case) -> None:
    expected = [] if case.observed else [(case.rule.name, line) for line in sorted(case.marks)]
    assert case.marks, "a bad example marks its lines"
    assert places(reported(case)) == expected


@pytest.mark.parametrize("case", of("good", "fixed"))
def test_good_examples_are_quiet(case: Case) -> None:
    assert not case.marks
    assert places(reported(case)) == []


@pytest.mark.parametrize("case", of("bad"))
def test_fix_makes_the_fixed_example_and_nothing_the_second_time(case: Case) -> None:
    expected = case.text if case.fixed is None else case.fixed
    assert fixed(case, case.text) == expected
    assert fixed(case, expected) == expected


@pytest.mark.parametrize("case", of("bad"))
def test_claim_and_fix_are_those_of_the_page(case: Case) -> None:
    for diagnostic in reported(case):
        assert diagnostic.claim in case.rule.claims
        assert (diagnostic.claim is Claim.ADVICE) == (diagnostic.severity is Severity.INFO)
        if diagnostic.fix:
            assert diagnostic.fix.applicability is case.rule.fix


def test_every_claim_of_a_page_is_made_by_an_example_or_by_the_run() -> None:
    """Static checking never says more of a branch or loop than that it specialises; the run may see wrong outputs."""
    made: dict[str, set[Claim]] = {}
    for case in parsable:
        if case.kind == "bad" and not case.observed:
            made.setdefault(case.rule.name, set()).update(diagnostic.claim for diagnostic in reported(case))
    for case in parsable:
        if case.rule.name in made:
            left = set(case.rule.claims) - made[case.rule.name]
            seen = {Claim.TRACE_DIFFERS} if Claim.TRACE_SPECIALISES in made[case.rule.name] else set()
            assert left <= seen, case.rule.name


def test_a_file_that_cannot_be_parsed_is_refused_on_its_line() -> None:
    for case in cases("bad", "good"):
        if case.rule.name == "syntax-error":
            source = Source.from_text(case.text, Path("/example.py"))
            if case.kind == "good":
                source.parse()
                continue
            with pytest.raises(SourceSyntaxError) as raised:
                source.parse()
            assert {raised.value.line} == case.marks
