"""Which of what was found is reported, and how much it matters: what the settings say, and what no comment silences. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable

from tslint.catalogue import UNCHECKED
from tslint.diagnostic import Diagnostic, Severity
from tslint.settings import Settings
from tslint.source import Suppression


class Filters:
    """What the settings and the comments of each file leave of the diagnostics; NEAR and COMMENTS give them by its path."""

    def __init__(
        self, near: Callable[[str | None], Settings], comments: Callable[[str], tuple[Suppression, ...]]
    ) -> None:
        self.near = near
        self.comments = comments

    def selected(self, diagnostic: Diagnostic) -> bool:
        return diagnostic.rule in UNCHECKED or self.chosen(diagnostic.rule, diagnostic.group, diagnostic.path)

    def chosen(self, rule: str, group: str, path: str | None) -> bool:
        """Whether the settings of the file at PATH want the rule, which is of the group."""
        return self.near(path).reports(rule, group, path)

    def weighed(self, diagnostic: Diagnostic) -> Diagnostic:
        """DIAGNOSTIC with the severity that the settings give to its rule, else with its own."""
        severity = self.near(diagnostic.path).severity_of(diagnostic.rule, diagnostic.group)
        if diagnostic.rule in UNCHECKED or severity in (None, "off", diagnostic.severity.value):
            return diagnostic
        return dataclasses.replace(diagnostic, severity=Severity(severity))

    def suppressed(self, diagnostic: Diagnostic) -> bool:
        return silenced(diagnostic, self.comments(diagnostic.path or ""))


def silenced(diagnostic: Diagnostic, comments: Iterable[Suppression]) -> bool:
    """Whether one of the COMMENTS of its file silences the diagnostic."""
    if diagnostic.span is None or diagnostic.rule in UNCHECKED:
        return False
    return any(c.covers(diagnostic.span) and c.names(diagnostic.rule, diagnostic.group) for c in comments)
