"""Paths as the user named them: the child knows files by their real paths, behind symbolic links and ``..``."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tslint.diagnostic import from_json, to_json
from tslint.evidence.base import Evidence


def as_named(evidence: Iterable[Evidence], path: str) -> list[Evidence]:
    """EVIDENCE in which the file that was named as the absolute PATH has that path, and what lies beside it a like one."""
    real, named = _apart(Path(path).resolve(), Path(path))
    if real == named:
        return list(evidence)
    return [from_json(type(item), _renamed(to_json(item), real, named)) for item in evidence]


def _apart(real: Path, named: Path) -> tuple[str, str]:
    """Both paths without the end that they share, for as long as what is left is one place."""
    while real.name == named.name and real.parent == named.parent.resolve() and named.name:
        real, named = real.parent, named.parent
    return str(real), str(named)


def _renamed(value: Any, real: str, named: str) -> Any:
    if isinstance(value, str):
        inside = value == real or value.startswith(real.rstrip(os.sep) + os.sep)
        return named.rstrip(os.sep) + value[len(real.rstrip(os.sep)) :] if inside else value
    if isinstance(value, list):
        return [_renamed(item, real, named) for item in value]
    if isinstance(value, dict):
        return {_renamed(key, real, named): _renamed(item, real, named) for key, item in value.items()}
    return value
