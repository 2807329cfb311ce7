"""Numbers that the source spells out."""

from __future__ import annotations

import libcst as cst
import pytest
from support import facts_of

from tslint.facts.spelled import spelled

CODE = {
    "1 / 4": 0.25,
    "-(1 + 2) * 3": -9.0,
    "[0.5, 1]": [0.5, 1.0],
    "[2] * 3": [2.0, 2.0, 2.0],
    "mean": [1.0, 2.0],
    "mean[1] / std[0]": 0.5,
    "[-m / s for m, s in zip(mean, std)]": [-0.25, -0.25],
    "[2 * m for m in mean]": [2.0, 4.0],
    "-np.array(mean) / np.array(std)": (-0.25, -0.25),
    "(-np.array(mean) / np.array(std)).tolist()": [-0.25, -0.25],
    "list(m for m in (1, 2))": [1.0, 2.0],
    "np.array(mean) * 255": (255.0, 510.0),
    "1 / 0": None,
    "-mean": None,
    "mean / std": None,
    "right[0] - left": 1.0,
    "twice": None,
    "unknown": None,
    "[*mean]": None,
    "mean[5]": None,
    "[m for m in mean if m > 1]": None,
    "f(1)": None,
    "1 ** 2": None,
}


@pytest.mark.parametrize("text", CODE)
def test_what_an_expression_spells_out(text: str) -> None:
    facts = facts_of(f"mean = [1, 2]\nstd = (4, 8)\nleft, right = 4, [5]\ntwice = 1\ntwice = 2\nsee({text})\n")
    (call,) = [c for c in facts.nodes(cst.Call) if isinstance(c.func, cst.Name) and c.func.value == "see"]
    assert spelled(call.args[0].value, facts.names) == CODE[text]
