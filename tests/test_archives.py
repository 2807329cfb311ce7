"""TorchScript archives are run, and nothing else that looks like one is loaded."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path

import pytest
from commandline import Outcome, check_json, tslint

from tslint.source import UnreadableFileError, is_torchscript


class Trap:
    """Leaves a trace where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.path,)


def archive(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(f"net/{name.replace('__', '/').replace('_pkl', '.pkl')}", content)
    return path


def test_what_is_no_torchscript_is_refused_in_one_sentence_and_never_unpickled(tmp_path: Path) -> None:
    mark = tmp_path / "unpickled"
    trap = pickle.dumps(Trap(mark))
    archive(tmp_path / "weights.pt", data_pkl=trap, version=b"3")
    (tmp_path / "old.pth").write_bytes(trap)
    archive(tmp_path / "other.zip", readme=b"")
    (tmp_path / "cut.pt").write_bytes((tmp_path / "weights.pt").read_bytes()[:40])
    archive(tmp_path / "program.pt2", archive_format=b"pt2", models__model_pkl=trap)
    said = {
        "weights.pt": "holds weights or a pickled model, not a TorchScript archive: save one with `torch.jit.save`",
        "old.pth": "holds a pickle, not a TorchScript archive: save one with `torch.jit.save`",
        "other.zip": "is an archive of something else, not a TorchScript archive: save one with `torch.jit.save`",
        "cut.pt": "begins like an archive, and cannot be read as one",
        "program.pt2": "holds a program of `torch.export`, not a TorchScript archive: save one with `torch.jit.save`",
    }
    outcome = check_json(*said, cwd=tmp_path)
    assert outcome.status == 2, outcome
    assert outcome.report["errors"] == [f"{name}: {sentence}" for name, sentence in said.items()]
    assert check_json("weights.pt", "--input", "1,3", cwd=tmp_path).status == 2
    assert not mark.exists()


def test_source_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import torch\n")
    assert not is_torchscript(tmp_path / "a.py")
    assert not is_torchscript(tmp_path / "missing")
    assert is_torchscript(archive(tmp_path / "net.bin", code__a=b"", constants_pkl=b"", data_pkl=b""))
    with pytest.raises(UnreadableFileError):
        is_torchscript(archive(tmp_path / "net.pt", data_pkl=b""))


def test_an_archive_has_no_source(tmp_path: Path) -> None:
    path = archive(tmp_path / "net.pt", code__a=b"", constants_pkl=b"")
    outcome = check_json(path.name, "--static", cwd=tmp_path)
    assert outcome.status == 2
    assert outcome.report["errors"] == [
        "net.pt is a TorchScript archive, which holds no source that --static could read"
    ]
    outcome = check_json(path.name, "--model", "Net", cwd=tmp_path)
    assert outcome.report["errors"] == [
        "net.pt is a TorchScript archive, which is a model itself: --model goes with a file of source"
    ]


SAVED = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        return self.conv(x)


class Other(nn.Module):
    def forward(self, x):
        return torch.linalg.matrix_exp(x)


class Returns(nn.Module):
    def forward(self, x):
        return {"a": x}


torch.jit.trace(Net().eval(), torch.rand(1, 3, 8, 8)).save("traced.bin")
torch.jit.script(Other().eval()).save("other.pt")
torch.jit.script(Returns().eval()).save("returns.pt")
"""


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import subprocess
    import sys

    folder = tmp_path_factory.mktemp("saved")
    (folder / "saved.py").write_text(SAVED)
    subprocess.run([sys.executable, "saved.py"], cwd=folder, check=True, capture_output=True)
    return folder


def steps(outcome: Outcome) -> dict[str, str]:
    (run,) = outcome.report["runs"]
    return {step["name"]: step["status"] for step in run["steps"]}


@pytest.mark.torch
@pytest.mark.coreml
def test_an_archive_is_run_and_converted(saved: Path) -> None:
    outcome = check_json("traced.bin", "--input", "1,3,8,8", cwd=saved)
    assert outcome.status == 0, outcome
    assert steps(outcome) == dict.fromkeys(["entry", "eager", "trace", "script", "convert", "verify"], "ok") | {
        "trace": "skipped"
    }
    (run,) = outcome.report["runs"]
    assert (run["recommended"], run["routes"]["script"]["converts"]) == ("script", "works")


@pytest.mark.torch
@pytest.mark.coreml
def test_what_an_archive_cannot_become_is_said(saved: Path) -> None:
    outcome = check_json("other.pt", "--input", "1,4,4", cwd=saved)
    assert outcome.status == 1, outcome
    (diagnostic,) = outcome.report["diagnostics"]
    assert (diagnostic["rule"], diagnostic["path"], diagnostic["line"]) == ("unsupported-op", "saved.py", 16)
    outcome = check_json("returns.pt", "--input", "1,3", cwd=saved)
    assert outcome.status == 1, outcome
    (diagnostic,) = outcome.report["diagnostics"]
    assert (diagnostic["rule"], diagnostic["path"]) == ("unsupported-op", None)


@pytest.mark.torch
def test_wrong_inputs_of_an_archive_are_pytorchs_error(saved: Path) -> None:
    outcome = tslint(
        "check", "traced.bin", "--input", "1,5,8,8", "--no-convert", "--output-format", "concise", cwd=saved
    )
    assert outcome.status == 1, outcome
    assert "expected input[1, 5, 8, 8] to have 3 channels" in outcome.out
