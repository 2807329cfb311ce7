"""Writes into README what tslint prints today: ``python tests/readme.py``. Read the difference before you commit it.

A fenced block that begins with ``$ tslint …`` is a transcript; the tables of rules, a short one there and the whole one in
``rules/README.md``, stand between two comments. Blocks that begin with ``untidy$ …`` are run one after the other in a copy of
``examples/untidy``, one that begins with ``copy$ tslint …`` in a copy of the examples; a diff between them is written by hand.
``--rules`` writes the tables alone, which takes no time.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from commandline import ROOT, environment, tslint

if TYPE_CHECKING:
    from tslint.catalogue import Rule

README = ROOT / "README.md"
DOCS = sorted((ROOT / "docs").glob("*.md"))
"""What README has no room for."""

RULES_PAGE = ROOT / "rules" / "README.md"
SHOWN = (
    "math-on-size",
    "data-dependent-branch",
    "dict-output",
    "unrolled-loop",
    "untyped-empty-list",
    "missing-eval",
    "functional-dropout",
    "unsupported-op",
    "dropped-write",
    "image-normalisation",
    "fp16-overflow",
)
"""The rules that README shows."""

TRANSCRIPT = re.compile(r"```console\n\$ tslint (?P<command>.*)\n(?P<output>(?:.*\n)*?)```")
COPY = re.compile(r"```console\ncopy\$ tslint (?P<command>.*)\n(?P<output>(?:.*\n)*?)```")
WALK = re.compile(r"```console\nuntidy\$ (?P<command>.*)\n(?P<output>(?:.*\n)*?)```|```diff\n(?P<diff>(?:.*\n)*?)```")
RULES = re.compile(r"(?<=<!-- rules -->\n)(?:.*\n)*?(?=<!-- end of rules -->)")


def transcripts(text: str) -> list[tuple[str, str]]:
    """Command lines and what README says that they print."""
    return [(match["command"], match["output"]) for match in TRANSCRIPT.finditer(text)]


def printed(command: str) -> str:
    """What COMMAND prints on standard output today, in the root of the repository."""
    return tslint(*shlex.split(command), cwd=ROOT, env=environment()).out


def copies(text: str) -> list[tuple[str, str]]:
    """Command lines that change files, and what README says that they print."""
    return [(match["command"], match["output"]) for match in COPY.finditer(text)]


def printed_in_a_copy(command: str) -> str:
    """What COMMAND prints on standard output today, in a copy of the two examples."""
    with tempfile.TemporaryDirectory() as folder:
        for example in (ROOT / "examples").glob("*.py"):
            shutil.copy(example, folder)
        return tslint(*shlex.split(command), cwd=Path(folder), env=environment()).out


def walked(text: str, folder: Path) -> list[tuple[str, str, str, int]]:
    """(command, output in README, output today, exit status) of the walk through a copy of the untidy project in FOLDER."""
    project = folder / "untidy"
    shutil.copytree(
        ROOT / "examples" / "untidy", project, ignore=shutil.ignore_patterns("__pycache__", ".tslint_cache")
    )
    programs = folder / "bin"
    programs.mkdir()
    (programs / "tslint").write_text(f'#!/bin/sh\nexec {sys.executable} -m tslint "$@"\n')
    (programs / "tslint").chmod(0o755)
    env = environment()
    env["PATH"] = f"{programs}{os.pathsep}{env['PATH']}"
    found = []
    for match in WALK.finditer(text):
        command = ["bash", "-c", match["command"]] if match["command"] else ["git", "apply", "-p0", "-"]
        run = subprocess.run(command, cwd=project, env=env, input=match["diff"], capture_output=True, encoding="utf-8")
        if not match["command"]:
            assert run.returncode == 0, run.stderr
            continue
        found.append((match["command"], match["output"], run.stdout, run.returncode))
    return found


def some_rules() -> str:
    from tslint import catalogue

    known = catalogue.rules()
    more = f"[The other {len(known) - len(SHOWN)}](rules/README.md), in the groups `{'`, `'.join(catalogue.GROUPS)}`.\n"
    return f"{_table([known[name] for name in SHOWN], 'rules/')}\n{more}"


def all_rules() -> str:
    from tslint import catalogue

    return _table(catalogue.rules().values(), "")


def _table(rules: Iterable[Rule], folder: str) -> str:
    """RULES as Markdown, for a page from which the rules' pages are reached through FOLDER."""
    lines = ["| rule | what it finds | fix |", "|---|---|---|"]
    for rule in rules:
        fix = rule.fix.value if rule.fix else ""
        lines.append(f"| [`{rule.name}`]({folder}{rule.group}/{rule.name}.md) | {rule.summary} | {fix} |")
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
    """README with every transcript made anew."""
    text = TRANSCRIPT.sub(lambda match: f"```console\n$ tslint {match['command']}\n{run(match['command'])}```", text)
    text = COPY.sub(
        lambda match: f"```console\ncopy$ tslint {match['command']}\n{printed_in_a_copy(match['command'])}```", text
    )
    with tempfile.TemporaryDirectory() as folder:
        outputs = iter([new for _, _, new, _ in walked(text, Path(folder))])

    def filled(match: re.Match[str]) -> str:
        return match[0] if match["diff"] else f"```console\nuntidy$ {match['command']}\n{next(outputs)}```"

    return WALK.sub(filled, text)


def write_rules() -> None:
    for page, table in ((README, some_rules()), (RULES_PAGE, all_rules())):
        text = page.read_text(encoding="utf-8")
        page.write_text(RULES.sub(lambda match, table=table: table, text), encoding="utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    write_rules()
    if sys.argv[1:] != ["--rules"]:
        README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
