"""Installed versions that do not work together."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._observed import one_line
from tslint.diagnostic import Finding
from tslint.evidence import EnvironmentWrong
from tslint.facts.context import Context


@on(EnvironmentWrong)
def observe(evidence: EnvironmentWrong, context: Context) -> Iterator[Finding]:
    caption = one_line(evidence.message) if evidence.message else None
    yield Finding(None, {"problem": evidence.problem}, caption=caption, help=f"`{evidence.remedy}`")
