"""The rule ``unused-suppression``: comments that silence nothing, and names in them that no rule has. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence

from tslint import catalogue
from tslint.diagnostic import Applicability, Basis, Claim, Diagnostic, Edit, Fix, Severity, Span
from tslint.settings import nearest
from tslint.source import Suppression

NAME = "unused-suppression"

DROP = ""
"""What becomes of a name that is of no use."""


def unused(
    path: str,
    comments: Iterable[Suppression],
    found: Sequence[Diagnostic],
    ran: bool,
    lines: Callable[[], Sequence[str]],
) -> list[Diagnostic]:
    """A diagnostic for each useless comment of the file PATH, of which FOUND is everything that was found, shown or not.

    Where the file was only read, a run may still find what the comment silences: that is ``info``, and nothing is to be
    removed. LINES are those of the file.
    """
    result: list[Diagnostic] = []
    for comment in comments:
        own = _of(path, comment, [d for d in found if comment.covers(d.span)], ran)
        if own.found:
            fix = own.fix(lines())
            result += [
                dataclasses.replace(d, fix=fix if own.fixed[index] else None) for index, d in enumerate(own.found)
            ]
    return result


class _Useless:
    """What is of no use in one comment: ``found``; ``fixed`` tells what its fix settles, ``names`` what becomes of some."""

    def __init__(self, path: str, comment: Suppression) -> None:
        self.path = path
        self.comment = comment
        self.found: list[Diagnostic] = []
        self.fixed: list[bool] = []
        self.names: dict[str, str] = {}

    def add(self, span: Span, what: str, severity: Severity, fixed: bool) -> None:
        self.found.append(_diagnostic(self.path, span, what, severity))
        self.fixed.append(fixed)

    def fix(self, lines: Sequence[str]) -> Fix | None:
        """Takes out of the comment what is of no use; the whole comment, and its line, where nothing else stands there."""
        if not any(self.fixed) or not lines:
            return None
        each = [self.comment, *([self.comment.end] if self.comment.end else [])]
        kept = [self.names.get(name, name) for name in self.comment.rules or ()]
        kept = list(dict.fromkeys(name for name in kept if name != DROP))
        if not kept:
            return Fix("remove the comment", Applicability.SAFE, tuple(removal(one.span, lines) for one in each))
        title = f"let it say `# tslint: {self.comment.verb}[{', '.join(kept)}]`"
        return Fix(title, Applicability.SAFE, tuple(self._renamed(one) for one in each))

    def _renamed(self, comment: Suppression) -> Edit:
        names = [self.names.get(name, name) for name in comment.rules or ()]
        first, last = comment.spans[0], comment.spans[-1]
        text = ", ".join(dict.fromkeys(name for name in names if name != DROP))
        return Edit(Span(first.line, first.column, last.line, last.end_column), text)


def _of(path: str, comment: Suppression, own: Sequence[Diagnostic], ran: bool) -> _Useless:
    """What is of no use in COMMENT, which is about what was found in its OWN place."""
    rules = catalogue.rules()
    useless = _Useless(path, comment)
    severity = Severity.WARNING if ran else Severity.INFO
    if comment.fault:
        useless.add(comment.span, comment.fault, Severity.WARNING, False)  # which of the two is wrong is not known
        return useless
    if comment.rules is None:
        if not own:
            useless.add(comment.span, "nothing is reported here", severity, ran)
        return useless
    if not comment.rules:
        useless.add(comment.span, "the comment names no rule", Severity.WARNING, True)
    for name, span in zip(comment.rules, comment.spans, strict=True):
        if name not in rules and name not in catalogue.GROUPS:
            meant = nearest(name, [*rules, *catalogue.GROUPS])
            what = f"no rule or group is called `{name}`{meant}"
            right = meant.partition("`")[2].partition("`")[0]
            works = bool(right) and any(right in (d.rule, d.group) for d in own)
            known = ran or works or not right  # a run may find what the right spelling silences
            useless.add(span, what, Severity.WARNING, known)
            if known:
                useless.names[name] = right if works else DROP
        elif not any(name in (d.rule, d.group) for d in own):
            where = "in this file" if comment.line is None else "here"
            useless.add(span, f"`{name}` is not reported {where}", severity, ran)
            if ran:
                useless.names[name] = DROP
    return useless


def removal(span: Span, lines: Sequence[str]) -> Edit:
    """An edit that takes the comment at SPAN out of LINES, and the line where nothing else stands on it."""
    assert span.column is not None and span.end_column is not None
    line = lines[span.line - 1]
    before, after = line[: span.column - 1], line[span.end_column - 1 :]
    if after.strip():  # another comment, which takes this one's place
        return Edit(Span(span.line, span.column, span.line, len(line) - len(after.lstrip()) + 1), "")
    if before.strip():
        return Edit(Span(span.line, len(before.rstrip()) + 1, span.line, len(line) + 1), "")
    if span.line < len(lines):
        return Edit(Span(span.line, 1, span.line + 1, 1), "")
    return Edit(Span(span.line, 1, span.line, len(line) + 1), "")


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
