"""The ``json`` format: one object, everything in it. What is shown to people makes no difference here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tslint.report.content import visible
from tslint.report.statistics import counted

if TYPE_CHECKING:
    from tslint.report import Options
    from tslint.report.content import Report


def render(report: Report, options: Options) -> str:
    if options.statistics:
        shown = visible(report.diagnostics, options.show_info, options.show_refuted)
        return json.dumps(counted(shown, options.fix_unsafe), indent=2, ensure_ascii=False) + "\n"
    # A size that was measured as infinity or NaN is no JSON: such values are written as text.
    return json.dumps(finite(report.to_json()), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def finite(data: object) -> object:
    if isinstance(data, float) and (data != data or data in (float("inf"), float("-inf"))):
        return str(data)
    if isinstance(data, dict):
        return {key: finite(value) for key, value in data.items()}
    if isinstance(data, list):
        return [finite(item) for item in data]
    return data
