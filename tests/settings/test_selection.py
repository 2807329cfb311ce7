"""Which rules are reported, held against Ruff: two files, one of which extends the other, and the command line."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tslint.settings import Settings
from tslint.settings.selection import Layer, selected

CODE = "import os\n\n\ndef f():\n    x = 1\n    l = 2\n    return l == None\n"
RULES = {"F401": "F", "F841": "F", "E711": "E", "E741": "E"}
NAMES = (*RULES, "F", "E")


def cases() -> list[tuple[Layer, Layer, Layer]]:
    chance = random.Random(7)

    def some(most: int) -> tuple[str, ...]:
        return tuple(chance.sample(NAMES, chance.randint(0, most)))

    def layer(selects: bool) -> Layer:
        return Layer(tuple(chance.sample(NAMES, chance.randint(1, 3))) if selects else None, some(2), some(2))

    return [(layer(True), layer(chance.random() < 0.4), layer(chance.random() < 0.4)) for _ in range(40)]


@pytest.mark.parametrize("layers", cases(), ids=str)
def test_layers_leave_what_they_leave_in_ruff(tmp_path: Path, layers: tuple[Layer, Layer, Layer]) -> None:
    base, own, command = layers
    (tmp_path / "net.py").write_text(CODE)
    (tmp_path / "base.toml").write_text(toml(base))
    (tmp_path / "ruff.toml").write_text(f'extend = "base.toml"\n{toml(own)}')
    line = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "json", "net.py"]
    for key, names in (
        ("select", command.select),
        ("extend-select", command.extend_select),
        ("ignore", command.ignore),
    ):
        line += [f"--{key}={','.join(names)}"] if names else []
    ran = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
    reported = {item["code"] for item in json.loads(ran.stdout)}
    assert {rule for rule, group in RULES.items() if selected(layers, rule, group)} == reported


def toml(layer: Layer) -> str:
    rows = (("select", layer.select), ("extend-select", layer.extend_select), ("ignore", layer.ignore))
    return "[lint]\n" + "".join(f"{key} = {json.dumps(names)}\n" for key, names in rows if names)


def test_a_list_without_a_name_selects_all() -> None:
    assert selected([Layer(("mode",)), Layer(())], "dict-output", "trace")
    assert not selected([Layer(("mode",)), Layer((), (), ("trace",))], "dict-output", "trace")
    assert not selected([Layer((), ignore=("mode",)), Layer(("mode",))], "dict-output", "trace")


def test_without_layers_the_options_are_one() -> None:
    one = Settings(select=("trace",), ignore=("math-on-size",))
    assert one.reports("dict-output", "trace", None)
    assert not one.reports("math-on-size", "trace", None)
    assert not one.reports("missing-eval", "mode", None)
    assert Settings(select=("trace",), extend_select=("mode",)).reports("missing-eval", "mode", None)
    assert Settings(extend_select=("mode",)).reports("dict-output", "trace", None)
