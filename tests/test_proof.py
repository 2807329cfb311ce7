"""What counts as proven, and what as lost, between two runs of a model. Pure."""

from __future__ import annotations

import dataclasses

import pytest

from tslint.proof import compare, proved
from tslint.report.content import Report
from tslint.report.run import Dimension, Route, Run, Step, TriedInput

RUN = Run(
    "net.py",
    module="Net",
    steps=(Step("eager", "ok", 0.1),),
    routes=(Route("trace", "works", "works"), Route("script", "works")),
    generalises=(Dimension("x", 0, True), Dimension("x", 2, False)),
    inputs=(TriedInput("example", "float32[1,4]"), TriedInput("batch", "float32[2,4]"), TriedInput("odd", "", False)),
)
DEAD = dataclasses.replace(RUN, steps=(Step("eager", "failed", 0.1),), routes=(), generalises=())


def routed(trace: str, converts: str = "untried", script: str = "works", **more: object) -> Run:
    routes = (Route("trace", trace, converts), Route("script", script))
    return dataclasses.replace(RUN, routes=routes, **more)  # type: ignore[arg-type]


def lost(before: Run, after: Run | None) -> tuple[str, ...]:
    compared = compare(Report(runs=(before,)), Report(runs=(after,) if after else ()))
    return tuple(word for each in compared if each.lost for word in each.worse)


def test_nothing_is_lost_by_staying_as_it_was() -> None:
    assert lost(RUN, RUN) == ()
    assert lost(DEAD, DEAD) == ()
    assert lost(DEAD, RUN) == ()


def test_a_model_that_no_longer_runs_is_lost() -> None:
    assert lost(RUN, DEAD) == ("the model does not run any more",)


def test_a_file_that_raises_behind_its_first_model_is_lost() -> None:
    raised = dataclasses.replace(RUN, steps=(Step("entry", "failed", 0.1), *RUN.steps))
    assert lost(RUN, raised) == ("the file does not run to its end any more",)
    assert lost(raised, raised) == lost(raised, RUN) == ()


def test_of_a_model_that_is_no_longer_found_nothing_is_known() -> None:
    assert lost(RUN, None) == ()


def test_a_way_that_is_lost_without_another_gained() -> None:
    assert lost(RUN, routed("refused", script="works")) == ("no longer traces rightly",)
    assert lost(RUN, routed("works", "refused")) == ("no longer converts",)
    assert lost(routed("refused"), routed("works", script="refused")) == ()  # traced instead of scripted
    assert lost(routed("differs"), routed("refused")) == ()  # neither is right
    assert lost(routed("works"), routed("untried")) == ()  # nothing is known of it


def test_the_wrapped_trace_counts_as_a_conversion() -> None:
    wrapped = Route("trace", "refused", wrapped=Route("trace", "works", "works"))
    before = dataclasses.replace(RUN, routes=(wrapped,))
    assert lost(before, dataclasses.replace(RUN, routes=(Route("trace", "works", "refused"),))) == ()
    refused = dataclasses.replace(RUN, routes=(dataclasses.replace(wrapped, wrapped=None, converts="refused"),))
    assert lost(before, refused) == ("no longer converts",)


def test_sizes_that_are_no_longer_served() -> None:
    fewer = dataclasses.replace(RUN, generalises=(Dimension("x", 0, False), Dimension("x", 2, False)))
    assert lost(RUN, fewer) == ("the trace no longer serves other sizes of dimension 0 of `x`",)
    other = dataclasses.replace(RUN, generalises=(Dimension("x", 0, False), Dimension("x", 2, True)))
    assert lost(RUN, other) == ()
    assert lost(RUN, dataclasses.replace(RUN, generalises=())) == ()


def test_another_answer_is_a_loss_that_nothing_outweighs() -> None:
    changed = routed("works", unchanged=False, changed="largest difference 0.5")
    assert lost(routed("refused"), changed) == ("it computes something else (largest difference 0.5)",)
    assert lost(RUN, dataclasses.replace(RUN, unchanged=None, changed="its weights are drawn otherwise")) == ()


@pytest.mark.parametrize(
    ("run", "sentence", "complete"),
    [
        (
            dataclasses.replace(RUN, unchanged=True),
            "2 fixes, proven by running it: traces and equals eager on 2 inputs, generalises over batch, answers as before",
            True,
        ),
        (routed("differs"), "2 fixes, proven by running it: scripts and equals eager on 2 inputs", True),
        (
            dataclasses.replace(RUN, routes=(Route("trace", "refused", stopped_by=("dict-output",)),), unchanged=True),
            "2 fixes, run: answers as before, it neither traces nor scripts rightly yet (dict-output)",
            False,
        ),
        (DEAD, "2 fixes, and nothing proven: the model does not run", False),
        (dataclasses.replace(RUN, routes=()), "2 fixes, run: it neither traces nor scripts rightly yet", False),
    ],
)
def test_what_is_said(run: Run, sentence: str, complete: bool) -> None:
    proof = proved(run, "/net.py", 2)
    assert (proof.sentence, proof.complete, proof.count) == (sentence, complete, 2)
