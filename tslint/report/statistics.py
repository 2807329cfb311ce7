"""How often each rule was found: what ``--statistics`` prints. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from tslint.diagnostic import Diagnostic
from tslint.report.content import fixable


def table(diagnostics: Sequence[Diagnostic], unsafe: bool) -> list[str]:
    """One line a rule: its count, its name, ``[*]`` where a fix exists. The most frequent first, then by name."""
    rules = counted(diagnostics, unsafe)
    width = max((len(str(rule["count"])) for rule in rules), default=0)
    return [f"{rule['count']:>{width}}  {rule['rule']}" + ("  [*]" if rule["fixable_count"] else "") for rule in rules]


def counted(diagnostics: Sequence[Diagnostic], unsafe: bool) -> list[dict[str, Any]]:
    """An object for each rule, in the same order; ``fixable``: all of its problems are."""
    counts = Counter(diagnostic.rule for diagnostic in diagnostics)
    fixed = Counter(diagnostic.rule for diagnostic in diagnostics if fixable(diagnostic, unsafe))
    known = {diagnostic.rule: diagnostic for diagnostic in diagnostics}
    return [
        {
            "rule": rule,
            "group": known[rule].group,
            "url": known[rule].url,
            "count": count,
            "fixable": fixed[rule] == count,
            "fixable_count": fixed[rule],
        }
        for rule, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]
