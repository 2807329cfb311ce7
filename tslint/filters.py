"""Which of what was found is reported: what the settings select, and what no comment silences. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tslint.diagnostic import Diagnostic
from tslint.report.content import UNCHECKED
from tslint.settings import Settings
from tslint.source import Suppression


class Filters:
    """What SETTINGS and the comments of each file, which COMMENTS gives by its absolute path, leave of the diagnostics."""

    def __init__(self, settings: Settings, comments: Callable[[str], tuple[Suppression, ...]]) -> None:
        self.settings = settings
        self.comments = comments

    def selected(self, diagnostic: Diagnostic) -> bool:
        return diagnostic.rule in UNCHECKED or self.chosen(diagnostic.rule, diagnostic.group)

    def chosen(self, rule: str, group: str) -> bool:
        """Whether the settings want the rule, which is of the group."""
        names = {rule, group}
        wanted = not self.settings.select or bool(names & set(self.settings.select))
        return wanted and not names & set(self.settings.ignore)

    def suppressed(self, diagnostic: Diagnostic) -> bool:
        return silenced(diagnostic, self.comments(diagnostic.path or ""))


def silenced(diagnostic: Diagnostic, comments: Iterable[Suppression]) -> bool:
    """Whether one of the COMMENTS of its file silences the diagnostic."""
    if diagnostic.span is None or diagnostic.rule in UNCHECKED:
        return False
    return any(c.covers(diagnostic.span) and c.names(diagnostic.rule, diagnostic.group) for c in comments)
