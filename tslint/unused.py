"""The rule ``unused-suppression``: comments that silence nothing, and names in them that no rule has. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tslint import catalogue
from tslint.diagnostic import Applicability, Basis, Claim, Diagnostic, Edit, Fix, Severity, Span
from tslint.settings import nearest
from tslint.source import Source, Suppression

NAME = "unused-suppression"


def unused(
    path: str, comments: Iterable[Suppression], found: Sequence[Diagnostic], ran: bool, source: Source | None = None
) -> list[Diagnostic]:
    """A diagnostic for each useless comment of the file PATH, of which FOUND is everything that was found, shown or not.

    Where the file was only read, a run may still find what the comment silences: that is ``info``, and nothing is fixed. Else the
    fix takes the comment, or the name in it, out of SOURCE.
    """
    rules = catalogue.rules()
    result: list[Diagnostic] = []
    for comment in comments:
        own = [d for d in found if comment.covers(d.span)]
        severity = Severity.WARNING if ran else Severity.INFO
        if comment.rules is None:
            if not own:
                fix = _without(comment, None, source) if ran else None
                result.append(_diagnostic(path, comment.span, "nothing is reported here", severity, fix))
            continue
        known = [name in rules or name in catalogue.GROUPS for name in comment.rules]
        heard = [any(name in (d.rule, d.group) for d in own) for name in comment.rules]
        idle = [here and not used for here, used in zip(known, heard, strict=True)]
        if not comment.rules:
            result.append(_diagnostic(path, comment.span, "the comment names no rule", Severity.WARNING))
        for index, (name, span) in enumerate(zip(comment.rules, comment.spans, strict=True)):
            if not known[index]:
                what = f"no rule or group is called `{name}`{nearest(name, [*rules, *catalogue.GROUPS])}"
                result.append(_diagnostic(path, span, what, Severity.WARNING))
            elif idle[index]:
                where = "in this file" if comment.line is None else "here"
                fix = _without(comment, None if all(idle) else index, source) if ran else None
                result.append(_diagnostic(path, span, f"`{name}` is not reported {where}", severity, fix))
    return result


def _without(comment: Suppression, index: int | None, source: Source | None) -> Fix | None:
    """Takes away the whole comment, or the name of this INDEX."""
    if source is None:
        return None
    if index is not None:
        return Fix(f"Leave `{(comment.rules or ())[index]}` out", Applicability.UNSAFE, (_name(comment.spans, index),))
    number, start, end = comment.span.line, (comment.span.column or 1) - 1, (comment.span.end_column or 1) - 1
    line = source.line(number)
    before, after = line[:start].rstrip(), line[end:]
    if after.strip():
        cut = Span(number, start + 1, number, len(line) - len(after.lstrip()) + 1)
    elif before or number >= len(source.lines):
        cut = Span(number, len(before) + 1, number, len(line) + 1)
    else:
        cut = Span(number, 1, number + 1, 1)
    return Fix("Remove the comment", Applicability.UNSAFE, (Edit(cut, ""),))


def _name(spans: Sequence[Span], index: int) -> Edit:
    """One name of several taken away, with the comma that parts it from the next one or the last."""
    if index + 1 < len(spans):
        start, end = spans[index].column, spans[index + 1].column
    else:
        start, end = spans[index - 1].end_column, spans[index].end_column
    return Edit(Span(spans[index].line, start, spans[index].line, end), "")


def _diagnostic(path: str, span: Span, what: str, severity: Severity, fix: Fix | None = None) -> Diagnostic:
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
        fix=fix,
        url=rule.url,
    )
