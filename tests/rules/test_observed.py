"""What only a run can see: the run reports the examples' marked lines, by their rule, and the good ones not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from rule_pages import Case, cases

from tslint.api import check_paths
from tslint.diagnostic import Basis, Severity
from tslint.settings import Settings

pytest.importorskip("torch")
pytestmark = pytest.mark.torch

OBSERVED = [case for case in cases("bad", "good") if case.rule.observed]


ROUTES = {"export-failed": "export"}
"""The route of a rule that its group does not tell."""


def settings(case: Case) -> Settings:
    """Only what the rule needs: its route, and the conversion for rules about that."""
    return Settings(
        route=(ROUTES.get(case.rule.name) or ("script" if case.rule.group == "script" else "trace"),),
        no_convert=case.rule.group != "coreml",
        no_verify=case.rule.name not in ("lowering-differs", "fp16-overflow"),
    )


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=str(case), marks=[pytest.mark.coreml] if case.rule.group == "coreml" else [])
        for case in OBSERVED
    ],
)
def test_run_reports_the_marked_lines(case: Case, tmp_path: Path) -> None:
    report = check_paths([str(case.written(tmp_path))], settings(case))
    assert not report.errors
    loud = [found for found in report.diagnostics if found.severity is not Severity.INFO]
    assert [(found.rule, found.span.line if found.span else None) for found in loud] == [
        (case.rule.name, line) for line in sorted(case.marks)
    ]
    assert all(found.basis is Basis.OBSERVED for found in loud)
