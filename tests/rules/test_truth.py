"""What the rule pages claim, tried on the installed PyTorch and coremltools: each claim comes true on the bad examples,
and because of the marked lines; none on the others."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from rule_pages import Case, cases, phrases

from tslint import catalogue, engine
from tslint.diagnostic import Claim
from tslint.facts.facts import Facts
from tslint.source.text import Source

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from blame import to_blame, traceable_otherwise  # noqa: E402 - they import torch
from truth import Trial, unconvertible_lines  # noqa: E402

BLAMED_ELSEWHERE = {"untyped-empty-list", "untyped-empty-dict"}
"""Rules that point at where a variable got its type; the compiler points at where it does not fit."""
GENERALISATION = (Claim.TRACE_DIFFERS, Claim.TRACE_SPECIALISES)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    torch.set_num_threads(threads)


@pytest.fixture(autouse=True)
def converters(request: pytest.FixtureRequest) -> Iterator[None]:
    """What an example registers with coremltools is gone after it."""
    if request.node.get_closest_marker("coreml") is None:
        yield
        return
    registry = pytest.importorskip("coremltools.converters.mil.frontend.torch.torch_op_registry")
    known = registry._TORCH_OPS_REGISTRY.name_to_func_mapping
    before = dict(known)
    yield
    known.clear()
    known.update(before)


def marked(found: list[Case]) -> list[object]:
    return [pytest.param(case, id=str(case), marks=marks(case)) for case in found]


def marks(case: Case) -> list[pytest.MarkDecorator]:
    found = [pytest.mark.coreml] if converts(case) else []
    return [*found, *needs_no_gpu(case.rule.name)] if case.kind == "bad" else found


def needs_no_gpu(rule: str) -> list[pytest.MarkDecorator]:
    if rule != "fixed-device":
        return []
    return [pytest.mark.skipif(torch.cuda.is_available(), reason="raises where there is no GPU")]


def converts(case: Case) -> bool:
    return case.rule.group == "coreml" or bool({Claim.CONVERT_FAILS, Claim.CONVERT_DIFFERS} & set(case.rule.claims))


def claims(case: Case) -> list[Claim]:
    """What static checking claims of a bad example; of others, and of what only a run can see, all that the page lists."""
    if case.kind != "bad" or case.observed or case.rule.name == "syntax-error":
        return list(case.rule.claims)
    source = Source.from_text(case.text, Path("/example.py"))
    found, _ = engine.predict(Facts(source, source.parse()))
    return list(dict.fromkeys(diagnostic.claim for diagnostic in found if diagnostic.rule == case.rule.name))


@pytest.mark.parametrize("case", marked(cases("bad")))
def test_claim_comes_true_because_of_the_marked_lines(case: Case, tmp_path: Path) -> None:
    trial = Trial(case, tmp_path)
    shown = {claim: how for claim in claims(case) if (how := trial.shown(claim))}
    if case.observed:
        assert shown, f"none of {[claim.value for claim in case.rule.claims]} comes true"
    else:
        assert shown.keys() == set(claims(case)) != set()
    quoted = phrases(case.rule)
    if quoted and trial.error is not None:
        assert any(phrase in how for phrase in quoted for how in shown.values()), f"{shown} quotes none of {quoted}"
    for claim in shown:
        _because_of_the_marked_lines(claim, trial)


def _because_of_the_marked_lines(claim: Claim, trial: Trial) -> None:
    case, folder = trial.case, trial.folder
    if claim in GENERALISATION:
        differs = Claim.TRACE_DIFFERS in case.rule.claims and trial.shown(Claim.TRACE_DIFFERS)
        to_blame(case, folder, case.marks, by_graph=not differs)
    elif claim is Claim.TRACE_FAILS:
        assert trial.error is not None
        traceable_otherwise(case, folder, trial.error)
    elif claim is Claim.WRONG_MODE and trial.lines:
        assert trial.lines == case.marks
    elif claim is Claim.CONVERT_FAILS and "def main" not in case.text:
        assert unconvertible_lines(trial) == case.marks
    elif claim is Claim.SCRIPT_FAILS and case.rule.name not in BLAMED_ELSEWHERE:
        blamed = {
            int(line)
            for line in re.findall(rf'{case.rule.name.replace("-", "_")}_bad\d+\.py", line (\d+)', str(trial.error))
        }
        assert not blamed or blamed & case.marks, f"the compiler blames {sorted(blamed)}"
    elif claim is Claim.UNCHECKABLE:
        assert isinstance(trial.error, SyntaxError) and {trial.error.lineno} == case.marks


@pytest.mark.parametrize("case", marked(cases("good", "fixed")))
def test_no_claim_comes_true_elsewhere(case: Case, tmp_path: Path) -> None:
    trial = Trial(case, tmp_path)
    for claim in claims(case):
        assert trial.shown(claim) is None, f"{claim.value} comes true"


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=needs_no_gpu(name)) for name in sorted({case.rule.name for case in cases("bad")})]
)
def test_every_claim_of_a_page_comes_true_on_some_example(name: str, tmp_path: Path) -> None:
    rule = catalogue.rules()[name]
    own = [case for case in cases("bad") if case.rule.name == name]
    for claim in rule.claims:
        assert any(Trial(case, tmp_path).shown(claim) for case in own), claim.value


def test_every_phrase_is_quoted_from_a_bad_example(tmp_path: Path) -> None:
    heard: dict[str, str] = {}
    for case in cases("bad"):
        if case.rule.tagged("text raises"):
            trial = Trial(case, tmp_path)
            for claim in claims(case):
                heard[case.rule.name] = heard.get(case.rule.name, "") + (trial.shown(claim) or "")
    for rule in catalogue.rules().values():
        for phrase in phrases(rule):
            assert phrase in heard[rule.name], f"{rule.name}: nothing raises {phrase!r}"


def test_every_warning_quoted_is_issued_by_a_bad_example(tmp_path: Path) -> None:
    for rule in catalogue.rules().values():
        wanted = [text.strip() for text in rule.tagged("text warns")]
        if not wanted:
            continue
        with warnings.catch_warnings(record=True) as issued:
            warnings.simplefilter("always")
            for case in cases("bad"):
                if case.rule.name == rule.name:
                    Trial(case, tmp_path).shown(Claim.TRACE_DIFFERS)
        heard = "\n".join(str(warning.message) for warning in issued)
        for phrase in wanted:
            assert phrase in heard, f"{rule.name}: nothing warns {phrase!r}"
