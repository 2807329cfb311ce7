"""The ``json-lines`` format: each diagnostic of the ``json`` format on a line of its own, info and refuted ones too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tslint.report.json import finite

if TYPE_CHECKING:
    from tslint.report import Options
    from tslint.report.content import Report

ENDS = {ord(end): f"\\u{ord(end):04x}" for end in "\x85\u2028\u2029"}
"""What JSON leaves in a text and some readers take for the end of a line."""


def render(report: Report, options: Options) -> str:
    found = finite(report.to_json()["diagnostics"])
    assert isinstance(found, list)
    return "".join(f"{_line(each)}\n" for each in found)


def _line(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":")).translate(ENDS)
