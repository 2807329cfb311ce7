"""What a diagnostic is known by from one check to the next, though its line moved. Pure."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence

from tslint.diagnostic import Diagnostic


def fingerprinted(
    diagnostics: Iterable[Diagnostic], lines: Mapping[str, Sequence[str]], name: Callable[[str], str]
) -> list[Diagnostic]:
    """The diagnostics with fingerprints: rule, path (as NAME shows it), symbol, normalised line and ordinal.

    A line that moves keeps its own.
    """
    seen: dict[tuple[str, ...], int] = {}
    result = []
    for diagnostic in diagnostics:
        key = (
            diagnostic.rule,
            name(diagnostic.path or ""),
            diagnostic.symbol or "",
            normalised(diagnostic, lines.get(diagnostic.path or "", ())),
        )
        seen[key] = seen.get(key, 0) + 1
        result.append(dataclasses.replace(diagnostic, fingerprint=digest(*key, str(seen[key]))))
    return result


def normalised(diagnostic: Diagnostic, rows: Sequence[str]) -> str:
    """The line of the diagnostic, of its file's ROWS, with single blanks; nothing where it has none."""
    if diagnostic.span is None or diagnostic.span.line > len(rows):
        return ""
    return " ".join(rows[diagnostic.span.line - 1].split())


def digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()[:16]
