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
        text = ""
        if diagnostic.span and diagnostic.path in lines:
            rows = lines[diagnostic.path or ""]
            if diagnostic.span.line <= len(rows):
                text = " ".join(rows[diagnostic.span.line - 1].split())
        key = (diagnostic.rule, name(diagnostic.path or ""), diagnostic.symbol or "", text)
        seen[key] = seen.get(key, 0) + 1
        digest = hashlib.sha256("\0".join((*key, str(seen[key]))).encode()).hexdigest()[:16]
        result.append(dataclasses.replace(diagnostic, fingerprint=digest))
    return result
