"""The lines below the table of routes: what the dimensions are called, and of which program it is said."""

from __future__ import annotations

import dataclasses

import pytest
from cases import transcript

from tslint.diagnostic import Place, Span
from tslint.evidence import Escape, InputSpec
from tslint.report.routes import generalisation, harmless_warnings, route_table, verdict
from tslint.report.run import Dimension, Route, Run, Step

RUN = transcript().runs[0]


@pytest.mark.parametrize(
    ("dtype", "shape", "words"),
    [
        ("int64", (16,), "length"),
        ("float32", (16,), "length"),
        ("int64", (1, 16), "batch and length"),
        ("float32", (1, 16), "batch and dimension 1"),
        ("float32", (1, 8, 16), "batch, dimension 1 and dimension 2"),
        ("float32", (1, 3, 8, 8), "batch, dimension 1, dimension 2 and dimension 3"),
    ],
)
def test_what_dimensions_are_called(dtype: str, shape: tuple[int, ...], words: str) -> None:
    served = tuple(Dimension("x", number, True, ()) for number in range(len(shape)))
    run = dataclasses.replace(RUN, example=(InputSpec("x", dtype, shape),), generalises=served, recommended="trace")
    assert generalisation(run, 100) == [f"generalises over {words}"]


def test_an_image_is_what_comes_with_one_number_of_channels_alone() -> None:
    served = tuple(Dimension("x", number, None if number == 1 else True, ()) for number in range(4))
    example = (InputSpec("x", "float32", (1, 3, 8, 8)),)
    run = dataclasses.replace(RUN, example=example, generalises=served, recommended="trace")
    assert generalisation(run, 100) == ["generalises over batch, height and width"]


def test_it_is_said_of_the_trace_where_another_program_is_recommended() -> None:
    served = (Dimension("x", 0, True, ()), Dimension("x", 1, False, ("math-on-size",)))
    run = dataclasses.replace(
        RUN, example=(InputSpec("x", "float32", (2, 8)),), generalises=served, recommended="export"
    )
    assert generalisation(run, 100) == ["the trace generalises over batch; not over dimension 1 (math-on-size)"]
    alone = dataclasses.replace(run, generalises=served[1:])
    assert generalisation(alone, 100) == ["the trace does not generalise over dimension 1 (math-on-size)"]


def test_a_program_is_not_said_to_work_where_what_could_be_converted_was_refused() -> None:
    routes = (
        Route("trace", "works", "refused", stopped_by=("unsupported-op",)),
        Route("script", "works"),
        Route("export", message="not needed"),
    )
    assert verdict(Run("net.py", routes=routes)) == "trace ✗ does not convert: unsupported-op · script ✓ not converted"


def test_what_is_wrong_is_not_pointed_at() -> None:
    """Tried without conversion, a trace that differs may still be the best there is."""
    run = Run("net.py", routes=(Route("trace", "differs"), Route("script", "works")), recommended="trace")
    text = "".join(piece for line in route_table(run, "", 100) for piece, _ in line)
    assert "trace ✗ differs from eager" in text and "recommended" not in text
    fine = dataclasses.replace(run, routes=(Route("trace", "works"), Route("script", "works")))
    assert "recommended" in "".join(piece for line in route_table(fine, "", 100) for piece, _ in line)


def test_what_stops_the_conversion_of_a_wrong_program_is_said_of_the_conversion() -> None:
    rules = ("math-on-size", "unsupported-op")
    route = Route("trace", "differs", "refused", stopped_by=rules)
    assert verdict(Run("net.py", routes=(route,))) == (
        "trace ✗ differs from eager: math-on-size; does not convert: unsupported-op"
    )
    (before,) = [dataclasses.replace(route, converts="untried", stopped_by=rules[:1])]
    assert verdict(Run("net.py", routes=(before,))) == "trace ✗ differs from eager: math-on-size"


def escape(line: int, verdict: str, path: str = "/work/net.py", warned: bool = True) -> Escape:
    return Escape(0, Place(path, Span(line, 1, line, 2)), "__float__", "size", {}, verdict, warned=warned)


def test_warnings_of_the_tracer_that_came_to_nothing_are_named() -> None:
    escapes = (
        escape(3, "harmless"), escape(3, "harmless"), escape(4, "harmful"), escape(5, "harmless"), escape(5, "harmful"),
        escape(6, "harmless", warned=False), escape(7, "not exercised"), escape(8, "harmless", "/work/parts.py"),
    )  # fmt: skip
    run = dataclasses.replace(RUN, target="/work/net.py", escapes=escapes)
    assert harmless_warnings(run, "/work", 100) == [
        "harmless though PyTorch's tracer warns of it: lines 3 and parts.py:8"
    ]
    assert harmless_warnings(dataclasses.replace(run, escapes=escapes[2:4]), "/work", 100) == [
        "harmless though PyTorch's tracer warns of it: line 5"
    ]
    assert harmless_warnings(dataclasses.replace(run, escapes=escapes[2:3]), "/work", 100) == []


def test_a_run_on_one_line() -> None:
    routes = (
        Route("trace", "refused", stopped_by=("dict-output",), wrapped=Route("trace", "works", "works", verified=True)),
        Route("script", "refused", stopped_by=("module-list-index",)),
        Route("mixed", message="not needed"),
        Route("export", message="not needed"),
    )
    served = (Dimension("x", 0, True, ()), Dimension("x", 1, False, ("math-on-size",)))
    run = Run("net.py", routes=routes, generalises=served, example=(InputSpec("x", "float32", (2, 8)),))
    assert verdict(run) == (
        "trace ✗ dict-output · wrapped trace ✓ converts, verified · script ✗ module-list-index · "
        "generalises over batch; not over dimension 1 (math-on-size)"
    )
    ended = Run("net.py", steps=(Step("entry", "ok", 0.1), Step("eager", "failed", 0.2, "ValueError: no\nsuch thing")))
    assert verdict(ended) == "eager ✗ ValueError: no such thing"
    assert verdict(Run("net.py", steps=(Step("eager", "timeout", 9.0),))) == "eager ✗ timeout"
    assert verdict(Run("net.py")) == ""
