"""The command from end to end: what a real run leaves on standard output is the report and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from commandline import check_json, counted

import tslint

SCHEMA = json.loads((Path(__file__).parent / "report" / "schema.json").read_text())

MODEL = """\
import math
import os
import sys

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, x):
        print("chatter")
        os.write(1, b"chatter from below")
        y = self.conv(x) / math.sqrt(x.size(2))
        return {"out": y, "mean": y.mean()}


def example_inputs():
    return (torch.rand(1, 3, 8, 8),)


sys.stderr.write("more chatter")
"""


@pytest.mark.coreml
def test_json_of_a_real_run(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(MODEL)
    (tmp_path / "tslint.toml").touch()
    environment = {**os.environ, "PYTHONPATH": str(Path(tslint.__file__).parent.parent), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tslint", "check", "net.py", "--output-format", "json", "--python", sys.executable]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment, timeout=300)
    assert (ran.returncode, ran.stderr) == (1, "")
    data = json.loads(ran.stdout)
    jsonschema.validate(data, SCHEMA)
    assert data["errors"] == []
    found = {(item["rule"], item["basis"], item["path"], item["line"]) for item in data["diagnostics"]}
    assert found >= {("math-on-size", "observed", "net.py", 17), ("dict-output", "observed", "net.py", 18)}
    (one,) = data["runs"]
    assert [step["name"] for step in one["steps"]][:5] == ["entry", "eager", "trace", "compare", "script"]
    assert (one["target"], one["recommended"]) == ("net.py", "trace")
    wrapped = one["routes"]["trace"]["wrapped"]
    assert (wrapped["converts"], wrapped["verified"], wrapped["keys"]) == ("works", True, ["out", "mean"])
    assert one["routes"]["trace"]["stopped_by"] == ["dict-output"]
    assert {(item["dimension"], item["verdict"]) for item in one["generalises"]} == {
        (0, True),
        (1, None),
        (2, False),
        (3, True),
    }
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "__pycache__") == ["net.py", "tslint.toml"]


@pytest.mark.torch
def test_what_one_file_predicts_and_another_runs_is_one_problem(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(
        "import math\n\nimport torch\nfrom torch import nn\n\n\nclass Net(nn.Module):\n    def __init__(self, scale):\n"
        "        super().__init__()\n        self.scale = scale\n\n    def forward(self, x):\n"
        "        return x / math.sqrt(x.size(2)) * self.scale\n"
    )
    (tmp_path / "convert.py").write_text(
        "import torch\n\nfrom net import Net\n\ntraced = torch.jit.trace(Net(2.0).eval(), torch.rand(1, 3, 16, 16))\n"
    )
    outcome = check_json(".", "--run", "--no-convert", "--no-cache", cwd=tmp_path)
    assert outcome.status == 1, outcome
    (problem,) = counted(outcome.report)
    assert (problem["path"], problem["line"], problem["basis"]) == ("net.py", 13, "observed")
    assert "`Net` needs arguments" in outcome.report["notes"][0]
    named = check_json("net.py", "--run", "--no-convert", "--no-cache", cwd=tmp_path)
    assert named.status == 2 and "`Net` needs arguments" in named.report["errors"][0]
