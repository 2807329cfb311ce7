"""The models that the talk behind this project converts, as their libraries ship them."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from commandline import ROOT, ZOO, Outcome, check_json, counted, environment, line_of

pytestmark = [pytest.mark.torch, pytest.mark.coreml, pytest.mark.zoo]


def library(package: str, path: str) -> Path:
    """A file of an installed package, which is not imported."""
    spec = importlib.util.find_spec(package)
    assert spec is not None and spec.submodule_search_locations, f"{package} is not installed"
    return Path(spec.submodule_search_locations[0]) / path


def file_of(placed: dict[str, Any]) -> Path:
    """The file of a diagnostic or an escape of a check made in ROOT, which may hold the environment too."""
    return ROOT / placed["path"]


def steps(run: dict[str, Any]) -> dict[str, str]:
    return {step["name"]: step["status"] for step in run["steps"]}


@pytest.fixture(scope="module")
def deeplab() -> Outcome:
    return check_json("tests/zoo/deeplab.py", cwd=ROOT)


@pytest.fixture(scope="module")
def gpt2() -> Outcome:
    return check_json("tests/zoo/gpt2.py", cwd=ROOT)


def assert_deeplab_report(outcome: Outcome) -> dict[str, Any]:
    """The dict is refused in torchvision's own file; behind a wrapper the model traces, converts and is verified."""
    assert outcome.status == 1, outcome
    report = outcome.report
    assert report["errors"] == []
    (dictionary,) = counted(report)
    source = library("torchvision", "models/segmentation/_utils.py")
    assert (dictionary["rule"], dictionary["basis"], dictionary["claim"]) == ("dict-output", "observed", "trace-fails")
    assert file_of(dictionary) == source
    assert dictionary["line"] == line_of(source, "return result")
    (run,) = report["runs"]
    assert {step["status"] for step in run["steps"]} <= {"ok", "failed", "skipped"}
    trace = run["routes"]["trace"]
    assert (trace["status"], trace["stopped_by"]) == ("refused", ["dict-output"])
    assert (trace["wrapped"]["status"], trace["wrapped"]["converts"]) == ("works", "works")
    assert trace["wrapped"]["keys"] == ["out"]
    assert run["recommended"] == "trace"
    return run


def test_deeplab_is_refused_for_its_dict_and_converts_behind_a_wrapper(deeplab: Outcome) -> None:
    run = assert_deeplab_report(deeplab)
    assert steps(run)["convert"] == "ok"
    assert steps(run)["verify"] == "ok"
    assert run["routes"]["script"]["status"] == "works"


def test_deeplab_generalises_over_its_batch_and_the_size_of_the_image(deeplab: Outcome) -> None:
    (run,) = deeplab.report["runs"]
    verdicts = {entry["dimension"]: entry["verdict"] for entry in run["generalises"]}
    assert verdicts == {0: True, 1: None, 2: True, 3: True}


def test_deeplab_as_a_target_with_literal_arguments(tmp_path: Path) -> None:
    target = "torchvision.models.segmentation:deeplabv3_resnet101(weights=None, weights_backbone=None)"
    outcome = check_json(target, "--input", "1,3,64,64", "--no-convert", cwd=tmp_path, env=environment(ZOO))
    assert outcome.status == 1, outcome
    report = outcome.report
    found = [(d["rule"], d["basis"]) for d in counted(report)]
    # Nobody can call eval() on a target of the command line, so its mode is nobody's mistake.
    assert sorted(found) == [("dict-output", "observed")]
    (run,) = report["runs"]
    assert run["target"] == target
    assert run["routes"]["trace"]["status"] == "refused"
    assert run["routes"]["trace"]["wrapped"]["status"] == "works"
    assert run["routes"]["trace"]["wrapped"]["converts"] == "untried"


def test_gpt2_lists_every_missing_op_with_its_line_in_transformers(gpt2: Outcome) -> None:
    assert gpt2.status == 1, gpt2
    masks = library("transformers", "masking_utils.py")
    expected = {
        "aten::diff": line_of(masks, "position_diff = torch.diff("),
        "aten::new_ones": line_of(masks, "result = q_idx.new_ones("),
    }
    unsupported = [d for d in counted(gpt2.report) if d["rule"] == "unsupported-op"]
    assert {file_of(d) for d in unsupported} == {masks}
    assert all(d["basis"] == "observed" and d["severity"] == "error" for d in unsupported)
    found = {evidence["op"]: d["line"] for d in unsupported for evidence in d["evidence"] if "op" in evidence}
    assert found == expected
    for op in expected:
        assert any(f"`{op}`" in d["message"] for d in unsupported)


def test_gpt2_is_refused_for_its_mapping_and_traced_behind_a_wrapper(gpt2: Outcome) -> None:
    (mapping,) = [d for d in counted(gpt2.report) if d["rule"] == "dict-output"]
    source = library("transformers", "models/gpt2/modeling_gpt2.py")
    assert mapping["basis"] == "observed"
    assert file_of(mapping) == source
    returns = source.read_text(encoding="utf-8").splitlines()[mapping["line"] - 1]
    assert returns.strip() == "return CausalLMOutputWithCrossAttentions("
    (run,) = gpt2.report["runs"]
    wrapped = run["routes"]["trace"]["wrapped"]
    assert wrapped["keys"] == ["logits"]
    assert wrapped["status"] == "differs", "it serves a batch of one alone"
    assert run["routes"]["trace"]["stopped_by"] == ["dict-output"]


def test_gpt2_settles_what_pytorch_warns_about(gpt2: Outcome) -> None:
    """One of the branches on a size is really wrong for another batch; the other is decided alike on every size."""
    masks, attention = (
        library("transformers", path) for path in ("masking_utils.py", "integrations/sdpa_attention.py")
    )
    batch = line_of(masks, "if batch_size != position_ids.shape[0]:")
    causal = line_of(attention, "is_causal = q_length > 1 and attention_mask is None and is_causal")
    (run,) = gpt2.report["runs"]
    warned = {(file_of(escape), escape["line"]): escape["settled"] for escape in run["escapes"] if escape["warned"]}
    assert warned == {(masks, batch): "harmful", (attention, causal): "harmless"}
    (branch,) = [d for d in counted(gpt2.report) if d["rule"] == "shape-dependent-branch"]
    assert (file_of(branch), branch["line"], branch["basis"]) == (masks, batch, "observed")
    verdicts = {entry["dimension"]: entry["verdict"] for entry in run["generalises"]}
    assert verdicts == {0: False, 1: True}
