"""``--add-ignore``: a comment for every problem that is left, written to the files, so that the next one is seen."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import tokenize
from collections.abc import Iterator, Sequence

from tslint import fixes
from tslint.catalogue import UNCHECKED
from tslint.checking import Checking
from tslint.diagnostic import Applicability, Basis, Diagnostic, Edit, Fix, Span
from tslint.filters import silenced
from tslint.report.content import Report, fixable, summarise, visible
from tslint.source import Source, Suppression, suppressions
from tslint.source.text import NEWLINE
from tslint.unused import NAME as UNUSED

OPENING = {getattr(tokenize, name, None) for name in ("FSTRING_START", "TSTRING_START")} - {None}
CLOSING = {getattr(tokenize, name, None) for name in ("FSTRING_END", "TSTRING_END")} - {None}


def added(check: Checking, report: Report) -> Report:
    """Adds a comment to each line with a problem of REPORT, which CHECK made; what no comment silences is left.

    No second check is made: a comment changes nothing else.
    """
    settings = check.settings
    problems = [d for d in visible(report.diagnostics, settings.lists_info, False) if d.basis != Basis.REFUTED]
    done: list[Diagnostic] = []
    errors: list[str] = []
    sources = dict(report.sources)
    comments = files = 0
    for path in dict.fromkeys(d.path for d in problems if d.path is not None):
        own = [d for d in problems if d.path == path and path in check.reading.checked and _can_be(d)]
        source = check.reading.source(path) if own else None
        if source is None or source.with_text(source.text) != source.raw:
            continue
        text, count, silent = commented(source, own, settings.add_ignore or "")
        error = _save(source, text) if count else None
        if error is not None:
            errors.append(error)
        elif count:
            comments, files = comments + count, files + 1
            done += silent
            sources[path] = source.revised(text).shown
    settled = set(map(id, done))
    left = [d for d in report.diagnostics if id(d) not in settled]
    counts = report.summary
    return dataclasses.replace(
        report,
        diagnostics=tuple(left),
        summary=summarise(
            left, counts.files, counts.suppressed + len(done), counts.baselined, info=settings.lists_info
        ),
        notes=(*report.notes, *_notes(comments, files, [d for d in problems if id(d) not in settled], bool(errors))),
        errors=(*report.errors, *errors),
        sources=sources,
    )


def commented(source: Source, found: Sequence[Diagnostic], reason: str) -> tuple[str, int, list[Diagnostic]]:
    """The text of SOURCE with comments that silence what was FOUND in it, how many those are, and what they silence."""
    layout = _Layout(source)
    wanted: dict[int, list[str]] = {}
    for diagnostic in found:
        line = layout.place(diagnostic.span)
        if line is not None:
            names = wanted.setdefault(line, [])
            names += [diagnostic.rule] if diagnostic.rule not in names else []
    edits = [edit for line, names in wanted.items() for edit in layout.edits(line, names, reason)]
    text, _ = fixes.apply(source.text, [Fix("", Applicability.SAFE, (edit,)) for edit in edits])
    try:
        after = suppressions(source.revised(text))
    except ValueError:  # which the writing of it says
        after = ()
    return text, len(wanted), [d for d in found if silenced(d, after)]


def silencing(source: Source, diagnostic: Diagnostic) -> list[Edit]:
    """The edits of SOURCE after which one DIAGNOSTIC of it is not reported; none where no comment can do that."""
    layout = _Layout(source)
    line = layout.place(diagnostic.span) if _can_be(diagnostic) else None
    return [] if line is None else layout.edits(line, [diagnostic.rule], "")


def _save(source: Source, text: str) -> str | None:
    """Writes the file; one sentence where it cannot be."""
    try:
        data = source.with_text(text)
    except UnicodeEncodeError:
        return f"{source.path} is {source.encoding}, in which the reason of --add-ignore cannot be written"
    error = fixes.save(source, data)
    return None if error is None else error.replace("its fixes were", "its comments were")


class _Layout:
    """Where in a source a comment can stand: ``ends`` are the lines that end outside strings and without a backslash."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.comments = [each for each in suppressions(source) if each.verb == "ignore" and each.lines is None]
        self.ends: set[int] = set()
        self.statements: list[tuple[int, int]] = []
        first: int | None = None
        inside = 0
        for token in _tokens(source):
            inside += (token.type in OPENING) - (token.type in CLOSING)
            if token.type in (tokenize.NEWLINE, tokenize.NL):
                if not inside:
                    self.ends.add(token.start[0])
                if token.type == tokenize.NEWLINE:
                    self.statements.append((first or token.start[0], token.start[0]))
                    first = None
            elif first is None and token.type not in (tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT):
                first = token.start[0]

    def place(self, span: Span | None) -> int | None:
        """The line whose comment is about SPAN: its own, else one that the code reaches to, else its statement's last."""
        if span is None:
            return None
        last = next((end for start, end in self.statements if start <= span.line <= end), None)
        if last is None:
            return None
        lines = range(span.line, min(span.end_line, last) + 1)
        return next((line for line in lines if line in self.ends and self.source.line(line).strip()), last)

    def edits(self, line: int, names: Sequence[str], reason: str) -> list[Edit]:
        """What makes the comment in LINE silence NAMES, too; a new one where there is none."""
        text = self.source.line(line)
        for comment in self.comments:
            if comment.line == line and comment.rules is not None:
                return self._merged(comment, names, reason)
        words = f"  # tslint: ignore[{', '.join(names)}]{' ' if reason else ''}{reason}"
        return [Edit(Span(line, len(text.rstrip()) + 1, line, len(text) + 1), words)]

    def _merged(self, comment: Suppression, names: Sequence[str], reason: str) -> list[Edit]:
        span = comment.span
        if comment.spans:
            end = comment.spans[-1].end_column or 1
            edits = [fixes.insertion(span.line, end, "".join(f", {name}" for name in names))]
        else:
            end = (span.column or 1) + self.source.slice(span).index("[") + 1
            edits = [fixes.insertion(span.line, end, ", ".join(names))]
        if reason and not comment.reason:
            edits.append(fixes.insertion(span.line, span.end_column or 1, f" {reason}"))
        return edits


def _tokens(source: Source) -> Iterator[tokenize.TokenInfo]:
    """The tokens of SOURCE, as far as this version of Python reads it."""
    with contextlib.suppress(tokenize.TokenError, SyntaxError):
        yield from tokenize.generate_tokens(io.StringIO(NEWLINE.sub("\n", source.text)).readline)


def _can_be(diagnostic: Diagnostic) -> bool:
    return diagnostic.span is not None and diagnostic.rule not in UNCHECKED and diagnostic.rule != UNUSED


def _notes(comments: int, files: int, left: Sequence[Diagnostic], failed: bool) -> list[str]:
    notes = []
    if comments:
        notes.append(f"added {_count(comments, 'ignore comment')} to {_count(files, 'file')}")
    useless = [d for d in left if d.rule == UNUSED]
    if any(fixable(d) for d in useless):
        notes.append("comments of no use are not silenced by others: `--fix` removes them")
    others = [d for d in left if not _can_be(d) and d.rule != UNUSED]
    if others:
        rules = ", ".join(f"`{rule}`" for rule in dict.fromkeys(d.rule for d in others))
        notes.append(f"no comment can silence what is about no line, or kept tslint from its work: {rules}")
    elsewhere = sum(_can_be(d) for d in left)
    if elsewhere and not failed:
        notes.append(f"{_count(elsewhere, 'problem')} in files that were not checked themselves got no comment")
    return notes


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
