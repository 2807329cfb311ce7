"""The ``json`` format: one object, everything in it. What is shown to people makes no difference here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tslint.report import Options
    from tslint.report.content import Report


def render(report: Report, options: Options) -> str:
    # A size that was measured as infinity or NaN is no JSON: such values are written as text.
    return json.dumps(_finite(report.to_json()), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _finite(data: object) -> object:
    if isinstance(data, float) and (data != data or data in (float("inf"), float("-inf"))):
        return str(data)
    if isinstance(data, dict):
        return {key: _finite(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_finite(item) for item in data]
    return data
