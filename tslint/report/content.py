"""What a report says, apart from how it looks: frozen data, counts, the exit status, the JSON object. No I/O, no rich."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tslint.catalogue import UNCHECKED
from tslint.diagnostic import Applicability, Basis, Cells, Diagnostic, Label, Severity, to_json
from tslint.frozen import field, frozen
from tslint.report.places import shown, source_key, span_json
from tslint.report.proofs import Proof
from tslint.report.run import Run

VERSION = 1
"""Of the JSON object. A key that is added does not change it; one that is renamed, removed or means something else does."""

RANK = {Severity.INFO: 0, Severity.WARNING: 1, Severity.ERROR: 2}

ACTING = frozenset(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x2028, 0x2029]))


class CheckFailed(AssertionError):
    """Raised by :meth:`Report.raise_if_failed`; the message lists the problems, one a line."""

    __module__ = "tslint"  # where it is imported from; tracebacks say so


@frozen
class Summary:
    """How many of each; what is refuted counts as nothing else. ``fixable``: with ``--fix`` alone.

    ``baselined`` are tolerated, and in no other count.
    """

    files: int = 0
    error: int = 0
    warning: int = 0
    info: int = 0
    refuted: int = 0
    suppressed: int = 0
    fixable: int = 0
    baselined: int = 0


@frozen
class Report:
    """Everything that one check found. ``sources`` maps the paths of diagnostics and labels to their lines (see :meth:`code`).

    ``notebooks`` are those among them whose lines still count from the beginning of the module that their cells make.
    ``notes`` say what was skipped and why, ``errors`` what made the exit status 2, one sentence each. ``fixed`` counts
    the fixes written, ``diff`` is what they would change where that was asked for instead; ``proofs`` say what running the
    fixed files showed, ``withheld`` which fixes were not written since they make something worse. Paths are shown from
    ``directory``.
    """

    diagnostics: tuple[Diagnostic, ...] = ()
    runs: tuple[Run, ...] = ()
    summary: Summary = field(default_factory=Summary)
    notes: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    sources: Mapping[str, Sequence[str]] = field(default_factory=dict)
    notebooks: Mapping[str, Cells] = field(default_factory=dict)
    fixed: int = 0
    diff: str | None = None
    proofs: tuple[Proof, ...] = ()
    withheld: tuple[str, ...] = ()
    directory: str = field(default_factory=os.getcwd)

    def code(self, place: Diagnostic | Label) -> Sequence[str]:
        """The lines of the file or the cell that PLACE is in; none where they are not known."""
        return self.sources.get(source_key(place.path or "", place.cell), ())

    def __repr__(self) -> str:
        counts = self.summary
        return f"<Report: error {counts.error}, warning {counts.warning}, info {counts.info}, refuted {counts.refuted}>"

    def __str__(self) -> str:
        """The ``full`` format."""
        from tslint.report import Options, full

        return full.render(self, Options()).rstrip("\n")

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from tslint.report import Options, notebook

        return notebook.render(self, Options())

    def to_json(self) -> dict[str, Any]:
        """The object of the ``json`` format, as plain data."""
        from tslint import __version__

        return {
            "version": VERSION,
            "tslint": __version__,
            "diagnostics": [_diagnostic(diagnostic, self.directory) for diagnostic in self.diagnostics],
            "runs": [run.to_json(self.directory) for run in self.runs],
            "summary": to_json(self.summary),
            "notes": list(self.notes),
            "errors": list(self.errors),
            "fixes": {
                "written": self.fixed,
                "proofs": [{**proof.to_json(), "path": shown(proof.path, self.directory)} for proof in self.proofs],
                "withheld": list(self.withheld),
            },
        }

    def said_of_fixes(self) -> list[str]:
        """A sentence for what running each fixed file showed, and one for each fix that was not written."""
        several = len({proof.path for proof in self.proofs}) < len(self.proofs)
        names = [
            f"{shown(p.path, self.directory)}{f' ({p.module})' if several and p.module else ''}" for p in self.proofs
        ]
        proven = [f"{name}: {proof.sentence}" for name, proof in zip(names, self.proofs, strict=True)]
        return [*proven, *self.withheld]

    def exit_status(self, fail_on: str = "warning", exit_zero: bool = False) -> int:
        """0, 1 or 2 for this report, as :func:`exit_status` says."""
        return exit_status(self.diagnostics, self.errors, fail_on, exit_zero, self.diff)

    def raise_if_failed(self, fail_on: str = "warning") -> None:
        """Raises CheckFailed, with the problems one a line, where the exit status would not be 0."""
        if self.exit_status(fail_on):
            failing = [d for d in self.diagnostics if counts(d, fail_on) or d.rule in UNCHECKED]
            lines = [headline(diagnostic, self.directory) for diagnostic in failing]
            raise CheckFailed("\n".join([*lines, *self.errors]))


def summarise(
    diagnostics: Iterable[Diagnostic], files: int, suppressed: int = 0, baselined: int = 0, info: bool = False
) -> Summary:
    """The counts of the summary line and of the JSON object. INFO: findings of that severity are listed, and fixed, too."""
    found = list(diagnostics)
    standing = [d for d in found if d.basis != Basis.REFUTED]
    by_severity = {severity.value: sum(d.severity == severity for d in standing) for severity in Severity}
    return Summary(
        files=files,
        refuted=len(found) - len(standing),
        suppressed=suppressed,
        baselined=baselined,
        fixable=sum(fixable(d) for d in standing if info or d.severity != Severity.INFO),
        **by_severity,
    )


def exit_status(
    diagnostics: Iterable[Diagnostic],
    errors: Sequence[str] = (),
    fail_on: str = "warning",
    exit_zero: bool = False,
    diff: str | None = None,
) -> int:
    """2 where tslint could not do all of its job; else 1 where a diagnostic is at least FAIL_ON; else 0.

    What is refuted never counts. EXIT_ZERO turns 1 into 0, never 2. Where a DIFF was asked for, what it would change
    counts, not the diagnostics.
    """
    found = list(diagnostics)
    if errors or any(diagnostic.rule in UNCHECKED for diagnostic in found):
        return 2
    failed = bool(diff) if diff is not None else any(counts(diagnostic, fail_on) for diagnostic in found)
    return int(failed and not exit_zero)


def counts(diagnostic: Diagnostic, fail_on: str) -> bool:
    """Whether the diagnostic alone makes the exit status 1."""
    return diagnostic.basis != Basis.REFUTED and RANK[diagnostic.severity] >= RANK[Severity(fail_on)]


def fixable(diagnostic: Diagnostic, unsafe: bool = False) -> bool:
    """Whether ``--fix`` writes this diagnostic's fix, with UNSAFE (``--unsafe-fixes``) or without."""
    return diagnostic.fix is not None and (unsafe or diagnostic.fix.applicability == Applicability.SAFE)


def visible(diagnostics: Iterable[Diagnostic], info: bool, refuted: bool) -> list[Diagnostic]:
    """The diagnostics that the formats for people list."""
    return [
        d
        for d in diagnostics
        if (refuted if d.basis == Basis.REFUTED else info or d.severity != Severity.INFO or d.rule in UNCHECKED)
    ]


def headline(diagnostic: Diagnostic, directory: str, mark: str = "") -> str:
    """``path:line:column: severity[rule] message``, the line that machines match; MARK stands before the message."""
    where = "tslint"
    if diagnostic.path is not None:
        where = source_key(shown(diagnostic.path, directory), diagnostic.cell)
        if diagnostic.span is not None:
            where += f":{diagnostic.span.line}:{diagnostic.span.column or 1}"
    return f"{clean(where)}: {diagnostic.severity.value}[{diagnostic.rule}] {mark}{one_line(diagnostic.message)}"


def one_line(text: str) -> str:
    """TEXT without line ends and control characters, so that it stays one line of a terminal."""
    return clean(" ".join(text.split()))


def clean(text: str) -> str:
    """TEXT with U+FFFD for what a terminal would act on: control characters, and those that turn the writing's direction."""
    if text.isprintable():
        return text
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if char in ACTING or unicodedata.category(char) == "Cc" else char for char in text
    )


def _diagnostic(diagnostic: Diagnostic, directory: str) -> dict[str, Any]:
    data: dict[str, Any] = {
        "rule": diagnostic.rule,
        "group": diagnostic.group,
        "claim": diagnostic.claim.value,
        "severity": diagnostic.severity.value,
        "basis": diagnostic.basis.value,
        "message": diagnostic.message,
        "path": None if diagnostic.path is None else shown(diagnostic.path, directory),
        "cell": diagnostic.cell,
        **span_json(diagnostic.span),
    }
    for name in ("symbol", "labels", "caption", "help", "notes", "evidence", "refuted_by", "fix", "fingerprint", "url"):
        data[name] = _relative(to_json(getattr(diagnostic, name)), directory)
    return data


def _relative(data: Any, directory: str) -> Any:
    """DATA with every value of a key ``path`` shown from DIRECTORY."""
    if isinstance(data, list):
        return [_relative(item, directory) for item in data]
    if isinstance(data, dict):
        return {
            key: shown(value, directory) if key == "path" and isinstance(value, str) else _relative(value, directory)
            for key, value in data.items()
        }
    return data
