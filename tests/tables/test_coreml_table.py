"""The table of what coremltools cannot convert is right about the installed one: all of its ops by name, a few by converting."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tslint.facts.coreml import table
from tslint.facts.coreml.table import Row

pytest.importorskip("torch")
pytest.importorskip("coremltools")
pytest.importorskip("expecttest")
pytestmark = [pytest.mark.torch, pytest.mark.coreml]

sys.path.insert(0, str(Path(__file__).parent))

import coreml_rows  # noqa: E402 - the generator stands beside this file
import coreml_subjects  # noqa: E402
import coreml_trials  # noqa: E402

ROWS = [row for several in table.rows().values() for row in several]
SAMPLED = ROWS[:: max(1, len(ROWS) // 12)]


@pytest.fixture(autouse=True)
def installed() -> None:
    header = table.PATH.read_text(encoding="utf-8").partition("\n")[0]
    versions = f"# torch {version('torch').partition('+')[0]}, coremltools {version('coremltools')}"
    if header != versions:
        pytest.skip(f"the table is not of {versions[2:]}")


def test_no_missing_op_has_a_converter() -> None:
    from coremltools.converters.mil.frontend.torch.torch_op_registry import _TORCH_OPS_REGISTRY

    assert [row for row in ROWS if row.missing and _TORCH_OPS_REGISTRY.get_func(row.op) is not None] == []


def test_every_refused_op_has_one() -> None:
    from coremltools.converters.mil.frontend.torch.torch_op_registry import _TORCH_OPS_REGISTRY

    assert [row for row in ROWS if not row.missing and _TORCH_OPS_REGISTRY.get_func(row.op) is None] == []


def test_every_name_is_one_of_the_installed_pytorch() -> None:
    assert [row.name for row in ROWS if coreml_subjects.resolved(row.name) is None] == []


@pytest.mark.parametrize("row", SAMPLED, ids=lambda row: row.name)
def test_a_few_rows_come_true(row: Row) -> None:
    subjects = coreml_subjects.subjects()
    main = row.name if row.name in subjects else next(m for m, others in subjects.items() if row.name in others)
    known = coreml_subjects.samples(main)
    for sample in [*known, *coreml_subjects.variations(main, known), *coreml_subjects.samples(row.name)]:
        trial = coreml_trials.tried(row.name, sample, main)
        seen = {parameter: word for parameter, (_, word) in trial.arguments.items()} | {
            coreml_rows.RANK: str(trial.rank)
        }
        if trial.outcome != "untold" and all(seen.get(c.parameter) in c.values for c in row.conditions):
            assert trial.outcome == ("missing" if row.missing else "refused")
            return
    pytest.fail("no sample meets the row's conditions")
