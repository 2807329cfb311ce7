"""A rule's page on the terminal: its Markdown, rendered by Rich, or as it is where nothing renders colours."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tslint.catalogue import Rule
    from tslint.report import Options

METADATA = re.compile(r"^```+[ ]*toml[ ]*\n.*?^```+[ ]*\n+", re.MULTILINE | re.DOTALL)
EXAMPLE = re.compile(r"^(```+)[ ]*(python|text) (\w+)[ ]*$", re.MULTILINE)


def render(rule: Rule, options: Options) -> str:
    """The page of RULE for a terminal: a heading with its metadata in words, then its text."""
    text = markdown(rule)
    if not options.color:
        return text
    from rich.console import Console
    from rich.markdown import Markdown

    target = io.StringIO()
    console = Console(file=target, width=min(options.width, 100), force_terminal=True, highlight=False)
    console.print(Markdown(text))
    return target.getvalue()


def markdown(rule: Rule) -> str:
    """The page of RULE as Markdown, what its metadata says in words."""
    return f"{_head(rule)}\n\n{_body(rule)}\n"


def _head(rule: Rule) -> str:
    claims = ", ".join(f"`{claim.value}`" for claim in rule.claims)
    fix = f"{rule.fix.value} (`--fix{' --unsafe-fixes' if rule.fix.value == 'unsafe' else ''}`)" if rule.fix else "none"
    rows = [f"- group: {rule.group}", f"- claims: {claims}", f"- fix: {fix}", f"- since: {rule.since}", f"- {rule.url}"]
    return "\n".join([f"# {rule.name}", "", rule.summary, "", *rows])


def _body(rule: Rule) -> str:
    """The page without its metadata, its own title and the tags of its examples."""
    text = METADATA.sub("", rule.text, count=1)
    text = re.sub(r"\A\s*# .*\n+", "", text)
    return EXAMPLE.sub(r"\1\2", text).strip()
