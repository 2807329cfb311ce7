"""What a shell offers after an option or for a rule's name. Reads no page of a rule, and imports no Typer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tslint import catalogue
from tslint.settings import Option

SHELLS = ("bash", "zsh", "fish", "powershell", "pwsh")
"""Those that Typer writes a script for."""

Complete = Callable[[str], list[str]]


def of(known: Option) -> Complete | None:
    """What completes a value of the option; None for what only the user knows, and for paths, which the shell completes."""
    if known.kind == "rules":
        return rules_and_groups
    if not known.choices:
        return None
    return listed(known.choices) if known.commas else one_of(known.choices)


def rules(incomplete: str) -> list[str]:
    return [name for name in catalogue.names() if name.startswith(incomplete)]


def rules_and_groups(incomplete: str) -> list[str]:
    return listed((*catalogue.GROUPS, *catalogue.names()))(incomplete)


def one_of(choices: Sequence[str]) -> Complete:
    def complete(incomplete: str) -> list[str]:
        return [choice for choice in choices if choice.startswith(incomplete)]

    return complete


def listed(choices: Sequence[str]) -> Complete:
    """The last of several values with commas between them, without those that stand there already."""

    def complete(incomplete: str) -> list[str]:
        before, comma, last = incomplete.rpartition(",")
        given = before.split(",")
        return [f"{before}{comma}{choice}" for choice in choices if choice.startswith(last) and choice not in given]

    return complete
