"""Each format of each report against its golden file; ``TSLINT_BLESS=1 pytest tests/report`` writes them anew."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from cases import CASES

from tslint.report import FORMATS, Options, render
from tslint.settings import OUTPUT_FORMATS

GOLDEN = Path(__file__).parent / "golden"
SCHEMA = json.loads((Path(__file__).parent / "schema.json").read_text())

VARIANTS = {
    "full": Options(width=110),
    "full-80": Options(width=80, show_info=True, show_refuted=True),
    "full-color": Options(width=100, color=True),
    "concise": Options(),
    "concise-all": Options(show_info=True, show_refuted=True, fix_unsafe=True),
    "json": Options(),
}
EVERYWHERE = ("full", "full-80", "concise", "json")
MACHINES = ("grouped", "json-lines", "junit", "sarif", "github", "gitlab", "azure", "pylint", "rdjson")


def golden(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("TSLINT_BLESS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    assert path.read_text(encoding="utf-8") == text


def test_the_table_of_options_names_every_format() -> None:
    assert tuple(FORMATS) == OUTPUT_FORMATS


@pytest.mark.parametrize("variant", EVERYWHERE)
@pytest.mark.parametrize("case", CASES)
def test_reports(case: str, variant: str) -> None:
    text = render(CASES[case](), variant.partition("-")[0], VARIANTS[variant])
    if variant == "json":
        text = re.sub(r'"tslint": "[^"]+"', '"tslint": "X"', text)
    golden(f"{case}.{variant}.txt", text)


@pytest.mark.parametrize("format", MACHINES)
@pytest.mark.parametrize("case", ["transcript", "nothing", "placeless", "notebook", "punctuation", "chain"])
def test_reports_for_machines(case: str, format: str) -> None:
    text = render(CASES[case](), format, Options(show_info=True, show_refuted=True))
    if format == "sarif":
        log = json.loads(text)
        driver = log["runs"][0]["tool"]["driver"]
        driver |= {
            "version": "X",
            "rules": [{key: rule[key] for key in ("id", "properties")} for rule in driver["rules"]],
        }
        text = json.dumps(log, indent=2, ensure_ascii=False) + "\n"
    golden(f"{case}.{format}.txt", text)


@pytest.mark.parametrize("variant", ["full-color", "concise-all"])
@pytest.mark.parametrize("case", ["transcript", "hostile"])
def test_more_of_some_reports(case: str, variant: str) -> None:
    golden(f"{case}.{variant}.txt", render(CASES[case](), variant.partition("-")[0], VARIANTS[variant]))


@pytest.mark.parametrize("case", CASES)
def test_colours_change_nothing_else(case: str) -> None:
    plain = render(CASES[case](), "full", Options(width=100))
    colored = render(CASES[case](), "full", Options(width=100, color=True))
    assert "\x1b[" in colored
    bare = re.sub(r"\x1b\[[0-9;]*m", "", colored)
    assert [line.rstrip() for line in bare.splitlines()] == plain.splitlines()


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("width", [60, 80, 110])
def test_nothing_is_wider_than_the_terminal(case: str, width: int) -> None:
    from rich.cells import cell_len

    text = render(CASES[case](), "full", Options(width=width, show_info=True, show_refuted=True))
    assert [line for line in text.splitlines() if cell_len(line) > width] == []


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("format", FORMATS)
def test_no_control_character_leaves(case: str, format: str) -> None:
    text = render(CASES[case](), format, Options(show_info=True, show_refuted=True))
    assert [char for char in text if ord(char) < 32 and char != "\n"] == []


@pytest.mark.parametrize("case", CASES)
def test_json_keeps_to_its_schema(case: str) -> None:
    jsonschema.validate(json.loads(render(CASES[case](), "json", Options())), SCHEMA)


def test_the_schema_can_refuse() -> None:
    data = json.loads(render(CASES["transcript"](), "json", Options()))
    for path, value in (("version", 2), ("summary", {}), ("errors", None)):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**data, path: value}, SCHEMA)
    del data["diagnostics"][0]["end_column"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, SCHEMA)


def test_json_holds_what_people_are_not_shown_and_paths_from_here() -> None:
    data = json.loads(render(CASES["transcript"](), "json", Options()))
    assert data["summary"] == {
        "files": 1, "error": 2, "warning": 0, "info": 3, "refuted": 1, "suppressed": 0, "fixable": 1,
        "baselined": 0,
    }  # fmt: skip
    assert [(d["rule"], d["basis"], d["line"], d["path"]) for d in data["diagnostics"][:3]] == [
        ("dict-output", "observed", 8, "segmentation.py"),
        ("math-on-size", "observed", 3, "segmentation.py"),
        ("python-scalar", "refuted", 7, "segmentation.py"),
    ]
    assert data["diagnostics"][0]["evidence"][0]["place"]["path"] == "segmentation.py"
    (run,) = data["runs"]
    assert run["routes"]["trace"]["wrapped"]["keys"] == ["out", "aux"]
    assert run["routes"]["trace"]["stopped_by"] == ["dict-output"]
    assert run["recommended"] == "trace"
    assert run["inputs"] == [
        {"name": "example", "shapes": "float32[1,3,224,224]", "accepted": True, "error": None},
        {"name": "dimension 2 = 192", "shapes": "float32[1,3,192,224]", "accepted": True, "error": None},
        {"name": "dimension 1 = 4", "shapes": "", "accepted": False, "error": "expected 3 channels"},
    ]


def test_quiet_leaves_the_diagnostics() -> None:
    text = render(CASES["transcript"](), "full", Options(quiet=True))
    assert text.startswith("error[dict-output]") and text.endswith("stays in the graph [*]\n")
    assert render(CASES["no_entry"](), "concise", Options(quiet=True)) == ""
    assert render(CASES["nothing"](), "full", Options(quiet=True)) == ""
    assert "error: net.py cannot be read" in render(CASES["placeless"](), "concise", Options(quiet=True))


def test_statistics_count_instead_of_listing() -> None:
    options = Options(statistics=True, show_info=True)
    assert render(CASES["transcript"](), "concise", options) == (
        "3  untyped-empty-list\n1  dict-output\n1  math-on-size  [*]\n"
    )
    assert "3  untyped-empty-list" in render(CASES["transcript"](), "full", options)


def test_rich_is_imported_for_colours_alone() -> None:
    code = (
        "import sys; sys.path.insert(0, 'tests/report'); from cases import CASES; from tslint.report import *\n"
        "for format in FORMATS: render(CASES['transcript'](), format, Options())\n"
        "print([name for name in sys.modules if name.split('.')[0] == 'rich'])"
    )
    root = Path(__file__).parent.parent.parent
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


ODD = """\
import torch
from torch import nn


class 网络(nn.Module):
\tdef forward(self, x):
\t\t名前 = "日本語のとても長い文字列です" * 3; y = x / x.sum().item(); z = "日本語のとても長い文字列です"
\t\tif x.sum() > 0 and x.mean() > 3 and x.std() > 4 and "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa":
\t\t\ty = y + 1
\t\treturn {
\t\t\t"e\u0301": y, "tab\there": x,
\t\t\t"b": z,
\t\t\t"c": 1, "d": 2,
\t\t\t"f": 3,
\t\t}


traced = torch.jit.trace(网络(), torch.rand(1, 3, 16, 16))
"""


@pytest.mark.parametrize("width", [40, 60, 80, 110])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_no_line_is_wider_than_the_terminal(width: int, end: str, tmp_path: Path) -> None:
    from tslint import report
    from tslint.api import check_paths
    from tslint.report.layout import cells
    from tslint.settings import Settings

    (tmp_path / "网络.py").write_bytes(ODD.replace("\n", end).encode())
    found = check_paths([str(tmp_path / "网络.py")], Settings(static=True, no_cache=True, root=tmp_path))
    found = dataclasses.replace(found, directory=str(tmp_path))
    assert {"python-scalar", "data-dependent-branch", "dict-output"} <= {d.rule for d in found.diagnostics}
    lines = report.render(found, "full", report.Options(width=width, show_info=True)).splitlines()
    assert [line for line in lines if cells(line) > width] == []
    assert not any(char in line for line in lines for char in "\t\r\x0c")
