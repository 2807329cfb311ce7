"""The base of all evidence, and its way through a file."""

from __future__ import annotations

import json
from typing import ClassVar

from tslint.diagnostic import from_json, to_json
from tslint.frozen import frozen


@frozen
class Evidence:
    """Base of everything a run reports. ``entry`` is the index of the entry that it concerns."""

    KINDS: ClassVar[dict[str, type[Evidence]]] = {}

    def __init_subclass__(cls) -> None:
        Evidence.KINDS[cls.__name__] = cls


def encode(evidence: Evidence) -> str:
    """One line of JSON, without its newline."""
    return json.dumps({"evidence": type(evidence).__name__, **to_json(evidence)}, separators=(",", ":"))


def decode(line: str) -> Evidence:
    """The inverse of :func:`encode`. Raises KeyError for a kind unknown here, ValueError for what is not JSON."""
    data = json.loads(line)
    return from_json(Evidence.KINDS[data.pop("evidence")], data)
