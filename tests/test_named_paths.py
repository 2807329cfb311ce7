"""A file is the one that the user named, whichever way its path goes: one problem is one diagnostic, with that path."""

from __future__ import annotations

from pathlib import Path

import pytest
from commandline import check_json, tslint

from tslint.diagnostic import Place, Span
from tslint.evidence import BranchTaken, CodeRan
from tslint.evidence.named import as_named

NET = """\
import math

import torch
from torch import nn


class Net(nn.Module):
    def forward(self, x):
        return {"out": x / math.sqrt(x.size(2))}


def build_model():
    return Net().eval()


def example_inputs():
    return torch.rand(1, 3, 16, 16)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "real" / "nets").mkdir(parents=True)
    (tmp_path / "real" / "nets" / "net.py").write_text(NET)
    (tmp_path / "real" / "other").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)
    (tmp_path / "real" / "alias.py").symlink_to(tmp_path / "real" / "nets" / "net.py")
    return tmp_path


@pytest.mark.torch
@pytest.mark.parametrize(
    ("folder", "target", "shown"),
    [
        ("real/other", "../nets/net.py", "../nets/net.py"),
        (".", "link/nets/net.py", "link/nets/net.py"),
        ("real", "alias.py", "alias.py"),
    ],
)
def test_what_was_predicted_and_what_was_observed_meet(project: Path, folder: str, target: str, shown: str) -> None:
    outcome = check_json(target, "--no-convert", "--no-cache", cwd=project / folder)
    found = [(item["path"], item["rule"], item["basis"]) for item in outcome.report["diagnostics"]]
    assert found == [(shown, "dict-output", "observed"), (shown, "math-on-size", "observed")]


@pytest.mark.torch
def test_a_fix_is_proven_and_written_through_a_link(project: Path) -> None:
    outcome = tslint("check", "link/nets/net.py", "--fix", "--no-convert", "--no-cache", cwd=project)
    assert "1 fix, proven by running it" in " ".join(outcome.out.split())
    assert "x.size(2) ** 0.5" in (project / "real" / "nets" / "net.py").read_text()


def test_what_lies_behind_a_linked_folder_follows_it_and_what_lies_beside_its_target_does_not(project: Path) -> None:
    (project / "nets").symlink_to(project / "real" / "nets", target_is_directory=True)
    functions = {str(project / "real" / folder / "x.py"): ("f",) for folder in ("nets", "other")}
    (ran,) = as_named([CodeRan(0, "eager", functions)], str(project / "nets" / "net.py"))
    assert isinstance(ran, CodeRan)
    assert list(ran.functions) == [str(project / "nets" / "x.py"), str(project / "real" / "other" / "x.py")]


def test_paths_beside_the_named_one_follow_it_and_others_stay(project: Path) -> None:
    named, real = project / "link" / "nets" / "net.py", project / "real"
    place = Place(str(real / "nets" / "net.py"), Span(3, 1, 3, 5))
    beside, outside = str(real / "other" / "x.py"), str(project / "really.py")
    evidence = [
        BranchTaken(0, place, "data", True, False, "zeros", True),
        CodeRan(0, "eager", {str(real / "nets" / "net.py"): ("f",), beside: ("g",), outside: ("h",)}),
    ]
    branch, ran = as_named(evidence, str(named))
    assert isinstance(branch, BranchTaken) and branch.place == Place(str(named), Span(3, 1, 3, 5))
    link = project / "link"
    assert isinstance(ran, CodeRan)
    assert ran.functions == {str(named): ("f",), str(link / "other" / "x.py"): ("g",), outside: ("h",)}
    assert as_named(evidence, str(real / "nets" / "net.py")) == evidence
