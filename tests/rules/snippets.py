"""What the source checks say of a snippet."""

from __future__ import annotations

import textwrap
from pathlib import Path

from tslint import engine
from tslint.diagnostic import Diagnostic
from tslint.facts.facts import Facts
from tslint.source import Source


def said(code: str, rule: str) -> list[Diagnostic]:
    """The findings of RULE in CODE, with the severities that follow its routes; no check crashes on it."""
    source = Source(Path("/net.py"), code.encode())
    facts = Facts(source, source.parse())
    found, crashes = engine.predict(facts)
    assert crashes == []
    return [finding for finding in engine.weigh(found, facts, ()) if finding.rule == rule]


def as_body(text: str) -> str:
    """TEXT as the body of a method."""
    return textwrap.indent(text, " " * 8) + "\n"
