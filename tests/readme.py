"""Writes into README what tslint prints today: ``python tests/readme.py``. Read the difference before you commit it.

A fenced block that begins with ``$ tslint …`` is a transcript; the table of rules stands between two comments.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

from commandline import ROOT, environment, tslint

README = ROOT / "README.md"
TRANSCRIPT = re.compile(r"```console\n\$ tslint (?P<command>.*)\n(?P<output>(?:.*\n)*?)```")
RULES = re.compile(r"(?<=<!-- rules -->\n)(?:.*\n)*?(?=<!-- end of rules -->)")


def transcripts(text: str) -> list[tuple[str, str]]:
    """Command lines and what README says that they print."""
    return [(match["command"], match["output"]) for match in TRANSCRIPT.finditer(text)]


def printed(command: str) -> str:
    """What COMMAND prints on standard output today, in the root of the repository."""
    return tslint(*shlex.split(command), cwd=ROOT, env=environment()).out


def rules_table() -> str:
    from tslint import catalogue

    lines = ["| rule | what it finds | fix |", "|---|---|---|"]
    for rule in catalogue.rules().values():
        fix = rule.fix.value if rule.fix else ""
        lines.append(f"| [`{rule.name}`](rules/{rule.group}/{rule.name}.md) | {rule.summary} | {fix} |")
    return "".join(f"{line}\n" for line in lines)


def measured(text: str) -> str:
    """TEXT without what differs from one machine to the next: seconds, the inputs there was time for, last digits.

    A step that took no time worth telling is printed without its seconds, and the line of steps breaks where they end.
    """
    text = re.sub(r" \d+(\.\d+)? s\b", "", text)
    text = re.sub(r"\n(?=[✓✗])", "   ", text)
    text = re.sub(r"\b\d+ inputs\b", "N inputs", text)
    text = re.sub(r"(difference |off by )[\d.]+(e-?\d+)?", r"\1N", text)
    return re.sub(r"[ ]{2,}", "  ", text)


def written(text: str, run: Callable[[str], str] = printed) -> str:
    """README with everything in it that is generated made anew."""
    text = TRANSCRIPT.sub(lambda match: f"```console\n$ tslint {match['command']}\n{run(match['command'])}```", text)
    return RULES.sub(lambda match: rules_table(), text)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    Path(README).write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
