"""``--repro``: a script for each op that does not convert, which shows it alone, and was run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from commandline import tslint

pytest.importorskip("coremltools")

MODEL = """
import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def forward(self, x, y):
        joined = torch.diff(x, dim=1, prepend=y[:, :1])
        return F.leaky_relu(joined, 1), torch.lgamma(x), {more}


def example_inputs():
    return torch.rand(2, 50), torch.rand(2, 3)
"""


def test_each_op_has_a_script_that_fails_by_itself(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(MODEL.format(more="x"), encoding="utf-8")
    answer = tslint("check", "model.py", "--repro", "shown", cwd=tmp_path)
    assert answer.status == 1
    found = sorted(path.name for path in (tmp_path / "shown").iterdir())
    assert found == ["aten_diff.py", "aten_leaky_relu.py", "aten_lgamma.py"]
    for name in found:
        assert f"note: shown/{name}: written; run by itself, it fails as the model does" in " ".join(answer.out.split())
    phrases = {
        "aten_diff.py": "PyTorch convert function for op 'diff' not implemented.",
        "aten_leaky_relu.py": "must have the same data type as the named input `x`",
        "aten_lgamma.py": "PyTorch convert function for op 'lgamma' not implemented.",
    }
    for name, phrase in phrases.items():
        text = (tmp_path / "shown" / name).read_text(encoding="utf-8")
        assert phrase in text and "tslint" not in text
        assert "coremltools " in text.partition("import")[0]
        ran = subprocess.run(
            [sys.executable, f"shown/{name}"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
        )
        assert ran.returncode == 1
        assert phrase in ran.stderr


def test_an_op_that_is_converted_wrongly_has_a_script_that_shows_it(tmp_path: Path) -> None:
    more = "torch.atan2(x * 0, -x - 1), torch.relu(x)"
    (tmp_path / "model.py").write_text(MODEL.format(more=more).replace(", torch.lgamma(x)", ""), encoding="utf-8")
    answer = tslint("check", "model.py", "--repro", "shown", cwd=tmp_path)
    assert answer.status == 1
    said = " ".join(answer.out.split())
    assert "note: shown/aten_atan2.py: written; its op is as wrong alone as in the model" in said
    text = (tmp_path / "shown" / "aten_atan2.py").read_text(encoding="utf-8")
    assert "`aten::atan2` alone" in text and "0 where eager has 3.14159" in text and "tslint" not in text
    ran = subprocess.run(
        [sys.executable, "shown/aten_atan2.py"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    assert "eager: tensor([[3.1416" in ran.stdout
    assert "Core ML" in ran.stdout or "atan" in ran.stdout.partition("only macOS can run it")[2]


def test_what_has_no_script_is_said(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(MODEL.format(more="torch.normal(x, int(y.shape[1]))"), encoding="utf-8")
    answer = tslint("check", "model.py", "--repro", "shown", cwd=tmp_path)
    assert "shown/aten_normal.py: written" in answer.out or "no script shows aten::normal alone" in answer.out


def test_nothing_is_written_where_everything_converts(tmp_path: Path) -> None:
    text = "import torch\n\n\nclass Net(torch.nn.Module):\n    def forward(self, x):\n        return x + 1\n"
    (tmp_path / "model.py").write_text(text, encoding="utf-8")
    answer = tslint("check", "model.py", "--repro", "shown", "--input", "2,3", cwd=tmp_path)
    assert answer.status == 0, answer
    said = " ".join(answer.out.split())
    assert "nothing was written to shown: every op that was tried converts, and none to something else" in said
    assert not (tmp_path / "shown").exists()


@pytest.mark.parametrize("other", ["--static", "--no-convert"])
def test_it_wants_a_conversion(other: str, tmp_path: Path) -> None:
    answer = tslint("check", "model.py", "--repro", "shown", other, cwd=tmp_path)
    assert answer.status == 2
    assert f"--repro and {other} contradict each other" in answer.err
