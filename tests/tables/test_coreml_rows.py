"""From trials to rows: what decides, and what the samples alone suggest."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from coreml_rows import rows

NEAREST = {"mode": (2, "'nearest'"), "size": (1, "int")}
CUBIC = NEAREST | {"mode": (2, "'bicubic'")}


def trial(
    arguments: dict[str, tuple[int, str]], outcome: str, op: str = "", name: str = "f", rank: int = 4
) -> dict[str, Any]:
    ops = [op] if op else []
    return {"name": name, "outcome": outcome, "rank": rank, "arguments": arguments, "ops": ops, "message": ""}


def test_what_is_missing_in_every_sample_has_no_condition() -> None:
    assert rows("f", [trial(NEAREST, "missing", "aten::f"), trial(CUBIC, "untold")], {}) == ["f\tmissing aten::f"]


def test_one_argument_that_decides_is_the_condition() -> None:
    found = rows("f", [trial(NEAREST, "ok"), trial(CUBIC, "missing", "aten::cubic")], {})
    assert found == ["f\tmissing aten::cubic\tmode@2='bicubic'"]


def test_an_argument_that_may_be_left_out_says_so() -> None:
    found = rows("f", [trial(NEAREST, "ok"), trial(CUBIC, "refused", "aten::cubic")], {"mode": "'bicubic'"})
    assert found == ["f\trefused aten::cubic\tmode@2='bicubic'|-"]


def test_values_that_lead_to_several_ops_are_several_rows() -> None:
    exact = NEAREST | {"mode": (2, "'exact'")}
    trials = [trial(NEAREST, "ok"), trial(CUBIC, "missing", "aten::cubic"), trial(exact, "missing", "aten::exact")]
    assert rows("f", trials, {}) == [
        "f\tmissing aten::cubic\tmode@2='bicubic'",
        "f\tmissing aten::exact\tmode@2='exact'",
    ]


def test_samples_that_differ_in_two_things_show_nothing() -> None:
    other = CUBIC | {"size": (1, "tuple")}
    assert rows("f", [trial(NEAREST, "ok"), trial(other, "missing", "aten::cubic")], {}) == []


def test_a_value_that_also_converts_is_no_condition() -> None:
    other = CUBIC | {"size": (1, "tuple")}
    trials = [trial(NEAREST, "ok"), trial(CUBIC, "missing", "aten::cubic"), trial(other, "ok")]
    assert rows("f", trials, {}) == []


def test_refused_for_another_op_speaks_against_missing_everywhere() -> None:
    trials = [trial(NEAREST, "refused", "aten::known"), trial(CUBIC, "missing", "aten::cubic")]
    assert rows("f", trials, {}) == ["f\tmissing aten::cubic\tmode@2='bicubic'"]


def test_a_rank_needs_two_trials_and_a_single_tensor() -> None:
    good, bad = trial(NEAREST, "ok"), trial(NEAREST, "missing", "aten::f3d", rank=5)
    assert rows("f", [good, bad], {}) == []
    assert rows("f", [good, bad, bad], {}) == ["f\tmissing aten::f3d\trank=5"]
    two = {"input": (0, "tensor"), "other": (1, "tensor")}
    assert rows("f", [trial(two, "ok"), *[trial(two, "missing", "aten::f", rank=5)] * 2], {}) == []


def test_another_name_has_the_conditions_that_its_own_trials_meet() -> None:
    trials = [trial(NEAREST, "ok"), trial(CUBIC, "missing", "aten::cubic")]
    cubic = trial(CUBIC, "missing", "aten::cubic_", name="f_")
    assert rows("f", [*trials, cubic, trial(NEAREST, "ok", name="f_")], {})[1:] == [
        "f_\tmissing aten::cubic_\tmode@2='bicubic'"
    ]
    assert rows("f", [*trials, trial(CUBIC, "ok", name="g")], {})[1:] == []
    assert rows("f", [*trials, cubic], {})[1:] == ["f_\tmissing aten::cubic_"]


def test_another_op_where_a_flag_is_set_has_a_row_of_its_own_before() -> None:
    plain, smooth = {"flag": (3, "False")}, {"flag": (3, "True")}
    trials = [
        trial(NEAREST | plain, "ok"),
        trial(CUBIC | plain, "missing", "aten::cubic"),
        trial(CUBIC | plain, "missing", "aten::cubic"),
        trial(CUBIC | smooth, "missing", "aten::cubic_aa"),
    ]
    assert rows("f", trials, {"flag": "False"}) == [
        "f\tmissing aten::cubic_aa\tmode@2='bicubic'\tflag@3=True",
        "f\tmissing aten::cubic\tmode@2='bicubic'",
    ]
