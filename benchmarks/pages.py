"""Tables that a benchmark writes into its page, each between two comments of its own."""

from __future__ import annotations

import datetime
import importlib.metadata
from collections.abc import Sequence
from pathlib import Path


def write(page: Path, part: str, made: str, packages: Sequence[str]) -> None:
    """Puts the tables MADE into the PART of PAGE, with today's date and the versions of PACKAGES."""
    start, end = f"<!-- {part} -->", f"<!-- end of {part} -->"
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    before, _, rest = page.read_text(encoding="utf-8").partition(start)
    after = rest.partition(end)[2]
    text = f"Made {datetime.date.today().isoformat()} with {versions}.\n\n{made}"
    page.write_text(f"{before}{start}\n{text}\n{end}{after}", encoding="utf-8")
