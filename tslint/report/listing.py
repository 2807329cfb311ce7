"""The list of rules that ``tslint rules`` prints, in each format. No rich."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable

from tslint.catalogue import Rule

FORMATS = ("full", "concise", "json")


def render(rules: Iterable[Rule], format: str, width: int) -> str:
    """RULES as ``full`` (a table in groups), ``concise`` (one line each) or ``json`` (an array)."""
    found = list(rules)
    if format == "json":
        return json.dumps([_data(rule) for rule in found], indent=2, ensure_ascii=False) + "\n"
    if format == "concise":
        return "".join(f"{rule.group}/{rule.name}: {rule.summary}\n" for rule in found)
    names = max((len(rule.name) for rule in found), default=0)
    lines: list[str] = []
    group = ""
    for rule in found:
        if rule.group != group:
            group = rule.group
            lines += ["", group] if lines else [group]
        start = f"  {rule.name:<{names}}  {'[*]' if rule.fix else '   '}  "
        lines += textwrap.wrap(
            rule.summary, max(width, len(start) + 20), initial_indent=start, subsequent_indent=" " * len(start)
        )
    lines += ["", f"{len(found)} rules. [*] offers a fix. `tslint explain RULE` prints the page of one."]
    return "".join(f"{line}\n" for line in lines)


def _data(rule: Rule) -> dict[str, object]:
    return {
        "name": rule.name,
        "group": rule.group,
        "summary": rule.summary,
        "message": rule.message,
        "claims": [claim.value for claim in rule.claims],
        "fix": rule.fix.value if rule.fix else None,
        "since": rule.since,
        "url": rule.url,
    }
