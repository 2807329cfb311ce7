"""How places are shown and written as JSON: paths from a directory, cells of notebooks, spans. Pure."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tslint.diagnostic import Place, Span


def shown(path: str, directory: str) -> str:
    """PATH from DIRECTORY with forward slashes, absolute where it lies outside; what is no path comes back as it is."""
    if not Path(path).is_absolute():
        return path.replace(os.sep, "/")
    try:
        return Path(path).relative_to(directory).as_posix()
    except ValueError:
        return Path(path).as_posix()


def source_key(path: str, cell: int | None) -> str:
    """What the lines of a file, or of a cell of a notebook, are kept under in a report's ``sources``."""
    return path if cell is None else f"{path}:cell {cell}"


def span_json(span: Span | None) -> dict[str, int | None]:
    names = ("line", "column", "end_line", "end_column")
    return {name: None if span is None else getattr(span, name) for name in names}


def place_json(place: Place | None, directory: str) -> dict[str, Any]:
    path = None if place is None else shown(place.path, directory)
    cell, span, symbol = (place.cell, place.span, place.symbol) if place else (None, None, None)
    return {"path": path, "cell": cell, **span_json(span), "symbol": symbol}
