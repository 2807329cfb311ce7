"""How often each rule was found: the table of ``--statistics``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tslint.diagnostic import Diagnostic
from tslint.report.content import fixable


def table(diagnostics: Sequence[Diagnostic], unsafe: bool) -> list[str]:
    """One line a rule: its count, its name, ``[*]`` where a fix exists. The most frequent first, then by name."""
    counts = Counter(diagnostic.rule for diagnostic in diagnostics)
    marked = {diagnostic.rule for diagnostic in diagnostics if fixable(diagnostic, unsafe)}
    width = max((len(str(count)) for count in counts.values()), default=0)
    return [
        f"{count:>{width}}  {rule}" + ("  [*]" if rule in marked else "")
        for rule, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]
