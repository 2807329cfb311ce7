"""The rule catalogue: one Markdown page a rule becomes one Rule. Reads package data or the checkout; imports nothing heavy."""

from __future__ import annotations

import functools
import re
import sys
from pathlib import Path
from typing import Any

from tslint.diagnostic import Applicability, Claim
from tslint.frozen import frozen

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HOME = "https://github.com/tslint/tslint"
URL = f"{HOME}/blob/main/rules"
GROUPS = ("trace", "script", "mode", "coreml", "tslint")

UNCHECKED = frozenset({"syntax-error", "unreadable-file", "check-crashed"})
"""Rules that say that tslint could not do all of its job: exit status 2."""

_FENCE = re.compile(r"^(?P<fence>`{3,})[ ]*(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=fence)[ ]*$", re.MULTILINE | re.DOTALL)


class PageError(ValueError):
    """A page that does not say what a page must say; the message names the page."""


@frozen
class Example:
    """A fenced block of a page: ``info`` is its tag (``python bad``, ``python good``, ``text raises`` …)."""

    info: str
    text: str


@frozen
class Rule:
    """What a page says of its rule. ``fix`` is the applicability of its fix, or None where it offers none."""

    name: str
    group: str
    summary: str
    message: str
    claims: tuple[Claim, ...]
    fix: Applicability | None
    since: str
    observed: bool
    text: str
    examples: tuple[Example, ...]

    @property
    def url(self) -> str:
        return f"{URL}/{self.group}/{self.name}.md"

    def tagged(self, info: str) -> list[str]:
        """The texts of the examples tagged INFO, in page order."""
        return [example.text for example in self.examples if example.info == info]


def parse(name: str, group: str, text: str) -> Rule:
    """The Rule that a page describes. Raises PageError where its metadata is missing or wrong."""
    blocks = [Example(match["info"].strip(), match["body"]) for match in _FENCE.finditer(text)]
    if not blocks or blocks[0].info != "toml":
        raise PageError(f"rules/{group}/{name}.md: the first fenced block must be the rule's toml metadata")
    try:
        data: dict[str, Any] = tomllib.loads(blocks[0].text)
        fix = data["fix"]
        return Rule(
            name=name,
            group=group,
            summary=data["summary"],
            message=data["message"],
            claims=tuple(Claim(claim) for claim in data["claims"]),
            fix=None if fix == "none" else Applicability(fix),
            since=data["since"],
            observed=bool(data.get("observed", False)),
            text=text,
            examples=tuple(blocks[1:]),
        )
    except (tomllib.TOMLDecodeError, KeyError, ValueError) as error:
        raise PageError(f"rules/{group}/{name}.md: {error}") from error


def folder() -> Path:
    """Where the pages are: beside the package's code in a wheel, at the top of the checkout otherwise."""
    package = Path(__file__).parent
    inside = package / "rules"
    return inside if inside.is_dir() else package.parent / "rules"


@functools.cache
def rules() -> dict[str, Rule]:
    """Every rule by name, in the order of groups, then names. Raises PageError for a faulty page."""
    found: dict[str, Rule] = {}
    for group in GROUPS:
        for page in sorted((folder() / group).glob("*.md")):
            found[page.stem] = parse(page.stem, group, page.read_text(encoding="utf-8"))
    return found


@functools.cache
def names() -> dict[str, str]:
    """The group of every rule by its name, in the same order; no page is read."""
    return {page.stem: group for group in GROUPS for page in sorted((folder() / group).glob("*.md"))}
