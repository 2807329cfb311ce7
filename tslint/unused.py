"""The rule ``unused-suppression``: comments that silence nothing, and names in them that no rule has. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tslint import catalogue
from tslint.diagnostic import Basis, Claim, Diagnostic, Severity, Span
from tslint.settings import nearest
from tslint.source import Suppression

NAME = "unused-suppression"


def unused(path: str, comments: Iterable[Suppression], found: Sequence[Diagnostic], ran: bool) -> list[Diagnostic]:
    """A diagnostic for each useless comment of the file PATH, of which FOUND is everything that was found, shown or not.

    Where the file was only read, a run may still find what the comment silences: that is ``info``.
    """
    rules = catalogue.rules()
    result: list[Diagnostic] = []
    for comment in comments:
        own = [d for d in found if comment.covers(d.span)]
        severity = Severity.WARNING if ran else Severity.INFO
        if comment.rules is None:
            if not own:
                result.append(_diagnostic(path, comment.span, "nothing is reported here", severity))
            continue
        if not comment.rules:
            result.append(_diagnostic(path, comment.span, "the comment names no rule", Severity.WARNING))
        for name, span in zip(comment.rules, comment.spans, strict=True):
            if name not in rules and name not in catalogue.GROUPS:
                what = f"no rule or group is called `{name}`{nearest(name, [*rules, *catalogue.GROUPS])}"
                result.append(_diagnostic(path, span, what, Severity.WARNING))
            elif not any(name in (d.rule, d.group) for d in own):
                where = "in this file" if comment.line is None else "here"
                result.append(_diagnostic(path, span, f"`{name}` is not reported {where}", severity))
    return result


def _diagnostic(path: str, span: Span, what: str, severity: Severity) -> Diagnostic:
    rule = catalogue.rules()[NAME]
    return Diagnostic(
        rule=rule.name,
        group=rule.group,
        claim=Claim.UNCHECKABLE,
        severity=severity,
        basis=Basis.OBSERVED,
        message=rule.message.format(what=what),
        path=path,
        span=span,
        url=rule.url,
    )
