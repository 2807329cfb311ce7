"""The faulty models of the rule pages, fixed: `--fix --unsafe-fixes` proves itself right, and PyTorch alone agrees.

Whether a fixed model traces or scripts, and answers as eager does, is asked here without tslint.
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import pytest
import torch
from loading import Example, alike, restarted, run, trace
from rule_pages import Case, cases

from tslint.api import check_paths
from tslint.settings import Settings

pytestmark = pytest.mark.torch

FAULTY = [case for case in cases("bad") if case.fixed is not None and case.rule.group != "coreml"]

LEFT = {
    "none-default-bad2": "the run finds it where the value is used, on another line than its fix",
    "tensor-to-number-bad2": "the run refutes what is predicted, and finds another problem",
    "constructor-in-forward-bad2": "no inputs are known that it takes, so nothing can be run",
    "untyped-parameter-bad3": "no inputs are known that it takes, so nothing can be run",
}
"""Case → why its fix is not written, or is not proven."""

FAULTY = [case for case in FAULTY if str(case) not in LEFT]


def test_there_are_at_least_fifty_of_them() -> None:
    assert len(FAULTY) >= 50


@pytest.mark.parametrize("case", FAULTY, ids=str)
def test_a_fixed_model_has_a_way_and_answers_as_eager_does(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = case.written(tmp_path)
    monkeypatch.chdir(tmp_path)
    settings = Settings(fix=True, unsafe_fixes=True, no_convert=True, no_cache=True, python=sys.executable)
    report = check_paths([path.name], settings)
    assert report.errors == () and report.withheld == (), report
    assert report.fixed > 0
    proven = bool(report.proofs) and all(proof.complete for proof in report.proofs)
    fixed = dataclasses.replace(case, text=path.read_text(encoding="utf-8"))
    assert proven and works(Example(fixed, tmp_path)), report.said_of_fixes()


def works(example: Example) -> bool:
    """Whether the model is a TorchScript program that answers as eager does; or what ``main()`` makes is made, in eval mode."""
    torch.jit._recursive.concrete_type_store = torch.jit._recursive.ConcreteTypeStore()
    if not example.has("example_inputs"):
        made = example.call("main")
        programs = made if isinstance(made, tuple) else (made,)
        return not any(getattr(each, "training", False) for each in programs)
    return _agrees(example, lambda: trace(example.model(), example.inputs())) or _agrees(
        example, lambda: torch.jit.script(example.model())
    )


def _agrees(example: Example, build) -> bool:  # type: ignore[no-untyped-def]
    try:
        program = build()
    except Exception:  # whatever PyTorch refuses a model with
        return False
    every = [example.inputs(), *([example.others()] if example.has("other_inputs") else [])]
    for inputs in every:
        try:
            answer = run(restarted(program, example), inputs)
        except Exception:
            return False
        if not alike(answer, run(example.model(), inputs)):
            return False
    return True
