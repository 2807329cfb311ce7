"""A Core ML model saved by a file that says nothing about it."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.checks import on
from tslint.checks._conversion import saves
from tslint.diagnostic import Finding, Severity
from tslint.facts.facts import Facts
from tslint.facts.tree import words

METADATA = words("""
    short_description author license version input_description output_description user_defined_metadata
""")


@on(Facts)
def check(facts: Facts, asked: Facts) -> Iterator[Finding]:
    if any(node.attr.value in METADATA for node in facts.nodes(cst.Attribute)):
        return
    for call, _ in saves(facts):
        if isinstance(call.func, cst.Attribute):
            yield Finding(
                call,
                {"model": facts.text(call.func.value)},
                severity=Severity.INFO,
                help="set `short_description`, `author`, `license`, `version` and the inputs' descriptions",
            )
