"""The lines below the table of routes: what the dimensions are called, and of which program it is said."""

from __future__ import annotations

import dataclasses

import pytest
from cases import transcript

from tslint.evidence import InputSpec
from tslint.report.content import Dimension
from tslint.report.routes import generalisation

RUN = transcript().runs[0]


@pytest.mark.parametrize(
    ("dtype", "shape", "words"),
    [
        ("int64", (16,), "length"),
        ("float32", (16,), "length"),
        ("int64", (1, 16), "batch and length"),
        ("float32", (1, 16), "batch and dimension 1"),
        ("float32", (1, 8, 16), "batch, dimension 1 and dimension 2"),
        ("float32", (1, 3, 8, 8), "batch, channels, height and width"),
    ],
)
def test_what_dimensions_are_called(dtype: str, shape: tuple[int, ...], words: str) -> None:
    served = tuple(Dimension("x", number, True, ()) for number in range(len(shape)))
    run = dataclasses.replace(RUN, example=(InputSpec("x", dtype, shape),), generalises=served, recommended="trace")
    assert generalisation(run, 100) == [f"generalises over {words}"]


def test_it_is_said_of_the_trace_where_another_program_is_recommended() -> None:
    served = (Dimension("x", 0, True, ()), Dimension("x", 1, False, ("math-on-size",)))
    run = dataclasses.replace(
        RUN, example=(InputSpec("x", "float32", (2, 8)),), generalises=served, recommended="export"
    )
    assert generalisation(run, 100) == ["the trace generalises over batch; not over dimension 1 (math-on-size)"]
    alone = dataclasses.replace(run, generalises=served[1:])
    assert generalisation(alone, 100) == ["the trace does not generalise over dimension 1 (math-on-size)"]
